import numpy as np
import pandas as pd
import pytest

from gamelabel.games.pairs import simulate
from gamelabel.reliability import PAPER_STATISTICS, dataset_statistics
from gamelabel.tables import check_table, players_from_labels
from tests.games.pairs.worlds import world

PAIRS, TRUTH = world(6800, 600)


def test_the_numbers_of_a_game_are_those_of_its_tables() -> None:
    labels, players = simulate(PAIRS, TRUTH, seed=7)
    found = dataset_statistics(labels, players, PAIRS)
    assert list(found) == list(PAPER_STATISTICS)
    assert (
        found["annotations"]
        == len(labels)
        == found["comparisons"] + found["kept"]
        == players.labels.sum()
    )
    assert found["comparisons"] == (players.comparisons_right + players.comparisons_wrong).sum()
    kept = labels[labels.pair_id.isin(TRUTH.pair_id)]
    assert found["points"] == kept.pair_id.nunique()
    assert found["multi_labelled"] == (kept.groupby("pair_id").size() > 1).sum()
    assert found["per_player_mean"] == pytest.approx(len(labels) / 188)
    assert found["per_player_sd"] == pytest.approx(players.labels.std())
    assert found["top16_share"] == pytest.approx(players.labels.nlargest(16).sum() / len(labels))
    assert found["accuracy_mean"] < found["accuracy_weighted"]
    again = players_from_labels(check_table(labels, "labels"), PAIRS, "simulated")
    assert dataset_statistics(labels, again, PAIRS) == pytest.approx(found)


def test_what_labels_without_players_cannot_say_is_nan() -> None:
    labels, _ = simulate(PAIRS, TRUTH, players=20, seed=7)
    anonymous = labels.assign(player_id=None)
    pairs = PAIRS[PAIRS.kind == "preference"]
    anonymous = check_table(anonymous[anonymous.pair_id.isin(pairs.pair_id)], "labels")
    found = dataset_statistics(anonymous, players_from_labels(anonymous, pairs, "released"), pairs)
    known = {name for name, value in found.items() if not np.isnan(value)}
    assert known == {"kept", "points", "multi_labelled"} and found["kept"] == len(anonymous)


def test_without_any_label_there_is_nothing_to_count() -> None:
    labels, players = simulate(PAIRS, TRUTH, players=2, seed=0)
    found = dataset_statistics(labels.head(0), players.head(0), PAIRS)
    assert found["annotations"] == found["kept"] == found["points"] == 0
    assert isinstance(pd.Series(found).isna().sum(), np.integer)
