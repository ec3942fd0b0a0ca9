"""MACE (Multi-Annotator Competence Estimation): a worker knows the answer, or spams."""

from __future__ import annotations

from typing import NamedTuple

import numpy as np

from gamelabel.aggregation.crowd_labels import CrowdLabels, FitResult
from gamelabel.aggregation.expectation_maximization import (
    MAX_ITERATIONS,
    TOLERANCE,
    add_by_category,
    fit_em,
    fit_from_starts,
)
from gamelabel.aggregation.weighted import initial_posterior
from gamelabel.tables.vote_counts import FloatArray

_PRIOR_KNOWS = np.array([0.5, 0.5])  # Beta prior of knowing or spamming
_PRIOR_STRATEGY = 10.0  # Dirichlet prior of each spammed category


class _Parameters(NamedTuple):
    """Dirichlet posteriors of each worker, the expected logs of their probabilities, categories.

    `category` (K,) has the log probability of each category, `knows` (W, 2) is for knowing and
    spamming, `strategy` (W, K) for the category when spamming.
    """

    knows: FloatArray
    strategy: FloatArray
    log_knows: FloatArray
    log_strategy: FloatArray
    category: FloatArray

    @property
    def log_odds(self) -> FloatArray:
        """Log odds that a true label was known and not spammed, by worker and label, (W, K)."""
        return self.log_knows[:, :1] - self.log_knows[:, 1:] - self.log_strategy


def mace(
    crowd: CrowdLabels,
    uniform: bool = False,
    tolerance: float = TOLERANCE,
    iterations: int = MAX_ITERATIONS,
    restarts: int = 0,
) -> FitResult:
    """Fit MACE by variational Bayes.

    p(label | truth k) = knows_w [label is k] + (1 - knows_w) strategy_w[label]. The priors are
    Beta(0.5, 0.5) and Dirichlet(10, ..., 10), as in the reference. The objective is the evidence
    lower bound. The iteration starts from the vote shares, the reference from random values.

    Parameters
    ----------
    crowd : CrowdLabels
        The labels.
    uniform : bool
        Whether all categories are equally likely, as in the reference. If not, their shares are
        estimated: where one category is rare, equal shares make it far too frequent.
    tolerance : float
        Gain per label that may remain; see `fit_em`.
    iterations : int
        The greatest number of iterations.
    restarts : int
        Number of further random starts; see `fit_from_starts`.

    Returns
    -------
    FitResult
        `workers` has `knows`, the probability that the worker knows an answer, and `right`, that of
        a right label.

    References
    ----------
    Hovy, Berg-Kirkpatrick, Vaswani and Hovy, "Learning whom to trust with MACE" (2013).

    Examples
    --------
    >>> task, worker = np.repeat(np.arange(4), 3), np.tile([0, 1, 2], 4)
    >>> label = np.array([0, 0, 1, 1, 1, 0, 0, 0, 0, 1, 1, 1])
    >>> crowd = CrowdLabels(task, worker, label, np.full(4, -1), n_workers=3, n_categories=2)
    >>> mace(crowd).posterior.argmax(1).tolist()
    [0, 1, 0, 1]
    """
    from scipy.special import expit

    votes, shape = crowd.vote_matrix(), (crowd.n_workers, crowd.n_categories)
    log_categories = np.log(crowd.n_categories)
    equal_shares = np.full(crowd.n_categories, -log_categories)
    one_hot = np.tile(np.eye(crowd.n_categories), (crowd.n_workers, 1))  # (W K, K), label of cells
    n_labels = np.reshape(votes.sum(0), shape)
    equal_weights = np.full(crowd.n_tasks, 1 / max(crowd.n_tasks, 1))

    def m_step(posterior: FloatArray, last: _Parameters | None) -> _Parameters:
        n_true = ((votes.T @ posterior) * one_hot).sum(1).reshape(shape)
        n_known = n_true * expit(last.log_odds if last else log_categories)
        n_spammed = n_labels - n_known
        knows = np.stack([n_known.sum(1), n_spammed.sum(1)], 1) + _PRIOR_KNOWS
        strategy = n_spammed + _PRIOR_STRATEGY
        shares = np.maximum(posterior.T @ equal_weights, np.finfo(float).tiny)
        category: FloatArray = equal_shares if uniform else np.log(shares)
        return _Parameters(knows, strategy, _expected_log(knows), _expected_log(strategy), category)

    def log_joint(parameters: _Parameters) -> FloatArray:
        spam = (parameters.log_knows[:, 1:] + parameters.log_strategy).reshape(-1, 1)
        gain = np.logaddexp(0, parameters.log_odds).reshape(-1, 1)
        return add_by_category(votes @ (spam + gain * one_hot), parameters.category)

    def log_prior(parameters: _Parameters) -> float:
        prior_strategy = np.full(crowd.n_categories, _PRIOR_STRATEGY)
        knows = _divergence(parameters.knows, _PRIOR_KNOWS, parameters.log_knows)
        return -knows - _divergence(parameters.strategy, prior_strategy, parameters.log_strategy)

    def fit(start: FloatArray) -> tuple[FitResult, _Parameters]:
        return fit_em(crowd, start, m_step, log_joint, log_prior, tolerance, iterations)

    result, parameters = fit_from_starts(initial_posterior(crowd), fit, restarts)
    knows = parameters.knows[:, 0] / parameters.knows.sum(1)
    right = knows + (1 - knows) / crowd.n_categories
    return result._replace(workers={"right": right, "knows": knows})


def _expected_log(alpha: FloatArray) -> FloatArray:
    """Return the expected log probabilities of Dirichlet distributions, one per row."""
    from scipy.special import digamma

    expected: FloatArray = digamma(alpha) - digamma(alpha.sum(1, keepdims=True))
    return expected


def _divergence(alpha: FloatArray, prior: FloatArray, expected_log: FloatArray) -> float:
    """Sum the Kullback-Leibler divergences of Dirichlet distributions (rows) from their prior."""
    from scipy.special import gammaln

    log_normalizer = gammaln(alpha.sum(1)) - gammaln(alpha).sum(1)
    prior_normalizer = gammaln(prior.sum()) - gammaln(prior).sum()
    divergence = (log_normalizer - prior_normalizer).sum() + ((alpha - prior) * expected_log).sum()
    return float(divergence)
