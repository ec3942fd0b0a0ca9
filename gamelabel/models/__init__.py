"""Recipes and cards of the models that ship: a FLUX and a BLIP of the drawn world."""
