"""Players as columns: each kind plays as its columns describe."""

import numpy as np
import pandas as pd
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from gamelabel.games.pairs import Crowd, Players, Rules, Threshold, simulate
from gamelabel.games.pairs.players import PLAYER_KINDS
from tests.games.pairs.pair_tables import make_pair_tables

PAIRS, TRUTH = make_pair_tables(1500, 300)
OPEN = Rules(share_factor=1, gate=Threshold(0.0))  # nothing but comparison points, nobody removed


def people(players: int = 12, labels: int = 400, **columns: object) -> pd.DataFrame:
    """Return perfect players with a number of labels each, and some columns set."""
    frame = Crowd(guesser_share=0).draw(players, np.random.default_rng(0)).to_frame()
    return frame.assign(skill=1.0, stamina=labels, **columns)


def answers(frame: pd.DataFrame, seed: int = 0) -> pd.DataFrame:
    """Labels on comparison points, with right and their place among the player's labels."""
    labels = simulate(PAIRS, TRUTH, frame, seed, rules=OPEN).labels.merge(
        PAIRS[["pair_id", "gold"]], on="pair_id"
    )
    assert labels.gold.notna().all()
    labels = labels.sort_values("label_id")
    return labels.assign(
        right=labels.choice == labels.gold, place=labels.groupby("player_id").cumcount()
    )


def test_perfect_players_are_always_right_and_flippers_never() -> None:
    assert answers(people()).right.all()
    assert not answers(people(inverted=True)).right.any()


def test_a_sleeper_turns_into_a_guesser_and_a_tired_player_slowly() -> None:
    sleeper = answers(people(guesses_after=50.0))
    assert sleeper[sleeper.place < 50].right.all()
    assert sleeper[sleeper.place >= 50].right.mean() == pytest.approx(0.5, abs=0.03)
    one, labels = Players.from_frame(people(players=1, guesses_after=50.0)), np.array([49, 50])
    assert one.accuracy(np.zeros(2, int), labels).tolist() == [1.0, 0.5]
    tired = answers(people(players=60, fatigue=3.0))
    late = tired[tired.place >= 300]
    expected = (0.5 + 0.5 * np.exp(-3.0 * (late.place // 5 * 5) / 1000)).mean()
    assert (
        late.right.mean() == pytest.approx(expected, abs=0.02)
        and tired[tired.place < 5].right.all()
    )


def test_a_one_sided_player_prefers_the_left_and_errs_if_the_right_image_is_not_there() -> None:
    labels = answers(people(guess_rate=0.4, left_bias=1.0))
    is_left = labels.choice == labels.shown_left
    assert is_left.mean() == pytest.approx(0.7, abs=0.02)
    assert labels.right[labels.gold == labels.shown_left].all()
    assert labels.right[labels.gold != labels.shown_left].mean() == pytest.approx(0.6, abs=0.03)


def test_a_team_gives_the_same_answer_to_the_same_point_and_others_do_not() -> None:
    frame = people(players=10, labels=300).assign(skill=0.7, team=[0] * 5 + [-1] * 5)
    labels = answers(frame)
    for members, alike in (
        (labels.player_id < "player-00005", 1.0),
        (labels.player_id >= "player-00005", 0.58),
    ):
        pairs = labels[members].merge(labels[members], on="pair_id")
        pairs = pairs[pairs.player_id_x < pairs.player_id_y]
        assert (pairs.choice_x == pairs.choice_y).mean() == pytest.approx(
            alike, abs=0.05 * (alike < 1)
        )


def test_response_times_need_a_pace_and_reveal_players_who_did_not_look() -> None:
    assert answers(people()).response_ms.isna().all()
    ms = answers(people(median_ms=4000.0)).response_ms.astype(float)
    assert ms.median() == pytest.approx(4000, rel=0.1)
    assert np.log(ms).std() == pytest.approx(0.5, abs=0.03)
    assert answers(people(median_ms=4000.0, guess_rate=1.0)).response_ms.astype(
        float
    ).median() == pytest.approx(700, rel=0.1)


def test_kinds_have_their_shares_and_do_not_change_other_players() -> None:
    crowd = Crowd(kind_shares={"bot": 0.2, "copier": 0.1, "sleeper": 0.1})
    mixed, plain = (
        crowd_drawn.draw(4000, np.random.default_rng(1)).to_frame()
        for crowd_drawn in (crowd, Crowd())
    )
    shares = mixed.kind.value_counts(normalize=True)
    assert [shares[kind] for kind in crowd.kind_shares] == pytest.approx([0.2, 0.1, 0.1], abs=0.03)
    rest = ~mixed.kind.isin(PLAYER_KINDS)
    pd.testing.assert_frame_equal(mixed[rest], plain[rest])
    assert (mixed[mixed.kind == "bot"].stamina > 2 * plain[mixed.kind == "bot"].stamina).all()
    teams = mixed[mixed.kind == "copier"].groupby("team")
    assert (teams.size().iloc[:-1] == 5).all() and (teams.skill.nunique() == 1).all()


@settings(max_examples=15, deadline=None)
@given(
    st.dictionaries(st.sampled_from(sorted(PLAYER_KINDS)), st.floats(0, 0.14), max_size=7),
    st.integers(0, 2**32),
)
def test_equal_seeds_give_equal_bytes_and_removed_players_do_not_return(kinds, seed) -> None:
    crowd, rules = Crowd(kind_shares=kinds, labels_mu=3.0), Rules()
    first, again = (simulate(PAIRS, TRUTH, 20, seed, crowd, rules) for _ in range(2))
    pd.testing.assert_frame_equal(first.labels, again.labels)
    pd.testing.assert_frame_equal(first.players, again.players)
    joined = first.labels.merge(PAIRS[["pair_id", "gold"]], on="pair_id").sort_values("label_id")
    for player in first.players.itertuples():
        own_labels = joined[joined.player_id == player.player_id]
        counts = (
            own_labels.assign(
                right=own_labels.choice == own_labels.gold, gold=own_labels.gold.notna()
            )
            .groupby("batch_id")[["right", "gold"]]
            .sum()
        )
        standing = rules.start()
        for right, n_comparisons in counts.itertuples(index=False):
            assert not standing.removed.item()
            standing = rules.update(standing, np.array([right]), np.array([n_comparisons - right]))
        assert standing.removed.item() == (player.state == "removed")


def test_invalid_players_are_refused() -> None:
    with pytest.raises(ValueError, match="skill, stamina are missing"):
        Players.from_frame(people().drop(columns=["skill", "stamina"]))
    for column, value in (("skill", 1.1), ("left_bias", -0.1), ("stamina", 0), ("fatigue", -0.1)):
        with pytest.raises(ValueError, match="a stamina of at least 1 and a fatigue of at least 0"):
            Players.from_frame(people().assign(**{column: value}))
    with pytest.raises(ValueError, match=r"skill, guess_rate and left_bias in \[0, 1\]"):
        simulate(PAIRS, TRUTH, people(guess_rate=1.2))
    with pytest.raises(ValueError, match="with a sum of at most 1, of tired"):
        Crowd(kind_shares={"liar": 0.1})
