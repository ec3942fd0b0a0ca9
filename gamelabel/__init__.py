"""Preference data from play, and better image models from that data.

Importing the package loads nothing heavy: each room (`gamelabel.scenes`, `gamelabel.images`, ...) is imported by name.
"""

__version__ = "0.1.0"
