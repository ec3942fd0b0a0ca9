"""Notebooks 3, 4 and 6: simulated labels, labels from files, and real crowds."""

from pathlib import Path

import pytest

from gamelabel.games.pairs import Crowd, Threshold
from gamelabel.readers import REAL_CROWDS
from gamelabel.study.parameters import read_parameters
from gamelabel.tables import read_table, write_table
from tests.games.pairs.pair_tables import make_pair_tables
from tests.readers.release import rows, write
from tests.reliability.external_data import external_file
from tests.study.conftest import NO_DATA, ROOT, RunNotebook

LABELS = ("annotations", "comparisons", "kept", "points", "multi_labelled", "players")
LABELS += ("per_player_mean", "per_player_sd", "top16_share", "busiest", "adherent_chosen")
GATES = {"gate_good_removed", "gate_guesser_kept"}
RELIABILITY = ("accuracy_mean", "accuracy_weighted", "alpha", "cost_usd", "percent_agreement")
RELIABILITY += ("fleiss_kappa", "left_chosen", "right_majority", "right_weighted", "right_mace")
SIMULATIONS = {"labels_gates", "labels_kinds", "labels_ensemble"}
SMALL = {"n_games": 5, "n_curve": 50, "n_trials": 2}


def prepare(folder: Path, preferences: int, comparisons: int) -> None:
    pairs, truth = make_pair_tables(preferences, comparisons)
    write_table(pairs, folder / "run", "pairs")
    adherence = truth.assign(fits_a=truth.score_a == 1, fits_b=truth.score_b == 1)
    write_table(adherence, folder / "run", "adherence")


def marked_tables(folder: Path) -> set[str]:
    """Return the names of the tables in a report that say SIMULATED in their last column."""
    tables = (folder / "report/tables").iterdir()
    return {path.stem for path in tables if "label_source" in path.read_text().split("\n")[0]}


def test_the_defaults_are_the_crowd_and_the_rules_of_the_package() -> None:
    parameters = read_parameters(ROOT / "notebooks/03_labels.ipynb")
    defaults = {name: parameter.default for name, parameter in parameters.items()}
    crowd, gate = Crowd(), Threshold()
    assert defaults["guessers"] == crowd.guesser_share
    assert defaults["skill_mean"] == crowd.skill_mean
    assert defaults["remove_below"] == gate.min_accuracy
    assert defaults["remove_after"] == gate.min_answers


@pytest.mark.slow
def test_simulated_labels_from_the_rules_to_alpha(
    tmp_path: Path, run_notebook: RunNotebook
) -> None:
    prepare(tmp_path, 700, 60)
    run = run_notebook("03_labels", n_players=20, crowd_seed=2, **SMALL)
    labels = run.metrics
    assert {f"labels_{name}" for name in LABELS} | {"batch_size"} | GATES == set(labels)
    assert {entry["source"] for entry in labels.values()} == {"simulated"}
    assert labels["labels_annotations"]["value"] == len(read_table(tmp_path / "run", "labels"))
    assert labels["batch_size"]["value"] == 5 and labels["labels_players"]["value"] == 20
    adherent = labels["labels_adherent_chosen"]
    assert 0.6 < adherent["low"] < adherent["value"] < 0.95
    assert "10 of 15 right, next batch:" in run.output
    assert all(figure["simulated"] for figure in run.figures.values())

    measured = run_notebook("04_reliability", replicates=100).metrics
    assert {f"reliability_{name}" for name in RELIABILITY} <= set(measured)
    for name in ("accuracy_mean", "accuracy_weighted", "alpha"):
        entry = measured[f"reliability_{name}"]
        assert entry["low"] < entry["value"] < entry["high"]
        assert entry["n"] and entry["source"] == "simulated"
    left = measured["reliability_left_chosen"]
    assert left["low"] < 0.5 < left["high"]
    majority = measured["reliability_right_majority"]
    assert measured["reliability_right_weighted"]["value"] > majority["low"]
    assert len(list((tmp_path / "report/figures").iterdir())) == 8
    assert "reliability_players" in marked_tables(tmp_path)


@pytest.mark.slow
def test_a_file_of_the_released_format_with_its_irregularities(
    tmp_path: Path, run_notebook: RunNotebook
) -> None:
    table = rows(12)
    table[3][3], table[5][2], table[7][5] = "b'%%%'", "-2", table[7][5][:-40]
    file = write(tmp_path / "data.csv", [*table, ["12", *table[0][1:]]])
    run = run_notebook("03_labels", label_source="gamelabel10k", labels_file=str(file), **SMALL)
    labels = run.metrics
    assert labels["labels_kept"]["source"] == "own"  # only in the layout of the release
    assert labels["labels_kept"]["value"] == len(read_table(tmp_path / "run", "labels"))
    assert labels["labels_players"]["value"] is None
    assert labels["labels_adherent_chosen"]["value"] is None
    simulated = {name for name, figure in run.figures.items() if figure["simulated"]}
    assert simulated == SIMULATIONS - {"labels_ensemble"}  # no comparison points, so no game
    rejected = (tmp_path / "report/tables/labels_rejected.csv").read_text()
    assert [line.split(",")[0] for line in rejected.splitlines()] == ["row", "3", "5", "7", "12"]

    run = run_notebook("04_reliability", replicates=100)
    assert "krippendorff 0." in run.output or "krippendorff -0." in run.output
    assert run.metrics["reliability_alpha"]["value"] is not None
    assert run.metrics["reliability_accuracy_mean"]["value"] is None
    assert set(run.figures) == {"reliability_alpha"}
    simulations = {*SIMULATIONS, "labels_gate_errors", "labels_sleepers", "labels_experiments"}
    assert marked_tables(tmp_path) == simulations


@pytest.mark.slow
def test_a_real_crowd(tmp_path: Path, run_notebook: RunNotebook) -> None:
    files = {
        name: str(external_file("crowd_labels", f"rte/{name}.csv")) for name in ("label", "truth")
    }
    crowd = {"labels_file": files["label"], "gold_file": files["truth"]}
    run_notebook("03_labels", label_source="csv", **crowd, **SMALL)
    measured = run_notebook("04_reliability", replicates=200).metrics
    expected = {"alpha": 0.2415, "accuracy_mean": 0.837, "accuracy_weighted": 0.729}
    for name, value in expected.items():
        tolerance = 1e-3 if name == "accuracy_mean" else 5e-4
        assert measured[f"reliability_{name}"]["value"] == pytest.approx(value, abs=tolerance)
    assert measured["reliability_alpha"]["source"] == "crowd"


@pytest.mark.slow
def test_real_crowds_and_the_game_over_them(tmp_path: Path, run_notebook: RunNotebook) -> None:
    external_file("crowd_labels", "rte/label.csv")
    small = {"n_tasks": 150, "n_replays": 2, "replicates": 50}
    run = run_notebook("06_real_crowds", crowds="rte, llmfao, geneval_clip, imagereward", **small)
    assert {entry["source"] for entry in run.metrics.values()} == {"crowd"}
    for gate in ("threshold", "sprt", "posterior"):
        assert 0.5 < run.metrics[f"real_rte_{gate}_majority_kept"]["value"] <= 1
        assert 0 < run.metrics[f"real_rte_{gate}_spent"]["value"] < 1
    alpha = run.metrics["real_rte_alpha"]
    assert alpha["low"] < alpha["value"] < alpha["high"]
    assert run.metrics["real_llmfao_ties"]["value"] > 0.1 and "left wins" in run.output
    assert len(run.figures) >= 8
    assert marked_tables(tmp_path) == set()


@pytest.mark.slow
def test_on_a_fresh_clone_the_crowd_that_ships_is_shown_and_empty_parts_say_so(
    tmp_path: Path, run_notebook: RunNotebook
) -> None:
    run = run_notebook("06_real_crowds", NO_DATA)
    others = ", ".join(name for name in REAL_CROWDS if name != "imagereward")
    assert f"crowds are not here ({others}): `gamelabel data fetch` downloads them." in run.output
    assert run.metrics["real_imagereward_ties"]["value"] == pytest.approx(831 / 7230, abs=0.002)
    assert set(run.figures) == {"real_imagereward_abilities"}
    assert "Empty DataFrame" not in run.output
    empty = "Tasks right with a gate minus those without one, for the same work"
    assert run.output.count(f"No data here for: {empty} (`gamelabel data fetch`") == 1
