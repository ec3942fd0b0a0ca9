import numpy as np
import pandas as pd
import pytest

from gamelabel.games.pairs import simulate
from gamelabel.reliability import PAPER_STATISTICS, dataset_statistics
from gamelabel.tables import check_table, players_from_labels
from tests.games.pairs.pair_tables import make_pair_tables

PAIRS, TRUTH = make_pair_tables(6800, 600)


def test_statistics_of_a_simulated_game() -> None:
    labels, players = simulate(PAIRS, TRUTH, seed=7)
    result = dataset_statistics(labels, players, PAIRS)
    assert list(result) == list(PAPER_STATISTICS)
    assert (
        result["annotations"]
        == len(labels)
        == result["comparisons"] + result["kept"]
        == players.labels.sum()
    )
    assert result["comparisons"] == (players.comparisons_right + players.comparisons_wrong).sum()
    kept = labels[labels.pair_id.isin(TRUTH.pair_id)]
    assert result["points"] == kept.pair_id.nunique()
    assert result["multi_labelled"] == (kept.groupby("pair_id").size() > 1).sum()
    assert result["per_player_mean"] == pytest.approx(len(labels) / 188)
    assert result["per_player_sd"] == pytest.approx(players.labels.std())
    assert result["top16_share"] == pytest.approx(players.labels.nlargest(16).sum() / len(labels))
    assert result["accuracy_mean"] < result["accuracy_weighted"]
    answered = players.comparisons_right + players.comparisons_wrong
    judged = players[answered > 0]
    accuracy = (judged.comparisons_right / answered).dropna()
    expected = np.average(accuracy, weights=(judged.labels - answered).dropna())
    assert result["accuracy_weighted"] == pytest.approx(expected)
    again = players_from_labels(check_table(labels, "labels"), PAIRS, "simulated")
    assert dataset_statistics(labels, again, PAIRS) == pytest.approx(result)


def test_statistics_of_players_are_nan_without_players() -> None:
    labels, _ = simulate(PAIRS, TRUTH, players=20, seed=7)
    anonymous = labels.assign(player_id=None)
    pairs = PAIRS[PAIRS.kind == "preference"]
    anonymous = check_table(anonymous[anonymous.pair_id.isin(pairs.pair_id)], "labels")
    result = dataset_statistics(anonymous, players_from_labels(anonymous, pairs, "released"), pairs)
    known = {name for name, value in result.items() if not np.isnan(value)}
    assert known == {"kept", "points", "multi_labelled"} and result["kept"] == len(anonymous)


def test_statistics_without_labels() -> None:
    labels, players = simulate(PAIRS, TRUTH, players=2, seed=0)
    result = dataset_statistics(labels.head(0), players.head(0), PAIRS)
    assert result["annotations"] == result["kept"] == result["points"] == 0
    assert isinstance(pd.Series(result).isna().sum(), np.integer)


def test_players_without_comparison_points_do_not_weigh_in_the_accuracy() -> None:
    labels, players = simulate(PAIRS, TRUTH, seed=7)
    idle = players.head(1).assign(
        player_id="idle", comparisons_right=0, comparisons_wrong=0, labels=500
    )
    more = dataset_statistics(labels, pd.concat([players, idle]), PAIRS)
    expected = dataset_statistics(labels, players, PAIRS)
    for name in ("accuracy_mean", "accuracy_weighted"):
        assert more[name] == pytest.approx(expected[name])
