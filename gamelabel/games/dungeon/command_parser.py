"""Typed commands: "Put the axe in the treasure chest" is an action, "look" a question."""

from __future__ import annotations

import unicodedata
from collections.abc import Iterable
from difflib import get_close_matches
from typing import NamedTuple

from gamelabel.games.dungeon.action import STOP, Action, verb_and_preposition
from gamelabel.games.dungeon.action_types import DUNGEON
from gamelabel.games.dungeon.setting import WorldSetting

LONGEST_COMMAND = 200  # characters; the longest action of the dungeon has 36

QUESTIONS = {
    "look": ("look", "l"),
    "inventory": ("inventory", "inv", "i"),
    "actions": ("actions", "a", "hints"),
    "help": ("help", "h", "?"),
}
_ARTICLES = frozenset({"the", "a", "an", "some"})


class UnknownCommand(ValueError):
    """A typed command that the game does not understand; the message is for the player."""


class Question(NamedTuple):
    """A command that changes nothing: what is asked, and about which name."""

    what: str
    name: str = ""


def parse_command(text: str, setting: WorldSetting = DUNGEON) -> Action | Question:
    """Return the action or the question of a typed command.

    Upper case, articles and repeated spaces do not matter.

    Parameters
    ----------
    text : str
        What was typed.
    setting : WorldSetting
        The names and action types that there are.

    Raises
    ------
    UnknownCommand
        If it is empty, too long, or has words that the game does not know.

    Examples
    --------
    >>> parse_command("Put the AXE in  the treasure chest")
    Action(type='put', first='axe', second='treasure chest')
    >>> parse_command("examine troll")
    Question(what='examine', name='troll')
    >>> parse_command("eat sord")
    Traceback (most recent call last):
    ...
    gamelabel.games.dungeon.command_parser.UnknownCommand: There is no "sord".
    """
    words = _words(text)
    line = " ".join(words)
    for what, forms in QUESTIONS.items():
        if line in forms:
            return Question(what)
    verb, rest = words[0], words[1:]
    if verb in ("examine", "x", "ex"):
        if not rest:
            raise UnknownCommand("Examine what? Type: examine <thing>")
        return Question("examine", _known_name(rest, setting))
    return _parse_action(verb, rest, setting)


def _words(text: str) -> list[str]:
    if len(text) > LONGEST_COMMAND:
        raise UnknownCommand(
            f"A command has at most {LONGEST_COMMAND} characters; this one has {len(text):,}."
        )
    visible = "".join(
        " " if unicodedata.category(letter).startswith(("C", "Z")) else letter for letter in text
    )
    words = [word for word in visible.casefold().split() if word not in _ARTICLES]
    if not words:
        words = visible.casefold().split()  # "a" alone is a question
    if not words:
        raise UnknownCommand("Type a command, or: help")
    return words


def _parse_action(verb: str, rest: list[str], setting: WorldSetting) -> Action:
    forms = [action_type for action_type in setting.action_types if action_type.verb == verb]
    if not forms:
        verbs = {action_type.verb for action_type in setting.action_types}
        near = get_close_matches(verb, verbs | {"look", "examine", "inventory"}, 1)
        hint = f" Did you mean {near[0]!r}?" if near else " Type help for what you can do."
        raise UnknownCommand(f"I do not know how to {_quoted(verb)}.{hint}")
    for action_type in sorted(forms, key=lambda form: -len(form.arguments)):
        preposition = verb_and_preposition(action_type.name)[1]
        if len(action_type.arguments) == 2 and preposition in rest:
            place = rest.index(preposition)
            first, second = rest[:place], rest[place + 1 :]
            if first and second:
                names = _known_name(first, setting), _known_name(second, setting)
                return Action(action_type.name, *names)
        if len(action_type.arguments) == 1 and rest:
            return Action(action_type.name, _known_name(rest, setting))
    usages = " or ".join(_usage(action_type.name, setting) for action_type in forms)
    raise UnknownCommand(f"Type: {usages}")


def _usage(type_name: str, setting: WorldSetting) -> str:
    verb, preposition = verb_and_preposition(type_name)
    labels = [
        _SLOTS.get(argument.trait, "object") for argument in setting.type_of[type_name].arguments
    ]
    if len(labels) == 1:
        return f"{verb} <{labels[0]}>"
    return f"{verb} <{labels[0]}> {preposition} <{labels[1]}>"


_SLOTS = {"place": "room", "agent": "agent", "container": "container"}


def usages(setting: WorldSetting = DUNGEON) -> list[str]:
    """Return how each action is typed.

    Examples
    --------
    >>> usages()[0], usages()[-1]
    ('go <room>', 'take <object> from <agent>')
    """
    return [_usage(action_type.name, setting) for action_type in setting.action_types]


def _known_name(words: list[str], setting: WorldSetting) -> str:
    name = " ".join(words)
    if name in setting.nodes_of:
        return name
    for known in setting.nodes_of:
        if name == f"{known}s" or name == _bare_phrase(known, setting):
            return known
    parts = [known for known in setting.nodes_of if name in known.split()]
    if len(parts) == 1:
        return parts[0]
    if parts:
        raise UnknownCommand(f"Which {name}: the {' or the '.join(parts)}?")
    near = get_close_matches(name, setting.nodes_of, 1)
    hint = f" Did you mean {near[0]!r}?" if near else ""
    raise UnknownCommand(f"There is no {_quoted(name)}.{hint}")


def _bare_phrase(name: str, setting: WorldSetting) -> str:
    phrase = setting.kind_of[setting.nodes_of[name][0]].phrase
    return " ".join(word for word in phrase.split() if word not in _ARTICLES)


def _quoted(text: str) -> str:
    shown = text if len(text) <= 30 else f"{text[:30]}…"
    return f'"{shown}"'


def actions_text(actions: Iterable[Action]) -> str:
    """Return a sequence of actions as text, such as "get axe; hit troll".

    Examples
    --------
    >>> actions_text([Action("get", "axe"), Action("hit", "troll")])
    'get axe; hit troll'
    """
    return "; ".join(action.text for action in actions)


def parse_actions(text: str, setting: WorldSetting = DUNGEON) -> tuple[Action, ...]:
    """Return the actions that `actions_text` wrote.

    Parameters
    ----------
    text : str
        Actions between semicolons; none in an empty text.
    setting : WorldSetting
        The names and action types that there are.

    Raises
    ------
    UnknownCommand
        If a part is not an action of this setting; the message has its number.

    Examples
    --------
    >>> parse_actions("get axe; hit troll")
    (Action(type='get', first='axe', second=''), Action(type='hit', first='troll', second=''))
    >>> parse_actions("")
    ()
    """
    actions = []
    for number, part in enumerate(text.split(";") if text.strip() else (), 1):
        try:
            action = STOP if part.strip() == STOP.type else parse_command(part, setting)
        except UnknownCommand as error:
            raise UnknownCommand(f"action {number} of {text!r}: {error}") from None
        if not isinstance(action, Action):
            raise UnknownCommand(f"action {number} of {text!r}: {part.strip()!r} changes nothing")
        actions.append(action)
    return tuple(actions)
