import hashlib
import re
import sys
import types
from base64 import b64encode, encodebytes, urlsafe_b64encode
from collections.abc import Callable
from pathlib import Path

import pyarrow as pa
import pyarrow.parquet as pq
import pytest
from PIL import Image

import gamelabel.tables.rows
from gamelabel.readers import read_released, release_size
from gamelabel.reliability import alpha
from gamelabel.tables import count_votes, players_from_labels, write_table
from gamelabel.tables.released_csv import RELEASED_COLUMNS
from gamelabel.tables.rows import parquet_rows
from tests.readers.release import (
    HEADER,
    cell,
    count_as_the_release,
    jpeg,
    rows,
    to_parquet,
    write,
)


def test_votes_become_labels_and_pictures_become_files(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    count_as_the_release(monkeypatch, 7)
    pairs, labels, _, rejected = read_released(write(tmp_path / "data.csv", rows(7)), tmp_path)
    assert len(pairs) == 7 and not len(rejected)
    assert (pairs.kind == "preference").all() and pairs.prompt[
        0
    ] == "Creative teenage boy, number 0, “crayon” 星"
    counted = count_votes(labels).set_index("pair_id")
    assert counted.loc["gl10k-00000"].tolist() == [3, 1] and counted.loc[
        "gl10k-00004"
    ].tolist() == [2, 2]
    assert "gl10k-00005" not in counted.index  # nobody voted
    assert (
        labels.player_id.isna().all()
        and set(labels.source) == {"released"}
        and labels.label_id.is_unique
    )
    for i, pair in enumerate(pairs.itertuples()):
        assert (tmp_path / pair.image_a).read_bytes() == jpeg(2 * i)
        assert Image.open(tmp_path / pair.image_b).size == (24, 24)
    assert len(players_from_labels(labels, pairs, "released")) == 0
    expected = alpha(count_votes(labels)[["votes_a", "votes_b"]].to_numpy(), counts=True)
    assert alpha(labels.rename(columns={"pair_id": "task", "choice": "label"})) == expected


def test_only_the_release_itself_is_called_released(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Not a file in its layout, nor a part of it, nor one with a column of its own."""

    def source_and_model(table: list[list[str]], header: list[str] = HEADER) -> tuple[str, str]:
        path = write(tmp_path / "data.csv", table, header)
        readings = [read_released(path, tmp_path / "a")]
        if len(table) > 1:
            file = to_parquet(tmp_path / "p", table, header)
            readings.append(read_released(file, tmp_path / "b"))
        found = {
            (*reading.labels.source.unique(), reading.pairs.model.fillna("unknown")[0])
            for reading in readings
        }
        assert len(found) == 1
        return found.pop()

    own, release = ("own", "unknown"), ("released", "black-forest-labs/FLUX.1-schnell")
    assert source_and_model(rows(7)) == own
    count_as_the_release(monkeypatch, 7)
    assert source_and_model(rows(7)) == release
    assert source_and_model(rows(6)) == source_and_model(rows(8)) == own
    for word in ("released", "own"):
        labelled = [[*row, word] for row in rows(7)]
        assert source_and_model(labelled, [*HEADER, "label_source"]) == own
    monkeypatch.setattr(release_size, "CHARACTERS", (10**9, 10**9))
    assert source_and_model(rows(7)) == own


INVALID = {
    "img0_encoding is not base64": (3, "b'/9j/4AA$$'"),
    "img0_encoding has no closing quotation mark (is the file truncated?)": (3, cell(jpeg(1))[:-1]),
    "img0_encoding the picture is truncated": (3, cell(jpeg(1)[:-300])),
    "img0_encoding the picture is not a readable JPEG or PNG or WEBP": (
        3,
        cell(b"\x89PNG\r\n\x1a\n not really"),
    ),
    "img0_encoding is empty": (3, "b''"),
    "img1_encoding is empty": (5, ""),
    "img0_votes is negative": (2, "-1"),
    "img1_votes is not a number of votes": (4, "two"),
    "img0_votes is not a number of votes": (2, "1.5"),
    "prompt is empty": (1, " "),
}


@pytest.mark.parametrize("expected", INVALID)
def test_an_invalid_cell_rejects_its_row(expected: str, tmp_path: Path) -> None:
    table = rows(3)
    place, value = INVALID[expected]
    table[1][place] = value
    pairs, labels, _, rejected = read_released(write(tmp_path / "data.csv", table), tmp_path)
    assert list(pairs.pair_id) == ["gl10k-00000", "gl10k-00002"] and len(labels) == 4 + 3
    assert [f"{r.row} {r.column} {r.reason}" for r in rejected.itertuples()] == [f"1 {expected}"]
    assert len(list((tmp_path / "outside/images").iterdir())) == 4


def test_every_invalid_cell_of_a_row_is_listed(tmp_path: Path) -> None:
    table = [["0", "", "-1", "b'", "x", "b'####'"]]
    _, labels, _, rejected = read_released(write(tmp_path / "data.csv", table), tmp_path)
    assert rejected.column.tolist() == [
        "prompt",
        "img0_votes",
        "img1_votes",
        "img0_encoding",
        "img1_encoding",
    ]
    assert len(labels) == 0


def test_a_repeated_point_counts_once(tmp_path: Path) -> None:
    table = [*rows(2), ["2", *rows(2)[0][1:]]]
    pairs, _, _, rejected = read_released(write(tmp_path / "data.csv", table), tmp_path)
    assert len(pairs) == 2
    assert rejected.to_dict("records") == [
        {"row": 2, "column": "prompt", "reason": "is the same point as row 0"}
    ]


def test_points_with_the_same_prompt_share_its_id(tmp_path: Path) -> None:
    table = rows(3)
    table[2][1] = table[0][1]
    pairs, _, _, _ = read_released(write(tmp_path / "data.csv", table), tmp_path)
    assert pairs.prompt_id[0] == pairs.prompt_id[2] != pairs.prompt_id[1]


@pytest.mark.parametrize("cut", [20, 700, 900])
def test_a_truncated_file_loses_its_last_row_only(cut: int, tmp_path: Path) -> None:
    path = write(tmp_path / "data.csv", rows(4))
    path.write_bytes(path.read_bytes()[:-cut])
    pairs, _, _, rejected = read_released(path, tmp_path)
    assert len(pairs) == 3 and rejected.row.tolist() == [3]
    assert "truncated" in rejected.reason[0]


def test_a_stray_quote_and_bytes_that_are_not_utf8_are_rejected(tmp_path: Path) -> None:
    path = write(tmp_path / "data.csv", rows(5))
    lines = path.read_bytes().split(b"\r\n")
    lines[2] = lines[2].replace(b"Creative", b"Cr\xe9ative")
    lines[3] = b"7,too,few"
    lines[5] = lines[5].replace(b",", b',"', 1)  # a quote that is never closed
    path.write_bytes(b"\r\n".join(lines))
    pairs, _, _, rejected = read_released(path, tmp_path)
    assert list(pairs.pair_id) == ["gl10k-00000", "gl10k-00003"]
    assert rejected.row.tolist() == [1, 2, 4]
    assert (
        rejected.reason[0] == "is not UTF-8"
        and "has 3 cells, but the header has 6" in rejected.reason[1]
    )


def test_a_cell_longer_than_any_picture_is_rejected_and_reading_continues(
    tmp_path: Path, monkeypatch
) -> None:
    monkeypatch.setattr(gamelabel.tables.rows, "_LONGEST_CELL", 5000)
    table = rows(3)
    table[1][3] = "b'" + "A" * 6000 + "'"
    pairs, _, _, rejected = read_released(write(tmp_path / "data.csv", table), tmp_path)
    assert {"gl10k-00000"} < set(
        pairs.pair_id
    ) and "field larger than field limit" in rejected.reason[0]


def test_reading_again_writes_no_picture_and_gives_the_same_tables(tmp_path: Path) -> None:
    path = write(tmp_path / "data.csv", rows(4))

    def run() -> tuple[str, dict[str, int]]:
        pairs, labels, _, _ = read_released(path, tmp_path)
        files = [write_table(pairs, tmp_path, "pairs"), write_table(labels, tmp_path, "labels")]
        times = {p.name: p.stat().st_mtime_ns for p in (tmp_path / "outside/images").iterdir()}
        return hashlib.sha256(b"".join(f.read_bytes() for f in files)).hexdigest(), times

    assert run() == run()


def test_missing_columns_empty_files_and_missing_files_are_errors(tmp_path: Path) -> None:
    header = [name.replace("img1_votes", "votes") for name in HEADER]
    with pytest.raises(
        ValueError,
        match=r"data\.csv has no column 'img1_votes': its columns are , prompt, img0_votes",
    ):
        read_released(write(tmp_path / "data.csv", rows(1), header), tmp_path)
    (tmp_path / "data.csv").write_bytes(b"")
    with pytest.raises(ValueError, match=r"data\.csv is empty"):
        read_released(tmp_path / "data.csv", tmp_path)
    with pytest.raises(
        FileNotFoundError, match=r"give the path of GameLabel-10K's data\.csv, or \"hub\""
    ):
        read_released(tmp_path / "other.csv", tmp_path)
    pairs, labels, _, rejected = read_released(write(tmp_path / "data.csv", []), tmp_path)
    assert [len(pairs), len(labels), len(rejected)] == [0, 0, 0]


def test_a_folder_that_cannot_be_written_is_named(tmp_path: Path) -> None:
    (tmp_path / "outside").mkdir()
    (tmp_path / "outside/images").write_text("a file where a folder should be")
    path = write(tmp_path / "data.csv", rows(1))
    with pytest.raises(OSError, match=re.escape("outside/images")):
        read_released(path, tmp_path)


def test_an_unreachable_hub_is_one_sentence(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    def unreachable(*_, **__) -> str:
        raise ConnectionError("no route")

    monkeypatch.setitem(
        sys.modules, "huggingface_hub", types.SimpleNamespace(snapshot_download=unreachable)
    )
    with pytest.raises(
        FileNotFoundError,
        match=r"cannot download Jonathan-Zhou/GameLabel-10k from the hub \(ConnectionError",
    ):
        read_released("hub", tmp_path)


def test_both_formats_of_the_hub_give_the_same_tables(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    table = rows(5)
    write(tmp_path / "main/data.csv", table)
    to_parquet(tmp_path / "refs/convert/parquet/default/train", table, HEADER)
    requested = []

    def snapshot(name: str, repo_type: str, revision: str, allow_patterns: list[str]) -> str:
        requested.append((name, repo_type, allow_patterns))
        return str(tmp_path / revision)

    monkeypatch.setitem(
        sys.modules, "huggingface_hub", types.SimpleNamespace(snapshot_download=snapshot)
    )
    readings = [read_released(name, tmp_path / name) for name in ("hub", "hub-parquet")]
    for from_csv, from_parquet in zip(*readings, strict=True):
        assert from_csv.equals(from_parquet)
    assert requested[0] == ("Jonathan-Zhou/GameLabel-10k", "dataset", ["data.csv"])
    assert requested[1][2] == ["*/train/*.parquet"]


def test_invalid_cells_are_reported_alike_for_parquet_and_csv(tmp_path: Path) -> None:
    table = rows(8)
    table[1][1], table[2][3], table[4][5], table[6] = " ", "b'%%'", "", ["6", *table[0][1:]]
    readings = [
        read_released(to_parquet(tmp_path / "p", table, HEADER), tmp_path / "a"),
        read_released(write(tmp_path / "data.csv", table), tmp_path / "b"),
    ]
    assert readings[0].rejected.row.tolist() == [1, 2, 4, 6]
    assert all(first.equals(second) for first, second in zip(*readings, strict=True))


PICTURES: dict[str, Callable[[bytes], object]] = {
    "bytes": bytes,
    "struct": lambda content: {"bytes": content, "path": None},
    "data URI": lambda content: "data:image/jpeg;base64," + b64encode(content).decode(),
    "for addresses": lambda content: urlsafe_b64encode(content).decode().rstrip("="),
    "in lines": lambda content: encodebytes(content).decode(),
}


@pytest.mark.parametrize("form", PICTURES)
def test_pictures_of_a_parquet_file_in_any_form(form: str, tmp_path: Path) -> None:
    pictures = [PICTURES[form](jpeg(0)), PICTURES[form](jpeg(1))]
    columns = zip(RELEASED_COLUMNS, ["a fox", 2, pictures[0], 1, pictures[1]], strict=True)
    pq.write_table(pa.table({name: [value] for name, value in columns}), tmp_path / "t.parquet")
    pairs, labels, _, rejected = read_released(tmp_path / "t.parquet", tmp_path / "run")
    assert len(rejected) == 0 and labels.choice.tolist() == ["a", "a", "b"]
    assert (tmp_path / "run" / pairs.image_b[0]).read_bytes() == jpeg(1)


def test_damaged_row_groups_of_a_parquet_file_are_rejected(tmp_path: Path) -> None:
    path = to_parquet(tmp_path, rows(9), HEADER)
    group = pq.ParquetFile(path).metadata.row_group(1).column(3)
    raw = bytearray(path.read_bytes())
    raw[group.data_page_offset : group.data_page_offset + 40] = b"\0" * 40
    path.write_bytes(raw)
    pairs, _, _, rejected = read_released(path, tmp_path)
    assert (
        rejected.row.tolist() == [3, 4, 5]
        and rejected.reason.str.startswith("cannot be read").all()
    )
    assert list(pairs.pair_id) == [f"gl10k-{i:05d}" for i in (0, 1, 2, 6, 7, 8)]
    path.write_bytes(bytes(raw)[:-30])
    with pytest.raises(ValueError, match="is not a complete Parquet file"):
        read_released(path, tmp_path)


def test_memory_is_bounded_by_a_row_group(tmp_path: Path) -> None:
    cells = [
        ["", "p", "1", "x" * 200_000 + str(i), "0", "y" * 200_000 + str(i)] for i in range(120)
    ]
    path = to_parquet(tmp_path, cells, HEADER, group=4, use_dictionary=False, compression="none")
    assert path.stat().st_size > 40e6
    before, peak = pa.total_allocated_bytes(), 0
    for _ in parquet_rows([path], RELEASED_COLUMNS):
        peak = max(peak, pa.total_allocated_bytes() - before)
    assert peak < 8e6  # the file has 48 MB, a row group 1.6 MB
