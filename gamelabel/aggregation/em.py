"""Expectation and maximisation by turns, until nothing is gained any more."""

from __future__ import annotations

from collections.abc import Callable
from typing import TypeVar

import numpy as np

from gamelabel.aggregation.crowd import Crowd, Fit, Real

TOLERANCE = 1e-9  # what may be left to gain, per label, when it ends
ROUNDS = 10_000

P = TypeVar("P")


def expect(crowd: Crowd, joint: Real) -> tuple[Real, float]:
    """Posteriors (T, K) and the log likelihood, of the log of what labels and truth have jointly, (T, K).

    A task of gold has its known truth: certain in the posterior, and alone in the likelihood.
    """
    rows = np.array(
        joint.T, order="C"
    )  # (K, T): along few categories numpy's sums are slow, across them fast
    known = np.flatnonzero(crowd.known >= 0)
    at = crowd.known[known], known
    said = rows[at]
    rows[:, known] = -np.inf
    rows[at] = said
    top = rows.max(0)
    np.exp(rows - top, out=rows)
    total = rows.sum(0)
    rows /= total
    return np.ascontiguousarray(rows.T), float(top.sum() + np.log(total).sum())


def climb(
    crowd: Crowd,
    start: Real,
    maximise: Callable[[Real, P | None], P],
    joint: Callable[[P], Real],
    penalty: Callable[[P], float],
    tolerance: float = TOLERANCE,
) -> tuple[Fit, P]:
    """From posteriors (T, K) to those at a maximum, and the parameters there.

    maximise: the parameters best for posteriors, given the last ones (at first None); joint: their log joint (T, K);
    penalty: what the objective has beside the log likelihood, the log prior of the parameters. The objective never
    falls; the climb ends when no more than `tolerance` a label is left to gain, as far as its last rounds tell.
    """
    posterior, parameters, converged = start, None, False
    objective: list[float] = []
    while not converged and len(objective) < ROUNDS:
        parameters = maximise(posterior, parameters)
        posterior, likelihood = expect(crowd, joint(parameters))
        objective.append(likelihood + penalty(parameters))
        converged = _ended(objective, tolerance * len(crowd.task))
    return Fit(posterior, {}, objective, converged, likelihood), parameters  # type: ignore[return-value]  # one round is


def _ended(objective: list[float], enough: float) -> bool:
    """Whether less than `enough` is left to gain, if gains go on to shrink at the rate of the last two.

    Near its end a climb's gains are a geometric series: after `before` and `gain` there is gain² / (before - gain) to
    come, many times the last gain where it is slow (Aitken's acceleration; Böhning et al. 1994).
    """
    gains = np.diff(objective[-3:])
    if len(gains) < 2:
        return bool(len(gains)) and bool(gains[0] <= 0)
    before, gain = gains
    return bool(gain <= 0 or (gain <= enough and gain**2 <= enough * (before - gain)))
