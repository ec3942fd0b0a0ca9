"""The published tables of Mechanical Turker Descent, and what its sentences say about them."""

from __future__ import annotations

from pathlib import Path

import pandas as pd
import yaml
from pandas import DataFrame

from gamelabel.files import shipped

_FILE = shipped("data/published/mtd.yaml")
_AGENTS = ("AC-Seq2Seq", "Seq2Seq")
_MTD, _STATIC = "MTD", "collaborative-only"


def mtd_table(name: str, file: Path = _FILE) -> DataFrame:
    """Return a table of the paper.

    Parameters
    ----------
    name : {"main", "hits", "lengths", "test_sets", "ablations", "constraint"}
        Tables 1 and 3 to 7; see `data/published/mtd.yaml`.
    file : Path
        The file of the tables.

    Examples
    --------
    >>> mtd_table("ablations").accuracy.to_dict()["AC-Seq2Seq w/o counter"]
    0.367
    """
    tables = yaml.safe_load(file.read_text(encoding="utf-8"))
    if name not in tables:
        raise ValueError(f"there is no table {name!r}; the tables are {', '.join(tables)}")
    table = tables[name]
    return pd.DataFrame.from_dict(table["rows"], orient="index", columns=table["columns"])


def accuracy_by_length() -> dict[str, dict[int, float]]:
    """Return the accuracy of each agent on MTD's examples by the number of actions (Table 4).

    Examples
    --------
    >>> accuracy_by_length()["Seq2Seq"][4]
    0.071
    """
    table = mtd_table("lengths").set_axis([1, 2, 3, 4], axis=1)
    return {agent: table.loc[f"{agent}, {_MTD}"].to_dict() for agent in _AGENTS}


def printed_numbers() -> dict[str, float]:
    """Return the numbers that the paper's sentences state, computed from its own tables.

    Examples
    --------
    >>> round(printed_numbers()["mtd_gain_accuracy"], 3)
    0.084
    """
    main, hits = mtd_table("main"), mtd_table("hits")
    lengths, sets = mtd_table("lengths"), mtd_table("test_sets")
    ablations, constraint = mtd_table("ablations").accuracy, mtd_table("constraint")
    measures = pd.concat([main[["accuracy", "hits1", "f1"]], hits[["hits5", "hits10"]]], axis=1)
    gains = {
        agent: measures.loc[f"{agent}, {_MTD}"] - measures.loc[f"{agent}, {_STATIC}"]
        for agent in _AGENTS
    }
    limit, static = (
        sets.loc[[f"{agent}, {name}" for agent in _AGENTS]].set_axis(_AGENTS)
        for name in ("MTD limit", _STATIC)
    )
    by_set = limit - static
    long = lengths.loc["Seq2Seq, MTD", "length4"] / lengths.loc["Seq2Seq, " + _STATIC, "length4"]
    short = [
        lengths.loc[f"{agent}, {_STATIC}", "length1"] - lengths.loc[f"{agent}, {_MTD}", "length1"]
        for agent in _AGENTS
    ]
    agents = [main.accuracy.filter(regex=f"^{agent}, ").to_numpy() for agent in _AGENTS]
    numbers = {
        "mtd_gain_accuracy": max(gain["accuracy"] for gain in gains.values()),
        "mtd_gain_hits1": max(gain["hits1"] for gain in gains.values()),
        "mtd_gain_least": min(gain.min() for gain in gains.values()),
        "mtd_agent_gain": (agents[0] - agents[1]).max(),
        "mtd_length4_gain": long - 1,
        "mtd_length1_loss": min(short),
        "mtd_test_set_gain_least": by_set.min().min(),
        "mtd_test_set_gain_over_own": (by_set.mtd_limit - by_set.collaborative_only).min(),
        "mtd_counter": ablations["AC-Seq2Seq"] - ablations["AC-Seq2Seq w/o counter"],
        "mtd_location": ablations["AC-Seq2Seq w/o counter"]
        - ablations["AC-Seq2Seq w/o counter w/o location"],
        "mtd_centric_without_counter": ablations["AC-Seq2Seq w/o counter"] - ablations["Seq2Seq"],
        "mtd_constraint_least": (constraint.accuracy - constraint.free_accuracy).min(),
    }
    return {name: float(number) for name, number in numbers.items()}
