"""Recipes and cards of what ships: FLUX and BLIP of the drawn world, a partner for the rally."""
