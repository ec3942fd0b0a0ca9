"""Aggregation: from many labels of a task to one, with its probability; one method per module."""

from gamelabel.aggregation.aggregate_labels import METHODS, aggregate, worker_skills
from gamelabel.aggregation.crowd_labels import CrowdLabels, FitResult
from gamelabel.aggregation.evaluation import (
    accuracy_with_gold,
    aggregate_by_method,
    task_accuracy,
)
from gamelabel.aggregation.preference_table import preferences

__all__ = [
    "METHODS",
    "CrowdLabels",
    "FitResult",
    "accuracy_with_gold",
    "aggregate",
    "aggregate_by_method",
    "preferences",
    "task_accuracy",
    "worker_skills",
]
