"""Aggregation: from many labels of a task to one, with its probability; one method per module."""

from gamelabel.aggregation.aggregate_labels import (
    METHODS,
    aggregate,
    fit_labels,
    worker_skills,
)
from gamelabel.aggregation.aggregation_result import Aggregation
from gamelabel.aggregation.answer_scores import score_table, scored_answers
from gamelabel.aggregation.crowd_labels import CrowdLabels
from gamelabel.aggregation.evaluation import (
    accuracy_with_gold,
    aggregate_by_method,
    task_accuracy,
)
from gamelabel.aggregation.numeric_labels import aggregate_numbers
from gamelabel.aggregation.preference_table import preferences
from gamelabel.aggregation.several_labels import aggregate_sets
from gamelabel.aggregation.workers_report import (
    copied_answers,
    suspected_spam,
    workers_report,
)

__all__ = [
    "METHODS",
    "Aggregation",
    "CrowdLabels",
    "accuracy_with_gold",
    "aggregate",
    "aggregate_by_method",
    "aggregate_numbers",
    "aggregate_sets",
    "copied_answers",
    "fit_labels",
    "preferences",
    "score_table",
    "scored_answers",
    "suspected_spam",
    "task_accuracy",
    "worker_skills",
    "workers_report",
]
