"""The default method: the models that predict the crowd's own labels best, averaged."""

from __future__ import annotations

from functools import partial
from typing import NamedTuple

import numpy as np
from numpy.typing import NDArray

from gamelabel.aggregation.crowd_labels import CrowdLabels, FitResult, Method
from gamelabel.aggregation.dawid_skene import dawid_skene
from gamelabel.aggregation.mace import mace
from gamelabel.aggregation.majority import majority
from gamelabel.aggregation.one_coin import one_coin
from gamelabel.aggregation.probability_calibration import shrink_posterior, temper
from gamelabel.tables.vote_counts import FloatArray

CANDIDATES: dict[str, Method] = {
    "dawid-skene": dawid_skene,
    "one-coin": one_coin,
    "mace": mace,
    "mace, uniform": partial(mace, uniform=True),
}
_FEWEST_LABELS = 3  # per worker, in the mean, of tasks that are labelled by others too
_FOLDS = 5
_ENOUGH_HELD_OUT = 20_000  # labels; further folds would change the weights little
_TEMPERATURES = (1.0, 1.5, 2.0, 3.0, 4.0, 6.0)
_TOLERANCE = 1e-6  # gain per label that may remain; more would change the average little
_PRIOR_LABELS = 2.0  # pseudo-labels of each worker, distributed as those of the crowd
_LEAST = 0.01  # least probability that a worker knows, and that a worker does not know
_ITERATIONS = 500  # of the expectation maximization of the weights


class Choice(NamedTuple):
    """What "auto" uses: weights of methods that sum to 1, and why."""

    weights: dict[str, float]
    reason: str


def choose_method(crowd: CrowdLabels) -> Choice:
    """Weigh the candidates by how well they predict labels that they have not seen.

    No answer needs to be known. A fifth of each task's labels is hidden. Each candidate infers
    answers from the others, and the hidden labels are predicted from these answers: a worker gives
    the answer, or else labels by habit, that is, as often as in all own labels. The weights are
    those whose mixture makes the hidden labels most probable: stacking. Full confusion matrices
    would predict better, but also from answers that are about something else, such as which tasks
    are hard; here an answer must be the label that people who know it give.

    Workers who share fewer than three tasks with others, or with gold, in the mean, cannot be
    distinguished: then the majority is used. Which labels are hidden is drawn with a fixed seed, in
    the order of the tasks' and workers' names.

    Parameters
    ----------
    crowd : CrowdLabels
        The labels.

    Returns
    -------
    Choice

    References
    ----------
    Yao, Vehtari, Simpson and Gelman, "Using stacking to average Bayesian predictive distributions"
    (2018).

    Examples
    --------
    >>> task, worker = np.repeat(np.arange(4), 3), np.arange(12)
    >>> label = np.array([0, 0, 1, 1, 1, 0, 0, 0, 0, 1, 1, 1])
    >>> crowd = CrowdLabels(task, worker, label, np.full(4, -1), n_workers=12, n_categories=2)
    >>> choose_method(crowd)
    Choice(weights={'majority': 1.0}, reason='a worker shares 1.0 tasks with others, fewer than 3')
    """
    labels_per_worker = _labels_per_worker(crowd)
    if labels_per_worker < _FEWEST_LABELS:
        reason = f"a worker shares {labels_per_worker:.1f} tasks with others, fewer than 3"
        return Choice({"majority": 1.0}, reason)
    predicted = _held_out_probabilities(crowd)
    weights = _stacking_weights(predicted)
    gain = np.log(predicted).mean(0)
    shown = ", ".join(f"{name} {value:.3f}" for name, value in zip(CANDIDATES, gain, strict=True))
    return Choice(
        dict(zip(CANDIDATES, weights.tolist(), strict=True)),
        f"log probability of {len(predicted):,} hidden labels, mean: {shown}",
    )


def auto(crowd: CrowdLabels) -> FitResult:
    """Average the calibrated posteriors of the candidates, weighted by `choose_method`.

    The workers are those of the candidate with the greatest weight.

    >>> task, worker = np.repeat(np.arange(4), 3), np.tile([0, 1, 2], 4)
    >>> label = np.array([0, 0, 1, 1, 1, 0, 0, 0, 0, 1, 1, 1])
    >>> crowd = CrowdLabels(task, worker, label, np.full(4, -1), n_workers=3, n_categories=2)
    >>> auto(crowd).posterior.argmax(1).tolist()
    [0, 1, 0, 1]
    """
    return average(crowd, choose_method(crowd).weights)


def average(crowd: CrowdLabels, weights: dict[str, float]) -> FitResult:
    """Average the calibrated posteriors of methods with these weights."""
    if "majority" in weights:
        return majority(crowd)
    results = {
        name: CANDIDATES[name](crowd, tolerance=_TOLERANCE)  # type: ignore[call-arg]
        for name in weights
    }
    posterior = sum(
        weight * shrink_posterior(crowd, results[name].posterior)
        for name, weight in weights.items()
    )
    best = results[max(weights, key=weights.__getitem__)]
    return best._replace(
        posterior=crowd.with_gold(np.asarray(posterior)),
        converged=all(result.converged for result in results.values()),
    )


def _labels_per_worker(crowd: CrowdLabels) -> float:
    """Return the mean number of a worker's labels on tasks that have other labels, or gold."""
    n = crowd.sum_by_task(np.ones(len(crowd.task)))
    compared = (n[crowd.task] > 1) | (crowd.gold[crowd.task] >= 0)
    return float(compared.sum()) / max(crowd.n_workers, 1)


def _held_out_probabilities(crowd: CrowdLabels) -> FloatArray:
    """Return the probability of each hidden label by each candidate, shape (labels, candidates)."""
    fold = _folds(crowd)
    n_folds = min(_FOLDS, -(-_FOLDS * _ENOUGH_HELD_OUT // max(len(fold), 1)))
    columns = []
    for method in CANDIDATES.values():
        parts = [_predict(crowd, fold == hidden, method) for hidden in range(n_folds)]
        by_temperature = np.concatenate(parts)
        columns.append(by_temperature[:, np.log(by_temperature).sum(0).argmax()])
    return np.stack(columns, axis=1)


def _folds(crowd: CrowdLabels) -> NDArray[np.int64]:
    """Assign the labels of each task to folds at random, as evenly as possible, shape (N,)."""
    rng = np.random.default_rng(0)
    order = np.lexsort((rng.random(len(crowd.task)), crowd.task))
    n = np.bincount(crowd.task, minlength=crowd.n_tasks)
    first = np.cumsum(n) - n
    place = np.empty(len(order), np.int64)
    place[order] = np.arange(len(order)) - first[crowd.task]
    offset: NDArray[np.int64] = rng.integers(0, _FOLDS, crowd.n_tasks)
    return (place + offset[crowd.task]) % _FOLDS


def _predict(crowd: CrowdLabels, hidden: NDArray[np.bool_], method: Method) -> FloatArray:
    """Return the probability of each hidden label at each temperature, (labels, temperatures)."""
    shown = crowd._replace(
        task=crowd.task[~hidden], worker=crowd.worker[~hidden], label=crowd.label[~hidden]
    )
    task, worker, label = crowd.task[hidden], crowd.worker[hidden], crowd.label[hidden]
    posterior = method(shown, tolerance=_TOLERANCE).posterior  # type: ignore[call-arg]
    n = np.maximum(shown.sum_by_worker(np.ones(len(shown.task))), 1)
    habit = _habits(shown)
    by_habit = (habit**2).sum(1)  # probability that the answer is given by habit
    columns = []
    for temperature in _TEMPERATURES:
        softer = temper(posterior, 1 / temperature)
        right = shown.sum_by_worker(shown.at_labels(softer))
        crowd_accuracy = right.sum() / max(len(shown.task), 1)
        accuracy = (right + _PRIOR_LABELS * crowd_accuracy) / (n + _PRIOR_LABELS)
        knows = (accuracy - by_habit) / np.maximum(1 - by_habit, _LEAST)
        knows = np.clip(knows, _LEAST, 1 - _LEAST)[worker]
        columns.append(knows * softer[task, label] + (1 - knows) * habit[worker, label])
    predicted: FloatArray = np.maximum(np.stack(columns, axis=1), np.finfo(float).tiny)
    return predicted


def _habits(crowd: CrowdLabels) -> FloatArray:
    """Return how often each worker uses each label, drawn to the crowd's shares, shape (W, K)."""
    cell = crowd.worker * crowd.n_categories + crowd.label
    counts = np.bincount(cell, minlength=crowd.n_workers * crowd.n_categories)
    by_worker = counts.reshape(crowd.n_workers, crowd.n_categories)
    habit = by_worker + _PRIOR_LABELS * by_worker.sum(0) / max(len(cell), 1)
    shares: FloatArray = habit / np.maximum(habit.sum(1, keepdims=True), _LEAST)
    return shares


def _stacking_weights(predicted: FloatArray) -> FloatArray:
    """Return the weights of the mixture that makes the labels most probable, by EM."""
    weights = np.full(predicted.shape[1], 1 / predicted.shape[1])
    for _ in range(_ITERATIONS):
        mixture = predicted @ weights
        weights = weights * (predicted / mixture[:, None]).mean(0)
    normalized: FloatArray = weights / weights.sum()
    return normalized
