"""Preference data from play, and better image models from that data.

Importing the package loads nothing heavy: import each room (`gamelabel.scenes`, ...) by name.
"""

__version__ = "0.1.0"
