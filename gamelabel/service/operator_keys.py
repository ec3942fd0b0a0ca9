"""The operators' keys: in a file or a variable of their own, so that they can be changed."""

from __future__ import annotations

import hmac
import os
import secrets
from collections.abc import Mapping
from pathlib import Path

from gamelabel.service.keys import check_private, make_private_file

VARIABLE = "GAMELABEL_OPERATOR_KEY"
_SHORTEST = 16  # characters


def load_operator_keys(path: Path) -> dict[str, str]:
    """Return the name of each operator by their key.

    The variable `GAMELABEL_OPERATOR_KEY` holds one key, of the operator called `operator`.
    Without it, the file has one operator a line, `NAME KEY`, or a single key alone. It is made if
    missing, readable only by its owner.

    Raises
    ------
    ValueError
        If the file or the variable is not valid. The message contains no key.
    """
    if VARIABLE in os.environ:
        return _parse(os.environ[VARIABLE], f"the variable {VARIABLE}")
    path.parent.mkdir(parents=True, exist_ok=True)
    if not path.exists():
        make_private_file(path, secrets.token_urlsafe() + "\n")
    check_private(path)
    return _parse(path.read_text(encoding="utf-8"), str(path.absolute()))


def read_operator_key(path: Path) -> str:
    """Return a key to call a service with: that of the variable, or the first one of a file.

    Raises
    ------
    ValueError
        If the file or the variable is not valid. The message contains no key.
    FileNotFoundError
        If there is no such file.
    """
    if VARIABLE in os.environ:
        return next(iter(_parse(os.environ[VARIABLE], f"the variable {VARIABLE}")))
    if not path.exists():
        raise FileNotFoundError(
            f"there is no file {path.absolute()}: give the file with the operator's key that"
            f" `gamelabel serve` names, or set the variable {VARIABLE}"
        )
    check_private(path)
    return next(iter(_parse(path.read_text(encoding="utf-8"), str(path.absolute()))))


def key_place(path: Path) -> str:
    """Return where the operator's key is, for people."""
    return f"the variable {VARIABLE}" if VARIABLE in os.environ else str(path.absolute())


def operator_name(keys: Mapping[str, str], key: str) -> str | None:
    """Return the name of the operator with a key, None if nobody has it."""
    name = None
    for known, operator in keys.items():  # all of them, so that the time tells nothing
        if hmac.compare_digest(known.encode(), key.encode()):
            name = operator
    return name


def _parse(text: str, place: str) -> dict[str, str]:
    keys = {}
    for line in text.splitlines():
        words = line.split()
        if len(words) > 2:
            raise ValueError(f"{place}: a line must be a name and a key, or a key alone")
        if words:
            keys[words[-1]] = words[0] if len(words) == 2 else "operator"
    if not keys or min(map(len, keys)) < _SHORTEST:
        raise ValueError(f"{place} must hold an operator's key of {_SHORTEST} characters or more")
    return keys
