"""Label Studio's JSON for the kinds of annotation tasks, written and read again."""

from __future__ import annotations

import json
import re
import tempfile
import xml.etree.ElementTree as ET
from pathlib import Path
from typing import Any

import pytest
from hypothesis import given, settings

from gamelabel.games.annotation.layouts.answer_set import AnswerSet
from gamelabel.games.annotation.layouts.label_studio_layout import read_label_studio_answers
from gamelabel.games.annotation.layouts.label_studio_writer import write_label_studio
from gamelabel.readers.label_studio import read_label_studio
from gamelabel.tables.rows import BadFile
from tests.games.annotation.answer_sets import answer_sets, comparable

NOT_HELD = ("answer_id", "response_ms", "answered_at")


@settings(max_examples=40, deadline=None)
@given(answer_sets())
def test_label_studio_s_layout_holds_all_kinds(answers: AnswerSet) -> None:
    with tempfile.TemporaryDirectory() as folder:
        write_label_studio(answers, Path(folder))
        again = read_label_studio_answers(folder)
        assert not again.rejected
        assert comparable(again, NOT_HELD) == comparable(answers, NOT_HELD)
        interface = ET.parse(Path(folder) / "annotations.xml").getroot()
        tags = {tag.get("name"): tag for tag in interface.iter() if tag.get("name")}
        for task in json.loads((Path(folder) / "annotations.json").read_text()):
            for result in (r for a in task["annotations"] for r in a["result"]):
                assert tags[result["from_name"]].get("toName") == result["to_name"]
                assert tags[result["from_name"]].tag.lower() == result["type"]


@settings(max_examples=10, deadline=None)
@given(answer_sets(("compare",)).filter(lambda answers: answers.answers))
def test_pairs_are_those_of_the_reader_of_votes(answers: AnswerSet) -> None:
    with tempfile.TemporaryDirectory() as folder:
        write_label_studio(answers, Path(folder))
        content = json.loads((Path(folder) / "pairs.json").read_text())
        for task in content:  # that reader needs the files of pictures
            task["data"] = {"prompt": task["data"]["prompt"]}
        (Path(folder) / "votes.json").write_text(json.dumps(content))
        labels = read_label_studio(Path(folder) / "votes.json", folder).labels
    sides = ["ab"[answer.answer["chosen"]] for answer in answers.answers]
    assert sorted(labels["choice"]) == sorted(sides)


def result(tag: str, index: int | None = None, **value: Any) -> dict[str, Any]:
    about = {} if index is None else {"item_index": index}
    return {"from_name": tag, "value": value, **about}


def read(folder: Path, *results: Any, **task: Any) -> AnswerSet:
    data = {"prompt": "a red ball, at night", "prompt_id": "p1", "pictures": ["1.png", "2.png"]}
    annotation = {"completed_by": {"id": 7}, "result": list(results)}
    path = folder / "export.json"
    path.write_text(json.dumps([{"id": 4, "data": data, "annotations": [annotation], **task}]))
    return read_label_studio_answers(path)


def test_words_may_be_typed_and_a_ranking_may_be_one_list(tmp_path: Path) -> None:
    answers = read(
        tmp_path,
        result("words", 0, text=["Red ball", "night"]),
        result("rank", ranker={"rank": ["1", "0"]}),
    )
    assert [answer.answer for answer in answers.answers] == [
        {"words": [1, 2, 4]},
        {"places": [[1], [0]]},
    ]
    assert {answer.annotator_id for answer in answers.answers} == {"7"}


@pytest.mark.parametrize(
    ("bad", "reason"),
    [
        (result("words", 0, text=["a dog"]), "names 'a dog', which is not in the prompt"),
        (
            result("words", start=2, end=5, text="dog", labels=["Picture 1"]),
            "marks 'dog' at 2 to 5, where the prompt has 'red'",
        ),
        (result("words", start=2, end=99, labels=["Picture 1"]), "a prompt with 20"),
        (result("words", start=2, end=5, labels=["Picture 3"]), "Picture 1 to Picture 2"),
        (result("regions", 0, x=120, y=5), "point 1 is outside the picture: its x is 1.2"),
        (result("regions", 0, x="1", y=5), "x of point 1 has to be a number"),
        (result("regions", 0, x=10**400, y=5), "point 1 is outside the picture"),
        (result("rank", ranker={"1": ["0"], "3": ["1"]}), "no picture at place 2"),
        (result("rank", ranker={"1": ["0"]}), "gives no place to '2.png'"),
        (result("rank", ranker={"1": ["0"], "_": ["1"]}), "has '1' in '_': give it a place"),
        (result("rank", ranker={"1": ["0", "0"]}), "has '0' at two places"),
        (result("overall", 2, rating=4), "it has to be the number of one of the 2 pictures"),
        (result("overall", rating=4), "has the item_index null"),
        (result("problematic", choices=["maybe"]), "it has to be yes or no"),
        (result("issues", 0, choices="blurry"), "which are not a list"),
        (result("quality", 0, rating=4), "such answers are left out; tags are category"),
        ("text", "in place of an object"),
    ],
)
def test_a_bad_result_costs_its_own_answer_only(bad: Any, reason: str, tmp_path: Path) -> None:
    good = result("issues", 1, choices=["blurry"])
    answers = read(tmp_path, bad, good)
    assert [answer.answer for answer in answers.answers] == [{"issues": ["blurry"]}]
    [fault] = answers.rejected
    assert re.search(re.escape(reason), str(fault)) and str(fault).startswith(str(tmp_path))


def test_an_answer_without_one_of_its_parts_is_not_kept(tmp_path: Path) -> None:
    points = [result("regions", 0, x=50, y=5), result("regions", 0, x=50)]
    answers = read(tmp_path, *points, result("regions", 1, x=50, y=5))
    assert [answer.pictures for answer in answers.answers] == [["2.png"]]
    marks = [result("words", start=0, end=n, labels=["Picture 1"]) for n in (1, 99)]
    assert not read(tmp_path, *marks).answers


def test_marks_and_nothing_together_contradict_each_other(tmp_path: Path) -> None:
    both = [result("issues", 0, choices=["blurry"]), result("nothing", 0, choices=["issues"])]
    answers = read(tmp_path, *both, result("nothing", 1, choices=["issues", "regions"]))
    assert [answer.answer for answer in answers.answers] == [{"issues": []}, {"points": []}]
    assert "nothing is ticked too" in str(answers.rejected[0])


@pytest.mark.parametrize(
    ("task", "reason"),
    [
        ({"completions": []}, "is the form before Label Studio 1.0"),
        ({"data": {"prompt": "x", "pictures": []}}, "pictures is empty"),
        ({"data": {"prompt": "x", "pictures": [5]}}, "in place of the address of a picture"),
        ({"data": {"prompt": "x", "pictures": ["1", "1"]}}, "'1' is there twice"),
        ({"annotations": [{"result": [], "was_cancelled": True}]}, "was skipped"),
        ({"annotations": [{"result": []}]}, "say who annotated"),
    ],
)
def test_a_bad_task_is_rejected(task: dict[str, Any], reason: str, tmp_path: Path) -> None:
    assert reason in str(read(tmp_path, **task).rejected[0])


def test_other_exports_are_refused(tmp_path: Path) -> None:
    (tmp_path / "min.json").write_text('[{"id": 1, "prompt": "a star", "overall": 5}]')
    [fault] = read_label_studio_answers(tmp_path / "min.json").rejected
    assert "is it JSON-MIN" in fault.reason
    (tmp_path / "min.json").write_text('{"id": 1}')
    with pytest.raises(BadFile, match="is not a list of records"):
        read_label_studio_answers(tmp_path)
