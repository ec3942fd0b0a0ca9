"""Argilla's records for the kinds of annotation tasks, written and read again."""

from __future__ import annotations

import json
import tempfile
from pathlib import Path
from typing import Any

import pytest
from hypothesis import given, settings
from PIL import Image

from gamelabel.games.annotation.layouts.answer_set import AnswerSet
from gamelabel.games.annotation.layouts.argilla_layout import read_argilla_answers
from gamelabel.games.annotation.layouts.argilla_writer import write_argilla_answers
from gamelabel.games.annotation.task_kinds import TASK_KINDS
from gamelabel.readers.argilla import read_argilla
from gamelabel.tables.rows import BadFile
from tests.games.annotation.answer_sets import answer_sets, comparable

NOT_HELD = ("answer_id", "response_ms", "answered_at")
HELD = [kind for kind in TASK_KINDS if kind != "regions"]


@settings(max_examples=40, deadline=None)
@given(answer_sets())
def test_argilla_s_layout_holds_all_kinds_but_regions(answers: AnswerSet) -> None:
    with tempfile.TemporaryDirectory() as folder:
        result = write_argilla_answers(answers, Path(folder))
        again = read_argilla_answers(folder)
        assert not again.rejected
        n_regions = sum(answer.kind == "regions" for answer in answers.answers)
        reason = "answers to regions: Argilla has no points on pictures"
        assert result.omitted.get(reason, 0) == n_regions
        answers.answers = [answer for answer in answers.answers if answer.kind != "regions"]
        assert comparable(again, NOT_HELD) == comparable(answers, NOT_HELD)
        for path in Path(folder).rglob("settings.json"):
            asked = {q["name"] for q in json.loads(path.read_text())["questions"]}
            records = json.loads((path.parents[1] / "records.json").read_text())
            assert asked >= {name for record in records for name in record["responses"]}


def test_pictures_are_embedded_and_pairs_are_those_of_the_reader_of_votes(tmp_path: Path) -> None:
    pairs = answer_sets(("compare",)).filter(lambda answers: answers.answers)

    @settings(max_examples=5, deadline=None)
    @given(pairs)
    def check(answers: AnswerSet) -> None:
        for prompt in answers.prompts.values():
            for number, name in enumerate(prompt.pictures):
                (tmp_path / name).parent.mkdir(parents=True, exist_ok=True)
                Image.new("RGB", (4, 5), (number, 0, 0)).save(tmp_path / name)
        with tempfile.TemporaryDirectory() as folder:
            write_argilla_answers(answers, Path(folder), tmp_path)
            again = read_argilla_answers(folder, tmp_path)
            assert {s for p in again.prompts.values() for s in p.pictures.values()} == {(4, 5)}
            labels = read_argilla(Path(folder) / "pairs/records.json", folder).labels
        sides = ["ab"[answer.answer["chosen"]] for answer in answers.answers]
        assert sorted(labels["choice"]) == sorted(sides)

    check()


def read(folder: Path, fields: dict[str, str], **responses: Any) -> AnswerSet:
    """Read a record in which somebody answered these questions."""
    listed = {name: [{"value": v, "user_id": "u7"}] for name, v in responses.items()}
    shown = {"prompt": "a red ball", **fields}
    record = {"id": "p1", "fields": shown, "metadata": {}, "responses": listed}
    (folder / "records.json").write_text(json.dumps([record]))
    return read_argilla_answers(folder)


ONE = {"picture": "1.png"}
TWO = {"picture_1": "1.png", "picture_2": "2.png"}


@pytest.mark.parametrize(
    ("fields", "question", "value", "reason"),
    [
        (ONE, "words", [{"start": 2, "end": 40}], "a prompt with 10: mark words of the prompt"),
        (ONE, "words", ["red"], "in place of a span"),
        (ONE, "overall", 8, "overall has to be 1 to 7, not 8"),
        (ONE, "issues", ["blurry", "nothing"], "has issues, and nothing too"),
        (ONE, "issues", ["blurry", "blurry"], "the issue blurry is there twice"),
        (ONE, "issues", "blurry", "issues has to be a list"),
        (ONE, "problematic", "maybe", "it has to be yes or no"),
        (ONE, "category", 5, "has the category 5"),
        (ONE, "=quality", 5, 'responses has "=quality", which is not read'),
        ({}, "overall", 5, "a record without the field picture"),
        (ONE, "better", "left", "it has to be left or right, which are fields"),
        (TWO, "rank", [{"value": "picture_1", "rank": 1}], "gives no place to '2.png'"),
        (TWO, "rank", [{"value": "picture_3", "rank": 1}], "are picture_1, picture_2"),
        (
            TWO,
            "rank",
            [{"value": f, "rank": r} for f, r in zip(TWO, (1, 3), strict=True)],
            "at place 2",
        ),
    ],
)
def test_a_bad_answer_costs_itself_only(
    fields: dict[str, str], question: str, value: Any, reason: str, tmp_path: Path
) -> None:
    ratings = {"overall": 1, "alignment": 2, "fidelity": 3}
    good = {} if question in ratings or fields != ONE else ratings
    answers = read(tmp_path, fields, **good, **{question: value})
    assert [answer.answer for answer in answers.answers] == ([ratings] if good else [])
    [fault] = answers.rejected
    assert reason in str(fault) and str(fault).startswith(f"{tmp_path}/records.json, row 0: ")


@pytest.mark.parametrize(
    ("record", "reason"),
    [
        ({"fields": {"prompt": "x"}, "responses": [{"values": {}}]}, "the form of Argilla 1"),
        ({"prompt": "x", "overall.responses": [5]}, "export without flatten=True"),
        (None, "is null, not a record"),
        (
            {"fields": {"prompt": "x"}, "responses": {"overall": [{"status": "draft"}]}},
            "overall is draft, not submitted",
        ),
        (
            {"fields": {"prompt": "x"}, "responses": {"overall": [{"user_id": "None"}]}},
            "overall has no user_id",
        ),
    ],
)
def test_records_of_another_form_are_rejected(record: Any, reason: str, tmp_path: Path) -> None:
    (tmp_path / "records.json").write_text(json.dumps([record]))
    assert reason in str(read_argilla_answers(tmp_path / "records.json").rejected[0])


def test_a_folder_without_records_is_an_error(tmp_path: Path) -> None:
    with pytest.raises(BadFile, match=r"has no records\.json"):
        read_argilla_answers(tmp_path)
