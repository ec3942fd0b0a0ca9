import subprocess
import sys
from pathlib import Path

import pandas as pd
import pytest

from gamelabel.tables import TABLES, BadTable, check_table, read_table, split_bad_rows, write_table
from tests.tables.frames import valid_table


@pytest.mark.parametrize("name", TABLES)
def test_a_table_is_read_as_it_was_written(name: str, tmp_path: Path) -> None:
    path = write_table(valid_table(name), tmp_path, name)
    assert path == tmp_path / f"{name}.parquet"
    stored = read_table(tmp_path, name)
    pd.testing.assert_frame_equal(stored, check_table(valid_table(name), name))
    assert list(stored) == list(TABLES[name])


@pytest.mark.parametrize("name", TABLES)
def test_equal_rows_give_equal_files(name: str, tmp_path: Path) -> None:
    shuffled = valid_table(name)[list(TABLES[name])[::-1]]
    shuffled.index = pd.Index([7, 3])
    first = write_table(valid_table(name), tmp_path / "one", name).read_bytes()
    assert write_table(shuffled, tmp_path / "two", name).read_bytes() == first
    assert (
        write_table(read_table(tmp_path / "one", name), tmp_path / "three", name).read_bytes()
        == first
    )


@pytest.mark.parametrize("name", TABLES)
def test_a_table_may_be_empty(name: str, tmp_path: Path) -> None:
    write_table(valid_table(name).head(0), tmp_path, name)
    stored = read_table(tmp_path, name)
    assert len(stored) == 0 and (stored.dtypes == check_table(valid_table(name), name).dtypes).all()


@pytest.mark.parametrize(
    ("name", "column", "value", "expected"),
    [
        ("prompts", "rule", "word", "a rejected prompt has a rule, a kept prompt has none"),
        ("prompts", "text", "", "is empty"),
        ("prompts", "kept", "perhaps", "is not true or false"),
        ("pairs", "pair_id", "x1", "occurs more than once"),
        ("pairs", "gold", "a", "a comparison point has a gold answer, a preference has none"),
        ("pairs", "image_b", "images/0.png", "a pair has two different image files or none"),
        ("pairs", "image_b", None, "a pair has two different image files or none"),
        ("pairs", "image_a", "/tmp/0.png", "is not a path inside the run's folder"),
        ("pairs", "image_a", "images/../../0.png", "is not a path inside the run's folder"),
        ("pairs", "seed_a", -1, "is below 0"),
        ("pairs", "seed_a", 1.5, "is not a whole number"),
        ("labels", "choice", "c", "is not one of a, b"),
        ("labels", "choice", None, "is missing"),
        ("labels", "player_id", 7, "is not text"),
        ("labels", "created_at", "yesterday-ish", "is not a time"),
        ("players", "labels", 5, "are together at most labels"),
        ("players", "comparisons_right", float("nan"), "is missing"),
        ("preferences", "pair_id", "x1", "occurs more than once"),
        ("preferences", "chosen", "tie", "is not one of a, b"),
        ("preferences", "probability", 0.49, "is below 0.5"),
        ("preferences", "probability", 1.01, "is above 1"),
        ("preferences", "method", "", "is empty"),
        ("preferences", "votes", 0, "is below 1"),
        ("adherence", "score_a", 1.25, "is above 1"),
        ("adherence", "score_a", -0.1, "is below 0"),
        ("adherence", "score_b", 1.01, "is above 1"),
        ("adherence", "score_b", -0.1, "is below 0"),
        ("pairs", "seed_b", -1, "is below 0"),
        ("labels", "response_ms", -1, "is below 0"),
        ("players", "comparisons_right", -1, "is below 0"),
        ("players", "comparisons_wrong", -1, "is below 0"),
    ],
)
def test_an_invalid_cell_is_named_and_its_row_can_be_split_off(
    name, column, value, expected, tmp_path
) -> None:
    frame = valid_table(name)
    frame[column] = frame[column].astype(object)
    frame.loc[0, column] = value
    with pytest.raises(BadTable) as error:
        write_table(frame, tmp_path, name)
    message = str(error.value)
    row = 1 if expected == "occurs more than once" else 0
    assert f"{name}.parquet: 1 of 2 rows are invalid" in message
    assert f"row {row} (counted from 0), column {column}" in message and expected in message
    assert f"split_bad_rows(frame, '{name}')" in message
    assert not list(tmp_path.iterdir())

    kept, bad = split_bad_rows(frame, name)
    assert len(kept) == 1 and list(bad.index) == [row]
    assert column in bad.reason.iloc[0] and expected in bad.reason.iloc[0]
    write_table(kept, tmp_path, name)


@pytest.mark.parametrize(
    ("name", "cells"),
    [
        ("pairs", {"seed_a": 0, "seed_b": 0}),
        ("labels", {"response_ms": 0}),
        ("players", {"comparisons_right": 0, "comparisons_wrong": 0, "labels": 0}),
        ("preferences", {"probability": 0.5, "votes": 1}),
        ("preferences", {"probability": 1}),
        ("adherence", {"score_a": 0, "score_b": 0}),
        ("adherence", {"score_a": 1, "score_b": 1}),
    ],
)
def test_the_smallest_and_largest_values_are_valid(name: str, cells: dict[str, float]) -> None:
    checked = check_table(valid_table(name).assign(**cells), name)
    for column, value in cells.items():
        assert checked[column].tolist() == [value, value]


def test_missing_and_unknown_columns_are_named(tmp_path: Path) -> None:
    frame = valid_table("labels").rename(columns={"choice": "chosen"})
    with pytest.raises(
        BadTable,
        match=r"missing columns: choice; unknown columns: chosen\. "
        r"Its columns are label_id, player_id",
    ):
        write_table(frame, tmp_path, "labels")
    with pytest.raises(BadTable, match="missing columns: choice; unknown"):
        split_bad_rows(frame, "labels")
    with pytest.raises(BadTable, match=r"'labels': missing columns: choice\. Its columns"):
        check_table(valid_table("labels").drop(columns="choice"), "labels")
    with pytest.raises(BadTable, match=r"'labels': unknown columns: age\. Its columns"):
        check_table(valid_table("labels").assign(age=7), "labels")


def test_unknown_tables_missing_files_and_broken_files_are_errors(tmp_path: Path) -> None:
    with pytest.raises(BadTable, match="there is no table 'label'; the tables are prompts, pairs"):
        read_table(tmp_path, "label")
    with pytest.raises(FileNotFoundError, match=r"run notebooks/03_labels\.ipynb first"):
        read_table(tmp_path, "labels")
    with pytest.raises(FileNotFoundError, match=r"run notebooks/04_reliability\.ipynb first"):
        read_table(tmp_path, "preferences")
    path = write_table(valid_table("labels"), tmp_path, "labels")
    path.write_bytes(path.read_bytes()[:200])
    with pytest.raises(BadTable, match="not a complete Parquet file"):
        read_table(tmp_path, "labels")


def test_invalid_content_is_noticed_when_a_table_is_read(tmp_path: Path) -> None:
    invalid = valid_table("labels").assign(choice=["a", "left"])
    invalid.to_parquet(tmp_path / "labels.parquet")
    with pytest.raises(
        BadTable,
        match=r"labels.parquet: 1 of 2 rows are invalid\n  row 1 .*'left' is not one of a, b",
    ):
        read_table(tmp_path, "labels")


def test_a_failed_write_leaves_the_old_table(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    import pyarrow.parquet as pq

    path = write_table(valid_table("players"), tmp_path, "players")
    before = path.read_bytes()

    def full(table, where, **_) -> None:
        Path(where).write_bytes(b"half")
        raise OSError(28, "No space left on device")

    monkeypatch.setattr(pq, "write_table", full)
    with pytest.raises(OSError, match=r"No space left on device: .*players.parquet"):
        write_table(valid_table("players").head(1), tmp_path, "players")
    assert path.read_bytes() == before and list(tmp_path.iterdir()) == [path]


def test_long_lists_of_invalid_cells_are_shortened() -> None:
    frame = pd.concat([valid_table("labels")] * 50).assign(choice="z")
    with pytest.raises(BadTable) as error:
        check_table(frame, "labels")
    assert len(str(error.value).splitlines()) == 8 and "100 of 100 rows are invalid" in str(
        error.value
    )


def test_importing_readers_loads_nothing_heavy() -> None:
    heavy = {"datasets", "pooch", "PIL", "pyarrow.parquet", "torch", "yaml"}
    code = f"import sys, gamelabel.readers; print({heavy} & set(sys.modules))"
    process = subprocess.run(
        [sys.executable, "-c", code], capture_output=True, text=True, check=True
    )
    assert process.stdout.strip() == "set()"


def test_columns_have_the_types_of_their_kinds() -> None:
    frame = check_table(valid_table("pairs"), "pairs")
    assert frame["prompt"].dtype == pd.Series(["text"]).dtype and frame["image_a"][0] is not None
    assert frame["seed_a"].dtype == "Int64" and pd.isna(frame["seed_a"][1])
    players = check_table(valid_table("players"), "players")
    assert players["labels"].dtype == "int64"
    assert check_table(valid_table("adherence"), "adherence")["fits_a"].dtype == "bool"
    times = check_table(valid_table("labels"), "labels")["created_at"]
    assert str(times.dtype) == "datetime64[us, UTC]"


def test_a_file_has_the_types_of_the_schema_even_for_columns_without_values(
    tmp_path: Path,
) -> None:
    import pyarrow as pa
    import pyarrow.parquet as pq

    without = valid_table("pairs").assign(image_a=None, image_b=None, seed_a=None, seed_b=None)
    schema = pq.read_schema(write_table(without, tmp_path, "pairs"))
    assert schema.names == list(TABLES["pairs"]) and schema.metadata is None
    assert schema.field("image_a") == pa.field("image_a", pa.string())
    assert schema.field("seed_a") == pa.field("seed_a", pa.int64())
    assert schema.field("pair_id") == pa.field("pair_id", pa.string(), nullable=False)
