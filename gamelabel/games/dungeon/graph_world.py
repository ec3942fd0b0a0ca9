"""A state of a text world: a typed graph in plain dictionaries, which is quick to copy and change.

Nodes are those of a `WorldSetting`. Three labelled edges change: `inside` (contained by), `paths`
and `follows`; so do the states of nodes, such as "worn" or "dead".
"""

from __future__ import annotations

import json
from collections import defaultdict
from collections.abc import Iterator
from typing import Any

from gamelabel.games.dungeon.setting import NO_STATES, States, WorldSetting


class World:
    """A state of a text world.

    Attributes
    ----------
    setting : WorldSetting
        Its nodes and actions.
    actor : str
        The agent that acts.
    inside : dict of str to str
        Each node but the places with the node that contains it. What was eaten is not in it.
    states : dict of str to frozenset of str
        Nodes that have, or once had, states such as "worn", "wielded" or "dead".
    paths : dict of str to tuple of str
        Each place with the places that its paths lead to.
    follows : dict of str to str
        Agents with the agent that they follow.
    """

    __slots__ = ("actor", "follows", "inside", "paths", "setting", "states")

    def __init__(
        self,
        setting: WorldSetting,
        inside: dict[str, str],
        paths: dict[str, tuple[str, ...]],
        states: dict[str, States] | None = None,
        follows: dict[str, str] | None = None,
        actor: str = "",
    ) -> None:
        self.setting = setting
        self.inside = inside
        self.paths = paths
        self.states = states or {}
        self.follows = follows or {}
        self.actor = actor or setting.actor

    def copy(self) -> World:
        """Return a copy that can change without this one."""
        other = World.__new__(World)
        other.setting = self.setting
        other.actor = self.actor
        other.inside = self.inside.copy()
        other.paths = self.paths.copy()
        other.states = self.states.copy()
        other.follows = self.follows.copy()
        return other

    @property
    def place(self) -> str:
        """The place of the agent that acts."""
        return self.inside[self.actor]

    def has_state(self, node: str, state: str) -> bool:
        """Return whether a node has a state."""
        return state in self.states.get(node, NO_STATES)

    def set_state(self, node: str, state: str, value: bool = True) -> None:
        """Give a node a state, or take it away."""
        states = self.states.get(node, NO_STATES)
        self.states[node] = states | {state} if value else states - {state}

    def contents(self, holder: str) -> Iterator[str]:
        """Yield the nodes directly inside a node, in the order of `inside`."""
        return (node for node, in_which in self.inside.items() if in_which == holder)

    def state_key(self) -> tuple[Any, ...]:
        """Return what two worlds have in common exactly if they are in the same state.

        Nodes of one name, such as three apples, are interchangeable.
        """
        contents = defaultdict(list)
        for node, holder in self.inside.items():
            contents[holder].append(node)
        kind_of = self.setting.kind_of

        def form(node: str) -> tuple[Any, ...]:
            states = tuple(sorted(self.states.get(node, NO_STATES)))
            return kind_of[node].name, states, tuple(sorted(map(form, contents.get(node, ()))))

        paths = {place: tuple(sorted(ends)) for place, ends in self.paths.items()}
        return (
            tuple(form(place) for place in sorted(paths)),
            tuple(sorted(paths.items())),
            tuple(sorted(self.follows.items())),
        )

    def published_key(self) -> tuple[Any, ...]:
        """Return the key by which the paper's published code compares end states.

        It asks whether an object was ever worn or wielded, not whether it is: after `wear` and
        `remove`, a world differs from one in which nothing was worn. It compares no paths and
        nobody's follower.
        """
        single: list[tuple[str, str, bool]] = []
        several: list[tuple[str, str, bool]] = []
        for node, kind in self.setting.kind_of.items():
            if kind.kind == "place":
                continue
            form = (kind.name, self.inside.get(node, ""), node in self.states)
            (single if kind.count == 1 else several).append(form)
        return tuple(single), tuple(sorted(several))

    def to_json(self) -> str:
        """Return the world as one line of JSON; equal worlds give equal text."""
        states = {node: sorted(states) for node, states in sorted(self.states.items())}
        content = {
            "actor": self.actor,
            "inside": dict(sorted(self.inside.items())),
            "states": states,
            "paths": {place: list(ends) for place, ends in sorted(self.paths.items())},
            "follows": dict(sorted(self.follows.items())),
        }
        return json.dumps(content, separators=(",", ":"))

    @classmethod
    def from_json(cls, text: str, setting: WorldSetting) -> World:
        """Return the world that `to_json` wrote.

        Parameters
        ----------
        text : str
            The JSON.
        setting : WorldSetting
            The nodes that it may have.

        Raises
        ------
        ValueError
            If the text is not a world of this setting; the message names the node.
        """
        try:
            content = json.loads(text)
            inside, paths = dict(content["inside"]), content["paths"]
            states = {node: frozenset(names) for node, names in content["states"].items()}
            follows, actor = dict(content["follows"]), content["actor"]
            paths = {place: tuple(ends) for place, ends in paths.items()}
        except (TypeError, KeyError, AttributeError, ValueError) as error:
            raise ValueError(f"not a world as `to_json` writes it: {error!r}") from error
        _check_nodes(setting, inside, paths, [*states, *follows, *follows.values(), actor])
        # in the setting's order, on which the order of valid actions depends
        ordered = {node: inside[node] for node in setting.kind_of if node in inside}
        return cls(setting, ordered, paths, states, follows, actor)


def _check_nodes(
    setting: WorldSetting,
    inside: dict[str, str],
    paths: dict[str, tuple[str, ...]],
    others: list[str],
) -> None:
    ends = [end for ends in paths.values() for end in ends]
    for node in (*inside, *inside.values(), *paths, *ends, *others):
        if node not in setting.kind_of:
            raise ValueError(f"{node!r} is not a node of this setting")
    for node, kind in setting.kind_of.items():
        if kind.kind == "place" and (node in inside or node not in paths):
            raise ValueError(f"the place {node!r} must have paths and be inside nothing")
        if kind.kind == "agent" and inside.get(node) not in paths:
            raise ValueError(f"the agent {node!r} must be in a place")
    for node in inside:
        seen = {node}
        while (node := inside.get(node, "")) and node not in seen:
            seen.add(node)
        if node:
            raise ValueError(f"{node!r} contains itself")
