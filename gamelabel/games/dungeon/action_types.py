"""The dungeon: one table of nodes and one of actions. A new one of either is one entry.

Places, agents and objects are those of the paper; see section 4 of Yang et al. (2018), "Mastering
the Dungeon".
"""

from __future__ import annotations

from gamelabel.games.dungeon.graph_world import World
from gamelabel.games.dungeon.setting import ActionType, Argument, NodeKind, make_setting

FOOD, DRINK = frozenset({"food"}), frozenset({"drink"})
WEARABLE, WIELDABLE = frozenset({"wearable"}), frozenset({"wieldable"})

NODES = (
    NodeKind("cavern", "place"),
    NodeKind("tower", "place"),
    NodeKind("forest", "place"),
    NodeKind("dragon", "agent"),
    NodeKind("orc", "agent"),
    NodeKind("troll", "agent"),
    NodeKind("rusty sword", "object", WIELDABLE),
    NodeKind("elven sword", "object", WIELDABLE),
    NodeKind("silver crown", "object", WEARABLE),
    NodeKind("blue ring", "object", WEARABLE),
    NodeKind("gold ring", "object", WEARABLE),
    NodeKind("bread", "object", FOOD, phrase="a loaf of bread"),
    NodeKind("armor", "object", WEARABLE, phrase="a suit of armor"),
    NodeKind("mace", "object", WIELDABLE),
    NodeKind("axe", "object", WIELDABLE),
    NodeKind("crossbow", "object", WIELDABLE),
    NodeKind("apple", "object", FOOD, count=3, starts_in="cavern"),
    NodeKind("beer", "object", DRINK, phrase="a glass of beer"),
    NodeKind("treasure chest", "container"),
    NodeKind("leather pouch", "container"),
)

_IN_USE = frozenset({"worn", "wielded"})
_WORN, _WIELDED, _DEAD = frozenset({"worn"}), frozenset({"wielded"}), frozenset({"dead"})


def _go(world: World, place: str, _: str) -> None:
    move_agent(world, world.actor, place)


def move_agent(world: World, agent: str, place: str) -> None:
    """Move an agent to a place, and with it those in the same place who follow it.

    Examples
    --------
    >>> from gamelabel.games.dungeon import generate_world
    >>> world = generate_world(0)
    >>> world.inside["orc"] = world.place
    >>> world.follows["dragon"] = "orc"
    >>> move_agent(world, "orc", "tower")
    >>> world.place
    'tower'
    """
    start = world.inside[agent]
    world.inside[agent] = place
    for follower, leader in world.follows.items():
        if leader == agent and world.inside[follower] == start != place:
            move_agent(world, follower, place)


def _follow(world: World, agent: str, _: str) -> None:
    world.follows[world.actor] = agent


def _carry(world: World, thing: str, _: str) -> None:
    world.inside[thing] = world.actor


def _drop(world: World, thing: str, _: str) -> None:
    world.inside[thing] = world.place


def _consume(world: World, thing: str, _: str) -> None:
    del world.inside[thing]


def _put_inside(world: World, thing: str, holder: str) -> None:
    world.inside[thing] = holder


def _wear(world: World, thing: str, _: str) -> None:
    world.set_state(thing, "worn")


def _remove(world: World, thing: str, _: str) -> None:
    world.set_state(thing, "worn", False)


def _wield(world: World, thing: str, _: str) -> None:
    world.set_state(thing, "wielded")


def _unwield(world: World, thing: str, _: str) -> None:
    world.set_state(thing, "wielded", False)


def _hit(world: World, agent: str, _: str) -> None:
    world.set_state(agent, "dead")  # everybody has one point of health, as in the paper's code
    world.follows.pop(agent, None)


_FREE_THING = Argument("thing", "carried", forbids=_IN_USE)
_LIVING = Argument("agent", "here", forbids=_DEAD)

ACTION_TYPES = (
    ActionType("go", (Argument("place", "path"),), _go, reply=""),
    ActionType(
        "follow", (_LIVING,), _follow, reply="You are following {the_first}.", in_model=False
    ),
    ActionType("get", (Argument("thing", "here"),), _carry),
    ActionType("drop", (_FREE_THING,), _drop),
    ActionType("eat", (Argument("food", "carried"),), _consume, reply="Yum."),
    ActionType("drink", (Argument("drink", "carried"),), _consume, reply="Yum."),
    ActionType("wear", (Argument("wearable", "carried", forbids=_WORN),), _wear),
    ActionType("remove", (Argument("wearable", "carried", needs=_WORN),), _remove),
    ActionType("wield", (Argument("wieldable", "carried", forbids=_WIELDED),), _wield),
    ActionType("unwield", (Argument("wieldable", "carried", needs=_WIELDED),), _unwield),
    ActionType("hit", (_LIVING,), _hit, reply="You hit {the_first}! {The_first} is dead!!!!"),
    ActionType(
        "put",
        (_FREE_THING, Argument("container", "near")),
        _put_inside,
        reply="You put {a_first} in {the_second}.",
    ),
    ActionType(
        "get_from",
        (Argument("thing", "within"), Argument("container", "near")),
        _carry,
        reply="You took {a_first} from {the_second}.",
    ),
    ActionType(
        "give", (_FREE_THING, _LIVING), _put_inside, reply="You gave {a_first} to {the_second}."
    ),
    ActionType(
        "take",
        (Argument("thing", "within"), Argument("agent", "here")),
        _carry,
        reply="You took {a_first} from {the_second}.",
    ),
)

DUNGEON = make_setting(NODES, ACTION_TYPES)
