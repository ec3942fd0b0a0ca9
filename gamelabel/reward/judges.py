"""Agreement of judges: the share of pairs on which two of them choose the same image."""

from __future__ import annotations

from collections.abc import Mapping
from itertools import combinations_with_replacement

import numpy as np
import pandas as pd
from numpy.typing import ArrayLike, NDArray

from gamelabel.reliability import Estimate
from gamelabel.reliability.estimate import estimate_mean

Choices = NDArray[np.float64]  # (judges, N): 1 the first image, -1 the second, 0 equal, NaN none


def scorer_choices(first: ArrayLike, second: ArrayLike) -> Choices:
    """Return a scorer's choices (1, N) by its scores of the first and the second images, (N,)."""
    return np.sign(np.asarray(first, float) - np.asarray(second, float))[None, :]


def annotator_panel(labels: pd.DataFrame, pair_ids: ArrayLike, seed: int = 0) -> dict[str, Choices]:
    """Return annotators and their ensemble as judges of N pairs.

    The annotators are split at random into two halves. Those of the first are judges one by one;
    the majority of the second is the ensemble, so that nobody is compared with themselves. A tie,
    of an annotator or of the votes, does not count as a choice (NaN).

    Parameters
    ----------
    labels : DataFrame
        The table `labels`.
    pair_ids : array
        The pairs, (N,).
    seed : int
        Seed of the split.

    Returns
    -------
    dict
        {"annotator": (people, N), "annotator ensemble": (1, N)}.
    """
    votes = labels.assign(vote=labels["choice"].map({"a": 1.0, "b": -1.0}))
    table = votes.pivot_table(index="player_id", columns="pair_id", values="vote", aggfunc="mean")
    choices = np.sign(table.reindex(columns=np.asarray(pair_ids)).to_numpy(float))
    choices[choices == 0] = np.nan
    order = np.random.default_rng(seed).permutation(len(choices))
    half = -(-len(order) // 2)
    majority = np.sign(np.nansum(choices[order[half:]], 0))
    ensemble = np.where(majority == 0, np.nan, majority)[None, :]
    return {"annotator": choices[order[:half]], "annotator ensemble": ensemble}


def judge_agreement(
    judges: Mapping[str, Choices], prompts: ArrayLike
) -> dict[tuple[str, str], Estimate]:
    """Measure the agreement of every two judges.

    For each pair of images, every person of one judge is compared with every person of the other;
    the value is the mean over pairs of the share that chose the same. Within one judge, two
    different people are compared, so a single scorer has no agreement with itself (NaN). A scorer
    that gives both images the same score agrees with nobody.

    Parameters
    ----------
    judges : mapping
        Choices (people, N) by name.
    prompts : array
        The prompt of each pair, (N,); the interval is over prompts.

    Returns
    -------
    dict
        {(judge, judge): Estimate}, in both orders.
    """
    agreement = {}
    for first, second in combinations_with_replacement(judges, 2):
        same_judge = first == second
        estimate = _agreement(judges[first], judges[second], prompts, same_judge)
        agreement[first, second] = agreement[second, first] = estimate
    return agreement


def _agreement(first: Choices, second: Choices, prompts: ArrayLike, same_judge: bool) -> Estimate:
    counts = {}  # of each pair of images, the people of either judge who chose it
    for choice in (1, -1):
        counts[choice] = (first == choice).sum(0), (second == choice).sum(0)
    n_first, n_second = (~np.isnan(first)).sum(0), (~np.isnan(second)).sum(0)
    if same_judge:  # nobody is compared with themselves
        equal = sum(n * (n - 1) for n, _ in counts.values())
        compared = n_first * (n_first - 1)
    else:
        equal = sum(n * m for n, m in counts.values())
        compared = n_first * n_second
    defined = compared > 0
    shares = np.asarray(equal, float)[defined] / compared[defined]
    return estimate_mean(shares, np.asarray(prompts)[defined])


def agreement_table(agreement: Mapping[tuple[str, str], Estimate]) -> pd.DataFrame:
    """Return agreements as a square table of "65.3 (63.0 to 67.9)", in percent; "-" for none."""
    names = list(dict.fromkeys(name for name, _ in agreement))
    rows = [[_format_percent(agreement[a, b]) for b in names] for a in names]
    return pd.DataFrame(rows, names, names)


def _format_percent(estimate: Estimate) -> str:
    if np.isnan(estimate.value):
        return "-"
    return f"{100 * estimate.value:.1f} ({100 * estimate.low:.1f} to {100 * estimate.high:.1f})"
