"""The recipe that trains the embedded model: `run`, then `assemble`, then `write_card`."""

from gamelabel.models.flux_scenes.flux_card import write_card
from gamelabel.models.flux_scenes.recipe import Recipe, quick, run
from gamelabel.models.flux_scenes.repository import assemble

__all__ = ["Recipe", "assemble", "quick", "run", "write_card"]
