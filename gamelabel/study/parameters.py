"""Read the parameters of a notebook from its cell tagged `parameters`.

This does what `papermill.inspect_notebook` does, with the type taken from the default, but without
importing papermill, which alone takes longer than a run in which nothing has changed.
"""

from __future__ import annotations

import ast
import io
import json
import os
import re
import tokenize
from dataclasses import dataclass
from pathlib import Path

from gamelabel.study.parameter_types import TYPE_NAMES, Value, check_type, choose
from gamelabel.study.words import allowed_words, split_words

_BOOLEANS = {"true": True, "yes": True, "1": True, "false": False, "no": False, "0": False}


@dataclass(frozen=True)
class Parameter:
    """One parameter of a notebook: its name, its default, which gives its type, and its comment."""

    name: str
    default: Value
    comment: str

    def check(self, value: object) -> Value:
        """Return the value, as a float where the parameter is one.

        Raises
        ------
        ValueError
            If the value is not of the parameter's type, or not one of the words that it allows.
        """
        checked = check_type(self.name, type(self.default), value, str(self))
        if checked != self.default and isinstance(checked, str):
            self._check_words(checked)
        return checked

    def read(self, text: str) -> Value:
        """Return the value that a text on the command line stands for; a path is from here.

        Raises
        ------
        ValueError
            If the text is not a value of the parameter's type, or not one of the words that it
            allows.
        """
        kind = type(self.default)
        try:
            if kind is bool:
                return _BOOLEANS[text.lower()]
            value: Value = kind(text)
        except (ValueError, KeyError):
            raise ValueError(f"{self.name} is {TYPE_NAMES[kind]}, not {text!r}: {self}") from None
        return self.check(self._from_here(value) if isinstance(value, str) else value)

    def _from_here(self, text: str) -> str:
        """Return a path as an absolute one, since notebooks run in another folder than the user's.

        Names, addresses, and paths that exist only where the notebooks are stay as they are.
        """
        if not self._may_be_path(text):
            return text
        path = Path(text).expanduser()
        try:
            exists = path.exists()
        except (OSError, ValueError):  # too long for a path, for example
            return text
        is_word = len(path.parts) == 1 and not path.suffix and not self.comment.endswith("path")
        return str(path.absolute()) if _is_file(path) or (exists and not is_word) else text

    def missing_file(self, value: Value, folder: Path) -> Path | None:
        """Return the file or folder that a value names and that does not exist, if so.

        Parameters
        ----------
        value : bool, int, float or str
            The value.
        folder : Path
            What a relative path is relative to. One without a suffix may be a name or a word.
        """
        if not isinstance(value, str) or value == self.default or not self._may_be_path(value):
            return None
        path = Path(value)
        if not (path.is_absolute() or _is_file(path)) or os.path.exists(folder / path):
            return None
        return folder / path

    def _may_be_path(self, text: str) -> bool:
        named = re.search(r"\b(path|folder)\b", self.comment) is not None
        return bool(text) and "://" not in text and named

    def _check_words(self, text: str) -> None:
        allowed = allowed_words(self.name)
        for word in split_words(self.name, text) if allowed else ():
            choose(self.name, word, dict.fromkeys(allowed))

    def __str__(self) -> str:
        return f"{self.name} = {self.default!r}" + (f"  # {self.comment}" if self.comment else "")


def _is_file(path: Path) -> bool:
    """Return whether a path is that of a file by its suffix."""
    return re.fullmatch(r"\.[a-z]{2,8}", path.suffix) is not None


def read_parameters(notebook: Path) -> dict[str, Parameter]:
    """Return the parameters of a notebook by name; none if no cell is tagged.

    Raises
    ------
    ValueError
        If a line of the cell does not assign a plain value to a name.
    """
    for cell in json.loads(notebook.read_text(encoding="utf-8"))["cells"]:
        if "parameters" in cell.get("metadata", {}).get("tags", []):
            try:
                return _parse("".join(cell["source"]))
            except (SyntaxError, ValueError) as error:
                raise ValueError(
                    f"{notebook.name}, the cell tagged `parameters`: {error}"
                ) from None
    return {}


def _parse(source: str) -> dict[str, Parameter]:
    tokens = tokenize.generate_tokens(io.StringIO(source).readline)
    comments = {t.start[0]: t.string.lstrip("# ") for t in tokens if t.type == tokenize.COMMENT}
    parameters: dict[str, Parameter] = {}
    for node in ast.parse(source).body:
        target = node.targets[0] if isinstance(node, ast.Assign) else getattr(node, "target", None)
        value = getattr(node, "value", None)
        if not isinstance(target, ast.Name) or value is None:
            raise ValueError(f"line {node.lineno} must have the form `name = value  # what it is`")
        try:
            default = ast.literal_eval(value)
        except ValueError:
            default = None
        if type(default) not in TYPE_NAMES:
            raise ValueError(f"the default of {target.id} must be True, False, a number or a text")
        # a formatter may put brackets around a long line
        lines = (node.end_lineno, value.end_lineno)
        comment = next((comments[line] for line in lines if line in comments), "")
        parameters[target.id] = Parameter(target.id, default, comment)
    return parameters
