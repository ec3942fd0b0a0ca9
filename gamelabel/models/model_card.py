"""What the model cards share: the template engine, and how training is reported."""

from __future__ import annotations

import json
import platform
from dataclasses import asdict
from pathlib import Path
from typing import Any

import torch
from jinja2 import Environment, StrictUndefined

from gamelabel.files import write_text

_ENVIRONMENT = Environment(
    autoescape=False,  # the card is Markdown
    keep_trailing_newline=True,
    lstrip_blocks=True,
    trim_blocks=True,
    undefined=StrictUndefined,
)


def write_card(template: Path, card: Path, values: dict[str, Any]) -> None:
    """Fill in a card's template (Jinja) and write the card.

    Parameters
    ----------
    template : Path
        The `.md.j2` file.
    card : Path
        The README.md to write.
    values : dict
        The variables of the template; a missing one is an error.
    """
    write_text(card, _ENVIRONMENT.from_string(template.read_text()).render(values))


def last_log_row(folder: Path) -> dict[str, float]:
    """Return the last row of a training's log: step, loss, seconds."""
    return json.loads((folder / "log.jsonl").read_text().splitlines()[-1])


def format_settings(settings: Any) -> str:
    """Return the fields of a dataclass, or the items of a dict, as "steps 100, batch 8"."""
    items = settings if isinstance(settings, dict) else asdict(settings)
    return ", ".join(f"{name.replace('_', ' ')} {value}" for name, value in items.items())


def describe_software() -> str:
    """Return the processor's architecture and the version of torch."""
    return f"{platform.machine()}, torch {torch.__version__}"
