"""Mappings of a YAML file, read field by field, with the line of everything that is wrong."""

from __future__ import annotations

import io
from collections.abc import Callable, Sequence
from datetime import date, datetime
from pathlib import Path
from typing import Any, TypeVar

import yaml

T = TypeVar("T")


class TaskFileError(ValueError):
    """What is wrong in a YAML file of tasks, in a sentence with the file and line."""


def compose_yaml(path: Path) -> yaml.Node:
    """Return what is in a YAML file as nodes, which know their lines.

    Raises
    ------
    TaskFileError
        If the file cannot be read, is not YAML, or is empty.
    """
    try:
        text = io.StringIO(path.read_text(encoding="utf-8"))
        text.name = str(path)  # nodes name the file in their marks
        node = yaml.compose(text, yaml.SafeLoader)
    except OSError as error:
        raise TaskFileError(f"{path} cannot be read: {error.strerror}") from error
    except UnicodeDecodeError as error:
        raise TaskFileError(f"{path} is not a text in UTF-8") from error
    except yaml.MarkedYAMLError as error:
        mark = error.problem_mark or error.context_mark
        line = mark.line + 1 if mark else 1
        raise TaskFileError(f"{path}, line {line}: this is not YAML: {error.problem}") from error
    except yaml.YAMLError as error:
        raise TaskFileError(f"{path} is not YAML: {' '.join(str(error).split())}") from error
    except RecursionError as error:
        raise TaskFileError(f"{path} is not YAML: it is nested too deeply") from error
    if node is None:
        raise TaskFileError(f"{path}, line 1: the file is empty")
    return node


class Fields:
    """A mapping of a YAML file, whose fields are taken one after the other.

    Parameters
    ----------
    path : Path
        The file, for messages.
    node : yaml.Node
        The mapping.
    what : str
        What it describes, such as "the task balance".

    Raises
    ------
    TaskFileError
        If it is not a mapping, or has a field twice.
    """

    def __init__(self, path: Path, node: yaml.Node, what: str) -> None:
        self.path, self.node, self.what = path, node, what
        self._taken: list[str] = []
        if not isinstance(node, yaml.MappingNode):
            raise self.error(f"{what} has to be a mapping of fields to values", node)
        self._nodes: dict[str, yaml.Node] = {}
        merged: list[yaml.Node] = []
        for key, value in node.value:
            if not isinstance(key, yaml.ScalarNode):
                raise self.error(f"{what} has a field whose name is not a text", key)
            if key.value == "<<":
                merged += value.value if isinstance(value, yaml.SequenceNode) else [value]
            elif key.value in self._nodes:
                raise self.error(f"{what} has the field {key.value} twice", key)
            else:
                self._nodes[key.value] = value
        for other in merged:
            for name, value in Fields(path, other, what)._nodes.items():
                self._nodes.setdefault(name, value)

    def error(self, text: str, node: yaml.Node | None = None) -> TaskFileError:
        """Return an error at a node, or at this mapping."""
        return TaskFileError(f"{self.path}, line {self.line(node)}: {text}")

    def line(self, node: yaml.Node | None = None) -> int:
        """Return the line of a node, or of this mapping, from 1."""
        return int((node or self.node).start_mark.line) + 1

    def names(self) -> list[str]:
        """Return the names of all fields, in order."""
        return list(self._nodes)

    def node_of(self, name: str) -> yaml.Node | None:
        """Take a field as it is; None if it is missing."""
        self._taken.append(name)
        return self._nodes.get(name)

    def take(self, name: str, read: Callable[[Any], T], kind: str, default: T) -> T:
        """Take a field, or its default.

        Parameters
        ----------
        name : str
            The field.
        read : callable
            Returns the value, or raises ValueError or TypeError.
        kind : str
            What the value has to be, for the message.
        default : T
            What a missing field means.
        """
        node = self.node_of(name)
        if node is None:
            return default
        value = plain_value(node)
        try:
            return read(value)
        except (TypeError, ValueError) as error:
            reason = f" ({error})" if str(error) else ""
            text = f"{name} of {self.what} has to be {kind}, not {value!r}{reason}"
            raise self.error(text, node) from error

    def text(self, name: str, default: str | None = "") -> str:
        """Take a text; without a default it has to be there."""
        if default is None and name not in self._nodes:
            raise self.error(f"{self.what} needs the field {name}")
        return self.take(name, _text, "a text", default or "")

    def number(self, name: str, default: float, least: float = 0.0) -> float:
        """Take a number of a least value."""
        kind = f"a number >= {least:g}"
        return self.take(name, lambda value: _number(value, least), kind, default)

    def whole(self, name: str, default: int) -> int:
        """Take a whole number from 0 up."""
        return self.take(name, _whole, "a whole number >= 0", default)

    def choice(self, name: str, choices: Sequence[str], default: str) -> Any:
        """Take one of some words."""
        kind = f"one of {', '.join(choices)}"
        return self.take(name, lambda value: _choice(value, choices), kind, default)

    def mapping(self, name: str) -> dict[str, Any]:
        """Take a mapping of texts to any values."""
        return self.take(name, _mapping, "a mapping", {})

    def time(self, name: str) -> datetime | None:
        """Take a time with its zone."""
        kind = "a time with its zone, such as 2026-05-01T09:00:00+02:00"
        return self.take(name, _time, kind, None)

    def items(self, name: str) -> list[yaml.Node]:
        """Take a list, as nodes."""
        node = self.node_of(name)
        if node is None:
            return []
        if not isinstance(node, yaml.SequenceNode):
            raise self.error(f"{name} of {self.what} has to be a list", node)
        return list(node.value)

    def children(self, name: str) -> dict[str, yaml.Node]:
        """Take a mapping, as nodes."""
        node = self.node_of(name)
        return Fields(self.path, node, f"{name} of {self.what}")._nodes if node is not None else {}

    def finish(self) -> None:
        """Raise an error if there is a field that was not taken."""
        for name, node in self._nodes.items():
            if name not in self._taken:
                known = ", ".join(sorted(set(self._taken)))
                raise self.error(f"{self.what} has no field {name}; its fields are {known}", node)


def plain_value(node: yaml.Node) -> Any:
    """Return what a node describes, as `yaml.safe_load` does.

    Raises
    ------
    TaskFileError
        If it does not describe anything, such as a date in the month 13 or an unknown tag.
    """
    constructor = yaml.constructor.SafeConstructor()
    try:
        return constructor.construct_object(node, deep=True)
    except (yaml.YAMLError, ValueError, TypeError) as error:
        mark = node.start_mark
        reason = getattr(error, "problem", None) or error
        problem = f"this is not a value: {reason}; put it in quotes if it is a text"
        raise TaskFileError(f"{mark.name}, line {mark.line + 1}: {problem}") from error


def _text(value: Any) -> str:
    if isinstance(value, bool | int | float | date):
        raise TypeError("put it in quotes")
    if not isinstance(value, str):
        raise TypeError
    value.encode()  # a half of a pair of surrogates, such as "\ud800", is not a character
    return value.strip()


def _number(value: Any, least: float) -> float:
    if isinstance(value, bool) or not isinstance(value, int | float) or not value >= least:
        raise TypeError
    return float(value)


def _whole(value: Any) -> int:
    if isinstance(value, bool) or not isinstance(value, int) or value < 0:
        raise TypeError
    return value


def _choice(value: Any, choices: Sequence[str]) -> str:
    if value not in choices:
        raise ValueError
    return str(value)


def _mapping(value: Any) -> dict[str, Any]:
    if not isinstance(value, dict) or not all(isinstance(key, str) for key in value):
        raise TypeError
    return value


def _time(value: Any) -> datetime:
    if not isinstance(value, datetime) or value.tzinfo is None:
        raise TypeError
    return value
