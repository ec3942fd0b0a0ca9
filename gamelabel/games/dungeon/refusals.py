"""Why an action is not possible, in a sentence for the player."""

from __future__ import annotations

from gamelabel.games.dungeon.action import Action, verb_and_preposition
from gamelabel.games.dungeon.graph_world import World
from gamelabel.games.dungeon.setting import NO_STATES
from gamelabel.games.dungeon.world_actions import find_nodes, relation_to_actor


def explain_refusal(world: World, action: Action) -> str:
    """Return why an action is not possible, as a sentence to the player; "" if it is possible.

    Parameters
    ----------
    world : World
        The state.
    action : Action
        The action, with names that the setting has.

    Examples
    --------
    >>> from gamelabel.games.dungeon import Action, generate_world
    >>> world = generate_world(1)
    >>> explain_refusal(world, Action("eat", "axe"))
    'You cannot eat the axe.'
    >>> explain_refusal(world, Action("drop", "armor"))
    'You do not have the armor.'
    """
    if find_nodes(world, action):
        return ""
    if world.has_state(world.actor, "dead"):
        return "You are dead, so you cannot do anything."
    action_type = world.setting.type_of[action.type]
    names = (action.first, action.second)[: len(action_type.arguments)]
    for number in reversed(range(len(names))):  # the second first: the first may be inside it
        reason = _argument_refusal(world, action, number, names[number])
        if reason:
            return reason
    return action_type.refusal


def _argument_refusal(world: World, action: Action, number: int, name: str) -> str:
    action_type = world.setting.type_of[action.type]
    argument = action_type.arguments[number]
    nodes = world.setting.nodes_of[name]
    kind = world.setting.kind_of[nodes[0]]
    if argument.trait not in kind.traits:
        if action_type.verb == "go":
            return f"The {name} is not a place."
        if number == 1:
            return f"The {name} is not {_indefinite_trait(argument.trait)}."
        return f"You cannot {action_type.verb} the {name}."
    if name == world.actor:
        return f"You cannot do that {_preposition(action) or 'to'} yourself."
    if number == 0 and name == action.second:
        return f"You cannot {action_type.verb} the {name} {_preposition(action)} itself."
    seconds = world.setting.nodes_of[action.second] if action.second else ("",)
    relations = {
        node: relation_to_actor(world, node, second) for node in nodes for second in seconds
    }
    there = [
        node
        for node, relation in relations.items()
        if argument.allows(kind.traits, relation, argument.needs)
    ]
    if not there:
        return _absence(world, action, argument.relation, name)
    for node in there:
        states = world.states.get(node, NO_STATES)
        for state in sorted(argument.forbids & states):
            return _FORBIDDEN.get(state, "The {} is {state}.").format(name, state=state)
        for state in sorted(argument.needs - states):
            return _NEEDED.get(state, "The {} is not {state}.").format(name, state=state)
    return ""


_FORBIDDEN = {
    "worn": "You are wearing the {}.",
    "wielded": "You are wielding the {}.",
    "dead": "The {} is dead.",
}
_NEEDED = {"worn": "You are not wearing the {}.", "wielded": "You are not wielding the {}."}


def _indefinite_trait(trait: str) -> str:
    return f"an {trait}" if trait[0] in "aeiou" else f"a {trait}"


def _preposition(action: Action) -> str:
    return verb_and_preposition(action.type)[1]


def _absence(world: World, action: Action, relation: str, name: str) -> str:
    if relation == "path":
        if name == world.place:
            return f"You are in the {name} already."
        return f"There is no path to the {name} from here."
    if relation == "carried":
        return f"You do not have the {name}."
    if relation == "within":
        if world.setting.kinds[action.second] == "agent":
            return f"The {action.second} does not have the {name}."
        return f"The {name} is not in the {action.second}."
    if any(world.inside.get(node) == world.actor for node in world.setting.nodes_of[name]):
        return f"You have the {name} already."
    return f"The {name} is not here."
