"""Each worker either knows the truth of a task and says it, or does not and spams in a way of their own."""

from __future__ import annotations

from typing import NamedTuple

import numpy as np

from gamelabel.aggregation.crowd import Crowd, Fit, Real
from gamelabel.aggregation.em import climb
from gamelabel.aggregation.weighted import opening

KNOWS, SPAMS, STRATEGY = 0.5, 0.5, 10.0  # the priors of the source


class Spammers(NamedTuple):
    """Each worker's Dirichlet posteriors and the means of their log probabilities."""

    knows: Real  # (W, 2): knows or spams
    strategy: Real  # (W, K): what is said when spamming
    log_knows: Real
    log_strategy: Real

    @property
    def log_odds(self) -> Real:
        """Of a label that is true: the log odds that it was known, not spammed, by worker and label, (W, K)."""
        return self.log_knows[:, :1] - self.log_knows[:, 1:] - self.log_strategy


def mace(crowd: Crowd) -> Fit:
    """Variational Bayes for p(label | truth k) = knows_w [label is k] + (1 - knows_w) strategy_w[label].

    Source: Hovy, Berg-Kirkpatrick, Vaswani and Hovy, "Learning whom to trust with MACE" (2013): all categories as
    likely, priors Beta(.5, .5) and Dirichlet(10, ..., 10). What is climbed is the lower bound of the evidence, from the
    shares of the votes; the source draws its starts at random.
    """
    from scipy.special import expit

    cells, shape = crowd.cells(), (crowd.workers, crowd.categories)
    names = np.tile(
        np.eye(crowd.categories), (crowd.workers, 1)
    )  # (W K, K): the category that each cell names
    said = np.reshape(cells.sum(0), shape)

    def maximise(posterior: Real, last: Spammers | None) -> Spammers:
        true = ((cells.T @ posterior) * names).sum(1).reshape(shape)
        known = true * expit(last.log_odds if last else np.log(crowd.categories))
        spam = said - known
        knows, strategy = np.stack([known.sum(1) + KNOWS, spam.sum(1) + SPAMS], 1), spam + STRATEGY
        return Spammers(knows, strategy, _log_mean(knows), _log_mean(strategy))

    def joint(found: Spammers) -> Real:
        spam, gain = found.log_knows[:, 1:] + found.log_strategy, np.logaddexp(0, found.log_odds)
        return cells @ (spam.reshape(-1, 1) + gain.reshape(-1, 1) * names) - np.log(
            crowd.categories
        )

    def penalty(found: Spammers) -> float:
        knows = _divergence(found.knows, np.array([KNOWS, SPAMS]), found.log_knows)
        return -knows - _divergence(
            found.strategy, np.full(crowd.categories, STRATEGY), found.log_strategy
        )

    fit, found = climb(crowd, opening(crowd), maximise, joint, penalty)
    knows = found.knows[:, 0] / found.knows.sum(1)
    return fit._replace(workers={"right": knows + (1 - knows) / crowd.categories, "knows": knows})


def _log_mean(amounts: Real) -> Real:
    """The mean of the log probabilities of Dirichlet distributions, each row one."""
    from scipy.special import digamma

    return digamma(amounts) - digamma(amounts.sum(1, keepdims=True))


def _divergence(amounts: Real, prior: Real, log_mean: Real) -> float:
    """Kullback and Leibler's divergence of Dirichlet distributions, each row one, from their prior, all summed."""
    from scipy.special import gammaln

    normal = (
        gammaln(amounts.sum(1))
        - gammaln(amounts).sum(1)
        - gammaln(prior.sum())
        + gammaln(prior).sum()
    )
    return float(normal.sum() + ((amounts - prior) * log_mean).sum())
