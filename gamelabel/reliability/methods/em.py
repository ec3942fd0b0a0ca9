"""Expectation and maximisation by turns, until nothing is gained any more."""

from __future__ import annotations

from collections.abc import Callable
from typing import TypeVar

import numpy as np

from gamelabel.reliability.methods.crowd import Crowd, Real

TOLERANCE = 1e-9  # gain of a round, per label, at which it ends
ROUNDS = 10_000

P = TypeVar("P")


def expect(crowd: Crowd, joint: Real) -> tuple[Real, float]:
    """Posteriors (T, K) and the log likelihood, of the log of what labels and truth have jointly, (T, K).

    A task of gold has its known truth: certain in the posterior, and alone in the likelihood.
    """
    known = crowd.known >= 0
    joint = np.where(known[:, None] & (crowd.known[:, None] != np.arange(crowd.categories)), -np.inf, joint)
    top = joint.max(1, keepdims=True)
    posterior = np.exp(joint - top)
    total = posterior.sum(1, keepdims=True)
    posterior /= total
    return posterior, float(top.sum() + np.log(total).sum())


def climb(
    crowd: Crowd,
    start: Real,
    maximise: Callable[[Real, P | None], P],
    joint: Callable[[P], Real],
    penalty: Callable[[P], float],
    tolerance: float = TOLERANCE,
) -> tuple[Real, P, list[float], bool]:
    """From posteriors (T, K) to those at a maximum: posteriors, parameters, the objective by round, whether it is one.

    maximise: the parameters best for posteriors, given the last ones (at first None); joint: their log joint (T, K);
    penalty: what the objective has beside the log likelihood, the log prior of the parameters. The objective never
    falls; the climb ends when a round adds less than `tolerance` a label.
    """
    posterior, parameters, objective = start, None, []
    for _ in range(ROUNDS):
        parameters = maximise(posterior, parameters)
        posterior, likelihood = expect(crowd, joint(parameters))
        objective.append(likelihood + penalty(parameters))
        if len(objective) > 1 and objective[-1] - objective[-2] <= tolerance * len(crowd.task):
            return posterior, parameters, objective, True
    return posterior, parameters, objective, False  # type: ignore[return-value]  # there was a round
