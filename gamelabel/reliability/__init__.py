"""Statistics of labels that many people gave: agreement, accuracy, participation, cost, and one label out of many.

Labels are a frame `task, worker, label`; `gamelabel.labels.crowd` makes it from the table `labels`.
"""

from gamelabel.reliability.accuracy import accuracy, mean_accuracy, score
from gamelabel.reliability.aggregate import aggregate, skills
from gamelabel.reliability.agreement import cohen_kappa, fleiss_kappa, percent_agreement
from gamelabel.reliability.alpha import Level, alpha
from gamelabel.reliability.estimate import Estimate, clopper_pearson, wilson
from gamelabel.reliability.interval import alpha_interval
from gamelabel.reliability.numbers import PAPER, numbers
from gamelabel.reliability.pairwise import bradley_terry, side_bias
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
    "bradley_terry",
    "clopper_pearson",
    "cohen_kappa",
    "cost",
    "fleiss_kappa",
    "mean_accuracy",
    "numbers",
    "participation",
    "percent_agreement",
    "score",
    "side_bias",
    "skills",
    "wilson",
]
