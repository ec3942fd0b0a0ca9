"""How much the labels of a task say: probabilities that do not count dependent labels twice."""

from __future__ import annotations

from collections.abc import Callable

import numpy as np

from gamelabel.aggregation.crowd_labels import CrowdLabels
from gamelabel.aggregation.worker_confusion import confusion_matrices
from gamelabel.tables.vote_counts import FloatArray

_SEEN_SHARE = 0.1  # share of the dependence between errors that residuals show; see `dependence`
_UPPER_Z = 1.645  # standard errors to the upper limit of a one-sided 95 % interval
_SCALE_SD = 0.5  # standard deviation of the normal prior of the log of the exponent
_MAX_LABELS = 30_000  # the dependence is estimated from the first tasks with so many labels


def label_correlation(crowd: CrowdLabels) -> float:
    """Return the intraclass correlation of the labels of a task, which is Krippendorff's alpha.

    Tasks with gold are left out unless there are no others with two labels. The result is at least
    0, and 0 where no task has two labels or all labels are equal.

    >>> task, label = np.array([0, 0, 1, 1]), np.array([0, 0, 1, 1])
    >>> crowd = CrowdLabels(task, label, label, np.array([-1, -1]), n_workers=2, n_categories=2)
    >>> label_correlation(crowd)
    1.0
    """
    votes = np.ascontiguousarray(crowd.votes().T)  # summing along a short last axis is slow
    several = votes.sum(0) > 1
    open_tasks = several & (crowd.gold < 0)
    votes = votes[:, open_tasks if open_tasks.any() else several]
    n, totals = votes.sum(0), votes.sum(1)
    expected_pairs = totals.sum() ** 2 - (totals**2).sum()
    if not votes.size or not expected_pairs:
        return 0.0
    disagreeing = ((n**2 - (votes**2).sum(0)) / (n - 1)).sum()
    return max(float(1 - disagreeing * (totals.sum() - 1) / expected_pairs), 0.0)


def dependence(crowd: CrowdLabels, posterior: FloatArray) -> float:
    """Estimate how much the errors of a task's labels depend on each other, 0 to 1.

    Every model here assumes that errors are independent, given the right answer. People err
    together: on a task that looks like another category, many are wrong in the same way. The
    residuals of two labels of a task (1 for the label, 0 for the other categories, minus the
    worker's probabilities) have correlation 0 if a model is right. But the labels show little of
    this dependence, since an error that most workers share counts as the right answer. So the
    estimate is ten times the upper 95 % limit of the residual correlation, at most the
    correlation of the labels themselves (`label_correlation`). That bound is reached for each of
    the crowds of `benchmarks.bench_crowds`, and not by simulated independent workers.

    Parameters
    ----------
    crowd : CrowdLabels
        The labels.
    posterior : ndarray of float
        Posteriors of a model, shape (T, K).

    Returns
    -------
    float
        The correlation; 0 where no task has two labels.

    Examples
    --------
    >>> task, worker = np.repeat(np.arange(4), 3), np.tile([0, 1, 2], 4)
    >>> label = np.array([0, 0, 1, 1, 1, 0, 0, 0, 0, 1, 1, 1])
    >>> crowd = CrowdLabels(task, worker, label, np.full(4, -1), n_workers=3, n_categories=2)
    >>> round(dependence(crowd, crowd.votes() / 3), 3)
    0.389
    """
    bound = label_correlation(crowd)
    if not bound:
        return 0.0
    confusion = confusion_matrices(crowd, posterior)
    n_tasks, n_categories = crowd.n_tasks, crowd.n_categories
    if len(crowd.task) > _MAX_LABELS:
        n_tasks = int(crowd.task[_MAX_LABELS]) + 1
    n_labels = int(np.searchsorted(crowd.task, n_tasks))
    task, worker, label = (codes[:n_labels] for codes in (crowd.task, crowd.worker, crowd.label))
    together, scale = np.zeros(n_tasks), np.zeros(n_tasks)
    for truth in range(n_categories):
        probability = confusion[:, truth].T[:, worker]  # (K, N)
        residual = -probability
        residual[label, np.arange(n_labels)] += 1
        sums = np.stack([np.bincount(task, of_category, n_tasks) for of_category in residual])
        pairs = (sums**2).sum(0) - np.bincount(task, (residual**2).sum(0), n_tasks)
        variance = 1 - (probability**2).sum(0)
        possible = np.bincount(task, np.sqrt(variance), n_tasks) ** 2
        possible -= np.bincount(task, variance, n_tasks)
        together += posterior[:n_tasks, truth] * pairs
        scale += posterior[:n_tasks, truth] * possible
    total = scale.sum()
    if total <= 0:
        return bound
    correlation = together.sum() / total
    error = np.sqrt(((together - correlation * scale) ** 2).sum()) / total
    return float(np.clip((correlation + _UPPER_Z * error) / _SEEN_SHARE, 0, bound))


def temper(posterior: FloatArray, exponent: FloatArray | float) -> FloatArray:
    """Raise posteriors (T, K) to a power, one for all or by task (T,), and normalize.

    >>> temper(np.array([[0.8, 0.2]]), 0.5).round(3).tolist()
    [[0.667, 0.333]]
    """
    log: FloatArray = np.ascontiguousarray(posterior.T)  # a short last axis is slow
    log = np.log(np.maximum(log, np.finfo(float).tiny)) * exponent
    log -= log.max(0)
    np.exp(log, out=log)
    log /= log.sum(0)
    return np.ascontiguousarray(log.T)


def shrink_posterior(crowd: CrowdLabels, posterior: FloatArray) -> FloatArray:
    """Return posteriors in which dependent labels count as fewer independent ones.

    The n labels of a task, with correlation r (`dependence`), are worth n / (1 + (n - 1) r)
    independent ones: Kish's design effect. The posterior is raised to 1 / (1 + (n - 1) r), which
    changes no label, and nothing where a task has one label.

    Parameters
    ----------
    crowd : CrowdLabels
        The labels.
    posterior : ndarray of float
        Posteriors of a model, shape (T, K).

    Returns
    -------
    ndarray of float
        Shape (T, K); 1 for gold.

    References
    ----------
    Kish, "Survey Sampling" (1965), section 5.4.

    Examples
    --------
    >>> task, worker = np.repeat(np.arange(4), 3), np.tile([0, 1, 2], 4)
    >>> label = np.array([0, 0, 1, 1, 1, 0, 0, 0, 0, 1, 1, 1])
    >>> crowd = CrowdLabels(task, worker, label, np.full(4, -1), n_workers=3, n_categories=2)
    >>> sure = np.array([[0.99, 0.01], [0.01, 0.99]] * 2)
    >>> shrink_posterior(crowd, sure).max(1).round(2).tolist()
    [0.93, 0.93, 0.93, 0.93]
    """
    n = crowd.sum_by_task(np.ones(len(crowd.task)))
    effect = 1 + np.maximum(n - 1, 0) * dependence(crowd, posterior)
    return crowd.with_gold(temper(posterior, 1 / effect))


def scale_by_gold(
    crowd: CrowdLabels, posterior: FloatArray, fit: Callable[[CrowdLabels], FloatArray]
) -> FloatArray:
    """Return posteriors raised to the power that suits the known answers.

    Half of the gold is hidden, the model is fitted with the other half, and the other way round.
    The exponent maximizes the likelihood of the hidden answers times a log-normal prior around 1,
    so that a few known answers change little. It is at most 1: known answers are often easier than
    the other tasks, so they can show that probabilities are too high, but not that they are too
    low.

    Parameters
    ----------
    crowd : CrowdLabels
        The labels, with gold.
    posterior : ndarray of float
        Posteriors with all gold, shape (T, K).
    fit : callable
        Returns the posteriors of labels, in the same way as `posterior` was computed.

    Returns
    -------
    ndarray of float
        Shape (T, K); 1 for gold.
    """
    from scipy.optimize import minimize_scalar

    known = np.flatnonzero(crowd.gold >= 0)
    hidden = np.zeros((len(known), crowd.n_categories))
    for half in range(2):
        gold = crowd.gold.copy()
        gold[known[half::2]] = -1
        hidden[half::2] = fit(crowd._replace(gold=gold))[known[half::2]]
    right = np.arange(len(known)), crowd.gold[known]

    def loss(log_exponent: float) -> float:
        probability = temper(hidden, float(np.exp(log_exponent)))[right]
        fit_to_gold = np.log(np.maximum(probability, np.finfo(float).tiny)).sum()
        return float(0.5 * (log_exponent / _SCALE_SD) ** 2 - fit_to_gold)

    best = minimize_scalar(loss, bounds=(-3, 0), method="bounded")
    return crowd.with_gold(temper(posterior, float(np.exp(best.x))))
