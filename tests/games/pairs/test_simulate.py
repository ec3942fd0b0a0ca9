import dataclasses

import numpy as np
import pandas as pd
import pytest

from gamelabel.games.pairs import Crowd, Rules, Threshold, simulate
from gamelabel.tables import check_table
from tests.games.pairs.pair_tables import make_pair_tables

PAIRS, TRUTH = make_pair_tables(6800, 600)


def seers(skill: float, **others) -> Crowd:
    """Return a crowd whose players have one skill."""
    return Crowd(guesser_share=0, skill_mean=skill, skill_concentration=1e9, **others)


def test_the_tables_follow_the_schema_and_agree_with_each_other() -> None:
    labels, players = simulate(PAIRS, TRUTH, seed=3)
    pd.testing.assert_frame_equal(
        check_table(labels, "labels"), labels.astype(check_table(labels, "labels").dtypes)
    )
    check_table(players, "players")
    joined = labels.merge(PAIRS[["pair_id", "kind", "gold"]], on="pair_id", validate="many_to_one")
    on_gold = joined[joined.kind == "comparison"]
    right = (on_gold.choice == on_gold.gold).groupby(on_gold.player_id).agg(["sum", "size"])
    right = right.reindex(players.player_id)
    assert (right["sum"].to_numpy() == players.comparisons_right).all()
    assert (right["size"].to_numpy() == players.comparisons_right + players.comparisons_wrong).all()
    assert (joined.groupby("player_id").size().to_numpy() == players.labels).all()
    assert not joined[joined.kind == "preference"].duplicated(["player_id", "pair_id"]).any()


def test_a_replay_of_the_labels_through_the_rules_ends_at_the_same_players() -> None:
    """What a server would do, one player and one batch at a time."""
    labels, players = simulate(PAIRS, TRUTH, players=30, seed=3)
    rules = Rules()
    joined = labels.merge(PAIRS[["pair_id", "gold"]], on="pair_id").sort_values("label_id")
    joined["right"], joined["wrong"] = (
        joined.choice == joined.gold,
        joined.gold.notna() & (joined.choice != joined.gold),
    )
    for player in players.itertuples():
        standing = rules.start()
        batches = joined[joined.player_id == player.player_id].groupby("batch_id")[
            ["right", "wrong"]
        ]
        assert (batches.size() == 5).all()
        for _, counts in batches.sum().iterrows():
            assert not standing.removed.item()
            standing = rules.update(
                standing, counts[["right"]].to_numpy(int), counts[["wrong"]].to_numpy(int)
            )
        assert (standing.right.item(), standing.wrong.item()) == (
            player.comparisons_right,
            player.comparisons_wrong,
        )
        assert standing.removed.item() == (player.state == "removed")


def test_the_same_seed_plays_the_same_game_and_another_seed_another() -> None:
    first, again, other = (simulate(PAIRS, TRUTH, seed=seed) for seed in (5, 5, 6))
    pd.testing.assert_frame_equal(first.labels, again.labels)
    pd.testing.assert_frame_equal(first.players, again.players)
    assert not first.labels.equals(other.labels)


def test_a_better_image_is_seen_with_the_players_skill_and_equal_ones_are_a_matter_of_taste() -> (
    None
):
    labels, _ = simulate(PAIRS, TRUTH, seed=1, crowd=seers(0.8))
    joined = labels.merge(TRUTH, on="pair_id")
    differ = joined[joined.score_a != joined.score_b]
    better = np.where(differ.score_a > differ.score_b, "a", "b")
    correct = (differ.choice == better).mean()
    assert abs(correct - 0.8) < 4 * np.sqrt(0.16 / len(differ))
    equal = joined[joined.score_a == joined.score_b]
    assert abs((equal.choice == "a").mean() - 0.5) < 0.06


def agreement(labels: pd.DataFrame) -> float:
    """The share of agreeing pairs among all pairs of labels of one point."""
    votes = labels.groupby("pair_id").choice.agg(a=lambda s: (s == "a").sum(), n="size")
    b = votes.n - votes.a
    return ((votes.a * (votes.a - 1) + b * (b - 1)).sum()) / (votes.n * (votes.n - 1)).sum()


def test_pairs_that_no_verifier_can_read_are_a_matter_of_taste() -> None:
    half = TRUTH[TRUTH.pair_id < "x03400"]
    labels, _ = simulate(PAIRS, half, seed=1, crowd=seers(1 - 1e-9, taste=1e6))
    joined = labels.merge(TRUTH, on="pair_id")
    differ = joined[joined.score_a != joined.score_b]
    correct = differ.choice == np.where(differ.score_a > differ.score_b, "a", "b")
    assert correct[differ.pair_id < "x03400"].all()
    assert correct[differ.pair_id >= "x03400"].mean() == pytest.approx(0.5, abs=0.04)


@pytest.mark.parametrize(("taste", "expected"), [(0.75, 0.70), (1e6, 0.5), (1e-6, 1.0)])
def test_attentive_players_agree_on_taste_at_the_configured_rate(
    taste: float, expected: float
) -> None:
    crowd = seers(1 - 1e-9, taste=taste)
    labels, _ = simulate(
        PAIRS, None, seed=2, crowd=crowd, shared_fraction=1.0, repeat_probability=1.0
    )
    preferences = labels[labels.pair_id.isin(TRUTH.pair_id)]
    assert agreement(preferences) == pytest.approx(expected, abs=0.03)


def test_guessers_agree_only_by_chance() -> None:
    rules = Rules(good_accuracy=0.0, gate=Threshold(0.0))
    labels, players = simulate(
        PAIRS,
        TRUTH,
        seed=2,
        crowd=seers(0.5),
        rules=rules,
        shared_fraction=1.0,
        repeat_probability=1.0,
    )
    assert agreement(labels[labels.pair_id.isin(TRUTH.pair_id)]) == pytest.approx(0.5, abs=0.03)
    assert (players.state == "active").all()


def test_few_pairs_are_never_served_twice_to_a_player_however_long_they_play() -> None:
    pairs, truth = make_pair_tables(40, 8)
    labels, players = simulate(pairs, truth, players=12, seed=0, crowd=seers(0.95, labels_mu=6.0))
    assert players.labels.max() > 200
    preferences = labels[labels.pair_id.isin(truth.pair_id)]
    assert not preferences.duplicated(["player_id", "pair_id"]).any()
    assert preferences.groupby("player_id").size().max() == 40


def test_players_start_at_different_comparison_points() -> None:
    labels, _ = simulate(PAIRS, TRUTH, players=40, seed=0)
    first = labels.drop_duplicates("player_id").pair_id
    assert len(first) == 40 and first.nunique() > 30


def test_invalid_input_is_named() -> None:
    with pytest.raises(ValueError, match="no comparison points among the pairs"):
        simulate(PAIRS[PAIRS.kind == "preference"], TRUTH)
    with pytest.raises(
        ValueError, match="truth has scores for none of 6800 preferences: it is about other pairs"
    ):
        simulate(PAIRS, TRUTH.assign(pair_id="z" + TRUTH.pair_id))
    with pytest.raises(ValueError, match="a crowd of 0 players"):
        simulate(PAIRS, TRUTH, players=0)
    with pytest.raises(ValueError, match="a crowd needs shares"):
        dataclasses.replace(Crowd(), guesser_share=1.5)
    with pytest.raises(ValueError, match="deck needs shares"):
        simulate(PAIRS, TRUTH, shared_fraction=2)
