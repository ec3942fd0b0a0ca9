"""Find the modules of this package that a notebook depends on, directly or through others."""

from __future__ import annotations

import ast
import json
import re
import threading
from functools import cache
from pathlib import Path

PACKAGE = Path(__file__).resolve().parents[1]
# CPython 3.11 counts the depth of all threads' trees together, and raises SystemError
_parsing = threading.Lock()


def code_of(notebook: Path) -> list[str]:
    """Return the sources of a notebook's code cells.

    Raises
    ------
    ValueError
        If the file is not a notebook.
    """
    return [source for kind, source in _cells(notebook) if kind == "code"]


def text_of(notebook: Path) -> str:
    """Return the cells of a notebook as one text, without outputs and ids."""
    return json.dumps(_cells(notebook))


def _cells(notebook: Path) -> list[tuple[str, str]]:
    try:
        cells = json.loads(notebook.read_text(encoding="utf-8"))["cells"]
        return [(cell["cell_type"], "".join(cell["source"])) for cell in cells]
    except (ValueError, KeyError, TypeError) as error:
        raise ValueError(f"{notebook} is not a notebook: {error}") from None


def modules(notebook: Path) -> dict[str, Path]:
    """Return the modules of the package that a notebook depends on: name -> file.

    Parent packages and imports inside functions are included.
    """
    code = "\n".join(re.sub(r"(?m)^\s*[%!].*$", "", source) for source in code_of(notebook))
    try:
        pending = _imported(code, "")
    except SyntaxError:
        return {}  # the run will show the error
    files: dict[str, Path] = {}
    while pending:
        name = pending.pop()
        if name not in files and (path := _file(name)) is not None:
            files[name] = path
            pending |= _imported_by(path, name)
    return dict(sorted(files.items()))


def _file(name: str) -> Path | None:
    place = PACKAGE.joinpath(*name.split(".")[1:])
    for path in (place / "__init__.py", place.with_suffix(".py")):
        if path.exists():
            return path
    return None


@cache
def _imported_by(path: Path, name: str) -> frozenset[str]:
    package = name if path.name == "__init__.py" else name.rpartition(".")[0]
    return frozenset(_imported(path.read_text(encoding="utf-8"), package))


def _imported(code: str, package: str) -> set[str]:
    names: set[str] = set()
    with _parsing:
        tree = ast.parse(code)
    for node in ast.walk(tree):
        if isinstance(node, ast.Import):
            names |= {alias.name for alias in node.names}
        elif isinstance(node, ast.ImportFrom):
            above = package.rsplit(".", node.level - 1)[0] if node.level else ""
            module = ".".join(part for part in (above, node.module) if part)
            names |= {module, *(f"{module}.{alias.name}" for alias in node.names)}
    own = {name for name in names if name.split(".")[0] == PACKAGE.name}
    return own | {name.rsplit(".", k)[0] for name in own for k in range(name.count(".") + 1)}
