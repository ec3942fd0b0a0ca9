from pathlib import Path

import numpy as np
import pandas as pd
import pytest

from gamelabel.aggregation import METHODS, preferences
from gamelabel.aggregation.preference_table import preferences_by_method
from gamelabel.games.pairs import simulate
from gamelabel.tables import read_table, write_table


def points(n_preferences: int, n_comparisons: int) -> pd.DataFrame:
    """Pairs p0, p1, ...: preference points, then comparison points whose known answer is a."""
    n = n_preferences + n_comparisons
    return pd.DataFrame(
        {
            "pair_id": [f"p{i}" for i in range(n)],
            "kind": ["preference"] * n_preferences + ["comparison"] * n_comparisons,
            "gold": [None] * n_preferences + ["a"] * n_comparisons,
        }
    )


def choices(*rows: tuple[str | None, str, str]) -> pd.DataFrame:
    return pd.DataFrame(rows, columns=["player_id", "pair_id", "choice"])


def test_the_majority_is_chosen_in_the_order_of_the_pairs_and_ties_are_left_out() -> None:
    pairs = points(5, 1).iloc[[3, 0, 2, 1, 4, 5]]
    labels = choices(
        *[(None, "p0", choice) for choice in "bba"],
        (None, "p1", "a"),
        *[(None, "p2", choice) for choice in "ab"],
        *[(None, "p3", choice) for choice in ("a", "tie", "tie", "tie")],
        (None, "p4", "tie"),
        (None, "elsewhere", "a"),
    )
    assert preferences(labels, pairs, "majority").to_dict("list") == {
        "pair_id": ["p3", "p0", "p1"],
        "chosen": ["a", "b", "a"],
        "probability": [1.0, pytest.approx(2 / 3), 1.0],
        "method": ["majority"] * 3,
        "votes": [4, 3, 1],
    }


def test_labels_without_a_choice_do_not_count_and_a_warning_says_so() -> None:
    pairs = points(2, 0)
    full = choices((None, "p0", "a"), (None, "p0", "a"), (None, "p1", "b"))
    gaps = pd.concat([full, pd.DataFrame({"pair_id": ["p0", "p1"], "choice": None})])
    with pytest.warns(UserWarning, match="2 of 5 labels have no choice and do not count") as caught:
        table = preferences(gaps, pairs, "majority")
    assert [Path(warning.filename) for warning in caught] == [Path(__file__)]
    assert table.equals(preferences(full, pairs, "majority"))


def test_comparison_points_say_how_probable_a_majority_is() -> None:
    """5 of 7 answers are right, so p = 6/9: odds of 2 for each vote of the lead."""
    labels = choices(
        *[("x", "p3", choice) for choice in "aaaaabb"],
        ("x", "p3", "tie"),
        ("x", "p0", "b"),
        *[("x", "p1", choice) for choice in "aab"],
        *[("x", "p2", choice) for choice in "bbb"],
    )
    result = preferences(labels, points(3, 1), "majority")
    assert result.chosen.tolist() == ["b", "a", "b"]
    assert result.probability.tolist() == pytest.approx([2 / 3, 2 / 3, 8 / 9])


def test_accurate_players_outvote_others_where_votes_are_weighted() -> None:
    known = [f"p{i}" for i in range(1, 61)]
    labels = choices(
        *[("good", pair, "a") for pair in known],
        *[(player, pair, "ab"[i % 2]) for player in ("x", "y") for i, pair in enumerate(known)],
        ("good", "p0", "a"), ("x", "p0", "b"), ("y", "p0", "b"),
    )  # fmt: skip
    pairs = points(1, 60)
    assert preferences(labels, pairs, "majority").chosen.tolist() == ["b"]
    for method in ("weighted", "one-coin", "dawid-skene", "glad", "mace"):
        result = preferences(labels, pairs, method)
        assert result.chosen.tolist() == ["a"] and result.method.tolist() == [method]
        assert 0.8 < result.probability[0] <= 1


@pytest.mark.parametrize("method", METHODS)
def test_the_result_is_a_valid_table(method, tmp_path) -> None:
    labels = choices(("x", "p0", "a"), ("x", "p2", "a"), ("y", "p2", "a"), ("y", "p1", "b"))
    result = preferences(labels, points(2, 1), method)
    write_table(result, tmp_path, "preferences")
    pd.testing.assert_frame_equal(read_table(tmp_path, "preferences"), result, check_dtype=False)
    nothing = preferences(labels[labels.pair_id == "p2"], points(2, 1), method)
    write_table(nothing, tmp_path, "preferences")
    assert nothing.empty


def test_labels_without_information_are_refused() -> None:
    wrong = choices(("x", "p1", "a"), ("x", "p1", "b"), ("x", "p0", "a"))
    with pytest.raises(ValueError, match="1 of 2 labels of comparison points are wrong"):
        preferences(wrong, points(1, 1), "majority")
    with pytest.raises(ValueError, match=r"1 of 2 labels name no player.*use 'majority' or 'auto'"):
        preferences(choices(("x", "p0", "a"), (None, "p0", "a")), points(1, 0), "weighted")
    with pytest.raises(ValueError, match="unknown method"):
        preferences(choices(("x", "p0", "a")), points(1, 0), "unknown")


def test_methods_that_weigh_players_are_left_out_where_a_label_names_none() -> None:
    labels = choices(("x", "p0", "a"), (None, "p0", "a"))
    with pytest.warns(UserWarning, match="are left out: weighted, dawid-skene"):
        result = preferences_by_method(
            labels, points(1, 0), ["majority", "weighted", "dawid-skene"]
        )
    assert list(result) == ["majority"]
    named = choices(("x", "p0", "a"), ("y", "p0", "a"))
    assert list(preferences_by_method(named, points(1, 0), ["majority", "weighted"])) == [
        "majority",
        "weighted",
    ]


def test_probabilities_are_calibrated_in_the_simulated_game() -> None:
    """As many preferences are wrong as their probabilities say, in total and by quartile."""
    pairs, rng = points(4000, 400), np.random.default_rng(0)
    truth = pd.DataFrame(
        {"pair_id": pairs.pair_id, "score_a": rng.random(4400), "score_b": rng.random(4400)}
    )
    labels = simulate(pairs, truth, 150, seed=1).labels
    better = pd.Series(np.where(truth.score_a > truth.score_b, "a", "b"), truth.pair_id)
    rates = {}
    for method in ("majority", "weighted"):
        result = preferences(labels, pairs, method)
        flip = 1 - result.probability
        wrong = result.chosen != better.loc[result.pair_id].to_numpy()
        rates[method] = flip.mean() - wrong.mean()
        low, high = flip < flip.quantile(0.25), flip > flip.quantile(0.75)
        if method == "weighted":
            assert flip[low].mean() == pytest.approx(wrong[low].mean(), abs=0.03)
            assert flip[high].mean() == pytest.approx(wrong[high].mean(), abs=0.03)
    assert abs(rates["weighted"]) < 0.02
    assert rates["majority"] > rates["weighted"], "players who label more are right more often"
