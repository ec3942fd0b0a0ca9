"""The treatments of CrowdPlay's incentive experiment (appendix A.4) as tasks."""

from __future__ import annotations

from dataclasses import replace
from typing import Literal

from gamelabel.games.play.tasks import Bonus, Requirement, Task, TaskStatistic

Treatment = Literal["none", "active", "requirement", "sliding", "all", "email", "social"]
TREATMENTS: tuple[Treatment, ...] = (
    "none",
    "active",
    "requirement",
    "sliding",
    "all",
    "email",
    "social",
)
PAID: tuple[Treatment, ...] = TREATMENTS[:5]
TREATMENT_CHANNELS = dict.fromkeys(PAID, "mturk") | {"email": "email", "social": "social"}
LUMP_SUM, BASE, MOST_BONUS = 2.0, 0.5, 1.5  # the base and the full bonus equal the lump sum
MINUTES, LEAST_ALIENS, LEAST_SHARE, FULL_COUNT = 5.0, 50.0, 0.8, 200.0
ATARI_SETTINGS = {"frameskip": 1, "repeat_action_probability": 0.0}
_ORDER = {"order": "inside out"}

INSIDE_OUT = Task(
    "inside_out",
    "ale_py:ALE/SpaceInvaders-v5",
    ATARI_SETTINGS,
    instructions=(
        "Shoot the aliens from the inside out: columns 3 and 4 first, then 2 and 5, then 1 and 6."
    ),
    no_ops=30,
    statistics=(
        TaskStatistic("play_time", "play_time"),
        TaskStatistic("active_time", "active_time"),
        TaskStatistic("aliens_in_order", "aliens_in_order", _ORDER),
        TaskStatistic("share_in_order", "share_in_order", _ORDER),
        TaskStatistic("published_aliens_in_order", "published_aliens_in_order", _ORDER),
        TaskStatistic("published_share_in_order", "published_share_in_order", _ORDER),
    ),
)


def treatment_task(
    treatment: Treatment, counted: Literal["decoded", "published"] = "decoded"
) -> Task:
    """Return the task of a treatment: Space Invaders inside out, with its requirements and pay.

    Parameters
    ----------
    treatment : {"none", "active", "requirement", "sliding", "all", "email", "social"}
        Pay for 5 minutes; for 5 active minutes; also for 50 aliens in order and a share of 80 %; a
        small base and a bonus that grows with both; the last two together; an entry in a raffle
        under the requirements of the third; a challenge without pay.
    counted : {"decoded", "published"}
        Whether aliens are counted as they are, or as CrowdPlay's program counted them.

    Examples
    --------
    >>> [requirement.statistic for requirement in treatment_task("requirement").requirements]
    ['play_time', 'aliens_in_order', 'share_in_order']
    """
    prefix = "" if counted == "decoded" else "published_"
    aliens, share = f"{prefix}aliens_in_order", f"{prefix}share_in_order"
    time = "active_time" if treatment in ("active", "sliding", "all") else "play_time"
    requirements = [Requirement(time, MINUTES * 60, "Time played")]
    if treatment in ("requirement", "all", "email", "social"):
        requirements.append(Requirement(aliens, LEAST_ALIENS, "Correct aliens shot (total)"))
        requirements.append(Requirement(share, LEAST_SHARE, "Correct aliens shot (share)"))
    if treatment == "social":
        requirements = requirements[1:]  # no least time
    bonus = Bonus("fixed", base=LUMP_SUM)
    if treatment in ("sliding", "all"):
        bonus = Bonus(
            "sliding",
            base=BASE,
            maximum=MOST_BONUS,
            correct=aliens,
            share=share,
            full_count=FULL_COUNT,
        )
    elif treatment == "email":
        bonus = Bonus("raffle", prize="a gift card")
    elif treatment == "social":
        bonus = Bonus("challenge")
    return replace(INSIDE_OUT, name=treatment, requirements=tuple(requirements), bonus=bonus)
