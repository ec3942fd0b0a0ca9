"""The card of exported labels: what is in which table, whose labels they are, how to load them."""

from __future__ import annotations

from typing import NamedTuple

import pandas as pd

from gamelabel.tables.schema import TABLES

_WHOSE = {
    "simulated": "**SIMULATED.** No person gave these labels: simulated players did, by the rules of the labelling "
    "game. They show how the method works; they are no evidence of what people prefer.",
    "game": "People gave these labels in a labelling game.",
    "released": "These are the labels that GameLabel-10K released, read and written anew.",
    "crowd": "A crowd outside this project gave these labels.",
}
_EMBEDDED = """\
```python
from datasets import load_dataset

pairs = load_dataset("path/to/this/folder", "pairs", split="train")  # with the pictures
labels = load_dataset("path/to/this/folder", "labels", split="train")
```"""
_PLAIN = """\
```python
import pandas as pd

pairs = pd.read_parquet("pairs.parquet")  # image_a and image_b are files in this folder
labels = pd.read_parquet("labels.parquet")
```"""


class Tables(NamedTuple):
    """What an export holds: the tables `pairs`, `labels`, `players`."""

    pairs: pd.DataFrame
    labels: pd.DataFrame
    players: pd.DataFrame


def card(tables: Tables, licence: str, embedded: bool) -> str:
    """The card as Markdown; where pictures are embedded, with the front matter that `datasets` and the hub read.

    licence: an identifier such as apache-2.0, or nothing: the card then says that none is stated.
    """
    sources = sorted(tables.labels.source.unique())
    kinds = tables.pairs.kind.value_counts()
    models = sorted(tables.pairs.model.dropna().unique())
    several = int((tables.labels.pair_id.value_counts() > 1).sum())
    lines = [
        *(_front_matter(tables, licence, sources) if embedded else []),
        f"# Preferences between pictures{', SIMULATED' if 'simulated' in sources else ''}",
        *[_WHOSE[source] for source in sources],
        f"{len(tables.labels):,} labels of {len(tables.pairs):,} pairs ({kinds.get('preference', 0):,} preferences, "
        f"{kinds.get('comparison', 0):,} comparison points with a known answer); {several:,} have several labels. "
        f"{len(tables.players):,} players are named. The pictures were drawn by: {', '.join(models) or 'not stated'}.",
        "Written by `gamelabel export`; `gamelabel` reads it back with `label_source = \"export\"`.",
        _EMBEDDED if embedded else _PLAIN,
        *[_columns(name, frame) for name, frame in tables._asdict().items()],
        "## Licence",
        f"{licence}." if licence else "None is stated here. Whoever publishes this chooses one that the model which "
        "drew the pictures, the prompts' authors and the players allow.",
        "## Citation",
        "Jonathan Zhou, *GameLabel-10K: Collecting Image Preference Data Through Mobile Game Crowdsourcing*, 2024, "
        "whose method these tables follow.",
    ]  # fmt: skip
    return "\n\n".join(lines) + "\n"


def _front_matter(tables: Tables, licence: str, sources: list[str]) -> list[str]:
    import yaml

    tags = [
        "preferences",
        "text-to-image",
        "gamelabel",
        *(["simulated"] if "simulated" in sources else []),
    ]
    entries = {
        "pretty_name": f"Preferences between pictures{' (SIMULATED)' if 'simulated' in sources else ''}",
        **({"license": licence} if licence else {}),
        "tags": tags,
        "configs": [
            {"config_name": name, "data_files": [{"split": "train", "path": f"{name}/*.parquet"}]}
            for name, frame in tables._asdict().items()
            if len(frame)
        ],
    }
    return [f"---\n{yaml.safe_dump(entries, sort_keys=False)}---"]


def _columns(name: str, frame: pd.DataFrame) -> str:
    """A table's columns and what each holds."""
    rows = [f"| `{column}` | {field.about} |" for column, field in TABLES[name].items()]
    return "\n".join(
        [
            f"## `{name}`: {len(frame):,} rows\n",
            "| column | what it holds |",
            "| --- | --- |",
            *rows,
        ]
    )
