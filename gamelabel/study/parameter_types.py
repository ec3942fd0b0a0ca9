"""The types that a notebook's parameters may have, and the check of a value against its type."""

from __future__ import annotations

import re
from collections.abc import Mapping
from typing import TypeVar

_Choice = TypeVar("_Choice")
Value = bool | int | float | str
TYPE_NAMES = {bool: "true or false", int: "a whole number", float: "a number", str: "text"}


def check_type(name: str, kind: type, value: object, about: str = "") -> Value:
    """Return a parameter's value, as a float where the parameter is one.

    Parameters
    ----------
    name : str
        The parameter's name.
    kind : type
        Its type, a key of `TYPE_NAMES`.
    value : object
        The value that it was given.
    about : str, default ""
        What the message says of the parameter, if anything.

    Raises
    ------
    ValueError
        If the value is not of the type.

    Examples
    --------
    >>> check_type("share", float, 1)
    1.0
    >>> check_type("n_players", int, "20")
    Traceback (most recent call last):
    ValueError: n_players is a whole number, not '20'; write it without quotes
    """
    if kind is float and type(value) is int:
        return float(value)
    if type(value) is kind:
        return value  # type: ignore[return-value]
    what = f"{name} is {TYPE_NAMES[kind]}, not {value!r}"
    if isinstance(value, str) and re.fullmatch(r"[-+.\d_e]+|True|False", value):
        what += "; write it without quotes"
    elif kind is str:
        what += "; write it in quotes"
    raise ValueError(f"{what}: {about}" if about else what)


def choose(parameter: str, word: str, choices: Mapping[str, _Choice]) -> _Choice:
    """Return what the word of a parameter stands for.

    >>> choose("rule", "half", {"half": 0.5, "whole": 1.0})
    0.5
    >>> choose("rule", "third", {"half": 0.5, "whole": 1.0})
    Traceback (most recent call last):
    ValueError: rule is one of half, whole, not 'third'
    """
    if word not in choices:
        raise ValueError(f"{parameter} is one of {', '.join(choices)}, not {word!r}")
    return choices[word]
