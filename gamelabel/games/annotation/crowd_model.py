"""How likely each worker's labels are, given the right answer: what a single vote is worth."""

from __future__ import annotations

from typing import Literal, NamedTuple, get_args

import numpy as np

from gamelabel.aggregation.crowd_labels import CrowdLabels
from gamelabel.aggregation.dawid_skene import dawid_skene
from gamelabel.aggregation.majority import majority
from gamelabel.aggregation.one_coin import one_coin
from gamelabel.aggregation.probability_calibration import dependence
from gamelabel.aggregation.weighted import expected_accuracy
from gamelabel.aggregation.worker_confusion import confusion_matrices
from gamelabel.tables.vote_counts import FloatArray

OnlineMethod = Literal["majority", "one-coin", "dawid-skene"]
_ASSUMED_ACCURACY = 0.7  # of every worker, until two workers have labeled the same point
_TOLERANCE = 1e-6  # gain per label that may remain; more would change the skills little
_PRIOR_PAIRS = 20.0  # pairs of labels that agree as assumed
_PRIOR_POINTS = 10.0  # pseudo-points of each answer in its share


class CrowdModel(NamedTuple):
    """Log probabilities of labels, for W workers and K answers.

    Attributes
    ----------
    workers : ndarray of float
        Log probability of a label, given the right answer, shape (W, label, answer).
    newcomer : ndarray of float
        The same for a worker of whom nothing is known, shape (label, answer).
    shares : ndarray of float
        Log share of each answer among the points, shape (K,).
    dependence : float
        How much the errors of a point's labels depend on each other, 0 to 1; see
        `gamelabel.aggregation.probability_calibration`.
    """

    workers: FloatArray
    newcomer: FloatArray
    shares: FloatArray
    dependence: float

    def of_vote(self, person: int, code: int) -> FloatArray:
        """Return the log probability of one vote, given each answer, shape (K,)."""
        table = self.workers[person] if person < len(self.workers) else self.newcomer
        row: FloatArray = table[code]
        return row

    def of_points(self, crowd: CrowdLabels) -> FloatArray:
        """Return the log probability of each point's votes, given each answer, shape (T, K)."""
        if len(self.workers):
            of_votes = self.workers[crowd.worker, crowd.label]
        else:
            of_votes = self.newcomer[crowd.label]
        sums = [np.bincount(crowd.task, column, crowd.n_tasks) for column in of_votes.T]
        return np.stack(sums, axis=1).astype(float)


def assumed_model(n_answers: int) -> CrowdModel:
    """Return the model before there is anything to learn from: all workers are fairly accurate.

    >>> np.exp(assumed_model(2).newcomer).round(2).tolist()
    [[0.7, 0.3], [0.3, 0.7]]
    """
    newcomer = _one_coin_table(np.array([_ASSUMED_ACCURACY]), n_answers)[0]
    shares = np.full(n_answers, -np.log(n_answers))
    return CrowdModel(np.zeros((0, n_answers, n_answers)), newcomer, shares, 0.0)


def fit_crowd_model(crowd: CrowdLabels, method: OnlineMethod = "dawid-skene") -> CrowdModel:
    """Estimate workers from their labels on points that others have labeled too.

    Points with one label are left out: nothing in them says whether the label is right.

    Parameters
    ----------
    crowd : CrowdLabels
        The labels. Known answers are not used.
    method : str
        "majority": all workers have the accuracy of the crowd. "one-coin": each has an accuracy.
        "dawid-skene": each has a confusion matrix. The first two take a worker who is right less
        often than by chance as one who guesses. With few labels "one-coin" may take one answer for
        the truth of all points: use it with known answers only.

    Returns
    -------
    CrowdModel

    Examples
    --------
    >>> task, worker = np.repeat(np.arange(4), 3), np.tile([0, 1, 2], 4)
    >>> label = np.array([0, 0, 1, 1, 1, 0, 0, 0, 0, 1, 1, 1])
    >>> crowd = CrowdLabels(task, worker, label, np.full(4, -1), n_workers=3, n_categories=2)
    >>> model = fit_crowd_model(crowd, "one-coin")
    >>> np.exp(model.workers[:, 0, 0]).round(2).tolist()
    [0.84, 0.84, 0.71]
    >>> float(np.exp(model.newcomer[0, 0]).round(2))
    0.78
    """
    if method not in get_args(OnlineMethod):
        names = ", ".join(get_args(OnlineMethod))
        raise ValueError(f"unknown method {method!r} for votes one at a time: use {names}")
    n_labels = np.bincount(crowd.task, minlength=crowd.n_tasks)
    kept = n_labels[crowd.task] > 1
    if not kept.any():
        return assumed_model(crowd.n_categories)
    rows, task = np.unique(crowd.task[kept], return_inverse=True)
    shared = crowd._replace(
        task=task,
        worker=crowd.worker[kept],
        label=crowd.label[kept],
        gold=np.full(len(rows), -1),
    )
    if method == "dawid-skene":
        posterior = dawid_skene(shared, tolerance=_TOLERANCE).posterior
        workers = confusion_matrices(shared, posterior).transpose(0, 2, 1)
        votes = shared._replace(worker=np.zeros(len(task), np.int64), n_workers=1)
        newcomer = confusion_matrices(votes, posterior)[0].T
    else:
        if method == "one-coin":
            posterior = one_coin(shared, tolerance=_TOLERANCE).posterior
            right = shared.sum_by_worker(shared.at_labels(posterior))
            labels = shared.sum_by_worker(np.ones(len(task)))
            accuracy = expected_accuracy(right, labels)
            of_crowd = float((right.sum() + 1) / (labels.sum() + 2))
        else:
            posterior = majority(shared).posterior
            of_crowd = accuracy_by_agreement(shared)
            accuracy = np.full(crowd.n_workers, of_crowd)
        workers = np.exp(_one_coin_table(accuracy, crowd.n_categories))
        newcomer = np.exp(_one_coin_table(np.array([of_crowd]), crowd.n_categories)[0])
    shares = posterior.sum(0) + _PRIOR_POINTS
    shares /= shares.sum()
    depends = dependence(shared, posterior)
    return CrowdModel(np.log(workers), np.log(newcomer), np.log(shares), depends)


def accuracy_by_agreement(crowd: CrowdLabels) -> float:
    """Return the accuracy that explains how often two labels of a point agree.

    Two workers of accuracy p agree with probability A = p² + (1 - p)² / (K - 1), if errors are
    independent and all wrong answers equally likely; solved for p. Accuracies are at least 1 / K.
    Twenty further pairs agree as those of workers of whom nothing is known.

    >>> task, label = np.repeat(np.arange(100), 2), np.repeat([0, 0, 0, 1], 50)
    >>> worker = np.tile([0, 1], 100)
    >>> crowd = CrowdLabels(task, worker, label, np.full(100, -1), n_workers=2, n_categories=2)
    >>> round(accuracy_by_agreement(crowd), 2)
    0.96
    """
    k, votes = crowd.n_categories, crowd.votes()
    n = votes.sum(1)
    pairs = (n * (n - 1)).sum() / 2
    agreeing = (votes * (votes - 1)).sum() / 2
    assumed = _ASSUMED_ACCURACY**2 + (1 - _ASSUMED_ACCURACY) ** 2 / (k - 1)
    share = (agreeing + _PRIOR_PAIRS * assumed) / (pairs + _PRIOR_PAIRS)
    return float((1 + np.sqrt((k - 1) * max(k * share - 1, 0))) / k)


def _one_coin_table(accuracy: FloatArray, n_answers: int) -> FloatArray:
    """Return log probabilities of labels (W, label, answer); accuracies are at least chance."""
    right = np.maximum(accuracy, 1 / n_answers)[:, None, None]
    wrong = (1 - right) / max(n_answers - 1, 1)
    table: FloatArray = np.log(np.where(np.eye(n_answers, dtype=bool), right, wrong))
    return table
