"""Gwet's agreement coefficients AC1 and AC2, which stay high where one category is frequent."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Literal, get_args

import numpy as np
import pandas as pd
from numpy.typing import ArrayLike

from gamelabel.reliability.krippendorff_alpha import count_patterns
from gamelabel.reliability.vote_table import vote_table
from gamelabel.tables.vote_counts import FloatArray, IntArray

AgreementWeights = Literal["linear", "quadratic", "ordinal"]


def gwet_ac(
    labels: pd.DataFrame | ArrayLike,
    weights: AgreementWeights | None = None,
    categories: Sequence[object] | None = None,
    counts: bool | None = None,
) -> float:
    """Compute Gwet's AC1 = (P - P_e) / (1 - P_e), or with weights AC2.

    Where nearly all labels are of one category, alpha and kappa are low although workers agree.
    AC1 is not, since its chance agreement is low there.

    Parameters
    ----------
    labels : DataFrame or array_like
        A frame with columns `task` and `label`, or an array.
    weights : str, optional
        Agreement of two different categories. None: 0. Otherwise categories are in order, and for
        C of them, k steps apart, it is 1 - k / (C - 1) if "linear", 1 - (k / (C - 1))² if
        "quadratic", and 1 - k (k + 1) / (C (C - 1)) if "ordinal".
    categories : sequence, optional
        All categories, in ascending order. Their number counts; by default it is that of the
        categories that occur.
    counts : bool, optional
        Required for an array: True for vote counts, False for labels, as for `alpha`.

    Returns
    -------
    float
        NaN where no task has two labels, or there is one category.

    Raises
    ------
    ValueError
        For unknown weights, and as `alpha` does.

    Notes
    -----
    P is the mean over tasks with two labels or more of the (weighted) share of pairs of labels that
    agree. With p_c the mean over all tasks of the share of category c, and the sum W of all C²
    weights, P_e = W / (C (C - 1)) times the sum of p_c (1 - p_c).

    References
    ----------
    Gwet, "Computing inter-rater reliability and its variance in the presence of high agreement"
    (2008); "Handbook of inter-rater reliability", 4th edition (2014).

    Examples
    --------
    Of 100 abstracts, two readers put 89 into the same of three classes:

    >>> pairs = [(13, 0, 0), (0, 20, 7), (0, 4, 56)]
    >>> rows = [
    ...     (first, second)
    ...     for first, row in enumerate(pairs) for second, n in enumerate(row) for _ in range(n)
    ... ]
    >>> round(gwet_ac(np.transpose(rows), counts=False), 4)
    0.8493
    """
    votes, names = vote_table(labels, categories, counts, weights is not None)
    matrix = agreement_matrix(len(names), weights)
    units, frequency = count_patterns(votes, least=1)
    is_pairable = units.sum(1) > 1
    n_pairable = frequency[is_pairable].sum()
    if not n_pairable or len(names) < 2:
        return float("nan")
    agreement = pair_agreement(units[is_pairable], matrix)
    observed = float(frequency[is_pairable] @ agreement / n_pairable)
    shares = frequency @ (units / units.sum(1, keepdims=True)) / frequency.sum()
    expected = float(gwet_chance(shares, matrix))
    return (observed - expected) / (1 - expected)


def agreement_matrix(categories: int, weights: AgreementWeights | None = None) -> FloatArray:
    """Return how far two categories agree, shape (C, C), from 0 to 1; see `gwet_ac`.

    >>> agreement_matrix(3, "ordinal").round(3).tolist()
    [[1.0, 0.667, 0.0], [0.667, 1.0, 0.667], [0.0, 0.667, 1.0]]
    """
    if weights is None:
        return np.eye(categories)
    if weights not in get_args(AgreementWeights):
        raise ValueError(
            f"unknown weights {weights!r}: use {', '.join(get_args(AgreementWeights))} or None"
        )
    steps = np.abs(np.subtract.outer(np.arange(categories), np.arange(categories)))
    most = max(categories - 1, 1)
    distances = {
        "linear": steps / most,
        "quadratic": (steps / most) ** 2,
        "ordinal": steps * (steps + 1) / (most * (most + 1)),
    }
    matrix: FloatArray = 1 - distances[weights]
    return matrix


def pair_agreement(units: IntArray, matrix: FloatArray) -> FloatArray:
    """Return the mean agreement of the pairs of labels of each unit, (U, C) -> (U,).

    >>> pair_agreement(np.array([[2, 1], [4, 0]]), agreement_matrix(2)).round(3).tolist()
    [0.333, 1.0]
    """
    m = units.sum(1)
    agreement: FloatArray = (((units @ matrix) * units).sum(1) - m) / (m * (m - 1))
    return agreement


def gwet_chance(shares: FloatArray, matrix: FloatArray) -> FloatArray:
    """Return Gwet's chance agreement for shares of categories (..., C).

    >>> float(gwet_chance(np.array([0.5, 0.5]), agreement_matrix(2)))
    0.5
    """
    categories = len(matrix)
    chance: FloatArray = matrix.sum() * (shares * (1 - shares)).sum(-1)
    return chance / (categories * (categories - 1))
