"""Workers' confusion matrices, from the answers of any method."""

from __future__ import annotations

import numpy as np

from gamelabel.aggregation.crowd_labels import CrowdLabels
from gamelabel.tables.vote_counts import FloatArray

_CROWD_LABELS, _RIGHT_LABELS = 2.0, 0.5  # pseudo-labels per true category


def confusion_matrices(crowd: CrowdLabels, posterior: FloatArray, prior: float = 1.0) -> FloatArray:
    """Estimate how workers label each category, given the probabilities of the answers.

    Parameters
    ----------
    crowd : CrowdLabels
        The labels.
    posterior : ndarray of float
        Probability of each category, shape (T, K).
    prior : float
        Weight of the prior: for each true category two pseudo-labels distributed as those of the
        crowd, and half a pseudo-label that is right.

    Returns
    -------
    ndarray of float
        The probability of a label, shape (W, truth, label); the last axis sums to 1.

    Examples
    --------
    >>> task, worker = np.repeat(np.arange(4), 3), np.tile([0, 1, 2], 4)
    >>> label = np.array([0, 0, 1, 1, 1, 0, 0, 0, 0, 1, 1, 1])
    >>> crowd = CrowdLabels(task, worker, label, np.full(4, -1), n_workers=3, n_categories=2)
    >>> answers = np.array([[1.0, 0], [0, 1], [1, 0], [0, 1]])
    >>> confusion_matrices(crowd, answers)[2].round(2).tolist()
    [[0.68, 0.32], [0.32, 0.68]]
    """
    n_workers, n_categories = crowd.n_workers, crowd.n_categories
    counts = np.reshape(crowd.vote_matrix().T @ posterior, (n_workers, n_categories, n_categories))
    counts = counts.transpose(0, 2, 1)
    pooled = counts.sum(0) + 1 / n_categories
    pooled /= pooled.sum(1, keepdims=True)
    expected = counts + prior * (_CROWD_LABELS * pooled + _RIGHT_LABELS * np.eye(n_categories))
    shares: FloatArray = expected / np.maximum(expected.sum(2, keepdims=True), np.finfo(float).tiny)
    return shares
