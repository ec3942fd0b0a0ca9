"""Who agrees with whom: the share of pairs on which two judges, people or scorers, choose the same picture."""

from __future__ import annotations

from collections.abc import Mapping
from itertools import combinations_with_replacement

import numpy as np
import pandas as pd
from numpy.typing import ArrayLike, NDArray

from gamelabel.reliability import Estimate
from gamelabel.reward.metrics import share_by_group

Choices = NDArray[np.float64]


def chosen(first: ArrayLike, second: ArrayLike) -> Choices:
    """A scorer's choices (1, N): 1 for the first picture, -1 for the second, 0 where it does not tell them apart."""
    return np.sign(np.asarray(first, float) - np.asarray(second, float))[None, :]


def panel(labels: pd.DataFrame, pair_ids: ArrayLike, seed: int = 0) -> dict[str, Choices]:
    """Annotators and their ensemble as judges of N pairs: {"annotator": (people, N), "annotator ensemble": (1, N)}.

    The people are parted at random into two halves: one is asked one by one, the other by majority, for nobody shall
    agree with themselves. A tie, of one person or of the votes, is no choice (NaN), nor is a pair not seen.
    """
    given = labels.assign(vote=labels["choice"].map({"a": 1.0, "b": -1.0}))
    table = given.pivot_table(index="player_id", columns="pair_id", values="vote", aggfunc="mean")
    votes = np.sign(table.reindex(columns=np.asarray(pair_ids)).to_numpy(float))
    votes[votes == 0] = np.nan
    order = np.random.default_rng(seed).permutation(len(votes))
    alone, together = votes[order[: -(-len(order) // 2)]], votes[order[-(-len(order) // 2) :]]
    majority = np.sign(np.nansum(together, 0))
    return {
        "annotator": alone,
        "annotator ensemble": np.where(majority == 0, np.nan, majority)[None, :],
    }


def agreement(
    judges: Mapping[str, Choices], prompts: ArrayLike, seed: int = 0
) -> dict[tuple[str, str], Estimate]:
    """The agreement of every two of the judges, each (people, N): {(judge, judge): Estimate}, both ways round.

    Of several people all who chose are compared with all; the value is the mean over pairs of pictures of the share of
    those twos who chose the same. Two of the same judge are two different people, so a judge of one agrees with nobody
    of its own (NaN). Who does not tell pictures apart (0) agrees with nobody. prompts: what each pair is about, (N,);
    intervals draw prompts.
    """
    found = {}
    for one, other in combinations_with_replacement(judges, 2):
        found[one, other] = found[other, one] = _agreement(
            judges[one], judges[other], prompts, one == other, seed
        )
    return found


def _agreement(one: Choices, other: Choices, prompts: ArrayLike, same: bool, seed: int) -> Estimate:
    """By pair of pictures: of how many twos, one of each judge, both chose, and of how many both chose the same."""
    votes = {sign: ((one == sign).sum(0), (other == sign).sum(0)) for sign in (1, -1)}
    alike = sum(a * b for a, b in votes.values()).astype(float)
    both = ((~np.isnan(one)).sum(0) * (~np.isnan(other)).sum(0)).astype(float)
    if same:  # without each person beside themselves
        alike = sum(a * (a - 1) for a, _ in votes.values()).astype(float)
        chose = (~np.isnan(one)).sum(0)
        both = (chose * (chose - 1)).astype(float)
    seen = both > 0
    return share_by_group((alike[seen] / both[seen]), np.asarray(prompts)[seen], seed)


def matrix(found: Mapping[tuple[str, str], Estimate]) -> pd.DataFrame:
    """The agreements as a square table of "65.3 (63.0 to 67.9)" in percent, "-" where there is none."""
    names = list(dict.fromkeys(name for name, _ in found))
    cells = {(a, b): "-" if np.isnan(e.value) else _percent(e) for (a, b), e in found.items()}
    return pd.DataFrame([[cells[a, b] for b in names] for a in names], names, names)


def _percent(estimate: Estimate) -> str:
    return f"{100 * estimate.value:.1f} ({100 * estimate.low:.1f} to {100 * estimate.high:.1f})"
