"""The recipe that trains the embedded model: `run(Recipe(), folder)`, then `assemble(folder, "student", model)`."""

from gamelabel.images.base.recipe import Recipe, quick, run
from gamelabel.images.base.repository import assemble

__all__ = ["Recipe", "assemble", "quick", "run"]
