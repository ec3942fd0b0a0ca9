"""Mechanical Turker Descent: teachers compete by the models that their examples train.

The protocol is not bound to a game: a learner has `fit` and `predict`, see `descent_example`.
`docs/descent.md` teaches a learner of one's own.
"""

from gamelabel.games.descent.descent import Descent, Feedback
from gamelabel.games.descent.descent_example import Example, Learner, same_answer
from gamelabel.games.descent.descent_rules import VARIANTS, DescentRules
from gamelabel.games.descent.descent_score import descent_score, leaderboard, scores_of_round
from gamelabel.games.descent.descent_tables import DescentError, read_descent_table
from gamelabel.games.descent.word_classifier import WordClassifier

__all__ = [
    "VARIANTS",
    "Descent",
    "DescentError",
    "DescentRules",
    "Example",
    "Feedback",
    "Learner",
    "WordClassifier",
    "descent_score",
    "leaderboard",
    "read_descent_table",
    "same_answer",
    "scores_of_round",
]
