"""Exports are read back unchanged, and simulated labels stay marked as simulated."""

import csv
import io
import os
import shutil
import sys
from pathlib import Path
from typing import Any

import numpy as np
import pandas as pd
import pytest
import yaml
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st
from PIL import Image

from gamelabel.readers import read_exported, read_released
from gamelabel.study.label_sources import collect_labels
from gamelabel.tables import (
    LabelTables,
    check_table,
    count_votes,
    players_from_labels,
    read_table,
    write_dataset,
    write_parquet,
    write_released,
)
from tests.readers.release import HEADER, count_as_the_release, jpeg, rows, write

# Any Unicode text but lone surrogates, which UTF-8 cannot encode.
texts = st.text(st.characters(exclude_categories=["Cs"]), min_size=1, max_size=12)
prompts = texts.filter(lambda text: text.strip() != "")
moments = st.datetimes(
    min_value=pd.Timestamp("1990-01-01"), max_value=pd.Timestamp("2100-01-01")
).map(lambda moment: pd.Timestamp(moment, tz="UTC"))


@st.composite
def label_tables(
    draw: st.DrawFn, source: str = "game", sides: tuple[str, ...] = ("a", "b", "tie")
) -> LabelTables:
    """Draw pairs of images/0.jpg, images/1.jpg, …, and labels, at least one on a preference."""
    names = draw(st.lists(texts, min_size=1, max_size=5, unique=True))
    kinds = [
        "preference",
        *(draw(st.sampled_from(["preference", "comparison"])) for _ in names[1:]),
    ]
    pairs = pd.DataFrame({"pair_id": names, "prompt_id": names, "kind": kinds}, dtype=object)
    pairs["prompt"] = [draw(prompts) for _ in names]
    pairs["gold"] = [
        None if kind == "preference" else draw(st.sampled_from("ab")) for kind in kinds
    ]
    for i, side in enumerate("ab"):
        pairs[f"image_{side}"] = [f"images/{2 * k + i}.jpg" for k in range(len(names))]
        pairs[f"seed_{side}"] = [draw(st.none() | st.integers(0, 2**62)) for _ in names]
    pairs["model"] = [draw(st.none() | texts) for _ in names]
    first = [(names[0], draw(st.sampled_from("ab")))]
    chosen = first + draw(
        st.lists(st.tuples(st.sampled_from(names), st.sampled_from(sides)), max_size=12)
    )
    optional_texts = st.none() | texts
    labels = pd.DataFrame(
        {
            "label_id": [f"l{i}" for i in range(len(chosen))],
            "player_id": [draw(optional_texts) for _ in chosen],
            "pair_id": [pair for pair, _ in chosen],
            "batch_id": [draw(optional_texts) for _ in chosen],
            "choice": [choice for _, choice in chosen],
            "shown_left": [draw(st.sampled_from(["a", "b", None])) for _ in chosen],
            "response_ms": [draw(st.none() | st.integers(0, 2**40)) for _ in chosen],
            "created_at": [draw(st.none() | moments) for _ in chosen],
            "source": source,
        },
        dtype=object,
    )
    pairs, labels = check_table(pairs, "pairs"), check_table(labels, "labels")
    return LabelTables(pairs, labels, players_from_labels(labels, pairs, "game"))


def write_pictures(folder: Path, tables: LabelTables) -> Path:
    """Write the pictures of the pairs to the folder of a run."""
    for k, image in enumerate([*tables.pairs.image_a, *tables.pairs.image_b]):
        (folder / image).parent.mkdir(parents=True, exist_ok=True)
        (folder / image).write_bytes(jpeg(k, 16))
    return folder


def with_outside_paths(pairs: pd.DataFrame) -> pd.DataFrame:
    return pairs.assign(image_a="outside/" + pairs.image_a, image_b="outside/" + pairs.image_b)


# Few examples, because each writes, reads and checks nine tables.
EXAMPLES = 100 if os.environ.get("CI") == "true" else 4
ROUNDS = settings(
    max_examples=EXAMPLES, deadline=None, suppress_health_check=[HealthCheck.too_slow]
)


@pytest.mark.parametrize("writer", [write_parquet, write_dataset])
@ROUNDS
@given(tables=label_tables())
def test_exported_folders_are_read_back_unchanged(
    writer, tables: LabelTables, tmp_path_factory: pytest.TempPathFactory
) -> None:
    at = tmp_path_factory.mktemp("round")
    write_pictures(at / "run", tables)
    written = writer(tables, at / "run", at / "out")
    assert (
        written.rows == {name: len(frame) for name, frame in tables.by_name().items()}
        and not written.omitted
    )
    exported = read_exported(at / "out", at / "other")
    for before, after in zip(
        tables._replace(pairs=with_outside_paths(tables.pairs)), exported, strict=True
    ):
        pd.testing.assert_frame_equal(before, after)
    for image in tables.pairs.image_b:
        assert (at / "other/outside" / image).read_bytes() == (at / "run" / image).read_bytes()


@ROUNDS
@given(tables=label_tables())
def test_the_released_layout_keeps_prompts_votes_and_pictures(
    tables: LabelTables, tmp_path_factory: pytest.TempPathFactory
) -> None:
    at = tmp_path_factory.mktemp("round")
    run = write_pictures(at / "run", tables)
    written = write_released(tables, run, at / "data.csv")
    pairs, labels, _, rejected = read_released(at / "data.csv", at / "other")
    assert len(rejected) == 0 and set(labels.source) == {"game"}
    choices = tables.labels[tables.labels.choice != "tie"]
    before = count_votes(choices).merge(
        tables.pairs[tables.pairs.kind == "preference"], on="pair_id"
    )
    after = pairs.merge(count_votes(labels), on="pair_id")
    for column in ("prompt", "votes_a", "votes_b"):
        assert after[column].tolist() == before[column].tolist()
    for side in ("image_a", "image_b"):
        for image, copy in zip(before[side], after[side], strict=True):
            assert (run / image).read_bytes() == (at / "other" / copy).read_bytes()
    assert written.rows["labels"] + sum(written.omitted.values()) == len(tables.labels)


def test_the_release_is_exported_byte_for_byte(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    count_as_the_release(monkeypatch, 6)
    table = [
        [i, *row[1:]] for i, row in enumerate(row for row in rows(7) if row[2] + row[4] != "00")
    ]
    first = write(
        tmp_path / "data.csv",
        [[str(cell).replace('b"', "b'").replace('"', "'") for cell in r] for r in table],
    )
    tables = read_released(first, tmp_path / "run")
    write_released(tables, tmp_path / "run", tmp_path / "again.csv")
    assert (tmp_path / "again.csv").read_bytes() == first.read_bytes()


def simulated(folder: Path) -> LabelTables:
    """Return two pairs of PNG pictures, labelled by a simulated player."""
    pairs = pd.DataFrame(
        {"pair_id": ["x0", "x1"], "prompt_id": ["p0", "p1"], "prompt": ["a red circle", "a star"]}
    )
    pairs = pairs.assign(
        kind=["preference", "comparison"], gold=[None, "a"], model="scenes", seed_a=1, seed_b=2
    )
    for side in "ab":
        pairs[f"image_{side}"] = [f"images/{name}-{side}.png" for name in pairs.pair_id]
        for name in pairs.pair_id:
            (folder / "images").mkdir(parents=True, exist_ok=True)
            pixels = np.full((16, 16, 3), 90 if side == "a" else 200, np.uint8)
            Image.fromarray(pixels).save(folder / f"images/{name}-{side}.png")
    labels = pd.DataFrame(
        {"pair_id": ["x0", "x0", "x1"], "choice": ["a", "tie", "a"], "player_id": "u"}
    )
    labels = labels.assign(
        label_id=["l0", "l1", "l2"], batch_id=None, shown_left=None, response_ms=None
    )
    labels = check_table(labels.assign(created_at=None, source="simulated"), "labels")
    pairs = check_table(pairs, "pairs")
    return LabelTables(pairs, labels, players_from_labels(labels, pairs, "simulated"))


def test_exports_of_simulated_labels_are_marked(tmp_path: Path) -> None:
    tables = simulated(tmp_path / "run")
    written = write_released(tables, tmp_path / "run", tmp_path / "data.csv")
    assert written.omitted == {"labels on comparison points": 1, "ties": 1}
    with (tmp_path / "data.csv").open(newline="") as file:
        header, row = list(csv.reader(file))
    assert (
        header == [*HEADER, "label_source"] and row[-1] == "SIMULATED" and row[2:5:2] == ["1", "0"]
    )
    pairs, labels, _, _ = read_released(tmp_path / "data.csv", tmp_path / "other")
    assert (
        labels.source.tolist() == ["simulated"] and pairs.model.isna().all()
    )  # not read as the release
    with Image.open(tmp_path / "other" / pairs.image_b[0]) as image:  # a PNG that became a JPEG
        assert image.format == "JPEG" and abs(np.asarray(image).astype(int) - 200).max() <= 3
    for writer, name in ((write_dataset, "d"), (write_parquet, "p")):
        writer(tables, tmp_path / "run", tmp_path / name)
        card = (tmp_path / name / "README.md").read_text()
        assert (
            "SIMULATED" in card.split("\n# ")[-1].splitlines()[0]
            and "No person gave these labels" in card
        )
        assert read_exported(tmp_path / name, tmp_path / "r").labels.source.unique().tolist() == [
            "simulated"
        ]


def test_the_datasets_library_reads_the_folder_and_its_card(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("HF_HUB_OFFLINE", "1")
    import datasets

    tables = simulated(tmp_path / "run")
    write_dataset(tables, tmp_path / "run", tmp_path / "d", licence="apache-2.0")
    front = yaml.safe_load((tmp_path / "d/README.md").read_text().split("---")[1])
    assert (
        front["license"] == "apache-2.0"
        and "simulated" in front["tags"]
        and "SIMULATED" in front["pretty_name"]
    )
    assert [entry["config_name"] for entry in front["configs"]] == ["pairs", "labels", "players"]
    loaded = {
        name: datasets.load_dataset(
            str(tmp_path / "d"), name, split="train", cache_dir=str(tmp_path / "cache")
        )
        for name in ("pairs", "labels")
    }
    assert (
        loaded["labels"]["choice"][:] == ["a", "tie", "a"]
        and loaded["labels"]["created_at"][0] is None
    )
    assert loaded["pairs"]["gold"][:] == [None, "a"]
    assert loaded["pairs"][0]["image_a"].size == (16, 16)
    raw = loaded["pairs"].cast_column("image_a", datasets.Image(decode=False))[0]["image_a"][
        "bytes"
    ]
    assert Image.open(io.BytesIO(raw)).format == "PNG"


def test_code_for_the_released_file_reads_an_export(tmp_path: Path) -> None:
    """Read it with pandas, by the names of its columns, and evaluate the bytes literals."""
    import ast
    import base64

    tables = simulated(tmp_path / "run")
    write_released(tables, tmp_path / "run", tmp_path / "data.csv")
    [row] = pd.read_csv(tmp_path / "data.csv").to_dict("records")
    assert row["Unnamed: 0"] == 0 and row["prompt"] == "a red circle"
    assert row["img0_votes"] == 1 and row["img1_votes"] == 0
    for column in ("img0_encoding", "img1_encoding"):
        picture = Image.open(io.BytesIO(base64.b64decode(ast.literal_eval(row[column]))))
        assert picture.size == (16, 16)


def test_exports_are_sources_of_labels(tmp_path: Path) -> None:
    tables = simulated(tmp_path / "run")
    write_dataset(tables, tmp_path / "run", tmp_path / "d")
    gathered = collect_labels("export", tmp_path / "next", str(tmp_path / "d"))
    assert gathered.labels.label_id.tolist() == ["l0", "l1", "l2"] and len(gathered.rejected) == 0
    assert (tmp_path / "next" / gathered.pairs.image_a[0]).is_file()
    assert read_table(tmp_path / "next", "players").player_id.tolist() == ["u"]
    write_released(tables, tmp_path / "run", tmp_path / "data.csv")
    assert (
        collect_labels("gamelabel10k", tmp_path / "more", str(tmp_path / "data.csv")).labels.source[
            0
        ]
        == "simulated"
    )


def test_exports_that_fail_leave_no_files(tmp_path: Path) -> None:
    tables = simulated(tmp_path / "run")
    bare = tables.pairs.assign(image_a=None, image_b=None)
    with pytest.raises(
        ValueError, match=r"1 pairs, such as x0, have no pictures .* as parquet or datasets"
    ):
        write_released(tables._replace(pairs=bare), tmp_path / "run", tmp_path / "data.csv")
    with pytest.raises(
        ValueError,
        match="labels of one source on preferences, but there are no label of a preference",
    ):
        write_released(
            tables._replace(labels=tables.labels[2:]), tmp_path / "run", tmp_path / "data.csv"
        )
    mixed = tables.labels.assign(source=["simulated", "game", "game"])
    with pytest.raises(ValueError, match="labels of 2 sources"):
        write_released(tables._replace(labels=mixed), tmp_path / "run", tmp_path / "data.csv")
    (tmp_path / "run/images/x0-b.png").unlink()
    with pytest.raises(OSError, match=r"x0-b\.png"):
        write_released(tables, tmp_path / "run", tmp_path / "data.csv")
    for writer in (write_dataset, write_parquet):
        with pytest.raises(FileNotFoundError, match=r"x0-b\.png not found"):
            writer(tables, tmp_path / "run", tmp_path / "out")
        with pytest.raises(ValueError, match="there are no labels to export"):
            writer(tables._replace(labels=tables.labels[:0]), tmp_path / "run", tmp_path / "out")
        with pytest.raises(ValueError, match="is not empty"):
            writer(tables, tmp_path / "run", tmp_path / "run")
    assert [path.name for path in tmp_path.iterdir()] == ["run"]


def test_folders_that_are_not_exports_or_have_outside_paths_are_refused(tmp_path: Path) -> None:
    with pytest.raises(FileNotFoundError, match="is not an export"):
        read_exported(tmp_path, tmp_path / "run")
    tables = simulated(tmp_path / "run")
    write_dataset(tables, tmp_path / "run", tmp_path / "d")
    import pyarrow as pa
    import pyarrow.parquet as pq

    [path] = (tmp_path / "d/pairs").iterdir()
    rows_ = pq.read_table(path)
    altered = rows_.to_pylist()
    altered[0]["image_a"]["path"] = "../../x.png"
    pq.write_table(pa.Table.from_pylist(altered, schema=rows_.schema), path)
    with pytest.raises(ValueError, match="is not a path inside the exported folder"):
        read_exported(tmp_path / "d", tmp_path / "next")
    assert not (tmp_path / "x.png").exists()


def saved_again(
    folder: Path, save: str, change: Any = None, names: tuple[str, ...] = ("pairs", "labels")
) -> Path:
    """Load an export with the datasets library, change its pairs, and save it."""
    from datasets import load_dataset

    out = folder / f"again-{save}"
    for name in names:
        dataset = load_dataset(
            str(folder / "d"), name, split="train", cache_dir=str(folder / "cache")
        )
        if change and name == "pairs":
            dataset = dataset.map(change)
        if save == "save_to_disk":
            dataset.save_to_disk(str(out / name))
        else:
            (out / name).mkdir(parents=True)
            dataset.to_parquet(out / name / "train-00000-of-00001.parquet")
    return out


@pytest.mark.parametrize("save", ["to_parquet", "save_to_disk"])
def test_through_the_datasets_library_and_back(save: str, tmp_path: Path) -> None:
    """A picture that `map` changed has no path, and `save_to_disk` keeps base names only."""
    tables = simulated(tmp_path / "run")
    write_dataset(tables, tmp_path / "run", tmp_path / "d")
    turned = saved_again(tmp_path, save, lambda row: {"image_a": row["image_a"].rotate(90)})
    again = read_exported(turned, tmp_path / "next")
    assert again.labels.choice.tolist() == tables.labels.choice.tolist()
    assert again.pairs.prompt.tolist() == tables.pairs.prompt.tolist()
    for side, shade in (("a", 90), ("b", 200)):
        for image in again.pairs[f"image_{side}"]:
            with Image.open(tmp_path / "next" / image) as shown:
                assert (np.asarray(shown) == shade).all()


def test_an_export_without_one_of_its_tables_is_an_error(tmp_path: Path) -> None:
    tables = simulated(tmp_path / "run")
    write_dataset(tables, tmp_path / "run", tmp_path / "d")
    for names, message in ((("pairs",), "0 labels and 2 pairs"), (("labels",), "not an export")):
        folder = saved_again(tmp_path, "to_parquet", names=names)
        with pytest.raises((ValueError, FileNotFoundError), match=message):
            read_exported(folder, tmp_path / "next")
        shutil.rmtree(folder)
    other = tables._replace(labels=tables.labels.assign(pair_id="another"))
    write_parquet(other, tmp_path / "run", tmp_path / "p")
    with pytest.raises(ValueError, match="3 labels and 2 pairs, and no label of one of these"):
        read_exported(tmp_path / "p", tmp_path / "next")


def test_pictures_with_equal_names_are_both_kept(tmp_path: Path) -> None:
    import pyarrow as pa
    import pyarrow.parquet as pq

    tables = simulated(tmp_path / "run")
    write_dataset(tables, tmp_path / "run", tmp_path / "d")
    [path] = (tmp_path / "d/pairs").iterdir()
    stored = pq.read_table(path)
    altered = stored.to_pylist()
    for row in altered:
        for side in "ab":
            row[f"image_{side}"]["path"] = "images/1.png"
    pq.write_table(pa.Table.from_pylist(altered, schema=stored.schema), path)
    again = read_exported(tmp_path / "d", tmp_path / "next")
    for side, shade in (("a", 90), ("b", 200)):
        with Image.open(tmp_path / "next" / again.pairs[f"image_{side}"][0]) as shown:
            assert (np.asarray(shown) == shade).all()


@pytest.mark.parametrize("layout", ["parquet", "datasets"])
def test_one_bad_cell_costs_its_row(layout: str, tmp_path: Path) -> None:
    tables = simulated(tmp_path / "run")
    writer = write_parquet if layout == "parquet" else write_dataset
    writer(tables, tmp_path / "run", tmp_path / "d")
    [path] = (tmp_path / "d").rglob("labels.parquet" if layout == "parquet" else "labels/*")
    stored = pd.read_parquet(path).astype(object)
    stored["player_id"] = ["u", "", "u"]
    stored["created_at"] = 1_690_000_000
    stored.loc[0, "created_at"] = None
    stored["created_at"] = stored["created_at"].astype(float)
    stored.to_parquet(path)
    again = read_exported(tmp_path / "d", tmp_path / "next")
    assert again.labels.label_id.tolist() == ["l0"]
    assert again.rejected[["row", "column", "reason"]].to_numpy().tolist() == [
        [1, "labels", "player_id is empty; created_at is not a time"],
        [2, "labels", "created_at is not a time"],
    ]


def test_without_the_datasets_library_the_error_says_what_to_install(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    tables = simulated(tmp_path / "run")
    monkeypatch.setitem(sys.modules, "datasets", None)
    with pytest.raises(ValueError, match=r"pip install 'gamelabel\[study\]', or choose"):
        write_dataset(tables, tmp_path / "run", tmp_path / "d")
    assert [path.name for path in tmp_path.iterdir()] == ["run"]


def test_label_source_of_the_released_layout(tmp_path: Path) -> None:
    tables = simulated(tmp_path / "run")
    released = tables.labels.assign(source="released")
    write_released(tables._replace(labels=released), tmp_path / "run", tmp_path / "data.csv")
    with (tmp_path / "data.csv").open(newline="") as file:
        assert next(csv.reader(file)) == HEADER
