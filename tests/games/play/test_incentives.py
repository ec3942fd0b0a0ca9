import math

import pytest
from hypothesis import given
from hypothesis import strategies as st

from gamelabel.games.play.incentives import completion, estimated_pay, progress, sliding_bonus
from gamelabel.games.play.tasks import Bonus, Requirement

REQUIREMENTS = (Requirement("active", 300), Requirement("aliens", 50), Requirement("share", 0.8))
SHARES, COUNTS = st.floats(0, 1), st.floats(0, 1000)


def test_requirements_as_the_papers_screenshot_shows_them() -> None:
    """Figure 2: 5 of 50 aliens, share 1.0 of .8, 18 s of 10 minutes: "Task progress: 0.03"."""
    requirements = (
        Requirement("aliens", 50),
        Requirement("share", 0.8),
        Requirement("active", 600),
    )
    statistics = {"aliens": 5, "share": 1.0, "active": 18}
    assert completion(requirements, statistics) == pytest.approx(0.03)
    assert [row.is_met for row in progress(requirements, statistics)] == [False, True, False]


@given(COUNTS, SHARES)
def test_the_two_rules_of_the_sliding_bonus(correct: float, share: float) -> None:
    text = sliding_bonus(correct, share, maximum=1.5)
    code = sliding_bonus(correct, share, maximum=1.5, rule="code")
    assert 0 <= code <= text <= 1.5
    if share <= 0.5 or correct == 0:
        assert text == 0
    if correct / 200 <= share:
        assert code == text


@given(COUNTS, COUNTS, SHARES, SHARES)
def test_more_and_better_never_pays_less(one: float, other: float, low: float, high: float) -> None:
    for rule in ("text", "code"):
        less = sliding_bonus(min(one, other), min(low, high), rule=rule)
        assert less <= sliding_bonus(max(one, other), max(low, high), rule=rule)


def test_full_pay_needs_200_aliens_all_in_order() -> None:
    assert sliding_bonus(200, 1.0, 1.5) == sliding_bonus(900, 1.0, 1.5) == 1.5
    assert sliding_bonus(199, 1.0, 1.5) < 1.5
    assert sliding_bonus(200, 0.99, 1.5) < 1.5


def test_the_printed_formula_pays_nothing_at_best() -> None:
    """Eq. 1 with max and min as printed, at n = 500 and a share of 1."""
    printed = 1.5 * max(1, 500 / 500) * min(0, 2 * (1.0 - 0.5))
    assert printed == 0
    assert sliding_bonus(500, 1.0, 1.5, full_count=500) == 1.5


@given(st.floats(0, 600), COUNTS, SHARES)
def test_what_is_shown_is_what_is_paid_once_the_requirements_are_met(
    active: float, aliens: float, share: float
) -> None:
    bonus = Bonus("sliding", base=0.5, maximum=1.5, correct="aliens", share="share")
    statistics = {"active": active, "aliens": aliens, "share": share}
    pay = estimated_pay(bonus, statistics, REQUIREMENTS)
    assert pay.amount == (pay.estimate if pay.is_complete else 0)
    assert pay.is_complete == (active >= 300 and aliens >= 50 and share >= 0.8)
    assert pay.is_complete == (completion(REQUIREMENTS, statistics) == 1)


def test_other_kinds_of_bonus() -> None:
    done = {"active": 300.0, "aliens": 50.0, "share": 0.8}
    assert estimated_pay(Bonus("fixed", base=2.0), done, REQUIREMENTS).amount == 2.0
    assert estimated_pay(Bonus("raffle", prize="a card"), done, REQUIREMENTS).raffle_entry
    assert estimated_pay(Bonus("challenge"), done, REQUIREMENTS).challenge
    assert not estimated_pay(Bonus("raffle"), done | {"aliens": 49.0}, REQUIREMENTS).raffle_entry
    assert estimated_pay(None, done, REQUIREMENTS).amount == 0


def test_an_undefined_share_counts_as_0_and_an_unknown_statistic_is_named() -> None:
    assert completion(REQUIREMENTS, {"active": 1, "aliens": 0, "share": math.nan}) == 0
    with pytest.raises(ValueError, match="no statistic has the name 'share'; there are active"):
        progress(REQUIREMENTS, {"active": 1, "aliens": 0})
    with pytest.raises(ValueError, match="text or code, not 'printed'"):
        sliding_bonus(1, 1, rule="printed")  # type: ignore[arg-type]
