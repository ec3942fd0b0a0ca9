"""The tables that CrowdPlay (Gerstgrasser et al., 2022) prints, and their arithmetic."""

from __future__ import annotations

from pathlib import Path

import pandas as pd
import yaml

from gamelabel.files import shipped

CROWDPLAY_FILE = shipped("data/published/crowdplay.yaml")
QUALITY_INCENTIVES = ("requirement", "sliding", "all")
NO_QUALITY_INCENTIVE = ("none", "active")
_RATE = 60  # frames a second
_CHANNELS = ("MTurk", "Social Media", "Email Raffle")
_PART = ", of which"


def crowdplay_table(name: str, file: Path = CROWDPLAY_FILE) -> pd.DataFrame:
    """Return a table of the paper.

    Parameters
    ----------
    name : str
        One of the tables of `data/published/crowdplay.yaml`: "hours" (Table 1), "task_hours" (2),
        "p_amount" (3), "p_share" (4), "good_data" (Figure 4), "returns" (5), "random_returns",
        "normalized_scores" (6).
    file : Path
        The file of the tables.

    Returns
    -------
    DataFrame
        NaN where a cell is empty or could not be read.

    Examples
    --------
    >>> crowdplay_table("hours").loc["Total"].tolist()
    [318.07, 32.38, 17.6, 368.05]
    """
    table = yaml.safe_load(file.read_text(encoding="utf-8"))[name]
    frame = pd.DataFrame.from_dict(table["rows"], orient="index", columns=table["columns"])
    return frame.astype(float)


def p_value(table: pd.DataFrame, first: str, second: str) -> float:
    """Return the p value of two treatments from one half of a table.

    >>> p_value(crowdplay_table("p_share"), "active", "none")
    0.44
    """
    for row, column in ((first, second), (second, first)):
        if row in table.index and column in table and pd.notna(table.loc[row, column]):
            return float(table.loc[row, column])
    return float("nan")


def printed_arithmetic() -> dict[str, float]:
    """Compute what the paper says about its own tables, Tables 1 to 4 and Eq. 1.

    Returns
    -------
    dict of str to float
        Number -> value, by the name under which it is recorded.

    Examples
    --------
    >>> numbers = printed_arithmetic()
    >>> numbers["crowdplay_hours_by_frames"], numbers["crowdplay_hours_total"]
    (250.0, 368.05)
    >>> numbers["crowdplay_p_sliding"]  # "not significant"
    0.021
    """
    return {**_hour_sums(), **_p_values(), **_formulas()}


def _hour_sums() -> dict[str, float]:
    hours, tasks = crowdplay_table("hours"), crowdplay_table("task_hours")
    games = hours[~hours.index.str.contains(_PART) & (hours.index != "Total")]
    channels = list(_CHANNELS)
    rows = (hours[channels].sum(axis=1) - hours.Total).abs()
    columns = (games.sum() - hours.loc["Total"]).abs()
    by_game = tasks.groupby(tasks.index.str.rpartition(", ").get_level_values(0)).sum()
    parts = (by_game - games.reindex(by_game.index).fillna(0)).abs()
    total, behaviors = games.Total, tasks.Total.filter(like="Space Invaders, ")
    behaviors = behaviors.drop(["Space Invaders, plain", "Space Invaders, incentives (insideout)"])
    return {
        "crowdplay_games": float(games.index.str.partition(" (").get_level_values(0).nunique()),
        "crowdplay_hours_by_frames": 54e6 / _RATE / 3600,
        "crowdplay_hours_total": float(hours.loc["Total", "Total"]),
        "crowdplay_table1_rows": round(float(rows.max()), 4),
        "crowdplay_table1_columns": round(float(columns.max()), 4),
        "crowdplay_table2_parts": round(float(parts.max().max()), 4),
        "crowdplay_riverraid_over_next": round(
            total["Riverraid"] - total["Montezuma's Revenge"], 4
        ),
        "crowdplay_space_invaders_share": total["Space Invaders"] / total.sum(),
        "crowdplay_behaviors_ratio": behaviors.max() / behaviors.min(),
        "crowdplay_social_two_people_share": (
            games.loc["Space Invaders (2P)", "Social Media"] / hours.loc["Total", "Social Media"]
        ),
        "crowdplay_with_policy_over_two_people": (
            total["Space Invaders (2P w/AI)"] - total["Space Invaders (2P)"]
        ),
        "crowdplay_latency_ms": 7 / _RATE * 1000,
    }


def _p_values() -> dict[str, float]:
    amount, share = crowdplay_table("p_amount"), crowdplay_table("p_share")
    pairs = [(a, b) for a in NO_QUALITY_INCENTIVE for b in QUALITY_INCENTIVES]
    others = ("none", "active", *QUALITY_INCENTIVES, "email")
    sliding = [p_value(amount, "sliding", other) for other in ("requirement", "all")]
    return {
        "crowdplay_p_quality_share": max(p_value(share, *pair) for pair in pairs),
        "crowdplay_p_quality_amount": max(p_value(amount, *pair) for pair in pairs),
        "crowdplay_p_active": p_value(share, "none", "active"),
        "crowdplay_p_social": max(p_value(share, "social", other) for other in others),
        "crowdplay_p_email": min(p_value(share, "email", other) for other in QUALITY_INCENTIVES),
        "crowdplay_p_sliding": min(sliding),
    }


def _formulas() -> dict[str, float]:
    clipped = (1.0, 0.0)  # the example of A.2.6: rewards of 15 and 0, clipped
    return {
        # Eq. 1 where the text says that the bonus "reaches a maximum": 200 aliens, all in order
        "crowdplay_bonus_printed": max(1, 200 / 500) * min(0, 2 * (1 - 0.5)),
        "crowdplay_bonus_count": 500.0,
        "crowdplay_coop_sum": sum(clipped) / (sum(clipped) / len(clipped)),
    }
