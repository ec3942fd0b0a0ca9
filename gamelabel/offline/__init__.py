"""Learning from demonstrations without playing: BC, BCQ, CQL, IQN, QR, DQN and SAC, a page each.

`make_transitions` turns episodes to a data set, `make_learner` and `fit` train an algorithm,
`evaluate_policy` plays with what was learned, `scores` compares algorithms over runs and tasks.
"""

from gamelabel.offline.learner import OfflineLearner, fit
from gamelabel.offline.learners import ALGORITHMS, make_learner
from gamelabel.offline.policy_evaluation import evaluate_policy, play_policy, random_policy
from gamelabel.offline.transitions import (
    Demonstration,
    EpisodeArrays,
    Transitions,
    best_episodes,
    make_transitions,
    skip_frames,
)

__all__ = [
    "ALGORITHMS",
    "Demonstration",
    "EpisodeArrays",
    "OfflineLearner",
    "Transitions",
    "best_episodes",
    "evaluate_policy",
    "fit",
    "make_learner",
    "make_transitions",
    "play_policy",
    "random_policy",
    "skip_frames",
]
