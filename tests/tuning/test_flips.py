import numpy as np
import pandas as pd
import pytest
import torch

from gamelabel.games.pairs import simulate
from gamelabel.tuning.data import preferences
from gamelabel.tuning.flips import flip_rate, pair_flips, player_flips, vote_shares


def points(preferences: int, comparisons: int) -> pd.DataFrame:
    n = preferences + comparisons
    ids = [f"p{i}" for i in range(n)]
    return pd.DataFrame(
        {
            "pair_id": ids,
            "prompt": ids,
            "kind": ["preference"] * preferences + ["comparison"] * comparisons,
            "gold": [None] * preferences + ["a"] * comparisons,
            **{
                f"{what}_{side}": [f"{i}{side}" for i in range(n)]
                for what in ("image", "seed")
                for side in "ab"
            },
        }
    )


def given(*rows: tuple[str, str, str]) -> pd.DataFrame:
    return pd.DataFrame(rows, columns=["player_id", "pair_id", "choice"])


def test_the_rate_counts_comparison_points_and_no_ties():
    pairs = points(2, 2)
    labels = given(
        ("x", "p0", "b"),
        ("x", "p2", "a"),
        ("x", "p3", "a"),
        ("y", "p2", "a"),
        ("y", "p3", "b"),
        ("z", "p2", "tie"),
    )
    rate = flip_rate(pairs, labels)
    assert (rate.value, rate.n) == (0.25, 4)
    assert rate.low < 0.25 < rate.high


def test_labels_that_are_mostly_wrong_or_never_checked_are_refused():
    pairs = points(1, 2)
    with pytest.raises(
        ValueError, match=r"1 of 2 labels of comparison points are wrong.*leave out the players"
    ):
        flip_rate(pairs, given(("x", "p1", "a"), ("x", "p2", "b")))
    with pytest.raises(ValueError, match="no label is about a comparison point"):
        flip_rate(pairs, given(("x", "p0", "a")))


def test_players_are_shrunk_the_more_the_fewer_answers_they_gave():
    pairs = points(1, 100)
    gold = pairs.pair_id[1:]
    wrong = {"many": 0.4, "good": 0.1, "few": 0.4}
    often = {"many": 100, "good": 100, "few": 10}
    rows = [
        (player, pair, "b" if i < wrong[player] * often[player] else "a")
        for player in wrong
        for i, pair in enumerate(gold[: often[player]])
    ]
    labels = given(*rows, ("new", "p0", "a"))
    overall, flips = flip_rate(pairs, labels).value, player_flips(pairs, labels)
    assert overall == pytest.approx(54 / 210)
    assert flips["new"] == overall
    assert overall < flips["few"] < flips["many"] < 0.4
    assert 0.1 < flips["good"] < 0.15


def test_players_who_do_not_differ_more_than_by_chance_all_have_the_rate_of_all():
    pairs = points(0, 4)
    rows = [
        (player, f"p{i}", "b" if i == k else "a")
        for k, player in enumerate("wxyz")
        for i in range(4)
    ]
    assert player_flips(pairs, given(*rows)).tolist() == [0.25] * 4


def test_bayes_rule_by_hand():
    """Two votes against one at .2 each leave one vote; a rate of .1 outvotes two of .4: odds 9 to 2.25."""
    pairs = points(3, 0)
    labels = given(
        ("x", "p0", "b"),
        ("x", "p1", "a"), ("y", "p1", "a"), ("z", "p1", "b"),
        ("x", "p2", "a"), ("y", "p2", "a"),
    )  # fmt: skip
    chosen = preferences(pairs, labels)
    alike = pair_flips(chosen, labels, 0.2)
    assert alike.tolist() == pytest.approx([0.2, 0.2, 1 / 17])
    flips = pd.Series({"x": 0.4, "y": 0.4, "z": 0.1})
    assert pair_flips(chosen, labels, flips).tolist() == pytest.approx([0.4, 9 / 11.25, 1 / 3.25])
    assert vote_shares(chosen, labels).tolist() == pytest.approx([1.0, 2 / 3, 1.0])
    assert torch.allclose(pair_flips(chosen.iloc[[2, 0]], labels, 0.2), alike[[2, 0]]), (
        "in the order of the pairs"
    )
    assert pair_flips(chosen, labels, 0.0)[0] < 1e-12
    with pytest.raises(ValueError, match="every label needs a flip rate"):
        pair_flips(chosen, labels, flips.drop("z"))


def test_estimated_flips_are_those_of_the_simulated_game():
    """The share of pairs whose preferred picture fits worse, which nobody told the estimate, overall and by parts."""
    pairs, rng = points(4000, 400), np.random.default_rng(0)
    truth = pd.DataFrame(
        {"pair_id": pairs.pair_id, "score_a": rng.random(4400), "score_b": rng.random(4400)}
    )
    labels = simulate(pairs, truth, 150, seed=1).labels
    chosen = preferences(pairs, labels)
    scores = truth.set_index("pair_id").loc[chosen.pair_id]
    wrong = (scores.score_a > scores.score_b).to_numpy() != chosen.image_won.str.endswith(
        "a"
    ).to_numpy()
    by_player, alike = (
        pair_flips(chosen, labels, flips).numpy()
        for flips in (player_flips(pairs, labels), flip_rate(pairs, labels).value)
    )
    assert by_player.mean() == pytest.approx(wrong.mean(), abs=0.02)
    assert alike.mean() > by_player.mean(), "players who label more are right more often"
    low, high = by_player < np.quantile(by_player, 0.25), by_player > np.quantile(by_player, 0.75)
    assert by_player[low].mean() == pytest.approx(wrong[low].mean(), abs=0.03)
    assert by_player[high].mean() == pytest.approx(wrong[high].mean(), abs=0.03)
    assert (by_player >= 0.5).mean() < 0.005
