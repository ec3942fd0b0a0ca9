"""Statistics of labels that many people gave: agreement, accuracy, participation, cost, and one label out of many.

Labels are a frame `task, worker, label`; `gamelabel.tables.to_annotations` makes it from the table `labels`. Names are compared
as they stand, in any script: an é of one code point is another worker than an e with an accent. Labels that are not as
they should be meet the same answer everywhere:

- a missing label is no label; a missing task or worker is an error, but for statistics that need no worker;
- a task without labels, or with one, says nothing about agreement, and one without any is in no result;
- a worker who labels a task twice counts twice (Cohen's kappa, which needs one label each, refuses);
- any value is a category, one that only gold knows included;
- gold that contradicts itself is an error, and so is gold as text for labels that are numbers, or the other way round;
- a worker with few labels has a wide interval, and in models of workers weighs about as the crowd does;
- labels of removed players count as long as they are in the frame: leave out first whose labels should not;
- what is undefined (of nothing, of one category, of single labels) is NaN, and so is the interval of its bootstrap; a
  share of nothing lies between 0 and 1.
"""

from gamelabel.reliability.accuracy import accuracy, mean_accuracy, score
from gamelabel.reliability.agreement import cohen_kappa, fleiss_kappa, percent_agreement
from gamelabel.reliability.alpha import Level, alpha
from gamelabel.reliability.comparisons import bradley_terry, side_bias
from gamelabel.reliability.estimate import Estimate, clopper_pearson, proportion, wilson
from gamelabel.reliability.interval import alpha_interval
from gamelabel.reliability.paper_numbers import PAPER, numbers
from gamelabel.reliability.participation import Participation, cost, participation

__all__ = [
    "PAPER",
    "Estimate",
    "Level",
    "Participation",
    "accuracy",
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
    "proportion",
    "score",
    "side_bias",
    "wilson",
]
