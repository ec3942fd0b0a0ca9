"""The labeling game behind HTTP: players choose the picture of a pair that fits its prompt better.

It plugs into `gamelabel.service` as an `Activity`; `start.pairs_activity` makes it.
"""
