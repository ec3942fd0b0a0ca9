"""The statistics by name, and the numbers of a session or a recording."""

from __future__ import annotations

import inspect
from collections.abc import Iterable, Mapping
from typing import TYPE_CHECKING, Any

from gamelabel.games.play.statistics.alien_order import (
    AliensInOrder,
    AliensOutOfOrder,
    ShareInOrder,
)
from gamelabel.games.play.statistics.cannon import (
    AliensHit,
    ShotAccuracy,
    Shots,
    SpaceInvadersSide,
)
from gamelabel.games.play.statistics.collector import Collector
from gamelabel.games.play.statistics.general_statistics import (
    ActionShare,
    ActiveTime,
    Episodes,
    PlayTime,
    Score,
)
from gamelabel.games.play.statistics.published_order import (
    PublishedAliensInOrder,
    PublishedShareInOrder,
)
from gamelabel.games.play.statistics.river_raid_side import RiverRaidSide

if TYPE_CHECKING:
    from gamelabel.games.play.tasks import Task
    from gamelabel.games.play.transition import Transition

COLLECTORS: dict[str, type[Collector]] = {
    "score": Score,
    "episodes": Episodes,
    "play_time": PlayTime,
    "active_time": ActiveTime,
    "action_share": ActionShare,
    "space_invaders_side": SpaceInvadersSide,
    "aliens_in_order": AliensInOrder,
    "aliens_out_of_order": AliensOutOfOrder,
    "share_in_order": ShareInOrder,
    "shots": Shots,
    "aliens_hit": AliensHit,
    "shot_accuracy": ShotAccuracy,
    "published_aliens_in_order": PublishedAliensInOrder,
    "published_share_in_order": PublishedShareInOrder,
    "river_raid_side": RiverRaidSide,
}


def make_collector(name: str, arguments: Mapping[str, Any] | None = None) -> Collector:
    """Return a new collector by its name in `COLLECTORS`.

    Parameters
    ----------
    name : str
        The name.
    arguments : mapping, optional
        Its keyword arguments, such as `{"order": "inside out"}`.

    Raises
    ------
    ValueError
        If there is no such collector, or it does not take these arguments.

    Examples
    --------
    >>> make_collector("active_time", {"key_seconds": 20}).unit
    'seconds'
    >>> make_collector("scores")
    Traceback (most recent call last):
    ...
    ValueError: there is no statistic 'scores'; the statistics are score, episodes, ...
    """
    if name not in COLLECTORS:
        known = ", ".join(COLLECTORS)
        raise ValueError(f"there is no statistic {name!r}; the statistics are {known}")
    kind = COLLECTORS[name]
    try:
        inspect.signature(kind).bind(**(arguments or {}))
    except TypeError as error:
        raise ValueError(f"statistic {name}: {error}") from None
    return kind(**(arguments or {}))


def start_collectors(task: Task, seat: str) -> dict[str, Collector]:
    """Return new collectors of a task's statistics, started for a seat."""
    collectors = {}
    for statistic in task.statistics:
        collectors[statistic.name] = make_collector(statistic.collector, statistic.arguments)
        collectors[statistic.name].start(task, seat)
    return collectors


def values_of(collectors: Mapping[str, Collector]) -> dict[str, float]:
    """Return the value of each collector, by name."""
    return {name: collector.value() for name, collector in collectors.items()}


def measure(transitions: Iterable[Transition], task: Task, seat: str) -> list[dict[str, float]]:
    """Return the values of a task's statistics after each transition of a seat.

    Parameters
    ----------
    transitions : iterable of Transition
        In order, live or from a recording.
    task : Task
        The task, whose statistics are computed.
    seat : str
        The seat.

    Returns
    -------
    list of dict
        Statistic -> value, one dict a transition.

    Examples
    --------
    >>> from gamelabel.games.play.tasks import Task, TaskStatistic
    >>> from gamelabel.games.play.transition import Transition
    >>> task = Task("toy", "CartPole-v1", statistics=(TaskStatistic("points", "score"),))
    >>> steps = [Transition(i, {"player": 1}, {"player": 1.0}, {}, {}) for i in (1, 2)]
    >>> measure(steps, task, "player")
    [{'points': 1.0}, {'points': 2.0}]
    """
    collectors = start_collectors(task, seat)
    values = []
    for transition in transitions:
        for collector in collectors.values():
            collector.add(transition)
        values.append(values_of(collectors))
    return values
