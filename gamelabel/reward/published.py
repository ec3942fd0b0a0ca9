"""The published results of ImageReward (Xu et al. 2023), to compare ours with."""

from __future__ import annotations

from collections.abc import Mapping
from pathlib import Path

import pandas as pd
import yaml

from gamelabel.files import shipped
from gamelabel.reliability import Estimate

_FILE = shipped("data/published/imagereward.yaml")


def published_table(name: str, file: Path = _FILE) -> pd.DataFrame:
    """Return a table of ImageReward's slides.

    Parameters
    ----------
    name : str
        "accuracy", "agreement" or "models"; see `data/published/imagereward.yaml`.
    file : Path
        The file of the tables.
    """
    table = yaml.safe_load(file.read_text())[name]
    return pd.DataFrame.from_dict(table["rows"], orient="index", columns=table["columns"])


def compare_with_published(metrics: Mapping[str, Mapping[str, Estimate]]) -> pd.DataFrame:
    """Put the metrics of scorers next to the published ones.

    Parameters
    ----------
    metrics : mapping
        {scorer: {metric: Estimate}}, with the names of the table "accuracy".

    Returns
    -------
    DataFrame
        `scorer`, `number` (the metric), `slides` (NaN where nothing is published), `ours`, `low`,
        `high`, all in percent, and `n`.
    """
    published = published_table("accuracy").stack()
    rows = []
    for scorer, estimates in metrics.items():
        for metric, estimate in estimates.items():
            rows.append(
                {
                    "scorer": scorer,
                    "number": metric,
                    "slides": published.get((scorer, metric), float("nan")),
                    "ours": 100.0 * estimate.value,
                    "low": 100.0 * estimate.low,
                    "high": 100.0 * estimate.high,
                    "n": estimate.n,
                }
            )
    return pd.DataFrame(rows)
