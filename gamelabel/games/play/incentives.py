"""Requirements with live progress, and what a session pays.

The same functions compute what players are shown while they play and what they are paid: a page
that shows `estimated_pay` of the statistics so far promises what is paid if the session ends now.
"""

from __future__ import annotations

import math
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING, Literal

if TYPE_CHECKING:
    from gamelabel.games.play.tasks import Bonus, Requirement

SlidingRule = Literal["text", "code"]


@dataclass(frozen=True)
class RequirementProgress:
    """How far a session is with one requirement.

    Attributes
    ----------
    statistic, label : str
        The statistic, and what players see.
    value, at_least : float
        Its value so far (0 while it is undefined), and the value required.
    """

    statistic: str
    label: str
    value: float
    at_least: float

    @property
    def share(self) -> float:
        """How much of it is done, from 0 to 1."""
        return 1.0 if self.is_met else max(0.0, self.value / self.at_least)

    @property
    def is_met(self) -> bool:
        """Whether the value is reached."""
        return self.value >= self.at_least


def progress(
    requirements: Sequence[Requirement], statistics: Mapping[str, float]
) -> list[RequirementProgress]:
    """Return how far a session is with each requirement.

    Parameters
    ----------
    requirements : sequence of Requirement
        The requirements of a task.
    statistics : mapping of str to float
        The values of the session so far, by statistic.

    Raises
    ------
    ValueError
        If a requirement is about a statistic that is not among them.

    Examples
    --------
    >>> from gamelabel.games.play.tasks import Requirement
    >>> requirements = Requirement("aliens", 50), Requirement("share", 0.8)
    >>> [row.share for row in progress(requirements, {"aliens": 5, "share": 0.9})]
    [0.1, 1.0]
    """
    return [
        RequirementProgress(
            requirement.statistic,
            requirement.label,
            _value(statistics, requirement.statistic),
            requirement.at_least,
        )
        for requirement in requirements
    ]


def completion(requirements: Sequence[Requirement], statistics: Mapping[str, float]) -> float:
    """Return how much of a task is done: the share of its least advanced requirement.

    >>> from gamelabel.games.play.tasks import Requirement
    >>> completion([Requirement("aliens", 50), Requirement("share", 0.8)],
    ...            {"aliens": 5, "share": 0.9})
    0.1
    """
    return min((row.share for row in progress(requirements, statistics)), default=1.0)


@dataclass(frozen=True)
class Pay:
    """What a session pays.

    Attributes
    ----------
    is_complete : bool
        Whether all requirements are met. Until then nothing is paid.
    base, bonus : float
        The fixed part and the sliding part, once the requirements are met.
    raffle_entry, challenge : bool
        Whether the player takes part in the raffle, or has met the challenge.
    currency : str
        ISO 4217 code.
    """

    is_complete: bool
    base: float = 0.0
    bonus: float = 0.0
    raffle_entry: bool = False
    challenge: bool = False
    currency: str = "USD"

    @property
    def estimate(self) -> float:
        """The amount that these statistics are worth once the requirements are met."""
        return round(self.base + self.bonus, 2)

    @property
    def amount(self) -> float:
        """The amount that is paid if the session ends now."""
        return self.estimate if self.is_complete else 0.0


def estimated_pay(
    bonus: Bonus | None,
    statistics: Mapping[str, float],
    requirements: Sequence[Requirement] = (),
) -> Pay:
    """Return what a session pays for its statistics.

    Parameters
    ----------
    bonus : Bonus or None
        The bonus of the task; None pays nothing.
    statistics : mapping of str to float
        The values of the session so far, by statistic.
    requirements : sequence of Requirement
        The requirements of the task.

    Raises
    ------
    ValueError
        If the bonus or a requirement is about a statistic that is not among them.

    Examples
    --------
    >>> from gamelabel.games.play.tasks import Bonus, Requirement
    >>> bonus = Bonus("sliding", base=0.5, maximum=1.5, correct="aliens", share="share")
    >>> five_minutes = [Requirement("active", 300)]
    >>> pay = estimated_pay(bonus, {"aliens": 100, "share": 0.9, "active": 240}, five_minutes)
    >>> pay.estimate, pay.amount
    (1.1, 0.0)
    >>> estimated_pay(bonus, {"aliens": 100, "share": 0.9, "active": 300}, five_minutes).amount
    1.1
    """
    is_complete = all(row.is_met for row in progress(requirements, statistics))
    if bonus is None:
        return Pay(is_complete)
    if bonus.kind == "raffle":
        return Pay(is_complete, raffle_entry=is_complete)
    if bonus.kind == "challenge":
        return Pay(is_complete, challenge=is_complete)
    sliding = 0.0
    if bonus.kind == "sliding":
        correct, share = _value(statistics, bonus.correct), _value(statistics, bonus.share)
        sliding = sliding_bonus(correct, share, bonus.maximum, bonus.full_count, bonus.rule)
    return Pay(is_complete, base=bonus.base, bonus=sliding, currency=bonus.currency)


def sliding_bonus(
    correct: float,
    share: float,
    maximum: float = 1.0,
    full_count: float = 200.0,
    rule: SlidingRule = "text",
) -> float:
    """Return the sliding bonus of CrowdPlay (its Eq. 1, corrected).

    By the text it is maximum * min(1, correct / full_count) * max(0, 2 (share - 1/2)): linear in
    the number of aliens shot in order and in their share above one half. The program also limits
    the first factor by the share: min(1, share, correct / full_count).

    Parameters
    ----------
    correct : float
        What was done as asked, such as the number of aliens shot in order.
    share : float
        The share of it in all that was done, from 0 to 1.
    maximum : float
        The bonus for `full_count` and a share of 1.
    full_count : float
        The number from which more earns no more.
    rule : {"text", "code"}
        Which version.

    Notes
    -----
    The paper prints max(1, correct / 500) * min(0, 2 (share - 1/2)), which is never positive: max
    and min are swapped. Its text says 200 instead of 500.

    References
    ----------
    Gerstgrasser, Trivedi and Parkes, "CrowdPlay: Crowdsourcing Human Demonstrations for Offline
    Learning" (2022), appendix A.4.

    Examples
    --------
    >>> sliding_bonus(200, 1.0), sliding_bonus(100, 0.75), sliding_bonus(100, 0.5)
    (1.0, 0.25, 0.0)
    >>> sliding_bonus(400, 0.75), sliding_bonus(400, 0.75, rule="code")
    (0.5, 0.375)
    """
    if rule not in ("text", "code"):
        raise ValueError(f"the rule of the sliding bonus is text or code, not {rule!r}")
    amount = min(1.0, correct / full_count)
    if rule == "code":
        amount = min(amount, share)
    return maximum * max(0.0, amount) * max(0.0, 2 * (share - 0.5))


def _value(statistics: Mapping[str, float], name: str) -> float:
    """Return a statistic, 0 while it is undefined."""
    if name not in statistics:
        known = ", ".join(statistics) or "none"
        raise ValueError(f"no statistic has the name {name!r}; there are {known}")
    value = statistics[name]
    return 0.0 if math.isnan(value) else value
