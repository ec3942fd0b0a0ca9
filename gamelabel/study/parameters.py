"""The parameters of a notebook: the cell tagged `parameters` defines names, defaults, types and what each is.

The same as `papermill.inspect_notebook` gives, with the type taken from the default; read here without papermill,
whose import alone takes longer than a run in which nothing changed.
"""

from __future__ import annotations

import ast
import io
import json
import tokenize
from dataclasses import dataclass
from pathlib import Path

Value = bool | int | float | str
_WORDS = {bool: "true or false", int: "a whole number", float: "a number", str: "text"}


@dataclass(frozen=True)
class Parameter:
    """One parameter of a notebook: its name, its default (which says its type), and its comment."""

    name: str
    default: Value
    comment: str

    def check(self, value: object) -> Value:
        """The value if it is of the parameter's type; a whole number is a number too. Raises ValueError."""
        kind = type(self.default)
        if kind is float and type(value) is int:
            return float(value)
        if type(value) is not kind:
            raise ValueError(f"{self.name} is {_WORDS[kind]}, not {value!r}: {self}")
        return value

    def read(self, text: str) -> Value:
        """A value given as text, on the command line. Raises ValueError."""
        kind = type(self.default)
        try:
            if kind is bool:
                return {
                    "true": True,
                    "yes": True,
                    "1": True,
                    "false": False,
                    "no": False,
                    "0": False,
                }[text.lower()]
            return kind(text)
        except (ValueError, KeyError):
            raise ValueError(f"{self.name} is {_WORDS[kind]}, not {text!r}: {self}") from None

    def __str__(self) -> str:
        return f"{self.name} = {self.default!r}" + (f"  # {self.comment}" if self.comment else "")


def parameters(notebook: Path) -> dict[str, Parameter]:
    """A notebook's parameters by name; none where no cell is tagged. Raises ValueError for a cell that is not flat."""
    for cell in json.loads(notebook.read_text(encoding="utf-8"))["cells"]:
        if "parameters" in cell.get("metadata", {}).get("tags", []):
            try:
                return _read("".join(cell["source"]))
            except (SyntaxError, ValueError) as error:
                raise ValueError(
                    f"{notebook.name}, the cell tagged `parameters`: {error}"
                ) from None
    return {}


def _read(source: str) -> dict[str, Parameter]:
    tokens = tokenize.generate_tokens(io.StringIO(source).readline)
    comments = {t.start[0]: t.string.lstrip("# ") for t in tokens if t.type == tokenize.COMMENT}
    found: dict[str, Parameter] = {}
    for node in ast.parse(source).body:
        target = node.targets[0] if isinstance(node, ast.Assign) else getattr(node, "target", None)
        value = getattr(node, "value", None)
        if not isinstance(target, ast.Name) or value is None:
            raise ValueError(f"line {node.lineno} is not of the form `name = value  # what it is`")
        try:
            default = ast.literal_eval(value)
        except ValueError:
            default = None
        if type(default) not in _WORDS:
            raise ValueError(
                f"{target.id} has no plain default: write true or false, a number or a text"
            )
        lines = (
            node.end_lineno,
            value.end_lineno,
        )  # a formatter may put brackets around a long line
        comment = next((comments[line] for line in lines if line in comments), "")
        found[target.id] = Parameter(target.id, default, comment)
    return found
