"""An action as a verb and names, and the words it is typed in."""

from __future__ import annotations

from typing import NamedTuple


class Action(NamedTuple):
    """An action with its arguments, by name; an argument that it does not have is "".

    Examples
    --------
    >>> Action("put", "axe", "treasure chest").text
    'put axe in treasure chest'
    >>> Action("go", "tower")
    Action(type='go', first='tower', second='')
    """

    type: str
    first: str = ""
    second: str = ""

    @property
    def text(self) -> str:
        """The command that a player types for it."""
        verb, preposition = verb_and_preposition(self.type)
        words = (verb, self.first, preposition if self.second else "", self.second)
        return " ".join(word for word in words if word)


_PREPOSITIONS = {"put": "in", "give": "to", "take": "from"}


def verb_and_preposition(type_name: str) -> tuple[str, str]:
    """Return the words of an action type: what follows "_" in its name goes before the second name.

    Examples
    --------
    >>> verb_and_preposition("get_from"), verb_and_preposition("put"), verb_and_preposition("go")
    (('get', 'from'), ('put', 'in'), ('go', ''))
    """
    verb, _, preposition = type_name.partition("_")
    return verb, preposition or _PREPOSITIONS.get(type_name, "")


STOP = Action("stop")
