"""Mastering the Dungeon: a text world as a graph, its actions, and commands about them.

>>> world = generate_world(seed=0)
>>> actions = valid_actions(world)
>>> after = apply(world, actions[0])
>>> len(DUNGEON.model_actions)
163

Everything is deterministic: the same world and the same actions give the same state.
"""

from gamelabel.games.dungeon.action import STOP, Action
from gamelabel.games.dungeon.action_types import DUNGEON
from gamelabel.games.dungeon.graph_world import World
from gamelabel.games.dungeon.setting import (
    ActionType,
    Argument,
    NodeKind,
    WorldSetting,
    make_setting,
)
from gamelabel.games.dungeon.world_actions import apply, end_state, find_nodes, valid_actions
from gamelabel.games.dungeon.world_generation import generate_world

__all__ = [
    "DUNGEON",
    "STOP",
    "Action",
    "ActionType",
    "Argument",
    "NodeKind",
    "World",
    "WorldSetting",
    "apply",
    "end_state",
    "find_nodes",
    "generate_world",
    "make_setting",
    "valid_actions",
]
