"""Votes weigh as much as their worker has been right, on gold or else in the eyes of the others."""

from __future__ import annotations

import numpy as np

from gamelabel.aggregation.crowd import Crowd, Fit, Real
from gamelabel.aggregation.em import expect
from gamelabel.aggregation.majority import shares

STRENGTHS = np.geomspace(
    1, 1000, 31
)  # a + b of the Beta that workers are drawn from, each order as likely


def weighted(crowd: Crowd) -> Fit:
    """One pass: a worker right with probability p has votes of log(p (K - 1) / (1 - p)), the log odds of being right.

    With gold, p is the accuracy on gold's tasks; without, the mean share of a task's other labels that say the same, so
    that no vote vouches for itself. Of few labels neither says much, and `expected_accuracy` takes it as far as the
    crowd's own spread shows that it goes: where gold is too little to tell workers apart, votes weigh alike.
    """
    votes = crowd.tally()
    others = votes.sum(1)[crowd.task] - 1
    judged = others > 0
    said = (crowd.given(votes) - 1) / np.maximum(others, 1)
    if (crowd.known >= 0).any():
        judged = crowd.known[crowd.task] >= 0
        said = (crowd.known[crowd.task] == crowd.label).astype(float)
    p = expected_accuracy(crowd.by_worker(said * judged), crowd.by_worker(judged.astype(float)))
    weight = np.log(p) - np.log1p(-p) + np.log(max(crowd.categories - 1, 1))
    posterior, _ = expect(crowd, crowd.tally(weight[crowd.worker]))
    return Fit(posterior, {"right": p, "weight": weight}, [])


def expected_accuracy(right: Real, seen: Real) -> Real:
    """What accuracy to expect of workers (W,) who were right in so many of the labels seen, some perhaps of none.

    Workers are drawn from Beta(s m, s (1 - m)), m being the crowd's accuracy. With s known, (right + s m) / (seen + s)
    is to be expected; s is not, so this is the mean over `STRENGTHS`, each weighing as likely as it makes all that was
    seen (the beta-binomial's marginal likelihood). A single best s would be chance's where little was seen.
    """
    from scipy.special import betaln

    mean = (right.sum() + 1) / (seen.sum() + 2)
    a, b = STRENGTHS[:, None] * mean, STRENGTHS[:, None] * (1 - mean)
    evidence = (betaln(a + right, b + seen - right) - betaln(a, b)).sum(1)
    likely = np.exp(evidence - evidence.max())
    return (likely / likely.sum()) @ ((right + a) / (seen + a + b))


def opening(crowd: Crowd) -> Real:
    """Posteriors (T, K) that a climb starts from: shares of the votes, or where gold can weigh them, weighted votes."""
    return weighted(crowd).posterior if (crowd.known >= 0).any() else shares(crowd)
