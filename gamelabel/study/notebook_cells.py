"""Read the cells of a notebook."""

from __future__ import annotations

import json
from pathlib import Path


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
