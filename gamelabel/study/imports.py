"""Which modules of this package a notebook runs: the ones it imports, and what those import in turn."""

from __future__ import annotations

import ast
import json
import re
from functools import cache
from pathlib import Path

PACKAGE = Path(__file__).resolve().parents[1]


def code_of(notebook: Path) -> list[str]:
    """The sources of a notebook's code cells. Raises ValueError for a file that is no notebook."""
    return [source for kind, source in _cells(notebook) if kind == "code"]


def text_of(notebook: Path) -> str:
    """All that a reader wrote in a notebook, outputs and ids left out, as one text."""
    return json.dumps(_cells(notebook))


def _cells(notebook: Path) -> list[tuple[str, str]]:
    try:
        cells = json.loads(notebook.read_text(encoding="utf-8"))["cells"]
        return [(cell["cell_type"], "".join(cell["source"])) for cell in cells]
    except (ValueError, KeyError, TypeError) as error:
        raise ValueError(f"{notebook} is not a notebook: {error}") from None


def modules(notebook: Path) -> dict[str, Path]:
    """The package's modules that a notebook depends on, by name, parent packages and lazy imports included."""
    code = "\n".join(re.sub(r"(?m)^\s*[%!].*$", "", source) for source in code_of(notebook))
    try:
        waiting = _imported(code, "")
    except SyntaxError:
        return {}  # the run will say where
    found: dict[str, Path] = {}
    while waiting:
        name = waiting.pop()
        if name not in found and (path := _file(name)) is not None:
            found[name] = path
            waiting |= _imported_by(path, name)
    return dict(sorted(found.items()))


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
    for node in ast.walk(ast.parse(code)):
        if isinstance(node, ast.Import):
            names |= {alias.name for alias in node.names}
        elif isinstance(node, ast.ImportFrom):
            above = package.rsplit(".", node.level - 1)[0] if node.level else ""
            module = ".".join(part for part in (above, node.module) if part)
            names |= {module, *(f"{module}.{alias.name}" for alias in node.names)}
    own = {name for name in names if name.split(".")[0] == PACKAGE.name}
    return own | {name.rsplit(".", k)[0] for name in own for k in range(name.count(".") + 1)}
