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


def test_the_notebook_begins_with_the_crowd_and_the_rules_of_the_package() -> None:
    given = {
        name: parameter.default
        for name, parameter in read_parameters(ROOT / "notebooks/03_labels.ipynb").items()
    }
    crowd, gate = Crowd(), Threshold()
    assert (given["guessers"], given["skill_mean"]) == (crowd.guesser_share, crowd.skill_mean)
    assert (given["remove_below"], given["remove_after"]) == (gate.min_accuracy, gate.min_answers)


@pytest.mark.slow
def test_simulated_labels_from_the_rules_to_alpha(tmp_path: Path) -> None:
    prepare(tmp_path, 700, 60)
    said, found = run(
        "03_labels", tmp_path, n_players=20, crowd_seed=2, n_games=5, n_curve=50, n_trials=2
    )
    assert {f"labels_{name}" for name in LABELS} | {
        "batch_size",
        "gate_good_removed",
        "gate_guesser_kept",
    } == set(found)
    assert {entry["source"] for entry in found.values()} == {"simulated"}
    assert found["labels_annotations"]["value"] == len(read_table(tmp_path / "run", "labels"))
    assert found["batch_size"]["value"] == 5 and found["labels_players"]["value"] == 20
    assert (
        0.6
        < found["labels_adherent_chosen"]["low"]
        < found["labels_adherent_chosen"]["value"]
        < 0.95
    )
    assert "10 of 15 right, next batch:" in said

    said, measured = run("04_reliability", tmp_path, replicates=100)
    assert {f"reliability_{name}" for name in RELIABILITY} <= set(measured)
    for name in ("accuracy_mean", "accuracy_weighted", "alpha"):
        entry = measured[f"reliability_{name}"]
        assert (
            entry["low"] < entry["value"] < entry["high"]
            and entry["n"]
            and entry["source"] == "simulated"
        )
    assert "theirs" in said
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
    said, found = run("03_labels", tmp_path, label_source="gamelabel10k", labels_file=str(file))
    assert found["labels_kept"]["source"] == "released"
    assert found["labels_kept"]["value"] == len(read_table(tmp_path / "run", "labels"))
    assert found["labels_players"]["value"] is None and "labels_adherent_chosen" not in found
    rejected = (tmp_path / "report/tables/labels_rejected.csv").read_text()
    assert [line.split(",")[0] for line in rejected.splitlines()] == ["row", "3", "5", "7", "12"]

    said, measured = run("04_reliability", tmp_path, replicates=100)
    assert "theirs" in said and measured["reliability_alpha"]["value"] is not None
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
def test_real_crowds_and_the_game_over_them(tmp_path: Path) -> None:
    external_file("crowd_labels", "rte/label.csv")
    some = {
        "crowds": "rte, llmfao, geneval_clip, imagereward",
        "n_tasks": 150,
        "n_replays": 2,
        "replicates": 50,
    }
    said, found = run("06_real_crowds", tmp_path, **some)
    assert {entry["source"] for entry in found.values()} == {"crowd"}
    for gate in ("threshold", "sprt", "posterior"):
        assert 0.5 < found[f"real_rte_{gate}_majority_kept"]["value"] <= 1
        assert 0 < found[f"real_rte_{gate}_spent"]["value"] < 1
    assert (
        found["real_rte_alpha"]["low"]
        < found["real_rte_alpha"]["value"]
        < found["real_rte_alpha"]["high"]
    )
    assert found["real_llmfao_ties"]["value"] > 0.1 and "left wins" in said
    assert len(list((tmp_path / "report/figures").iterdir())) >= 6
    assert not any(
        "SIMULATED" in path.read_text() for path in (tmp_path / "report/tables").iterdir()
    )


@pytest.mark.slow
def test_real_crowds_that_are_not_at_hand_are_named_one_by_one(tmp_path: Path) -> None:
    nowhere = "from gamelabel import sources; sources.SHARED_DATA = sources.DATA_CACHE = sources.ROOT / 'nowhere'"
    said, found = run("06_real_crowds", tmp_path, before=nowhere)
    assert not found
    for name in REAL_CROWDS:
        assert f"{name}: the file " in said
