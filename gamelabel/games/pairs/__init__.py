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

from gamelabel.games.pairs.deck import Deck
from gamelabel.games.pairs.ensemble import beside, ensemble
from gamelabel.games.pairs.experiments import experiments
from gamelabel.games.pairs.gate import SPRT, Gate, Posterior, Threshold
from gamelabel.games.pairs.operating_curve import errors, operating
from gamelabel.games.pairs.pay import reward
from gamelabel.games.pairs.player_kinds import by_kind
from gamelabel.games.pairs.players import KINDS, Crowd, Players
from gamelabel.games.pairs.replay import Replay, replay, what_remains
from gamelabel.games.pairs.rules import Rules, Standing
from gamelabel.games.pairs.simulate import Play, simulate
from gamelabel.games.pairs.simulated_rankings import ISSUES, rank_images

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
    "Replay",
    "Rules",
    "Standing",
    "Threshold",
    "beside",
    "by_kind",
    "ensemble",
    "errors",
    "experiments",
    "operating",
    "rank_images",
    "replay",
    "reward",
    "simulate",
    "what_remains",
]
