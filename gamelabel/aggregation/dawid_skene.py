"""Each worker has a way of confusing categories: what they call a task of each true category, how often."""

from __future__ import annotations

from typing import NamedTuple

import numpy as np

from gamelabel.aggregation.crowd import Crowd, Fit, Real
from gamelabel.aggregation.em import TOLERANCE, climb
from gamelabel.aggregation.weighted import opening

OF_CROWD, RIGHT = 1.0, 0.5


class Confusions(NamedTuple):
    """Log probabilities: of each category, (K,), and of each label by a worker given the truth, (W, label, truth)."""

    share: Real
    label: Real


def dawid_skene(crowd: Crowd, prior: float = 1.0, tolerance: float = TOLERANCE) -> Fit:
    """Maximum a posteriori, by EM, of p(labels of t, truth k) = share_k * product over labels l by w of c_w[l | k].

    Source: Dawid and Skene, "Maximum likelihood estimation of observer error-rates using the EM algorithm" (1979).
    Theirs is `prior` 0. A worker of few labels has no confusions that can be counted, and says 0 or 1 of what was seen
    once; so each starts, for each truth, from `prior` times one label as the crowd's are spread where the majority has
    that truth, and half a label that is right.
    """
    cells, workers, categories = crowd.cells(), crowd.workers, crowd.categories

    def counted(posterior: Real) -> Real:
        return (cells.T @ posterior).reshape(workers, categories, categories)

    posterior = opening(crowd)
    pool = counted(posterior).sum(0) + 1 / categories
    before = prior * (OF_CROWD * pool / pool.sum(0) + RIGHT * np.eye(categories))

    def maximise(posterior: Real, _: Confusions | None) -> Confusions:
        seen = counted(posterior) + before
        return Confusions(
            _log_shares(posterior.T @ np.ones(len(crowd.known)), 0), _log_shares(seen, 1)
        )

    def joint(found: Confusions) -> Real:
        return found.share + cells @ found.label.reshape(workers * categories, categories)

    def penalty(found: Confusions) -> float:
        return float((before * found.label).sum())

    fit, found = climb(crowd, posterior, maximise, joint, penalty, tolerance)
    return fit._replace(workers={"right": np.exp(np.diagonal(found.label, axis1=1, axis2=2))})


def _log_shares(amounts: Real, axis: int) -> Real:
    """The log of each amount's share along an axis: of nothing, equal shares; none is 0."""
    some = amounts + np.finfo(float).tiny
    return np.log(some) - np.log(some.sum(axis, keepdims=True))
