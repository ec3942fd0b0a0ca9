"""Statistics of labels that many people gave: agreement, accuracy, participation, cost, and one label out of many.

Labels are a frame `task, worker, label`; `gamelabel.labels.crowd` makes it from the table `labels`.
"""

from gamelabel.reliability.accuracy import accuracy, mean_accuracy, score
from gamelabel.reliability.aggregate import aggregate, skills
from gamelabel.reliability.alpha import Level, alpha
from gamelabel.reliability.estimate import Estimate, wilson
from gamelabel.reliability.interval import alpha_interval
from gamelabel.reliability.numbers import PAPER, numbers
from gamelabel.reliability.participation import Participation, cost, participation

__all__ = [
    "PAPER",
    "Estimate",
    "Level",
    "Participation",
    "accuracy",
    "aggregate",
    "alpha",
    "alpha_interval",
    "cost",
    "mean_accuracy",
    "numbers",
    "participation",
    "score",
    "skills",
    "wilson",
]
