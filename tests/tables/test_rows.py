import csv
from pathlib import Path

import pytest

from gamelabel.tables.rows import BadFile, csv_rows, is_text


def file(folder: Path, content: bytes) -> Path:
    path = folder / "t.csv"
    path.write_bytes(content)
    return path


def test_rows_by_column_and_the_errors_of_damaged_rows(tmp_path: Path) -> None:
    content = b'\xef\xbb\xbfa,b\n1,"x, ""y""\nz"\n\n2\n1,2,3\n\xe9,2\n"3'
    parsed = list(csv_rows(file(tmp_path, content), ["b"]))
    assert [row.number for row in parsed] == [0, 1, 2, 3, 4, 5]
    assert parsed[0].cells == {"a": "1", "b": 'x, "y"\nz'}
    assert [row.error.partition(",")[0] for row in parsed[1:4]] == [
        "is empty",
        "has 1 cells",
        "has 3 cells",
    ]
    assert not is_text(parsed[4].cells["a"]) and is_text(parsed[4].cells["b"]) and is_text("星é")
    assert "cannot be read" in parsed[5].error and not parsed[5].cells


def test_tab_separated_files_have_no_quoting_and_columns_have_aliases(tmp_path: Path) -> None:
    path = file(tmp_path, b'item\tlabel\n"1\tx"\n')
    [row] = csv_rows(path, ["task"], "\t", {"item": "task", "truth": "label"})
    assert row.cells["task"] == '"1' and row.cells["label"] == 'x"'


def test_a_wrong_file_is_an_error(tmp_path: Path) -> None:
    with pytest.raises(BadFile, match="is empty: it must be a CSV file with columns a, b"):
        list(csv_rows(file(tmp_path, b""), ["a", "b"]))
    with pytest.raises(BadFile, match="no column 'b', 'c': its columns are a, d"):
        list(csv_rows(file(tmp_path, b"a,d\n"), ["a", "b", "c"]))
    with pytest.raises(BadFile, match="its first line cannot be read"):
        list(csv_rows(file(tmp_path, b'"a'), ["a"]))
    with pytest.raises(FileNotFoundError, match="give a CSV file with columns a"):
        list(csv_rows(tmp_path / "none.csv", ["a"]))


def test_a_long_cell_is_read_without_changing_the_limit_of_the_csv_module(tmp_path: Path) -> None:
    before = csv.field_size_limit()
    rows = csv_rows(file(tmp_path, b"a\n" + b"x" * 500_000 + b"\n"), ["a"])
    assert len(next(rows).cells["a"]) == 500_000 and csv.field_size_limit() == before


def test_a_cell_of_more_than_16_mib_is_an_error(tmp_path: Path) -> None:
    longest = 16 * 2**20
    [row] = csv_rows(file(tmp_path, b"a\n" + b"x" * longest + b"\n"), ["a"])
    assert len(row.cells["a"]) == longest
    [row, *_] = csv_rows(file(tmp_path, b"a\n" + b"x" * (longest + 1) + b"\n"), ["a"])
    assert not row.cells and "cannot be read: field larger than field limit" in row.error
