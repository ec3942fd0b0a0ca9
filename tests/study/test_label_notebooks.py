from pathlib import Path

import pytest

from gamelabel.games.pairs import Crowd, Threshold
from gamelabel.readers import REAL_CROWDS
from gamelabel.study.parameters import read_parameters
from gamelabel.tables import read_table, write_table
from tests.games.pairs.pair_tables import make_pair_tables
from tests.readers.notebooks import ROOT, run
from tests.readers.release import rows, write
from tests.reliability.external_data import external_file

LABELS = ("annotations", "comparisons", "kept", "points", "multi_labelled", "players")
LABELS += ("per_player_mean", "per_player_sd", "top16_share", "busiest", "adherent_chosen")
RELIABILITY = (
    "accuracy_mean",
    "accuracy_weighted",
    "alpha",
    "cost_usd",
    "percent_agreement",
    "fleiss_kappa",
)
RELIABILITY += ("left_chosen", "right_majority", "right_weighted", "right_mace")


def prepare(folder: Path, preferences: int, comparisons: int) -> None:
    pairs, truth = make_pair_tables(preferences, comparisons)
    write_table(pairs, folder / "run", "pairs")
    write_table(
        truth.assign(fits_a=truth.score_a == 1, fits_b=truth.score_b == 1),
        folder / "run",
        "adherence",
    )


def test_the_notebook_has_the_default_crowd_and_rules_of_the_package() -> None:
    defaults = {
        name: parameter.default
        for name, parameter in read_parameters(ROOT / "notebooks/03_labels.ipynb").items()
    }
    crowd, gate = Crowd(), Threshold()
    assert (defaults["guessers"], defaults["skill_mean"]) == (crowd.guesser_share, crowd.skill_mean)
    assert (defaults["remove_below"], defaults["remove_after"]) == (
        gate.min_accuracy,
        gate.min_answers,
    )


@pytest.mark.slow
def test_simulated_labels_from_the_rules_to_alpha(tmp_path: Path) -> None:
    prepare(tmp_path, 700, 60)
    output, metrics = run(
        "03_labels", tmp_path, n_players=20, crowd_seed=2, n_games=5, n_curve=50, n_trials=2
    )
    assert {f"labels_{name}" for name in LABELS} | {
        "batch_size",
        "gate_good_removed",
        "gate_guesser_kept",
    } == set(metrics)
    assert {entry["source"] for entry in metrics.values()} == {"simulated"}
    assert metrics["labels_annotations"]["value"] == len(read_table(tmp_path / "run", "labels"))
    assert metrics["batch_size"]["value"] == 5 and metrics["labels_players"]["value"] == 20
    assert (
        0.6
        < metrics["labels_adherent_chosen"]["low"]
        < metrics["labels_adherent_chosen"]["value"]
        < 0.95
    )
    assert "10 of 15 right, next batch:" in output

    output, measured = run("04_reliability", tmp_path, replicates=100)
    assert {f"reliability_{name}" for name in RELIABILITY} <= set(measured)
    for name in ("accuracy_mean", "accuracy_weighted", "alpha"):
        entry = measured[f"reliability_{name}"]
        assert (
            entry["low"] < entry["value"] < entry["high"]
            and entry["n"]
            and entry["source"] == "simulated"
        )
    assert "theirs" in output
    assert (
        measured["reliability_left_chosen"]["low"]
        < 0.5
        < measured["reliability_left_chosen"]["high"]
    )
    assert (
        measured["reliability_right_weighted"]["value"]
        > measured["reliability_right_majority"]["low"]
    )
    assert len(list((tmp_path / "report/figures").iterdir())) == 8
    assert "SIMULATED" in (tmp_path / "report/tables/reliability_players.csv").read_text()


@pytest.mark.slow
def test_a_file_of_the_released_format_with_its_irregularities(tmp_path: Path) -> None:
    table = rows(12)
    table[3][3], table[5][2], table[7][5] = "b'%%%'", "-2", table[7][5][:-40]
    file = write(tmp_path / "data.csv", [*table, ["12", *table[0][1:]]])
    output, metrics = run("03_labels", tmp_path, label_source="gamelabel10k", labels_file=str(file))
    assert metrics["labels_kept"]["source"] == "released"
    assert metrics["labels_kept"]["value"] == len(read_table(tmp_path / "run", "labels"))
    assert metrics["labels_players"]["value"] is None and "labels_adherent_chosen" not in metrics
    rejected = (tmp_path / "report/tables/labels_rejected.csv").read_text()
    assert [line.split(",")[0] for line in rejected.splitlines()] == ["row", "3", "5", "7", "12"]

    output, measured = run("04_reliability", tmp_path, replicates=100)
    assert "theirs" in output and measured["reliability_alpha"]["value"] is not None
    assert measured["reliability_accuracy_mean"]["value"] is None
    assert not any(
        "SIMULATED" in path.read_text() for path in (tmp_path / "report/tables").iterdir()
    )


@pytest.mark.slow
def test_a_real_crowd(tmp_path: Path) -> None:
    files = {
        name: str(external_file("crowd_labels", f"rte/{name}.csv")) for name in ("label", "truth")
    }
    run(
        "03_labels",
        tmp_path,
        label_source="csv",
        labels_file=files["label"],
        gold_file=files["truth"],
    )
    _, measured = run("04_reliability", tmp_path, replicates=200)
    assert measured["reliability_alpha"]["value"] == pytest.approx(0.2415, abs=5e-4)
    assert measured["reliability_accuracy_mean"]["value"] == pytest.approx(0.837, abs=1e-3)
    assert measured["reliability_accuracy_weighted"]["value"] == pytest.approx(0.729, abs=5e-4)
    assert measured["reliability_alpha"]["source"] == "crowd"


@pytest.mark.slow
def test_real_crowds_and_gates_over_their_labels(tmp_path: Path) -> None:
    external_file("crowd_labels", "rte/label.csv")
    parameters = {
        "crowds": "rte, llmfao, geneval_clip, imagereward",
        "n_tasks": 150,
        "n_replays": 2,
        "replicates": 50,
    }
    output, metrics = run("06_real_crowds", tmp_path, **parameters)
    assert {entry["source"] for entry in metrics.values()} == {"crowd"}
    for gate in ("threshold", "sprt", "posterior"):
        assert 0.5 < metrics[f"real_rte_{gate}_majority_kept"]["value"] <= 1
        assert 0 < metrics[f"real_rte_{gate}_spent"]["value"] < 1
    assert (
        metrics["real_rte_alpha"]["low"]
        < metrics["real_rte_alpha"]["value"]
        < metrics["real_rte_alpha"]["high"]
    )
    assert metrics["real_llmfao_ties"]["value"] > 0.1 and "left wins" in output
    assert len(list((tmp_path / "report/figures").iterdir())) >= 6
    assert not any(
        "SIMULATED" in path.read_text() for path in (tmp_path / "report/tables").iterdir()
    )


@pytest.mark.slow
def test_missing_real_crowds_are_named(tmp_path: Path) -> None:
    no_data = (
        "from gamelabel import sources\n"
        "sources.SHARED_DATA = sources.DATA_CACHE = sources.ROOT / 'nowhere'"
    )
    output, metrics = run("06_real_crowds", tmp_path, before=no_data)
    assert not metrics
    for name in REAL_CROWDS:
        assert f"{name}: the file " in output
