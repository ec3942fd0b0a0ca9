"""What a text world is made of: its nodes, the types of its actions, and what follows from both.

A `WorldSetting` never changes, and all worlds of a game share it. What differs between two worlds,
and between two states of one, is in `graph_world.World`.
"""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from functools import cached_property, lru_cache
from itertools import product
from typing import TYPE_CHECKING, Any, Literal

from gamelabel.games.dungeon.action import STOP, Action, verb_and_preposition
from gamelabel.games.dungeon.remembered_views import Bindings, ViewsOfNodes, views_at

if TYPE_CHECKING:
    from gamelabel.games.dungeon.graph_world import World

Kind = Literal["place", "agent", "object", "container"]
Relation = Literal["path", "here", "carried", "near", "within"]
VIEW_RELATIONS = ("path", "here", "carried", "within")  # "near" is "here" or "carried"
States = frozenset[str]

NO_STATES: States = frozenset()


@dataclass(frozen=True)
class NodeKind:
    """An entry of the table of nodes: a place, an agent, an object or a container.

    Attributes
    ----------
    name : str
        What commands call it; in lower case, one space between words.
    kind : {"place", "agent", "object", "container"}
        What it is.
    properties : frozenset of str
        What can be done with it, such as "food" or "wearable"; they never change.
    phrase : str
        The name with its indefinite article, as in "a glass of beer"; "a NAME" if empty.
    count : int
        How many of them a world has. They are interchangeable.
    starts_in : str
        Where all of them are at the start; a random place, agent or container if empty.
    """

    name: str
    kind: Kind
    properties: States = NO_STATES
    phrase: str = ""
    count: int = 1
    starts_in: str = ""

    @cached_property
    def traits(self) -> States:
        """Kind and properties; objects and containers are both a "thing", which can be carried."""
        thing = {"thing"} if self.kind in ("object", "container") else set()
        return self.properties | thing | {self.kind}

    @property
    def nodes(self) -> tuple[str, ...]:
        """The names of its nodes: its own, or numbered if there are several."""
        if self.count == 1:
            return (self.name,)
        return tuple(f"{self.name} {number}" for number in range(1, self.count + 1))


@dataclass(frozen=True)
class Argument:
    """What must hold for an argument of an action.

    Attributes
    ----------
    trait : str
        A kind or a property, or "thing".
    relation : {"path", "here", "carried", "near", "within"}
        Where it must be, seen from the actor: a place that a path leads to, in the same place,
        carried, either of the two, or inside the action's second argument.
    needs, forbids : frozenset of str
        States that it must have, and must not have.
    """

    trait: str
    relation: Relation
    needs: States = NO_STATES
    forbids: States = NO_STATES

    @cached_property
    def relations(self) -> frozenset[str]:
        """The relations to the actor that it may have."""
        return frozenset(("here", "carried") if self.relation == "near" else (self.relation,))

    def allows(self, traits: States, relation: str, states: States) -> bool:
        """Return whether a node with these traits and states, at this relation, can be it."""
        fits = relation in self.relations and self.trait in traits
        return fits and self.needs <= states and not self.forbids & states


Transformation = Callable[["World", str, str], None]
Condition = Callable[["World", str, str], bool]


@dataclass(frozen=True)
class ActionType:
    """An entry of the table of actions: precondition, transformation of the graph, and reply.

    Attributes
    ----------
    name : str
        Its name; the part before "_" is the verb that a player types.
    arguments : tuple of Argument
        One or two; together they are the precondition.
    transform : callable
        Changes a world, given the nodes of the arguments ("" for none).
    reply : str
        What the player is told, with {a_first}, {the_first}, {a_second}, {the_second}; the new
        place is described if it is empty.
    in_model : bool
        Whether it is one of the actions that agents learn.
    condition : callable or None
        What else must hold, if `arguments` cannot say it.
    refusal : str
        The reply if only `condition` fails.
    """

    name: str
    arguments: tuple[Argument, ...]
    transform: Transformation
    reply: str = "Done."
    in_model: bool = True
    condition: Condition | None = None
    refusal: str = "That is not possible now."

    @property
    def verb(self) -> str:
        """The word that a player types."""
        return verb_and_preposition(self.name)[0]


@dataclass(frozen=True, eq=False)
class WorldSetting:
    """Nodes and action types of a game, with the tables that follow from them.

    Attributes
    ----------
    node_kinds : tuple of NodeKind
        All places, agents, objects and containers. The first agent is the one that acts.
    action_types : tuple of ActionType
        All actions.

    Raises
    ------
    ValueError
        If a name occurs twice, or there is no place or agent.
    """

    node_kinds: tuple[NodeKind, ...]
    action_types: tuple[ActionType, ...]

    def __post_init__(self) -> None:
        for what, names in (
            ("node", [kind.name for kind in self.node_kinds]),
            ("action type", [action_type.name for action_type in self.action_types]),
        ):
            twice = sorted({name for name in names if names.count(name) > 1})
            if twice:
                raise ValueError(f"a setting has one {what} of each name: {', '.join(twice)} twice")
        for needed in ("place", "agent"):
            if not any(kind.kind == needed for kind in self.node_kinds):
                raise ValueError(f"a setting needs at least one {needed}")

    def __reduce__(self) -> tuple[Any, ...]:  # without the remembered tables
        return make_setting, (self.node_kinds, self.action_types)

    def with_entries(self, *entries: NodeKind | ActionType) -> WorldSetting:
        """Return this setting with more nodes or action types."""
        kinds = tuple(entry for entry in entries if isinstance(entry, NodeKind))
        types = tuple(entry for entry in entries if isinstance(entry, ActionType))
        return make_setting(self.node_kinds + kinds, self.action_types + types)

    @cached_property
    def kind_of(self) -> dict[str, NodeKind]:
        """Each node with its entry."""
        return {node: kind for kind in self.node_kinds for node in kind.nodes}

    @cached_property
    def nodes_of(self) -> dict[str, tuple[str, ...]]:
        """Each name with its nodes."""
        return {kind.name: kind.nodes for kind in self.node_kinds}

    @cached_property
    def kinds(self) -> dict[str, Kind]:
        """Each name with its kind."""
        return {kind.name: kind.kind for kind in self.node_kinds}

    @cached_property
    def type_of(self) -> dict[str, ActionType]:
        """Each action type by name."""
        return {action_type.name: action_type for action_type in self.action_types}

    @cached_property
    def actor(self) -> str:
        """The agent that acts."""
        return next(kind.name for kind in self.node_kinds if kind.kind == "agent")

    @cached_property
    def may_be_second(self) -> frozenset[str]:
        """Nodes that can be the second argument of an action."""
        traits = {kind.arguments[1].trait for kind in self.action_types if len(kind.arguments) == 2}
        return frozenset(node for node, kind in self.kind_of.items() if kind.traits & traits)

    @cached_property
    def views(self) -> dict[str, ViewsOfNodes]:
        """What each node allows, by its relation to the actor and by its states."""
        return {relation: views_at(self, relation) for relation in VIEW_RELATIONS}

    @cached_property
    def bindings(self) -> Bindings:
        """The type and the candidate nodes of each action."""
        return Bindings(self)

    @cached_property
    def has_conditions(self) -> bool:
        """Whether the precondition of an action is more than its arguments say."""
        return any(action_type.condition for action_type in self.action_types)

    @cached_property
    def arguments(self) -> tuple[str, ...]:
        """The names that actions can have as arguments: all but the actor."""
        return tuple(kind.name for kind in self.node_kinds if kind.name != self.actor)

    @cached_property
    def model_types(self) -> tuple[str, ...]:
        """The names of the action types that agents learn, and "stop"."""
        learned = [action_type.name for action_type in self.action_types if action_type.in_model]
        return (*learned, STOP.type)

    @cached_property
    def model_actions(self) -> tuple[Action, ...]:
        """The actions that agents choose from; `STOP`, which ends a sequence, is the last."""
        return (*self._all_model_actions(), STOP)

    @cached_property
    def action_index(self) -> dict[Action, int]:
        """Each model action with its place in `model_actions`."""
        return {action: number for number, action in enumerate(self.model_actions)}

    def _all_model_actions(self) -> Iterator[Action]:
        by_trait = defaultdict(list)
        for kind in self.node_kinds:
            for trait in kind.traits if kind.name != self.actor else ():
                by_trait[trait].append(kind.name)
        for action_type in self.action_types:
            if action_type.in_model:
                candidates = [by_trait[argument.trait] for argument in action_type.arguments]
                for names in product(*candidates):
                    if len(set(names)) == len(names):
                        yield Action(action_type.name, *names)


@lru_cache(maxsize=64)
def make_setting(
    node_kinds: tuple[NodeKind, ...], action_types: tuple[ActionType, ...]
) -> WorldSetting:
    """Return the setting of these tables; equal tables give the same object, also after pickling.

    Examples
    --------
    >>> make_setting((NodeKind("hall", "place"),), ())
    Traceback (most recent call last):
    ...
    ValueError: a setting needs at least one agent
    """
    return WorldSetting(node_kinds, action_types)
