"""The area under the ROC curve."""

from __future__ import annotations

import numpy as np
from numpy.typing import ArrayLike


def auc(scores: ArrayLike, positive: ArrayLike) -> float:
    """Return the area under the ROC curve of scores.

    It is the probability that a positive example scores higher than a negative one, where equal
    scores count one half: the Mann-Whitney U statistic over the number of pairs.

    Parameters
    ----------
    scores : array_like of float, shape (N,)
        The score of each example.
    positive : array_like of bool, shape (N,)
        Whether each example belongs to the positive class.

    Returns
    -------
    float
        The area, in [0, 1]; NaN if either class is empty.

    References
    ----------
    Hanley and McNeil, "The meaning and use of the area under a receiver operating characteristic
    (ROC) curve" (1982).

    Examples
    --------
    >>> auc([0.1, 0.4, 0.4, 0.8], [False, False, True, True])
    0.875
    >>> auc([1.0, 2.0], [True, True])
    nan
    """
    from scipy.stats import mannwhitneyu

    scores, positive = np.asarray(scores, float), np.asarray(positive, bool)
    inside, outside = scores[positive], scores[~positive]
    if not len(inside) or not len(outside):
        return float("nan")
    u = mannwhitneyu(inside, outside, method="asymptotic").statistic
    return float(u / (len(inside) * len(outside)))
