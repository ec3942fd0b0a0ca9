"""What is measured while people play, and over recordings: one collector a statistic.

>>> from gamelabel.games.play.tasks import Task
>>> score = make_collector("score")
>>> score.start(Task("toy", "CartPole-v1"), "player")
>>> score.value()
0.0
"""

from gamelabel.games.play.statistics.collector import Collector
from gamelabel.games.play.statistics.statistic_registry import (
    COLLECTORS,
    make_collector,
    measure,
    start_collectors,
    values_of,
)

__all__ = [
    "COLLECTORS",
    "Collector",
    "make_collector",
    "measure",
    "start_collectors",
    "values_of",
]
