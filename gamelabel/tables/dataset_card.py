"""The card of exported labels: what each table contains, who gave the labels, how to load them."""

from __future__ import annotations

from pathlib import Path
from string import Template
from typing import Any

import pandas as pd

from gamelabel.tables.label_tables import LabelTables
from gamelabel.tables.schema import TABLES

_TEMPLATE = Path(__file__).with_suffix(".md")
_ORIGINS = {
    "simulated": "**SIMULATED.** No person gave these labels: simulated players did, by the rules "
    "of the labelling game. They show how the method works; they are not evidence of what people "
    "prefer.",
    "game": "People gave these labels in a labelling game.",
    "released": "These are the labels that GameLabel-10K released, read and written again.",
    "own": "These labels are from a file in GameLabel-10K's layout that is not its release. The "
    "file does not say who gave them.",
    "crowd": "A crowd outside this project gave these labels.",
}
_NO_LICENCE = (
    "None is stated. Choose one, before you publish this, that is compatible with the model that "
    "made the pictures, the prompts and the players' consent."
)
_LOAD_EMBEDDED = """\
from datasets import load_dataset

pairs = load_dataset("path/to/this/folder", "pairs", split="train")  # with the pictures
labels = load_dataset("path/to/this/folder", "labels", split="train")"""
_LOAD_FILES = """\
import pandas as pd

pairs = pd.read_parquet("pairs.parquet")  # image_a and image_b are files in this folder
labels = pd.read_parquet("labels.parquet")"""


def dataset_card(tables: LabelTables, licence: str, embedded: bool) -> str:
    """Fill in the card of an export.

    Parameters
    ----------
    tables : LabelTables
        What is exported.
    licence : str
        An identifier such as apache-2.0; if empty, the card says that none is stated.
    embedded : bool
        Whether the pictures are in the table `pairs`. The card then starts with the front matter
        that the `datasets` library and its hub read.

    Returns
    -------
    str
        Markdown.

    Examples
    --------
    >>> import pandas as pd
    >>> from gamelabel.tables.label_tables import label_tables
    >>> pairs = {"pair_id": "p1", "prompt_id": "t1", "prompt": "a star", "kind": "preference"}
    >>> labels = pd.DataFrame({"pair_id": ["p1"], "choice": ["a"], "source": ["simulated"]})
    >>> tables = label_tables(pd.DataFrame([pairs]), labels, [], "demo", "an example")
    >>> dataset_card(tables, "", embedded=False).splitlines()[0]
    '# Preferences between pictures, SIMULATED'
    """
    sources = sorted(tables.labels["source"].unique())
    kinds = tables.pairs["kind"].value_counts()
    n_per_pair = tables.labels["pair_id"].value_counts()
    sections = [_column_section(name, frame) for name, frame in tables.by_name().items()]
    return Template(_TEMPLATE.read_text(encoding="utf-8")).substitute(
        front_matter=_front_matter(tables, licence) if embedded else "",
        title_mark=", SIMULATED" if "simulated" in sources else "",
        origin="\n\n".join(_ORIGINS[source] for source in sources),
        n_labels=f"{len(tables.labels):,}",
        n_pairs=f"{len(tables.pairs):,}",
        n_preferences=f"{kinds.get('preference', 0):,}",
        n_comparisons=f"{kinds.get('comparison', 0):,}",
        n_several=f"{(n_per_pair > 1).sum():,}",
        n_players=f"{len(tables.players):,}",
        models=", ".join(sorted(tables.pairs["model"].dropna().unique())) or "not stated",
        loading=_LOAD_EMBEDDED if embedded else _LOAD_FILES,
        columns="\n\n".join(sections),
        licence=f"{licence}." if licence else _NO_LICENCE,
    )


def _front_matter(tables: LabelTables, licence: str) -> str:
    import yaml

    simulated = (tables.labels["source"] == "simulated").any()
    entries: dict[str, Any] = {"pretty_name": "Preferences between pictures"}
    tags = ["preferences", "text-to-image", "gamelabel"]
    if simulated:
        entries["pretty_name"] += " (SIMULATED)"
        tags.append("simulated")
    if licence:
        entries["license"] = licence
    entries["tags"] = tags
    entries["configs"] = [
        {"config_name": name, "data_files": [{"split": "train", "path": f"{name}/*.parquet"}]}
        for name, frame in tables.by_name().items()
        if len(frame)
    ]
    return f"---\n{yaml.safe_dump(entries, sort_keys=False)}---\n\n"


def _column_section(name: str, frame: pd.DataFrame) -> str:
    rows = [f"| `{title}` | {column.description} |" for title, column in TABLES[name].items()]
    heading = [f"## `{name}`: {len(frame):,} rows", "", "| column | content |", "| --- | --- |"]
    return "\n".join(heading + rows)
