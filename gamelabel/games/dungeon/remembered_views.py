"""What a node allows as it is seen from the actor, worked out once and remembered.

There are few ways in which a node can be seen, so that a state's valid actions come from look-ups
alone. The table of actions stays the only place that says what is possible.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

from gamelabel.games.dungeon.action import Action

if TYPE_CHECKING:
    from gamelabel.games.dungeon.setting import ActionType, NodeKind, States, WorldSetting


class View:
    """A node at a relation to the actor and in some states.

    Attributes
    ----------
    actions : tuple of Action
        What can be done with it alone.
    pairs : dict of View to tuple of Action
        What can be done with it and another node.
    may_be_second : bool
        Whether it is of a kind that second arguments have.
    is_one_of_several : bool
        Whether other nodes have its name.
    is_special : bool
        Whether one of the two holds.
    """

    __slots__ = (
        "actions",
        "is_one_of_several",
        "is_special",
        "kind",
        "may_be_second",
        "pairs",
        "relation",
        "setting",
        "states",
    )

    def __init__(self, setting: WorldSetting, node: str, relation: str, states: States) -> None:
        self.setting = setting
        self.kind: NodeKind = setting.kind_of[node]
        self.relation = relation
        self.states = states
        self.actions = tuple(
            Action(action_type.name, self.kind.name)
            for action_type in setting.action_types
            if len(action_type.arguments) == 1 and self.allows(action_type, 0)
        )
        self.pairs = _Pairs(self)
        self.may_be_second = node in setting.may_be_second
        self.is_one_of_several = self.kind.count > 1
        self.is_special = self.may_be_second or self.is_one_of_several

    def allows(self, action_type: ActionType, number: int) -> bool:
        """Return whether the node can be an argument of an action."""
        argument = action_type.arguments[number]
        return argument.allows(self.kind.traits, self.relation, self.states)


class _Pairs(dict[View, tuple[Action, ...]]):
    def __init__(self, first: View) -> None:
        self.first = first

    def __missing__(self, second: View) -> tuple[Action, ...]:
        self[second] = tuple(
            Action(action_type.name, self.first.kind.name, second.kind.name)
            for action_type in self.first.setting.action_types
            if len(action_type.arguments) == 2
            and self.first.allows(action_type, 0)
            and second.allows(action_type, 1)
        )
        return self[second]


class _ViewsByStates(dict["States", View]):
    def __init__(self, setting: WorldSetting, node: str, relation: str) -> None:
        self.setting, self.node, self.relation = setting, node, relation

    def __missing__(self, states: States) -> View:
        self[states] = View(self.setting, self.node, self.relation, states)
        return self[states]


ViewsOfNodes = dict[str, _ViewsByStates]


def views_at(setting: WorldSetting, relation: str) -> ViewsOfNodes:
    """Return, by node and then by its states, the views at a relation to the actor.

    Parameters
    ----------
    setting : WorldSetting
        The nodes and actions.
    relation : str
        One of those that an `Argument` can have, but "near".

    Examples
    --------
    >>> from gamelabel.games.dungeon import DUNGEON
    >>> views_at(DUNGEON, "carried")["beer"][frozenset()].actions[-1].text
    'drink beer'
    """
    return {node: _ViewsByStates(setting, node, relation) for node in setting.kind_of}


Binding = tuple["ActionType | None", tuple[str, ...], tuple[str, ...]]


class Bindings(dict[Action, Binding]):
    """The type of an action and the nodes that its arguments may be, whatever the state."""

    def __init__(self, setting: WorldSetting) -> None:
        self.setting = setting

    def __missing__(self, action: Action) -> Binding:
        setting = self.setting
        action_type = setting.type_of.get(action.type)
        names = [name for name in (action.first, action.second) if name]
        if action_type is None or len(names) != len(action_type.arguments):
            return None, (), ()  # not remembered: there is no end to wrong actions
        nodes = [
            tuple(
                node
                for node in setting.nodes_of.get(name, ())
                if argument.trait in setting.kind_of[node].traits
            )
            for argument, name in zip(action_type.arguments, names, strict=True)
        ]
        binding = (action_type, nodes[0], nodes[1] if len(nodes) == 2 else ("",))
        if all(nodes):
            self[action] = binding
        return binding
