"""Intervals of percent agreement, Cohen's and Fleiss' kappa and Gwet's coefficients over tasks."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from typing import Literal, get_args

import numpy as np
import pandas as pd
from numpy.typing import ArrayLike

from gamelabel.reliability.agreement import (
    cohen_kappa,
    confusion_of_two,
    fleiss_kappa,
    percent_agreement,
)
from gamelabel.reliability.estimate import CONFIDENCE, Estimate, check_confidence
from gamelabel.reliability.gwet import (
    AgreementWeights,
    agreement_matrix,
    gwet_ac,
    gwet_chance,
    pair_agreement,
)
from gamelabel.reliability.interval import FEW_TASKS
from gamelabel.reliability.krippendorff_alpha import count_patterns, prior_units
from gamelabel.reliability.vote_table import vote_table
from gamelabel.tables.vote_counts import FloatArray, IntArray

Coefficient = Literal["percent", "fleiss", "gwet", "cohen"]
_CHUNK_CELLS = 250_000  # numbers per chunk of replicates: they stay in the processor's cache


def agreement_interval(
    labels: pd.DataFrame | ArrayLike,
    coefficient: Coefficient,
    weights: AgreementWeights | None = None,
    categories: Sequence[object] | None = None,
    counts: bool | None = None,
    replicates: int = 1000,
    seed: int = 0,
    confidence: float = CONFIDENCE,
) -> Estimate:
    """Compute a coefficient of agreement with an interval over tasks.

    Parameters
    ----------
    labels : DataFrame or array_like
        Labels or vote counts, as for the coefficient.
    coefficient : str
        "percent" for `percent_agreement`, "fleiss" for `fleiss_kappa`, "gwet" for `gwet_ac`, and
        "cohen" for `cohen_kappa`, which needs a frame with two workers.
    weights : str, optional
        Weights of Cohen's kappa or Gwet's coefficient.
    categories : sequence, optional
        All categories in ascending order, for the same two.
    counts : bool, optional
        What an array holds, as for `alpha`.
    replicates : int
        Number of bootstrap replicates.
    seed : int
        Seed of the bootstrap.
    confidence : float
        Coverage of the interval.

    Returns
    -------
    Estimate
        Its n is the number of tasks with two labels or more. Where the coefficient is undefined, it
        is NaN, and the interval is all that is possible. Fewer than 30 tasks are a `warning`.

    Raises
    ------
    ValueError
        For an unknown coefficient, weights or categories of one that has none, and as the
        coefficient does.

    Notes
    -----
    The interval is that of `alpha_interval` over tasks: quantiles of the Bayesian bootstrap, with
    1.5 units of prior knowledge, `prior_units`.

    Examples
    --------
    >>> votes = [[2, 0]] * 30 + [[1, 1]] * 5 + [[0, 2]] * 15
    >>> [round(x, 2) for x in agreement_interval(votes, "fleiss", counts=True)]
    [0.78, 0.55, 0.91, 50]
    """
    if coefficient not in get_args(Coefficient):
        raise ValueError(
            f"unknown coefficient {coefficient!r}: use {', '.join(get_args(Coefficient))}"
        )
    if coefficient in ("percent", "fleiss") and (weights, categories) != (None, None):
        raise ValueError(f"the coefficient {coefficient!r} has neither weights nor categories")
    check_confidence(confidence)
    rng = np.random.default_rng(seed)
    if coefficient == "cohen":
        value = cohen_kappa(labels, weights, categories)
        confusion = confusion_of_two(labels, weights is not None, categories)
        n = int(confusion.sum())
        shapes, statistic = _cohen_of_cells(confusion, weights)
    else:
        value = _value(labels, coefficient, weights, categories, counts)
        votes, names = vote_table(labels, categories, counts, weights is not None)
        units, frequency = count_patterns(votes, least=1)
        if coefficient != "gwet":
            is_used = units.sum(1) > 1
            units, frequency = units[is_used], frequency[is_used]
        n = int(frequency[units.sum(1) > 1].sum())
        shapes = np.concatenate([frequency, prior_units(len(names))])
        statistic = _statistic(units, coefficient, agreement_matrix(len(names), weights))
    if np.isnan(value):
        why = "there is one category only" if n else "no task has two labels"
        low = 0.0 if coefficient == "percent" else -1.0
        return Estimate(value, low, 1.0, n).with_warning(f"the agreement is undefined: {why}")
    parts = []
    chunk = max(1, _CHUNK_CELLS // len(shapes))
    for start in range(0, replicates, chunk):
        draws = rng.standard_gamma(shapes, (min(chunk, replicates - start), len(shapes)))
        parts.append(statistic(draws))
    low, high = np.quantile(np.concatenate(parts), [0.5 - confidence / 2, 0.5 + confidence / 2])
    warning = f"the interval rests on {n} tasks, fewer than {FEW_TASKS}" if n < FEW_TASKS else ""
    low, high = min(float(low), value), max(float(high), value)
    return Estimate(value, low, high, n).with_warning(warning)


def _value(
    labels: pd.DataFrame | ArrayLike,
    coefficient: Coefficient,
    weights: AgreementWeights | None,
    categories: Sequence[object] | None,
    counts: bool | None,
) -> float:
    if coefficient == "gwet":
        return gwet_ac(labels, weights, categories, counts)
    return (percent_agreement if coefficient == "percent" else fleiss_kappa)(labels, counts)


def _statistic(
    units: IntArray, coefficient: Coefficient, matrix: FloatArray
) -> Callable[[FloatArray], FloatArray]:
    """Return the coefficient as a function of the weights of patterns and prior, (R, P + C + 1)."""
    categories, m = units.shape[1], units.sum(1)
    pairs = np.flatnonzero(m > 1)
    between = (matrix.sum() - categories) / max(categories * (categories - 1), 1)
    agreement = np.concatenate(
        [pair_agreement(units[pairs], matrix), np.ones(categories), [between]]
    )
    prior = np.arange(len(units), len(units) + categories + 1)
    shares = np.concatenate(
        [units / m[:, None], np.eye(categories), np.full((1, categories), 1 / categories)]
    )

    def compute(draws: FloatArray) -> FloatArray:
        compared = draws[:, np.concatenate([pairs, prior])]
        observed: FloatArray = compared @ agreement / compared.sum(1)
        share = draws @ shares / draws.sum(1, keepdims=True)
        chance = gwet_chance(share, matrix) if coefficient == "gwet" else (share**2).sum(1)
        if coefficient == "percent":
            return observed
        kappa: FloatArray = (observed - chance) / (1 - chance)
        return kappa

    return compute


def _cohen_of_cells(
    confusion: IntArray, weights: AgreementWeights | None
) -> tuple[FloatArray, Callable[[FloatArray], FloatArray]]:
    """Return the weights of the cells of a confusion matrix, and kappa of draws of them."""
    size = len(confusion)
    same, different = np.eye(size) / max(size, 1), 1 - np.eye(size)
    prior = same + 0.5 * different / max(size * (size - 1), 1)
    distance = 1 - agreement_matrix(size, weights)

    def compute(draws: FloatArray) -> FloatArray:
        cells = draws.reshape(-1, size, size)
        total = cells.sum((1, 2))
        expected = np.einsum("ri,ij,rj->r", cells.sum(2), distance, cells.sum(1)) / total
        kappa: FloatArray = 1 - np.einsum("rij,ij->r", cells, distance) / expected
        return kappa

    return (confusion + prior).ravel(), compute
