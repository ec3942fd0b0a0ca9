"""GLAD (Generative model of Labels, Abilities, and Difficulties)."""

from __future__ import annotations

from typing import TYPE_CHECKING, NamedTuple

import numpy as np

from gamelabel.aggregation.crowd_labels import CrowdLabels, FitResult
from gamelabel.aggregation.expectation_maximization import e_step
from gamelabel.tables.vote_counts import FloatArray

if TYPE_CHECKING:
    from scipy.optimize import OptimizeResult

_TOLERANCE = 1e-9  # relative gain of the objective at which the optimization ends
_MAX_ITERATIONS = 2_000


class _Expectation(NamedTuple):
    """Posterior (T, K), log likelihood; by label (N,) the log odds of being right and the ease."""

    posterior: FloatArray
    log_likelihood: float
    log_odds: FloatArray
    ease: FloatArray


def glad(crowd: CrowdLabels, iterations: int = _MAX_ITERATIONS) -> FitResult:
    """Fit GLAD: p(label is right) = 1 / (1 + exp(-ability_w ease_t)).

    Abilities and log eases have normal priors with mean 1 and standard deviation 1, as in the
    reference. All categories are equally likely, and so are all wrong labels. By Fisher's identity
    the gradient of the expected log likelihood, which the reference maximizes by EM, is the
    gradient of the likelihood. This function maximizes the posterior directly by L-BFGS.

    Parameters
    ----------
    crowd : CrowdLabels
        The labels.
    iterations : int
        The greatest number of iterations of L-BFGS.

    Returns
    -------
    FitResult
        `workers` has the `ability` (0: guesses, negative: contradicts) and `right`, the mean
        probability that the worker's labels are right.

    References
    ----------
    Whitehill, Ruvolo, Wu, Bergsma and Movellan, "Whose vote should count more: optimal integration
    of labels from labelers of unknown expertise" (2009).

    Examples
    --------
    >>> task, worker = np.repeat(np.arange(4), 3), np.tile([0, 1, 2], 4)
    >>> label = np.array([0, 0, 1, 1, 1, 0, 0, 0, 0, 1, 1, 1])
    >>> crowd = CrowdLabels(task, worker, label, np.full(4, -1), n_workers=3, n_categories=2)
    >>> glad(crowd).posterior.argmax(1).tolist()
    [0, 1, 0, 1]
    """
    from scipy.optimize import minimize
    from scipy.special import expit

    n_workers = crowd.n_workers
    log_wrong = np.log(max(crowd.n_categories - 1, 1))
    objective: list[float] = []

    def expectation(x: FloatArray) -> _Expectation:
        ability, ease = x[:n_workers][crowd.worker], np.exp(x[n_workers:])[crowd.task]
        log_odds = ability * ease
        all_wrong = crowd.sum_by_task(-np.logaddexp(0, log_odds) - log_wrong)
        log_joint = all_wrong[:, None] + crowd.votes(log_odds + log_wrong)
        posterior, log_likelihood = e_step(crowd, log_joint - np.log(crowd.n_categories))
        return _Expectation(posterior, log_likelihood, log_odds, ease)

    def loss_and_gradient(x: FloatArray) -> tuple[float, FloatArray]:
        posterior, log_likelihood, log_odds, ease = expectation(x)
        residual = crowd.at_labels(posterior) - expit(log_odds)
        by_worker = crowd.sum_by_worker(residual * ease)
        gradient = np.concatenate([by_worker, crowd.sum_by_task(residual * log_odds)])
        return 0.5 * float(((x - 1) ** 2).sum()) - log_likelihood, x - 1 - gradient

    def record(intermediate_result: OptimizeResult) -> None:
        objective.append(-float(intermediate_result.fun))

    optimum = minimize(
        loss_and_gradient,
        np.ones(n_workers + crowd.n_tasks),
        jac=True,
        method="L-BFGS-B",
        callback=record,
        options={"maxiter": iterations, "ftol": _TOLERANCE, "gtol": 0},
    )
    posterior, log_likelihood, log_odds, _ = expectation(optimum.x)
    n_labels = np.maximum(crowd.sum_by_worker(np.ones(len(log_odds))), 1)
    right = crowd.sum_by_worker(expit(log_odds)) / n_labels
    workers = {"right": right, "ability": optimum.x[:n_workers]}
    return FitResult(posterior, workers, objective, optimum.status == 0, log_likelihood)
