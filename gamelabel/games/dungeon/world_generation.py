"""Random worlds, as section 4.1 of the paper describes them."""

from __future__ import annotations

import random
from itertools import pairwise

from gamelabel.games.dungeon.action_types import DUNGEON
from gamelabel.games.dungeon.graph_world import World
from gamelabel.games.dungeon.setting import WorldSetting


def generate_world(
    seed: int, setting: WorldSetting = DUNGEON, path_probability: float = 0.2
) -> World:
    """Return a random world; a seed always gives the same one.

    A random chain of paths connects all places, and each pair of places has a path with a
    probability besides. Agents and containers are in random places, objects in random places,
    containers and agents, but for those whose entry says where they start.

    Parameters
    ----------
    seed : int
        Seed of the random numbers.
    setting : WorldSetting
        What the world is made of.
    path_probability : float
        Probability of a path between two places that the chain does not connect.

    References
    ----------
    Yang et al. (2018), "Mastering the Dungeon: Grounded Language Learning by Mechanical Turker
    Descent", section 4.1.

    Examples
    --------
    >>> world = generate_world(7)
    >>> world.place, world.state_key() == generate_world(7).state_key()
    ('forest', True)
    """
    if not 0 <= path_probability <= 1:
        raise ValueError(f"path_probability must be between 0 and 1, not {path_probability}")
    rng = random.Random(f"dungeon {seed}")
    places = [kind.name for kind in setting.node_kinds if kind.kind == "place"]
    paths: dict[str, list[str]] = {place: [] for place in places}
    chain = rng.sample(places, len(places))
    ends = list(pairwise(chain))
    for number, first in enumerate(places):
        others = places[number + 1 :]
        ends += [(first, second) for second in others if rng.random() < path_probability]
    for first, second in ends:
        if second not in paths[first]:
            paths[first].append(second)
            paths[second].append(first)
    inside = {}
    holders = [node for node, kind in setting.kind_of.items() if kind.kind != "object"]
    for node, kind in setting.kind_of.items():
        if kind.kind in ("agent", "container"):
            inside[node] = kind.starts_in or rng.choice(places)
        elif kind.kind == "object":
            inside[node] = kind.starts_in or rng.choice(holders)
    in_order = {place: tuple(sorted(paths[place], key=places.index)) for place in places}
    return World(setting, inside, in_order)
