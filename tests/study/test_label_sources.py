import subprocess
import sys
from pathlib import Path

import pandas as pd
import pytest

from gamelabel.study.label_sources import LABEL_SOURCES, collect_labels
from gamelabel.study.parameters import read_parameters
from gamelabel.tables import labelled_pairs, read_table, write_table
from tests.games.pairs.pair_tables import make_pair_tables
from tests.readers.release import rows, write


def prepare(folder: Path) -> None:
    """A run's folder as the image step leaves it."""
    pairs, truth = make_pair_tables(100, 20)
    write_table(pairs, folder, "pairs")
    write_table(
        truth.assign(fits_a=truth.score_a == 1, fits_b=truth.score_b == 1), folder, "adherence"
    )


def test_simulated_labels_are_about_the_runs_own_pairs(tmp_path: Path) -> None:
    prepare(tmp_path)
    collected = collect_labels("simulated", tmp_path, players=8, seed=1)
    assert read_table(tmp_path, "labels").label_id.tolist() == collected.labels.label_id.tolist()
    assert len(read_table(tmp_path, "players")) == 8 and len(collected.rejected) == 0
    assert labelled_pairs(tmp_path).equals(read_table(tmp_path, "pairs"))
    first = (tmp_path / "labels.parquet").read_bytes()
    collect_labels("simulated", tmp_path, players=8, seed=1)
    assert (tmp_path / "labels.parquet").read_bytes() == first


def test_released_labels_bring_their_pairs_and_simulated_ones_replace_them(
    tmp_path: Path,
) -> None:
    prepare(tmp_path)
    own = (tmp_path / "pairs.parquet").read_bytes()
    collected = collect_labels("gamelabel10k", tmp_path, str(write(tmp_path / "data.csv", rows(5))))
    assert (
        len(collected.players) == 0
        and len(read_table(tmp_path, "labels")) == len(collected.labels) == 19
    )
    pairs = labelled_pairs(tmp_path)
    assert len(pairs) == 5 and all((tmp_path / path).is_file() for path in pairs.image_a)
    assert (tmp_path / "pairs.parquet").read_bytes() == own
    collect_labels("simulated", tmp_path, players=3)
    assert len(labelled_pairs(tmp_path)) == 120


def test_a_crowds_csv_makes_players(tmp_path: Path) -> None:
    (tmp_path / "l.csv").write_text("task,worker,label\n1,u,0\n1,v,1\n2,u,1\n")
    (tmp_path / "g.csv").write_text("task,label\n1,0\n")
    collected = collect_labels("csv", tmp_path, str(tmp_path / "l.csv"), str(tmp_path / "g.csv"))
    assert collected.players.player_id.tolist() == ["u", "v"]
    assert collected.players[
        ["comparisons_right", "comparisons_wrong", "labels"]
    ].to_numpy().tolist() == [
        [1, 0, 2],
        [0, 1, 1],
    ]


def test_columns_of_a_crowds_csv_may_be_named(tmp_path: Path) -> None:
    (tmp_path / "l.csv").write_text('id,who,"A, B"\n1,u,0\n1,v,same\n2,u,1\n')
    columns = 'task=id, worker=who, "label=A, B", tie=same'
    collected = collect_labels("csv", tmp_path, str(tmp_path / "l.csv"), columns=columns)
    assert collected.labels.choice.tolist() == ["a", "tie", "b"]
    with pytest.raises(
        ValueError, match="from simulated have a fixed task: label_columns must be em"
    ):
        collect_labels("simulated", tmp_path, columns=columns)
    for wrong, message in (
        ("task", "'task' is not NAME=COLUMN with a name of task, worker, label, gold, tie"),
        ("task=", "'task=' is not NAME=COLUMN"),
        ("task=a,task=b", "'task=a,task=b' names task twice"),
    ):
        with pytest.raises(ValueError, match=message):
            collect_labels("csv", tmp_path, str(tmp_path / "l.csv"), columns=wrong)


def test_invalid_input_is_named_before_anything_is_written(tmp_path: Path) -> None:
    with pytest.raises(
        ValueError,
        match="there is no source of labels 'mturk'; the sources are simulated, gamelabel10k, csv",
    ):
        collect_labels("mturk", tmp_path)
    with pytest.raises(
        ValueError, match="labels from csv need a file: set labels_file to the path of a CSV file"
    ):
        collect_labels("csv", tmp_path)
    with pytest.raises(FileNotFoundError, match=r"run notebooks/02_images\.ipynb first"):
        collect_labels("simulated", tmp_path)
    assert not list(tmp_path.iterdir())


def test_the_notebook_says_where_the_sources_are_described() -> None:
    notebook = Path(__file__).parents[2] / "notebooks/03_labels.ipynb"
    assert "docs/labels.md" in read_parameters(notebook)["label_source"].comment


def test_each_source_of_files_says_whose_labels_it_has(tmp_path: Path) -> None:
    row = {"caption": "a", "image_0_uid": "x", "image_1_uid": "y", "label_0": 1.0, "label_1": 0.0}
    pd.DataFrame([row | {"user_id": 1}]).to_parquet(tmp_path / "pickapic.parquet")
    (tmp_path / "rankings.json").write_text(
        '[{"id": "r", "prompt": "a", "generations": ["x", "y"], "ranking": [1, 2]}]'
    )
    (tmp_path / "crowd.csv").write_text("task,worker,label\n1,u,0\n")
    files = {
        "gamelabel10k": write(tmp_path / "data.csv", rows(2)),
        "csv": tmp_path / "crowd.csv",
        "imagereward": tmp_path / "rankings.json",
        "pickapic": tmp_path / "pickapic.parquet",
    }
    for source, file in files.items():
        collected = collect_labels(source, tmp_path / source, str(file))
        whose = LABEL_SOURCES[source].label_source or "own"  # in the release's layout
        assert set(collected.labels.source) == {whose}, source
        assert len(labelled_pairs(tmp_path / source)) == len(collected.pairs)


def test_nothing_that_can_be_read_is_an_error_with_the_reasons(tmp_path: Path) -> None:
    """Also where rows were read and none was of use."""
    (tmp_path / "header.csv").write_text("task,worker,label\n")
    write(tmp_path / "data.csv", [])
    write(tmp_path / "votes.csv", [[*row[:2], "0", row[3], "0", row[5]] for row in rows(2)])
    unreadable = write(tmp_path / "bad.csv", [[*row[:3], "b'x'", *row[4:]] for row in rows(3)])
    silent = {"caption": "a", "image_0_uid": "x", "image_1_uid": "y", "user_id": 1}
    pd.DataFrame([silent | {"label_0": 0.0, "label_1": 0.0, "has_label": False}]).to_parquet(
        tmp_path / "silent.parquet"
    )
    pd.DataFrame([silent | {"label_0": 0.2, "label_1": 0.8}]).to_parquet(tmp_path / "odd.parquet")
    (tmp_path / "rankings.json").write_text("[]")
    for source, name in (
        ("csv", "header.csv"),
        ("gamelabel10k", "data.csv"),
        ("gamelabel10k", "votes.csv"),
        ("gamelabel10k", "bad.csv"),
        ("pickapic", "silent.parquet"),
        ("pickapic", "odd.parquet"),
        ("imagereward", "rankings.json"),
    ):
        with pytest.raises(ValueError, match=f"{name} has no label that can be read"):
            collect_labels(source, tmp_path / "run", str(tmp_path / name))
    with pytest.raises(ValueError, match="row 0, img0_encoding: is not base64"):
        collect_labels("gamelabel10k", tmp_path / "run", str(unreadable))
    assert not (tmp_path / "run/labels.parquet").exists()


def test_a_comma_after_each_row_takes_no_row(tmp_path: Path) -> None:
    (tmp_path / "l.csv").write_text("task,worker,label\n1,u,0,\n1,v,1,\n")
    assert len(collect_labels("csv", tmp_path, str(tmp_path / "l.csv")).labels) == 2


def test_sources_are_of_people_or_simulated() -> None:
    words = {source.label_source for source in LABEL_SOURCES.values()}
    assert words == {"simulated", "crowd", "game", ""}
    assert [name for name, source in LABEL_SOURCES.items() if not source.file] == ["simulated"]


def test_the_documentation_describes_every_source() -> None:
    text = (Path(__file__).parents[2] / "docs/labels.md").read_text()
    for name, source in LABEL_SOURCES.items():
        assert f"| `{name}` | {source.description} | {source.file} |" in text


def test_the_service_is_imported_only_for_labels_from_its_database(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    code = "import sys, gamelabel.study.label_sources; print('sqlalchemy' in sys.modules)"
    process = subprocess.run(
        [sys.executable, "-c", code], capture_output=True, text=True, check=True
    )
    assert process.stdout == "False\n"
    monkeypatch.setitem(sys.modules, "gamelabel.service.pairs.export", None)
    with pytest.raises(ModuleNotFoundError, match=r"pip install 'gamelabel\[service\]'"):
        collect_labels("database", tmp_path, "sqlite:///game.db")
