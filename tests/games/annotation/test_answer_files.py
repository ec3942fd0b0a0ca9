"""Archives of a project's tables that cannot be read are one sentence each."""

import zipfile
from pathlib import Path

import pytest

from gamelabel.games.annotation.answer_tables import write_answer_table
from gamelabel.games.annotation.layouts import answer_files
from gamelabel.games.annotation.layouts.answer_files import read_answer_files
from gamelabel.tables.rows import BadFile


@pytest.fixture
def archive(tmp_path: Path) -> Path:
    write_answer_table([{"prompt_id": "p", "prompt": "a star"}], tmp_path, "prompts")
    write_answer_table([], tmp_path, "pictures")
    path = tmp_path / "answers.zip"
    with zipfile.ZipFile(path, "w", zipfile.ZIP_DEFLATED) as file:
        for name in ("prompts", "pictures"):
            file.write(tmp_path / f"{name}.parquet", f"{name}.parquet")
    return path


def test_a_damaged_archive_is_named(archive: Path) -> None:
    assert list(read_answer_files(archive).prompts) == ["p"]
    content = bytearray(archive.read_bytes())
    content[60:200] = bytes(140)
    archive.write_bytes(content)
    with pytest.raises(BadFile, match=r"answers\.zip cannot be unpacked"):
        read_answer_files(archive)


def test_an_archive_that_would_fill_the_disk_is_not_unpacked(
    archive: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(answer_files, "_MOST_BYTES", 100)
    with pytest.raises(BadFile, match=r"prompts\.parquet has .* bytes, and 100 are read"):
        read_answer_files(archive)
