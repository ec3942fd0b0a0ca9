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


def with_line(lines: list[str], number: int, line: str) -> bytes:
    changed = [*lines[:number], line, *lines[number + 1 :]]
    return ("\n".join(changed) + "\n").encode()


LABELS = ["task,worker,label", *(f"t{i},w{i % 4},left" for i in range(300))]
PROMPTS = ["prompt,image_file", *(f"a cat number {i},{i}.png" for i in range(300))]


@pytest.mark.parametrize(
    ("lines", "line"),
    [
        (LABELS, '"t49,w1,left'),
        (PROMPTS, '"the big sleep" poster,49.png'),
        (PROMPTS, '"a cat,49.png'),
    ],
)
def test_an_open_quotation_mark_costs_its_row_only(
    lines: list[str], line: str, tmp_path: Path
) -> None:
    rows = list(csv_rows(file(tmp_path, with_line(lines, 50, line)), [lines[0].split(",")[0]]))
    assert len(rows) == 300
    assert [row.number for row in rows if row.error] == [49] and "quotation mark" in rows[49].error


def test_two_open_quotation_marks_cost_two_rows(tmp_path: Path) -> None:
    """Between them lie complete rows, which would be one long cell."""
    changed = [*LABELS[:50], '"t49,w1,left', *LABELS[51:200], 't199",w3,left', *LABELS[201:]]
    rows = list(csv_rows(file(tmp_path, ("\n".join(changed)).encode()), ["task"]))
    assert [row.number for row in rows if row.error] == [49]
    assert len(rows) == 300 and rows[199].cells["task"] == 't199"'


def test_cells_of_several_lines_are_not_taken_apart(tmp_path: Path) -> None:
    content = b'prompt,image\n"a cat, a dog\nand, more",1.png\nb,2.png\n'
    rows = list(csv_rows(file(tmp_path, content), ["prompt"]))
    assert [row.cells["prompt"] for row in rows] == ["a cat, a dog\nand, more", "b"]


@pytest.mark.parametrize("encoding", ["utf-16", "utf-16-le", "utf-16-be", "utf-8-sig"])
def test_files_of_other_encodings(encoding: str, tmp_path: Path) -> None:
    """UTF-16 also without a byte order mark, as some programs write it."""
    [row] = csv_rows(file(tmp_path, "task,worker\nt1,Zoë\n".encode(encoding)), ["worker"])
    assert row.cells["worker"] == "Zoë"
