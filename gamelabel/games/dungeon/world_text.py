"""A world in words: what the player sees, carries and is told."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable

from gamelabel.games.dungeon.action import Action
from gamelabel.games.dungeon.graph_world import World
from gamelabel.games.dungeon.setting import WorldSetting

_NUMBERS = ("no", "one", "two", "three", "four", "five", "six", "seven", "eight", "nine")


def indefinite(setting: WorldSetting, name: str, is_dead: bool = False) -> str:
    """Return a name with its indefinite article.

    Examples
    --------
    >>> from gamelabel.games.dungeon import DUNGEON
    >>> indefinite(DUNGEON, "beer"), indefinite(DUNGEON, "axe"), indefinite(DUNGEON, "orc", True)
    ('a glass of beer', 'an axe', 'a dead orc')
    """
    kind = setting.kind_of[setting.nodes_of[name][0]]
    if kind.phrase and not is_dead:
        return kind.phrase
    words = f"dead {name}" if is_dead else name
    return f"an {words}" if words[0] in "aeiou" else f"a {words}"


def join_words(parts: Iterable[str]) -> str:
    """Return a list in words, with a comma before "and" from three parts up.

    Examples
    --------
    >>> join_words(["an axe"]), join_words(["the forest", "the tower"])
    ('an axe', 'the forest and the tower')
    >>> join_words(["an axe", "a mace", "three apples"])
    'an axe, a mace, and three apples'
    """
    parts = list(parts)
    if len(parts) < 3:
        return " and ".join(parts)
    return f"{', '.join(parts[:-1])}, and {parts[-1]}"


def list_nodes(world: World, nodes: Iterable[str]) -> str:
    """Return nodes in words, those of one name counted.

    Parameters
    ----------
    world : World
        The state.
    nodes : iterable of str
        The nodes, such as those in a container.

    Examples
    --------
    >>> from gamelabel.games.dungeon import generate_world
    >>> list_nodes(generate_world(0), ["axe", "apple 1", "apple 3"])
    'an axe and two apples'
    """
    kind_of = world.setting.kind_of
    counts = Counter(kind_of[node].name for node in nodes)
    return join_words(
        indefinite(world.setting, name)
        if count == 1
        else f"{_NUMBERS[count] if count < len(_NUMBERS) else count} {name}s"
        for name, count in counts.items()
    )


def describe_place(world: World) -> str:
    """Return what the actor sees: agents, things and paths of its place.

    Examples
    --------
    >>> from gamelabel.games.dungeon import generate_world
    >>> print(describe_place(generate_world(1)))
    You are in the tower.
    An orc is here.
    There is an elven sword and a suit of armor here.
    There are paths to the cavern and the forest.
    """
    kind_of, place = world.setting.kind_of, world.place
    lines = [f"You are in the {place}."]
    things = []
    for node in world.contents(place):
        if kind_of[node].kind != "agent":
            things.append(node)
        elif node != world.actor:
            who = indefinite(world.setting, kind_of[node].name, world.has_state(node, "dead"))
            lines.append(f"{who.capitalize()} is here.")
    lines.append(f"There is {list_nodes(world, things)} here." if things else "It is empty.")
    ends = [f"the {end}" for end in world.paths[place]]
    if ends:
        is_are = "is a path" if len(ends) == 1 else "are paths"
        lines.append(f"There {is_are} to {join_words(ends)}.")
    return "\n".join(lines)


def describe_inventory(world: World, agent: str = "") -> str:
    """Return what an agent carries, wears and wields.

    Parameters
    ----------
    world : World
        The state.
    agent : str
        The agent; the actor if empty.

    Examples
    --------
    >>> from gamelabel.games.dungeon import generate_world
    >>> print(describe_inventory(generate_world(1)))
    You are carrying nothing.
    """
    agent = agent or world.actor
    subject = "You are" if agent == world.actor else f"The {agent} is"
    held = list(world.contents(agent))
    parts = {
        "wearing": [node for node in held if world.has_state(node, "worn")],
        "wielding": [node for node in held if world.has_state(node, "wielded")],
    }
    free = [node for node in held if node not in (*parts["wearing"], *parts["wielding"])]
    lines = [f"{subject} carrying {list_nodes(world, free) or 'nothing'}."]
    lines += [
        f"{subject} {what} {list_nodes(world, nodes)}." for what, nodes in parts.items() if nodes
    ]
    return "\n".join(lines)


def describe_node(world: World, node: str) -> str:
    """Return what a player sees who examines a node that is near.

    Examples
    --------
    >>> from gamelabel.games.dungeon import generate_world
    >>> world = generate_world(1)
    >>> world.inside["axe"] = "treasure chest"
    >>> describe_node(world, "treasure chest")
    'The treasure chest contains a loaf of bread, a mace, and an axe.'
    >>> describe_node(world, "axe")
    'It is an axe.'
    """
    kind = world.setting.kind_of[node]
    if kind.kind == "agent":
        return describe_inventory(world, node)
    if kind.kind == "container":
        inside = list_nodes(world, world.contents(node))
        return f"The {kind.name} contains {inside or 'nothing'}."
    words = [indefinite(world.setting, kind.name), *sorted(world.states.get(node, ()))]
    return f"It is {', '.join(words)}."


def describe_action(before: World, action: Action, after: World) -> str:
    """Return the reply to an action.

    Parameters
    ----------
    before, after : World
        The states before and after it.
    action : Action
        What was done.

    Examples
    --------
    >>> from gamelabel.games.dungeon import Action, apply, generate_world
    >>> world = generate_world(1)
    >>> world.inside["orc"] = world.place
    >>> hit = Action("hit", "orc")
    >>> describe_action(world, hit, apply(world, hit))
    'You hit the orc! The orc is dead!!!!'
    """
    setting = before.setting
    reply = setting.type_of[action.type].reply
    if not reply:
        return describe_place(after)
    words = {}
    for role, name in (("first", action.first), ("second", action.second)):
        if name:
            words[f"the_{role}"], words[f"The_{role}"] = f"the {name}", f"The {name}"
            words[f"a_{role}"] = indefinite(setting, name)
    return reply.format(**words)
