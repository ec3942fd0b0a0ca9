"""Decisions of each gate, and its error rates as published or derived."""

from collections.abc import Callable

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from scipy.stats import beta

from gamelabel.games.pairs import SPRT, Gate, Posterior, Rules, Threshold
from gamelabel.games.pairs.operating_curve import gate_errors, operating_curves

GATES = [Threshold(), SPRT(), Posterior(), Posterior(discount=1.0)]
HISTORY = st.lists(st.tuples(st.integers(0, 5), st.integers(0, 5)), min_size=1, max_size=60)


def alone(gate: Gate) -> Rules:
    """Return rules with only comparison points, in batches of one."""
    return Rules(batch_size=1, share_factor=1, share_floor=(1, 1), gate=gate)


def replay(gate: Gate, history: list[tuple[int, int]]) -> tuple[np.ndarray, np.ndarray, list[bool]]:
    credit, debit, removed = np.zeros(1), np.zeros(1), []
    for right, wrong in history:
        credit, debit = gate.update(credit, debit, np.array([right]), np.array([wrong]))
        removed.append(gate.removes(credit, debit).item())
    return credit, debit, removed


def test_the_sequential_test_decides_once() -> None:
    """At error rates of 5 %, 11 right answers accept a player and 5 wrong ones remove one."""
    assert replay(SPRT(), [(0, 4)])[2] == [False] and replay(SPRT(), [(0, 5)])[2] == [True]
    assert replay(SPRT(), [(10, 0), (0, 12)])[2] == [False, True]
    credit, debit, removed = replay(SPRT(), [(11, 0), (0, 100)])
    assert (credit.item(), debit.item(), removed) == (11, 0, [False, False])


def test_the_sequential_test_counts_nothing_after_removing_a_player() -> None:
    credit, debit, removed = replay(SPRT(), [(0, 5), (100, 0)])
    assert (credit.item(), debit.item(), removed) == (0, 5, [True, True])


def test_the_sequential_tests_lower_bound_depends_on_both_errors() -> None:
    """ln(0.1 / 0.5) = -1.61 lies between two and three wrong answers of ln(0.5) = -0.69 each."""
    gate = SPRT(alpha=0.1, beta=0.5)
    assert replay(gate, [(0, 2)])[2] == [False] and replay(gate, [(0, 3)])[2] == [True]


@settings(deadline=None)
@given(HISTORY)
def test_a_posterior_that_forgets_nothing_is_the_beta_of_all_answers(history) -> None:
    credit, debit, removed = replay(Posterior(discount=1.0), history)
    right, wrong = map(sum, zip(*history, strict=True))
    assert (credit.item(), debit.item()) == (right, wrong)
    assert removed[-1] == (beta(3 + right, 1 + wrong).cdf(0.65) > 0.9)


def test_a_posterior_that_forgets_holds_about_the_last_answers() -> None:
    gate = Posterior()
    credit, debit, _ = replay(gate, [(1, 0)] * 2000)
    assert credit.item() == pytest.approx(20) and debit.item() == 0
    assert replay(gate, [(1, 0)] * 2000 + [(0, 1)] * 40)[2][-1]
    assert not replay(Posterior(discount=1.0), [(1, 0)] * 2000 + [(0, 1)] * 40)[2][-1]
    assert not replay(SPRT(), [(1, 0)] * 2000 + [(0, 1)] * 40)[2][-1]


def test_a_wrong_answer_ages_the_posterior_as_a_right_one_does() -> None:
    """Ten right answers, then one more: the ten weigh 0.95 each, whichever answer it is."""
    gate, ten, none, one = Posterior(), np.array([10.0]), np.zeros(1), np.ones(1, int)
    assert gate.update(ten, ten, one, 0 * one) == (pytest.approx(10.5), pytest.approx(9.5))
    assert gate.update(ten, ten, 0 * one, one) == (pytest.approx(9.5), pytest.approx(10.5))
    assert gate.update(ten, none, 0 * one, 2 * one)[0] == pytest.approx(10 * 0.95**2)


@settings(deadline=None)
@given(HISTORY, st.sampled_from(GATES))
def test_worse_answers_never_save_a_player(history, gate) -> None:
    """A gate that removes a player also removes one with fewer right answers in each batch."""
    worse = [(max(0, right - 1), wrong + min(1, right)) for right, wrong in history]
    removed, also = (
        np.logical_or.accumulate(replay(gate, answers)[2]) for answers in (history, worse)
    )
    assert (also >= removed).all()


@pytest.mark.parametrize(
    ("gate", "expected", "spent"),
    [
        (Threshold(0.6, 10), [1.0, 0.091, 0.029], 10),
        (SPRT(), [0.997, 0.038, 0.005], 13),
        (Posterior(confidence=0.95, discount=1.0), [0.998, 0.003, 0.0], 26),
    ],
)
def test_gates_alone_remove_the_published_shares(
    gate: Gate, expected: list[float], spent: float
) -> None:
    """Shares removed within 200 comparison points, and the median spent on a guesser."""
    table = operating_curves(
        {"gate": alone(gate)}, [0.5, 0.8, 0.85], labels=200, players=2000, seed=1
    )
    assert table.removed.to_numpy() == pytest.approx(expected, abs=0.015)
    assert (table.kept == 0).all()  # nothing but comparison points, until they are removed
    assert abs(table.comparisons.iloc[0] - spent) <= 3


@pytest.mark.parametrize("error", [0.05, 0.2])
def test_the_sequential_test_keeps_its_error_rates(error: float) -> None:
    """Wald: each true error is at most error / (1 - error), both at most the nominal sum."""
    table = operating_curves(
        {"gate": alone(SPRT(0.6, 0.8, error, error))}, [0.6, 0.8], labels=600, players=3000, seed=2
    )
    wrong = np.array([1 - table.removed.iloc[0], table.removed.iloc[1]])
    spread = 3 * np.sqrt(error / 3000)
    assert (wrong <= error / (1 - error) + spread).all() and wrong.sum() <= 2 * error + 2 * spread
    assert (wrong >= error / 2).all()  # and it is not so careful that it asks too much


def test_a_stricter_rule_trades_one_error_for_the_other() -> None:
    rules = {"strict": Rules(gate=Threshold(0.75)), "mild": Rules(gate=Threshold(0.55))}
    table = operating_curves(rules, [0.5, 0.8], labels=100, players=300)
    assert table.equals(operating_curves(rules, [0.5, 0.8], labels=100, players=300))
    both = gate_errors(table).set_index("rule")
    assert both.loc["strict", "good_removed"] > both.loc["mild", "good_removed"]
    assert both.loc["strict", "guesser_kept"] <= both.loc["mild", "guesser_kept"]
    assert ((table.low <= table.removed) & (table.removed <= table.high)).all()
    with pytest.raises(ValueError, match=r"it needs 0.5 and 0.9"):
        gate_errors(table, good=0.9)


def test_only_gates_that_forget_notice_players_who_turn_bad() -> None:
    """200 players, right nine times in ten for 100 comparison points, then guessing for 100."""
    rng = np.random.default_rng(3)
    skill = np.repeat([0.9, 0.5], 100)
    answers = (rng.random((200, 200)) < skill[:, None]).astype(int)
    caught = {}
    for name, gate in {
        "sprt": SPRT(),
        "all": Posterior(discount=1.0),
        "recent": Posterior(),
    }.items():
        credit, debit, removed = np.zeros(200), np.zeros(200), np.zeros(200, bool)
        for right in answers:
            credit, debit = gate.update(credit, debit, right, 1 - right)
            removed |= gate.removes(credit, debit)
        caught[name] = removed.mean()
    assert caught["recent"] > 0.75 and caught["all"] < 0.1 and caught["sprt"] < 0.05


@pytest.mark.parametrize(
    "wrong",
    [
        lambda: Threshold(-0.01),
        lambda: Threshold(1.01),
        lambda: Threshold(min_answers=0),
        lambda: SPRT(0.8, 0.6),
        lambda: SPRT(0.6, 0.6),
        lambda: SPRT(0, 0.6),
        lambda: SPRT(0.6, 1),
        lambda: SPRT(alpha=0),
        lambda: SPRT(beta=0),
        lambda: SPRT(alpha=0.5, beta=0.5),
        lambda: Posterior(0),
        lambda: Posterior(1),
        lambda: Posterior(confidence=0),
        lambda: Posterior(confidence=1),
        lambda: Posterior(discount=0),
        lambda: Posterior(discount=1.01),
        lambda: Posterior(prior=(1, 0)),
    ],
)
def test_invalid_gates_are_refused(wrong: Callable[[], Gate]) -> None:
    with pytest.raises(ValueError, match="needs"):
        wrong()


def test_extreme_gates_are_valid() -> None:
    """At 0 nobody is removed; at 1, after one answer, everyone who was ever wrong."""
    none, one = np.zeros(2), np.array([0.0, 1.0])
    assert Threshold(0, 1).removes(none, one).tolist() == [False, False]
    assert Threshold(1, 1).removes(1 - one, one).tolist() == [False, True]
