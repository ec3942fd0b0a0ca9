"""From many labels of a task to one: a method a file, all of the same form of labels, each a function Crowd -> Fit."""

from gamelabel.aggregation.aggregate import METHODS, aggregate, skills
from gamelabel.aggregation.crowd import Crowd, Fit, crowd_of
from gamelabel.aggregation.preference_table import preferences

__all__ = ["METHODS", "Crowd", "Fit", "aggregate", "crowd_of", "preferences", "skills"]
