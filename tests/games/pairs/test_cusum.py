"""The test that notices players whose answers get worse, and the service's rules that use it."""

from dataclasses import replace

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from gamelabel.games.pairs import SERVICE_RULES, Cusum, Posterior, Rules
from gamelabel.games.pairs.operating_curve import operating_curves, sleeper_curve

TODAY = Rules(gate=Posterior())


def test_suspicion_is_the_log_likelihood_ratio_of_guessing_and_never_negative() -> None:
    """After 12 right and 3 wrong the own accuracy is (12 + 7.4) / (15 + 10) = 0.776."""
    before = np.array([12]), np.array([3])
    up = Cusum().update(np.zeros(1), *before, np.array([0]), np.array([2])).item()
    assert up == pytest.approx(2 * np.log(0.5 / (1 - 0.776)))
    mixed = Cusum().update(np.array([up]), *before, np.array([1]), np.array([0])).item()
    assert mixed == pytest.approx(up - np.log(0.776 / 0.5))
    assert Cusum().update(np.zeros(1), *before, np.array([5]), np.array([0])).item() == 0


@settings(deadline=None)
@given(st.integers(0, 500), st.integers(0, 500), st.floats(0, 20))
def test_a_wrong_answer_always_raises_suspicion_by_a_bounded_step(right, wrong, suspicion) -> None:
    """The own accuracy is clipped, so that one answer is never worth more than another's three."""
    test = Cusum()
    values = np.array([suspicion]), np.array([right]), np.array([wrong])
    risen = test.update(*values, np.array([0]), np.array([1])).item() - suspicion
    assert np.log(0.5 / 0.35) - 1e-9 <= risen <= np.log(0.5 / 0.05) + 1e-9


def test_the_limit_removes_and_suspicion_raises_the_share() -> None:
    test = Cusum(limit=4.0, probing=2.0)
    assert test.removes(np.array([3.9, 4.0])).tolist() == [False, True]
    assert test.least_share(np.array([0.0, 1.0, 2.0, 9.0])).tolist() == [0, 0.5, 1, 1]


def test_nobody_is_judged_and_everything_counts_until_the_exam_ends() -> None:
    """Its length is uniform over the range, one draw a player."""
    draws = np.linspace(0, 1, 9000, endpoint=False)
    standing = SERVICE_RULES.start(9000, draws)
    assert np.bincount(standing.exam)[10:].tolist() == [1000] * 9
    for batch in range(1, 5):
        standing = SERVICE_RULES.update(standing, np.zeros(9000, int), np.full(9000, 5))
        is_examined = standing.exam <= 5 * batch
        assert (standing.removed == is_examined).all()
        assert (standing.share[~is_examined] == 1).all()
    good = SERVICE_RULES.update(SERVICE_RULES.start(1), np.array([10]), np.array([0]))
    assert good.share.item() == SERVICE_RULES.share_floor[0]


def test_the_papers_rules_have_no_exam_and_no_watch() -> None:
    assert (Rules().exam, Rules().watch) == ((0, 0), None)
    plain, standing = Rules().start(2), Rules().start(2, np.array([0.0, 0.99]))
    assert all((a == b).all() for a, b in zip(plain, standing, strict=True))


def test_nine_of_ten_sleepers_are_noticed_within_60_labels_and_good_players_stay() -> None:
    """The limit of the service is the highest that notices nine in ten."""
    limits = {str(limit): replace(SERVICE_RULES, watch=Cusum(limit=limit)) for limit in (4.0, 9.0)}
    rules = {"today": TODAY, "service": SERVICE_RULES, **limits}
    table = sleeper_curve(rules, players=4000).set_index("rule")
    assert table.noticed["today"] < 0.05
    assert table.noticed["service"] > 0.9 > table.noticed["9.0"]
    assert table.good_removed["service"] < 0.01 < table.good_removed["4.0"]
    assert table.kept["service"] > 0.94 * table.kept["today"]


def test_honest_players_label_as_much_and_guessers_no_more_than_before() -> None:
    curves = operating_curves(
        {"today": TODAY, "service": SERVICE_RULES}, [0.5, 0.8, 0.9], labels=100, players=4000
    ).pivot(index="accuracy", columns="rule", values=["removed", "kept"])
    assert curves.kept.service[0.8] > 0.95 * curves.kept.today[0.8]
    assert curves.kept.service[0.9] > 0.95 * curves.kept.today[0.9]
    assert curves.kept.service[0.5] < curves.kept.today[0.5] + 1
    assert curves.removed.service[0.5] > 0.9
    assert curves.removed.service[0.8] < 0.01


@pytest.mark.parametrize(
    "wrong",
    [
        lambda: Cusum(limit=0),
        lambda: Cusum(guessing=0.7),
        lambda: Cusum(own_range=(0.6, 1)),
        lambda: Rules(exam=(4, 3)),
    ],
)
def test_invalid_numbers_are_refused(wrong) -> None:
    with pytest.raises(ValueError, match="need"):
        wrong()
