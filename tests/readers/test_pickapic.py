import base64
from pathlib import Path

import pandas as pd
import pyarrow as pa
import pyarrow.parquet as pq
import pytest

from gamelabel.readers import read_pickapic
from gamelabel.tables import count_votes
from tests.readers.release import jpeg


def row(**changes: object) -> dict:
    """Return a row in the format of Pick-a-Pic."""
    return {
        "are_different": True,
        "caption": "a fox, “ink” 星",
        "created_at": pd.Timestamp("2023-01-15T12:00:00"),
        "has_label": True,
        "image_0_uid": "aa-1",
        "image_1_uid": "bb-2",
        "jpg_0": jpeg(0),
        "jpg_1": jpeg(1),
        "label_0": 1.0,
        "label_1": 0.0,
        "model_0": "sdxl",
        "model_1": "sdxl",
        "user_id": 7,
        **changes,
    }


def write_rows(folder: Path, *rows: dict, name: str = "data/train-00000-of-00001.parquet") -> Path:
    (folder / name).parent.mkdir(parents=True, exist_ok=True)
    pq.write_table(pa.Table.from_pylist(list(rows)), folder / name)
    return folder / "data"


def test_rows_become_pairs_and_labels(tmp_path: Path) -> None:
    other_way = {
        "image_0_uid": "bb-2",
        "image_1_uid": "aa-1",
        "jpg_0": jpeg(1),
        "jpg_1": jpeg(0),
        "user_id": 8,
    }
    tie = {"label_0": 0.5, "label_1": 0.5, "image_1_uid": "cc_3"}
    silent = {"has_label": False, "label_0": 0.0, "image_1_uid": "dd"}
    source = write_rows(
        tmp_path, row(), row(**other_way), row(**tie), row(**silent, model_1="dream")
    )
    pairs, labels, _, rejected = read_pickapic(source, tmp_path / "run")
    assert len(rejected) == 0 and len(pairs) == 3
    assert labels.choice.tolist() == ["a", "b", "tie"] and labels.player_id.tolist() == [
        "7",
        "8",
        "7",
    ]
    assert count_votes(labels).to_numpy()[0].tolist() == [
        "pap-0000000",
        1,
        1,
    ]  # two players with different choices
    assert labels.created_at[0] == pd.Timestamp("2023-01-15T12:00:00Z") and set(labels.source) == {
        "crowd"
    }
    assert pairs.prompt_id.nunique() == 1 and pairs.model.isna().tolist() == [False, False, True]
    assert (tmp_path / "run" / pairs.image_a[0]).read_bytes() == jpeg(0)
    assert (tmp_path / "run" / pairs.image_b[0]).read_bytes() == jpeg(1)


def test_without_pictures_and_over_several_files(tmp_path: Path) -> None:
    bare = {
        key: value
        for key, value in row().items()
        if key not in ("jpg_0", "jpg_1", "created_at", "model_0")
    }
    write_rows(tmp_path, bare)
    source = write_rows(tmp_path, {**bare, "user_id": 9}, name="data/train-00001-of-00002.parquet")
    pairs, labels, _, _ = read_pickapic(source, tmp_path)
    assert (
        len(pairs) == 1 and pairs.image_a.isna().all() and labels.player_id.tolist() == ["7", "9"]
    )


INVALID = {
    "caption is empty": {"caption": " "},
    "label_0 and label_1 are not 1 and 0, 0 and 1, or 0.5 twice": {"label_0": 1.0, "label_1": 1.0},
    "image_0_uid is not a name of letters, digits and dashes": {"image_0_uid": "../../etc/x"},
    "image_1_uid is the same picture as image_0_uid": {"image_1_uid": "aa-1"},
    "jpg_1 is missing, but the row has the other picture": {"jpg_1": None},
    "jpg_0 the picture is truncated": {"jpg_0": jpeg(0)[:-60]},
    "jpg_1 the picture is not a readable JPEG or PNG or WEBP": {"jpg_1": b"GIF89a"},
}


@pytest.mark.parametrize("expected", INVALID)
def test_an_invalid_cell_rejects_its_row(expected: str, tmp_path: Path) -> None:
    source = write_rows(tmp_path, row(), row(**INVALID[expected]), row(user_id=9))
    pairs, labels, _, rejected = read_pickapic(source, tmp_path / "run")
    assert len(pairs) == 1 and len(labels) == 2
    assert [f"{r.row} {r.column} {r.reason}" for r in rejected.itertuples()] == [f"1 {expected}"]


def test_times_may_be_text_in_iso_8601(tmp_path: Path) -> None:
    times = ["2023-01-15T13:00:00.5+01:00", "2023-01-15 12:00", "yesterday"]
    source = write_rows(tmp_path, *(row(created_at=time) for time in times))
    _, labels, _, rejected = read_pickapic(source, tmp_path / "run")
    expected = ["2023-01-15T12:00:00.5Z", "2023-01-15T12:00:00Z"]
    assert labels.created_at.tolist() == [pd.Timestamp(time) for time in expected]
    reason = "is not a time: 'yesterday'; write it as 2023-01-15T12:00:00Z"
    assert rejected[["row", "column", "reason"]].to_numpy().tolist() == [[2, "created_at", reason]]


def test_a_number_as_a_time_and_a_missing_user_cost_no_other_row(tmp_path: Path) -> None:
    """Each file has a type of its own: times, text and numbers; whole numbers with gaps."""
    write_rows(tmp_path, row(), row(user_id=None), name="data/0.parquet")
    write_rows(tmp_path, row(created_at="2023-01-15", user_id=""), name="data/1.parquet")
    source = write_rows(tmp_path, row(created_at=1_690_000_000), name="data/2.parquet")
    real = [row(user_id=7.0), row(user_id=float("nan")), row(user_id=8.0)]
    write_rows(tmp_path, *real, name="data/3.parquet")
    _, labels, players, rejected = read_pickapic(source, tmp_path / "run")
    assert labels.player_id.isna().tolist() == [False, True, True, False, True, False]
    assert players.player_id.tolist() == ["7", "8"]  # nobody is not a player
    assert rejected[["row", "column"]].to_numpy().tolist() == [[3, "created_at"]]


PICTURES = {
    "struct": lambda content: {"bytes": content, "path": "1.jpg"},
    "struct without a path": lambda content: {"bytes": content, "path": None},
    "base64": lambda content: base64.b64encode(content).decode(),
    "for addresses": lambda content: base64.urlsafe_b64encode(content).decode().rstrip("="),
    "in lines": lambda content: base64.encodebytes(content).decode(),
    "data URI": lambda content: "data:image/jpeg;base64," + base64.b64encode(content).decode(),
    "bytes literal": lambda content: str(base64.b64encode(content)),
}


@pytest.mark.parametrize("form", PICTURES)
def test_pictures_in_any_form(form: str, tmp_path: Path) -> None:
    encode = PICTURES[form]
    source = write_rows(tmp_path, row(jpg_0=encode(jpeg(0)), jpg_1=encode(jpeg(1))))
    pairs, _, _, rejected = read_pickapic(source, tmp_path / "run")
    assert len(rejected) == 0
    assert (tmp_path / "run" / pairs.image_a[0]).read_bytes() == jpeg(0)


def test_the_name_of_a_picture_without_its_content_is_named(tmp_path: Path) -> None:
    source = write_rows(tmp_path, row(jpg_0={"bytes": None, "path": "1.jpg"}))
    rejected = read_pickapic(source, tmp_path / "run").rejected
    reason = "has only the name of a picture, 1.jpg, and not its content"
    assert rejected.reason.tolist() == [reason]


def test_a_wrong_file_is_an_error(tmp_path: Path) -> None:
    with pytest.raises(FileNotFoundError, match="give a Parquet file with columns caption"):
        read_pickapic(tmp_path / "none.parquet", tmp_path)
    source = write_rows(tmp_path, {"caption": "a fox", "user_id": 1})
    with pytest.raises(
        ValueError, match="no column image_0_uid, image_1_uid, label_0, label_1: its columns are"
    ):
        read_pickapic(source, tmp_path)


def test_users_of_a_column_with_gaps_are_whole_numbers_and_nobody(tmp_path: Path) -> None:
    row = {"caption": "a", "image_0_uid": "x", "image_1_uid": "y", "label_0": 1.0, "label_1": 0.0}
    frame = pd.DataFrame([row | {"user_id": user} for user in (7, None, None)])
    assert frame["user_id"].dtype == float
    frame.to_parquet(tmp_path / "t.parquet")
    tables = read_pickapic(tmp_path / "t.parquet", tmp_path)
    assert tables.labels["player_id"].tolist()[0] == "7"
    assert tables.labels["player_id"].isna().tolist() == [False, True, True]
    assert tables.players["player_id"].tolist() == ["7"]
