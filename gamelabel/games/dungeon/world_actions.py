"""Which actions are possible in a state, and what they lead to."""

from __future__ import annotations

from collections.abc import Iterable

from gamelabel.games.dungeon.action import STOP, Action
from gamelabel.games.dungeon.graph_world import World
from gamelabel.games.dungeon.setting import NO_STATES, Argument


def valid_actions(world: World) -> list[Action]:
    """Return the actions that are possible now, each once and in a fixed order; never `STOP`.

    Examples
    --------
    >>> from gamelabel.games.dungeon import generate_world
    >>> world = generate_world(0)
    >>> for action in valid_actions(world)[:3]:
    ...     print(action.text)
    go tower
    follow troll
    hit troll
    """
    actor, inside, state_of = world.actor, world.inside, world.states.get
    if "dead" in state_of(actor, NO_STATES):
        return []
    views = world.setting.views
    views_here, views_carried, views_within = views["here"], views["carried"], views["within"]
    place = inside[actor]
    valid: list[Action] = []
    for end in world.paths[place]:
        valid += views["path"][end][NO_STATES].actions
    near, carried, several = {}, [], 0
    for node, holder in inside.items():
        if holder == place:
            if node == actor:
                continue
            view = views_here[node][state_of(node, NO_STATES)]
        elif holder == actor:
            view = views_carried[node][state_of(node, NO_STATES)]
            carried.append(view)
        else:
            continue
        valid += view.actions
        if view.is_special:
            several += view.is_one_of_several
            if view.may_be_second:
                near[node] = view
    if near:
        for second in near.values():
            for view in carried:
                if view is not second:
                    valid += view.pairs[second]
        for node, holder in inside.items():
            if holder in near:
                view = views_within[node][state_of(node, NO_STATES)]
                valid += view.pairs[near[holder]]
                several += view.is_one_of_several
    if several > 1:  # one action for three apples
        valid = list(dict.fromkeys(valid))
    if world.setting.has_conditions:
        return [action for action in valid if find_nodes(world, action)]
    return valid


def find_nodes(world: World, action: Action) -> tuple[str, str] | None:
    """Return the nodes that an action would act on, or None if it is not possible.

    Of several nodes with the same name it is the first one for which the action is possible.

    Parameters
    ----------
    world : World
        The state.
    action : Action
        The action, with names.

    Examples
    --------
    >>> from gamelabel.games.dungeon import generate_world
    >>> world = generate_world(0)
    >>> world.inside["dragon"] = "cavern"
    >>> find_nodes(world, Action("get", "apple"))
    ('apple 1', '')
    """
    action_type, firsts, seconds = world.setting.bindings[action]
    if action_type is None or world.has_state(world.actor, "dead"):
        return None
    for second in seconds:
        if second and not _allows(world, action_type.arguments[1], second, ""):
            continue
        for first in firsts:
            if first != second and _allows(world, action_type.arguments[0], first, second):
                condition = action_type.condition
                if condition is None or condition(world, first, second):
                    return first, second
    return None


def _allows(world: World, argument: Argument, node: str, second: str) -> bool:
    if relation_to_actor(world, node, second) not in argument.relations:
        return False
    states = world.states.get(node, NO_STATES)
    return argument.needs <= states and not argument.forbids & states


def relation_to_actor(world: World, node: str, second: str = "") -> str:
    """Return where a node is as seen from the actor; "" if it is out of reach.

    Parameters
    ----------
    world : World
        The state.
    node : str
        The node.
    second : str
        The node of an action's second argument, in which it may be.

    Examples
    --------
    >>> from gamelabel.games.dungeon import generate_world
    >>> world = generate_world(0)
    >>> world.inside["axe"] = "dragon"
    >>> relation_to_actor(world, "axe"), relation_to_actor(world, "dragon")
    ('carried', '')
    """
    holder = world.inside.get(node)
    if holder is None:
        return "path" if node in world.paths[world.place] else ""
    if node == world.actor:
        return ""
    if holder == world.actor:
        return "carried"
    if holder == world.place:
        return "here"
    return "within" if holder == second else ""


def apply(world: World, action: Action) -> World:
    """Return the state after an action; the state before stays as it was.

    Parameters
    ----------
    world : World
        The state before.
    action : Action
        The action; `STOP` changes nothing.

    Raises
    ------
    ValueError
        If the action is not possible; `refusals.explain_refusal` says why.

    Examples
    --------
    >>> from gamelabel.games.dungeon import generate_world
    >>> world = generate_world(0)
    >>> after = apply(world, valid_actions(world)[0])
    >>> after.state_key() == world.state_key()
    False
    >>> apply(world, Action("eat", "armor"))
    Traceback (most recent call last):
    ...
    ValueError: not possible in this state: eat armor
    """
    after = world.copy()
    if action != STOP:
        nodes = find_nodes(world, action)
        if nodes is None:
            raise ValueError(f"not possible in this state: {action.text}")
        world.setting.type_of[action.type].transform(after, *nodes)
    return after


def end_state(world: World, actions: Iterable[Action], strict: bool = True) -> World:
    """Return the state after several actions.

    Parameters
    ----------
    world : World
        The state before.
    actions : iterable of Action
        What is done, in order.
    strict : bool
        Whether an action that is not possible is an error; it is skipped otherwise.

    Raises
    ------
    ValueError
        If `strict` and an action is not possible; the message has its number.

    Examples
    --------
    >>> from gamelabel.games.dungeon import generate_world
    >>> end_state(generate_world(0), [Action("hit", "king")])
    Traceback (most recent call last):
    ...
    ValueError: action 1: not possible in this state: hit king
    """
    for number, action in enumerate(actions, 1):
        try:
            world = apply(world, action)
        except ValueError as error:
            if strict:
                raise ValueError(f"action {number}: {error}") from None
    return world
