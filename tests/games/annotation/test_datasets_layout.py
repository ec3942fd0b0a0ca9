"""The layout of the datasets library for the answers of annotation projects."""

from __future__ import annotations

import shutil
import tempfile
from pathlib import Path

import pytest
from hypothesis import given, settings
from PIL import Image

from gamelabel.games.annotation.layouts.answer_files import read_answer_files
from gamelabel.games.annotation.layouts.answer_set import AnswerSet
from gamelabel.games.annotation.layouts.datasets_layout import (
    read_answer_dataset,
    write_answer_dataset,
)
from gamelabel.tables.rows import BadFile
from tests.games.annotation.answer_sets import answer_sets, comparable

EXAMPLE = Path(__file__).parents[3] / "examples/annotation"


@settings(max_examples=20, deadline=None)
@given(answer_sets())
def test_the_layout_holds_everything(answers: AnswerSet) -> None:
    with tempfile.TemporaryDirectory() as folder:
        write_answer_dataset(answers, Path(folder))
        again = read_answer_dataset(folder)
        assert not again.rejected and comparable(again) == comparable(answers)


def test_the_library_reads_the_folder_and_what_it_saves_is_read_again(tmp_path: Path) -> None:
    from datasets import load_dataset

    answers = read_answer_files(EXAMPLE / "layouts/answers")
    out = tmp_path / "out"
    out.mkdir()
    write_answer_dataset(answers, out, EXAMPLE)
    for name, rows in answers.tables().items():
        table = load_dataset(str(out), name, split="train", cache_dir=str(tmp_path / "cache"))
        assert table.remove_columns("image" if name == "pictures" else []).to_list() == rows
        if name == "pictures":
            assert isinstance(table[0]["image"], Image.Image)
        table.save_to_disk(str(tmp_path / "saved" / name))
    assert read_answer_dataset(tmp_path / "saved") == read_answer_dataset(out) == answers


def test_a_folder_without_its_tables_is_an_error(tmp_path: Path) -> None:
    write_answer_dataset(read_answer_files(EXAMPLE / "layouts/answers"), tmp_path)
    (tmp_path / "rank/train-00000-of-00001.parquet").write_bytes(b"PAR1")
    with pytest.raises(BadFile, match="is not a complete Parquet file"):
        read_answer_dataset(tmp_path)
    shutil.rmtree(tmp_path / "prompts")
    with pytest.raises(BadFile, match="has no folder prompts"):
        read_answer_dataset(tmp_path)
