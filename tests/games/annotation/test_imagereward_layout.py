"""ImageRewardDB's layout, and the tables of the service, written and read again."""

from __future__ import annotations

import json
import tempfile
import zipfile
from pathlib import Path
from typing import Any

import pyarrow.parquet as pq
import pytest
from hypothesis import given, settings
from PIL import Image

from gamelabel.games.annotation.layouts.answer_files import read_answer_files, write_answer_files
from gamelabel.games.annotation.layouts.answer_set import AnswerSet
from gamelabel.games.annotation.layouts.imagereward_layout import (
    ANNOTATOR,
    read_imagereward,
    write_imagereward,
)
from gamelabel.tables.rows import BadFile
from tests.games.annotation.answer_sets import answer_sets, comparable

NOT_HELD = ("answer_id", "response_ms", "answered_at", "problematic", "width", "height")
PUBLISHED = [  # in this order
    "image_path",
    "prompt_id",
    "prompt",
    "classification",
    "image_amount_in_total",
    "rank",
    "overall_rating",
    "image_text_alignment_rating",
    "fidelity_rating",
]


def row(picture: str, rank: Any = None, **cells: Any) -> dict[str, Any]:
    ratings = {"overall_rating": 4, "image_text_alignment_rating": 5, "fidelity_rating": 6}
    shown = {"image_path": picture, "prompt_id": "p1", "prompt": "a red ball"}
    return {**shown, "classification": "People", "rank": rank, **ratings, **cells}


def read(folder: Path, rows: list[dict[str, Any]], **options: Any) -> AnswerSet:
    path = folder / "train_1.json"
    path.write_text(json.dumps(rows), encoding="utf-8")
    return read_imagereward(path, **options)


def reasons(answers: AnswerSet) -> list[tuple[int, str, str]]:
    return [(fault.row, fault.column, fault.reason) for fault in answers.rejected]


@settings(max_examples=30, deadline=None)
@given(answer_sets())
def test_tables_are_read_as_they_were_written(answers: AnswerSet) -> None:
    with tempfile.TemporaryDirectory() as folder:
        write_answer_files(answers, Path(folder))
        again = read_answer_files(folder)
        archive = Path(folder) / "answers.zip"
        with zipfile.ZipFile(archive, "w") as packed:
            for path in Path(folder).glob("*.parquet"):
                packed.write(path, path.name)
        assert comparable(again) == comparable(answers) == comparable(read_answer_files(archive))
        assert not again.rejected


@settings(max_examples=30, deadline=None)
@given(answer_sets(("categorise", "rate", "rank"), (ANNOTATOR,)))
def test_imagereward_s_layout_holds_ratings_ranks_and_categories(answers: AnswerSet) -> None:
    with tempfile.TemporaryDirectory() as folder:
        result = write_imagereward(answers, Path(folder))
        assert pq.read_schema(Path(folder) / "metadata-train.parquet").names == PUBLISHED
        again = read_imagereward(folder)
        assert not again.rejected
        answered = {answer.prompt_id for answer in answers.answers}
        answers.prompts = {
            name: answers.prompts[name] for name in answers.prompts if name in answered
        }
        assert comparable(again, NOT_HELD) == comparable(answers, NOT_HELD)
        assert set(result.omitted) <= {
            "judgments of whether a prompt is problematic: there is no column"
        }


@settings(max_examples=10, deadline=None)
@given(answer_sets())
def test_what_the_layout_has_no_place_for_is_counted(answers: AnswerSet) -> None:
    with tempfile.TemporaryDirectory() as folder:
        result = write_imagereward(answers, Path(folder))
        n_kept = len(read_imagereward(folder).answers)
    judged = "judgments of whether a prompt is problematic: there is no column"
    n_omitted = sum(n for reason, n in result.omitted.items() if reason != judged)
    assert n_kept + n_omitted == len(answers.answers)


def test_a_bad_row_costs_its_own_answer_only(tmp_path: Path) -> None:
    for name in ("1.png", "2.png", "3.png"):
        Image.new("RGB", (64, 48)).save(tmp_path / name)
    rows: list[Any] = [
        row("1.png", 1, overall_rating=8),
        row("2.png", 2),
        row("none.png", 3),
        row("3.png", 3),
        row("3.png", 4),
        row("1.png", 1, prompt="a blue ball"),
        row("2.png", 2, classification="Animals"),
        row("", 2),
        None,
    ]
    answers = read(tmp_path, rows, pictures=tmp_path)
    assert [(a.kind, a.pictures) for a in answers.answers] == [
        ("rate", ["2.png"]),
        ("rate", ["3.png"]),
        ("categorise", []),
        ("rank", ["1.png", "2.png", "3.png"]),
    ]
    assert answers.answers[-1].answer == {"places": [[0], [1], [2]]}
    assert answers.prompts["p1"].pictures["1.png"] == (64, 48)
    rejected = reasons(answers)
    assert {(r, column) for r, column, _ in rejected} == {
        (8, ""),
        (0, "rate"),
        (2, "picture"),
        (4, "image_path"),
        (5, "image_path"),
        (6, "image_path"),
        (7, "image_path"),
    }
    assert str(answers.rejected[1]) == (
        f"{tmp_path}/train_1.json, row 0: rate overall has to be 1 to 7, not 8"
    )


def test_another_text_or_category_under_the_same_name_is_rejected(tmp_path: Path) -> None:
    rows = [row("1.png", 1), row("2.png", 2, prompt="a blue ball"), row("3.png", 2)]
    rows[2]["classification"] = "Animals"
    answers = read(tmp_path, rows)
    assert [(r, column) for r, column, _ in reasons(answers)] == [
        (1, "prompt_id"),
        (2, "classification"),
    ]
    assert answers.answers[-1].answer == {"places": [[0], [1]]}


@pytest.mark.parametrize("ranks", [[1, 3], [2, 2], [2, 1, 4]])
def test_ranks_with_gaps_are_rejected_or_renumbered(ranks: list[int], tmp_path: Path) -> None:
    pictures = [f"{n}.webp" for n in range(len(ranks))]
    record = {"id": "7", "prompt": "a star", "generations": pictures, "ranking": ranks}
    other = record | {"id": "8", "ranking": [1] * len(ranks)}
    answers = read(tmp_path, [record, other])
    assert [answer.prompt_id for answer in answers.answers] == ["8"]
    [(number, column, reason)] = reasons(answers)
    assert (number, column) == (0, "rank") and "--close-gaps" in reason
    closed = read(tmp_path, [record, other], close_gaps=True)
    places = {r["picture"]: r["place"] for r in closed.tables()["rank"][: len(ranks)]}
    assert sorted(set(places.values())) == list(range(1, len(set(ranks)) + 1))
    assert sorted(pictures, key=lambda name: places[name]) == sorted(
        pictures, key=lambda name: ranks[pictures.index(name)]
    )


def test_other_files_are_errors(tmp_path: Path) -> None:
    with pytest.raises(FileNotFoundError, match="give a metadata file of ImageRewardDB"):
        read_imagereward(tmp_path / "none.json")
    with pytest.raises(BadFile, match="has no Parquet or JSON file"):
        read_imagereward(tmp_path)
    (tmp_path / "x.parquet").write_bytes(b"PAR1")
    with pytest.raises(BadFile, match="is not a complete Parquet file"):
        read_imagereward(tmp_path)
    with pytest.raises(BadFile, match=r"has no prompts\.parquet: give the ZIP archive"):
        read_answer_files(tmp_path)
