"""Aggregation: from many labels of a task to one, with its probability; one method per module."""

from gamelabel.aggregation.aggregate_labels import METHODS, aggregate, worker_skills
from gamelabel.aggregation.crowd_labels import CrowdLabels, FitResult
from gamelabel.aggregation.preference_table import preferences

__all__ = ["METHODS", "CrowdLabels", "FitResult", "aggregate", "preferences", "worker_skills"]
