"""Which kinds of players the gates remove."""

import numpy as np
import pytest

from gamelabel.games.pairs import SPRT, Crowd, Posterior, Rules, Threshold
from gamelabel.games.pairs.player_kinds import outcomes_by_kind
from gamelabel.games.pairs.players import PLAYER_KINDS

RULES = {"threshold": Rules(), "sprt": Rules(gate=SPRT()), "posterior": Rules(gate=Posterior())}


@pytest.fixture(scope="module")
def removed():
    return outcomes_by_kind(RULES, players=400).set_index(["rule", "kind"]).removed


def test_the_table_has_every_kind_and_rule_and_is_reproducible() -> None:
    table = outcomes_by_kind({"mild": Rules(gate=Threshold(0.1))}, labels=60, players=30)
    assert table.kind.tolist() == ["honest", "guesser", *PLAYER_KINDS]
    assert ((table.low <= table.removed) & (table.removed <= table.high)).all()
    assert table.equals(
        outcomes_by_kind({"mild": Rules(gate=Threshold(0.1))}, labels=60, players=30)
    )


@pytest.mark.parametrize("rule", RULES)
def test_gates_remove_inaccurate_players_and_few_honest_players_or_copiers(
    removed, rule: str
) -> None:
    assert (removed[rule][["guesser", "flipper", "bot"]] > 0.95).all()
    assert (removed[rule][["honest", "copier"]] < 0.15).all()
    assert removed[rule]["copier"] == pytest.approx(removed[rule]["honest"], abs=0.06)
    assert removed[rule]["hurried"] > removed[rule]["honest"] + 0.3


def test_gates_that_keep_asking_notice_players_who_turn_bad(removed) -> None:
    assert removed["posterior", "sleeper"] > 0.95 > 0.6 > removed["sprt", "sleeper"]


def test_remaining_labels_have_the_accuracy_of_their_kind() -> None:
    """With nobody removed: a sleeper looks at 50 of 500, a flipper inverts their answers."""
    table = outcomes_by_kind(
        {"open": Rules(gate=Threshold(0.0), good_accuracy=0.0)}, players=400
    ).set_index("kind")
    assert (table.removed == 0).all()
    assert table.right["bot"] == 0.5
    assert table.right["flipper"] == pytest.approx(1 - table.right["honest"], abs=1e-9)
    assert table.right["hurried"] == pytest.approx(0.25 + table.right["honest"] / 2, abs=1e-9)
    kept = Crowd(guesser_share=0).skill_mean
    assert table.right["honest"] == pytest.approx(kept, abs=0.02)
    assert 0.5 < table.right["sleeper"] < 0.55


def test_expected_accuracy_is_that_of_the_answers() -> None:
    """`right` is the share of `picks`, over where the image is."""
    rng = np.random.default_rng(0)
    people = Crowd(kind_shares=dict.fromkeys(PLAYER_KINDS, 1 / 7)).draw(30, rng)
    players, n_labels = np.repeat(np.arange(30), 20_000), 100
    chance, hurry = people.attention(players, n_labels)
    picked = people.choose_target(
        players, chance, hurry, rng.random(len(players)), rng.random(len(players)) < 0.5
    )
    assert picked.reshape(30, -1).mean(1) == pytest.approx(
        people.accuracy(np.arange(30), n_labels), abs=0.02
    )
