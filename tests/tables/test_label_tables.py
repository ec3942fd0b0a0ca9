"""The labels of a run: their tables, the truth about their pairs, and examples."""

from pathlib import Path

import pytest

from gamelabel.tables import fitting_images, read_label_tables, write_table
from gamelabel.tables.example_points import example_preferences
from gamelabel.tables.label_tables import OUTSIDE_FOLDER
from tests.tables.frames import valid_table


@pytest.fixture
def run_dir(tmp_path: Path) -> Path:
    """The folder of a run with labels."""
    for name in ("pairs", "labels", "players", "adherence"):
        write_table(valid_table(name), tmp_path, name)
    return tmp_path


def test_the_tables_of_a_run(run_dir: Path) -> None:
    tables = read_label_tables(run_dir)
    assert [len(table) for table in tables] == [2, 2, 2, 0]
    write_table(valid_table("pairs").head(1), run_dir / OUTSIDE_FOLDER, "pairs")
    assert len(read_label_tables(run_dir).pairs) == 1


def test_without_labels_the_tables_are_empty(tmp_path: Path) -> None:
    write_table(valid_table("pairs"), tmp_path, "pairs")
    empty = read_label_tables(tmp_path)
    assert [len(table) for table in empty] == [0, 0, 0, 0]
    assert list(empty.players) == list(valid_table("players"))


def test_the_truth_is_of_pairs_of_which_one_image_fits(run_dir: Path) -> None:
    truth = valid_table("adherence").assign(fits_a=[True, True], fits_b=[True, False])
    write_table(truth, run_dir, "adherence")
    assert fitting_images(run_dir).to_dict("records") == [{"task": "x1", "label": "a"}]
    write_table(valid_table("adherence").assign(fits_a=False, fits_b=True), run_dir, "adherence")
    assert fitting_images(run_dir).label.tolist() == ["b", "b"]


def test_of_pairs_from_elsewhere_the_truth_is_not_known(run_dir: Path) -> None:
    write_table(valid_table("pairs"), run_dir / OUTSIDE_FOLDER, "pairs")
    assert fitting_images(run_dir).empty
    (run_dir / OUTSIDE_FOLDER / "pairs.parquet").unlink()
    assert len(fitting_images(run_dir)) == 1
    (run_dir / "adherence.parquet").unlink()
    assert fitting_images(run_dir).empty


def test_examples_are_decided_points_whose_images_exist(run_dir: Path) -> None:
    pairs = valid_table("pairs").assign(kind="preference", gold=None)
    write_table(pairs, run_dir, "pairs")
    labels = valid_table("labels").assign(pair_id=["x0", "x1"], choice=["b", "a"])
    write_table(labels, run_dir, "labels")
    (run_dir / "images").mkdir()
    for number in range(3):
        (run_dir / f"images/{number}.png").touch()
    (example,) = example_preferences(read_label_tables(run_dir), run_dir).to_dict("records")
    assert example == {
        "pair_id": "x0",
        "prompt": "a red circle",
        "chosen": "images/1.png",
        "rejected": "images/0.png",
    }
    (run_dir / "images/3.png").touch()
    tables = read_label_tables(run_dir)
    both = example_preferences(tables, run_dir).set_index("pair_id")
    assert both.chosen.to_dict() == {"x0": "images/1.png", "x1": "images/2.png"}
    assert len(example_preferences(tables, run_dir, n=1)) == 1
    tied = tables._replace(labels=labels.assign(pair_id="x0"))
    assert example_preferences(tied, run_dir).empty
    write_table(valid_table("pairs"), run_dir, "pairs")  # one is a comparison point
    assert len(example_preferences(read_label_tables(run_dir), run_dir)) == 1
