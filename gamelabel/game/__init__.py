"""The rules of the labelling game, pure: who goes on, what comes next; and simulated players who play by them.

A server plays by the same rules as the simulation, one player and one batch at a time, and keeps of each player nothing
but their `Standing`, six numbers (arrays of length 1), between batches:

    rules = Rules(gate=Posterior())                  # or Threshold(), SPRT()
    standing = rules.start()                         # a new player
    counts = rules.comparisons(standing, rng)[0]     # (5,): which points of the next batch are comparison points
    level = reward(standing.right, standing.wrong)   # what that batch will earn, fixed before it is answered
    ...                                              # the player answers; of `counts` so many are right and wrong
    standing = rules.after(standing, np.array([right]), np.array([wrong]))
    standing.removed.item()                          # True: no batch follows, ever

Nothing here reads a clock, a file or a global: the same standing and the same answers give the same standing.
"""

from gamelabel.game.batches import Rules, Standing
from gamelabel.game.calibrate import calibrate, find_seed, windows
from gamelabel.game.deck import Deck
from gamelabel.game.ensemble import beside, ensemble
from gamelabel.game.experiments import experiments
from gamelabel.game.gate import SPRT, Gate, Posterior, Threshold
from gamelabel.game.kinds import by_kind
from gamelabel.game.operating import errors, operating
from gamelabel.game.players import KINDS, Crowd, Players
from gamelabel.game.rankings import ISSUES, rank_images
from gamelabel.game.reward import reward
from gamelabel.game.simulate import Play, simulate

__all__ = [
    "ISSUES",
    "KINDS",
    "SPRT",
    "Crowd",
    "Deck",
    "Gate",
    "Play",
    "Players",
    "Posterior",
    "Rules",
    "Standing",
    "Threshold",
    "beside",
    "by_kind",
    "calibrate",
    "ensemble",
    "errors",
    "experiments",
    "find_seed",
    "operating",
    "rank_images",
    "reward",
    "simulate",
    "windows",
]
