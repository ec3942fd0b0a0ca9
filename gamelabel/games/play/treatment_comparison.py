"""Good data by treatment: means with intervals, tests of all pairs, and a sweep of assumptions."""

from __future__ import annotations

import itertools
from collections.abc import Sequence
from dataclasses import replace

import numpy as np
import pandas as pd

from gamelabel.games.play.crowdplay_tables import NO_QUALITY_INCENTIVE, QUALITY_INCENTIVES
from gamelabel.games.play.incentive_treatments import TREATMENTS
from gamelabel.games.play.simulated_people import Assumptions, tabled_sessions
from gamelabel.reliability.estimate import Estimate, estimate_mean

_MARGIN = 0.1  # a share of good data that is larger by less than this does not count


def participants(sessions: pd.DataFrame) -> pd.DataFrame:
    """Return the sessions that CrowdPlay's data set has: those with play that were submitted.

    The paper leaves out people who left without meeting the minimum requirement (its ethics
    statement), so the treatments with a requirement have only those who met it.
    """
    is_required = sessions.treatment.isin(["requirement", "all"])
    return sessions[(sessions.seconds > 0) & (sessions.complete | ~is_required)]


def good_data(sessions: pd.DataFrame) -> pd.DataFrame:
    """Return the share and the seconds of good data a participant, by treatment.

    Parameters
    ----------
    sessions : DataFrame
        Columns treatment, player_id, seconds, good_seconds.

    Returns
    -------
    DataFrame
        Indexed by treatment: share, share_low, share_high, seconds, seconds_low, seconds_high,
        people.

    Examples
    --------
    >>> sessions = pd.DataFrame({"treatment": "none", "player_id": range(6), "seconds": 100.0,
    ...                          "good_seconds": [0.0, 0.0, 50.0, 50.0, 100.0, 100.0]})
    >>> good_data(sessions).loc["none", ["share", "seconds", "people"]].tolist()
    [0.5, 50.0, 6.0]
    """
    rows = {}
    for treatment, of_one in sessions.groupby("treatment", sort=False):
        share = estimate_mean(of_one.good_seconds / of_one.seconds)
        most = max(1.0, float(sessions.good_seconds.max()))
        seconds = estimate_mean(of_one.good_seconds, limits=(0.0, most))
        rows[treatment] = (*share[:3], *seconds[:3], len(of_one))
    columns = ["share", "share_low", "share_high", "seconds", "seconds_low", "seconds_high"]
    return pd.DataFrame.from_dict(rows, orient="index", columns=[*columns, "people"])


def pairwise_p(sessions: pd.DataFrame, measure: str) -> pd.DataFrame:
    """Return p values of the difference of two treatments' means, as in Tables 3 and 4.

    Parameters
    ----------
    sessions : DataFrame
        As in `good_data`.
    measure : {"share", "seconds"}
        The share of good data or its seconds.

    Returns
    -------
    DataFrame
        Treatments by treatments: p values of Welch's t-test, NaN where a treatment has no spread.
    """
    from scipy.stats import ttest_ind

    values = sessions.good_seconds / (sessions.seconds if measure == "share" else 1.0)
    groups = {name: values[rows.index] for name, rows in sessions.groupby("treatment", sort=False)}
    table = pd.DataFrame(np.nan, index=list(groups), columns=list(groups))
    for first, second in itertools.combinations(groups, 2):
        one, other = groups[first], groups[second]
        if len(one) > 1 and len(other) > 1 and (one.std() > 0 or other.std() > 0):
            p = float(ttest_ind(one, other, equal_var=False).pvalue)
            table.loc[first, second] = table.loc[second, first] = p
    return table


FINDINGS = {
    "quality_any_incentive": "any incentive for quality: larger share of good data",
    "quality_active_time": "pay for active time alone: share less than 10 points larger",
    "quality_social_best": "social media: largest share of all",
    "amount_incentives": "any incentive for quality: more seconds of good data",
    "sliding_lowest": "sliding bonus: lowest share of the three",
}
IMPLIED = frozenset(set(FINDINGS) - {"quality_social_best"})
"""Findings that the rule of payment itself brings about where people weigh pay against effort.

The other one is not evidence either: it follows from the assumed duty of each channel.
"""


def findings_of(sessions: pd.DataFrame) -> dict[str, float]:
    """Return by how much each finding of the paper holds: above 0 if it does.

    Parameters
    ----------
    sessions : DataFrame
        As in `good_data`, with all treatments.

    Returns
    -------
    dict of str to float
        Finding -> the smallest difference of means that it rests on.
    """
    table = good_data(sessions).reindex(TREATMENTS).fillna(0.0)  # nobody: no good data
    share, seconds = table.share, table.seconds
    pairs = list(itertools.product(QUALITY_INCENTIVES, NO_QUALITY_INCENTIVE))
    others = [name for name in share.index if name != "social"]
    return {
        "quality_any_incentive": min(share[a] - share[b] for a, b in pairs),
        "quality_active_time": _MARGIN - (share["active"] - share["none"]),
        "quality_social_best": min(share["social"] - share[name] for name in others),
        "amount_incentives": min(seconds[a] - seconds[b] for a, b in pairs),
        "sliding_lowest": min(share[name] - share["sliding"] for name in ("requirement", "all")),
    }


def sweep_settings(extremes: float = 2.0) -> dict[str, Assumptions]:
    """Return the settings of the sweep: the default, and each assumption smaller and larger.

    Parameters
    ----------
    extremes : float
        By what each number is divided and multiplied; shares move half of the way to 0 and to 1.
    """
    default = Assumptions()
    settings = {"default": default}
    for name, value in vars(default).items():
        if name in ("latency_frames", "aim_error"):  # matter in emulated play only
            continue
        is_share = name.startswith("share_")
        low = value / 2 if is_share else value / extremes
        high = value + (1 - value) / 2 if is_share else value * extremes
        settings[f"{name} {low:.3g}"] = replace(default, **{name: low})
        settings[f"{name} {high:.3g}"] = replace(default, **{name: high})
    return settings


def sweep(people: int, seed: int, extremes: float = 2.0) -> pd.DataFrame:
    """Return by how much each finding holds in each setting of the sweep.

    Parameters
    ----------
    people : int
        People in each treatment and setting.
    seed : int
        Seed; all settings have the same draws.
    extremes : float
        See `sweep_settings`.

    Returns
    -------
    DataFrame
        A row a setting, a column a finding of `findings_of`.
    """
    rows = {}
    for name, assumptions in sweep_settings(extremes).items():
        sessions = tabled_sessions(TREATMENTS, people, assumptions, seed)
        rows[name] = findings_of(participants(sessions))
    return pd.DataFrame.from_dict(rows, orient="index")


def sweep_holds(swept: pd.DataFrame) -> pd.DataFrame:
    """Return in which share of the settings each finding holds, and whether it is implied."""
    table = pd.DataFrame({"share": (swept > 0).mean()})
    table["implied"] = [name in IMPLIED for name in table.index]
    return table.set_axis([FINDINGS[name] for name in table.index])


def over_sweep(differences: Sequence[float]) -> Estimate:
    """Return the value of the default setting with the range over all settings as its interval."""
    values = np.asarray(differences, float)
    return Estimate(float(values[0]), float(values.min()), float(values.max()), len(values))
