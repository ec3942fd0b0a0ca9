"""Reliability of labels: agreement, accuracy, participation, cost, and estimates with intervals.

Statistics take a frame `task, worker, label`, which `gamelabel.tables.to_annotations` makes from
the table `labels`. Identifiers are compared as they are, without Unicode normalization. Irregular
labels are treated in the same way everywhere:

- A row without a label is ignored. A missing task or worker is an error, except in statistics that
  do not use workers.
- A task with fewer than two labels does not count towards agreement. A task without labels is in no
  result.
- A worker who labels a task twice counts twice. Cohen's kappa, which needs one label each, refuses.
- Every value is a category, also one that occurs in gold only. Levels of measurement and weights
  that need an order take that of numbers (also as text), of an ordered categorical column, or of
  `categories=`. A 2-d array is raters x units or counts of votes: `counts=` says which.
- Contradictory gold is an error. So is gold that matches no task or no label, and a number that
  looks the same as text in its column or in gold, such as 1 and "1".
- A worker with few labels has a wide interval. Models of workers give it about the crowd's weight.
- Labels of removed players count as long as they are in the frame: filter them out first.
- What is undefined (no labels, one category, one label per task) is NaN, and its interval is all
  that is possible: (0, 1) for a proportion, (-1, 1) for alpha and the kappas.
- Intervals over few tasks or workers are wide, and `Estimate.warning` says so.
"""

from gamelabel.reliability.agreement import cohen_kappa, fleiss_kappa, percent_agreement
from gamelabel.reliability.bradley_terry_fit import bradley_terry
from gamelabel.reliability.comparisons import side_bias
from gamelabel.reliability.estimate import Estimate, proportion, wilson
from gamelabel.reliability.gwet import gwet_ac
from gamelabel.reliability.interval import alpha_interval
from gamelabel.reliability.krippendorff_alpha import alpha
from gamelabel.reliability.paper_statistics import PAPER_STATISTICS, dataset_statistics
from gamelabel.reliability.worker_accuracy import accuracy, mean_accuracy
from gamelabel.reliability.workload import cost, participation

__all__ = [
    "PAPER_STATISTICS",
    "Estimate",
    "accuracy",
    "alpha",
    "alpha_interval",
    "bradley_terry",
    "cohen_kappa",
    "cost",
    "dataset_statistics",
    "fleiss_kappa",
    "gwet_ac",
    "mean_accuracy",
    "participation",
    "percent_agreement",
    "proportion",
    "side_bias",
    "wilson",
]
