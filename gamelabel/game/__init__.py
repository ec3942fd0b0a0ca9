"""The rules of the labelling game, pure: who goes on, what comes next; and simulated players who play by them."""

from gamelabel.game.batches import Rules, Standing
from gamelabel.game.deck import Deck
from gamelabel.game.ensemble import beside, ensemble
from gamelabel.game.gate import Gate, Threshold
from gamelabel.game.players import Crowd, Players
from gamelabel.game.simulate import Play, simulate

__all__ = [
    "Crowd",
    "Deck",
    "Gate",
    "Play",
    "Players",
    "Rules",
    "Standing",
    "Threshold",
    "beside",
    "ensemble",
    "simulate",
]
