"""The recipe that trains the embedded model: `run`, then `assemble`, then `write_card`."""

from gamelabel.images.base.card import write_card
from gamelabel.images.base.recipe import Recipe, quick, run
from gamelabel.images.base.repository import assemble

__all__ = ["Recipe", "assemble", "quick", "run", "write_card"]
