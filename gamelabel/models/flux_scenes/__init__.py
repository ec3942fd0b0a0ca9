"""The recipe of the embedded FLUX model: train it, assemble its repository, write its card."""

from gamelabel.models.flux_scenes.flux_card import write_flux_card
from gamelabel.models.flux_scenes.recipe import FluxRecipe, quick_recipe
from gamelabel.models.flux_scenes.repository import assemble_repository
from gamelabel.models.flux_scenes.train_flux import train_flux_scenes

__all__ = [
    "FluxRecipe",
    "assemble_repository",
    "quick_recipe",
    "train_flux_scenes",
    "write_flux_card",
]
