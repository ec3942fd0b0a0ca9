"""The rules of the labelling game, and simulated players who play by them.

A server plays by the same rules as the simulation, one player and one batch at a time. Between
batches it keeps nothing of a player but their `Standing`, eight numbers:

>>> import numpy as np
>>> rules, rng = Rules(gate=Posterior()), np.random.default_rng(0)
>>> standing = rules.start()                                    # a new player
>>> is_comparison = rules.draw_comparisons(standing, rng)[0]    # which points of the batch count
>>> level = pay_level(standing.right, standing.wrong)           # what the batch will earn
>>> standing = rules.update(standing, np.array([4]), np.array([1]))  # 4 right answers, 1 wrong
>>> standing.removed.item()                                     # True: no batch follows
False

Nothing here reads a clock, a file or a global: the same standing and the same answers give the same
standing.
"""

from gamelabel.games.pairs.cusum import Cusum
from gamelabel.games.pairs.deck import Deck
from gamelabel.games.pairs.gate import GATES, SPRT, Gate, Posterior, Threshold
from gamelabel.games.pairs.pay import pay_level
from gamelabel.games.pairs.players import Crowd, Players
from gamelabel.games.pairs.rules import SERVICE_RULES, Rules, Standing
from gamelabel.games.pairs.simulate import SimulatedGame, simulate
from gamelabel.games.pairs.simulated_rankings import rank_images

__all__ = [
    "GATES",
    "SERVICE_RULES",
    "SPRT",
    "Crowd",
    "Cusum",
    "Deck",
    "Gate",
    "Players",
    "Posterior",
    "Rules",
    "SimulatedGame",
    "Standing",
    "Threshold",
    "pay_level",
    "rank_images",
    "simulate",
]
