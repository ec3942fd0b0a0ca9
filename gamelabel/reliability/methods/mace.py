"""Each worker either knows the truth of a task and says it, or does not and spams in a way of their own."""

from __future__ import annotations

from typing import NamedTuple

import numpy as np

from gamelabel.reliability.methods.crowd import Crowd, Fit, Real
from gamelabel.reliability.methods.em import climb
from gamelabel.reliability.methods.weighted import opening

KNOWS, SPAMS, STRATEGY = 0.5, 0.5, 10.0  # the priors of the source


class Spammers(NamedTuple):
    """Dirichlet posteriors of each worker: knows or spams, (W, 2), and what is said when spamming, (W, K)."""

    knows: Real
    strategy: Real


def mace(crowd: Crowd) -> Fit:
    """Variational Bayes for p(label | truth k) = knows_w [label is k] + (1 - knows_w) strategy_w[label].

    Source: Hovy, Berg-Kirkpatrick, Vaswani and Hovy, "Learning whom to trust with MACE" (2013): all categories as
    likely, priors Beta(.5, .5) and Dirichlet(10, ..., 10). What is climbed is the lower bound of the evidence, from the
    shares of the votes; the source draws its starts at random.
    """
    cell = crowd.worker * crowd.categories + crowd.label
    shape = crowd.workers, crowd.categories
    said = np.bincount(cell, minlength=crowd.workers * crowd.categories).reshape(shape)

    def maximise(posterior: Real, last: Spammers | None) -> Spammers:
        true = np.bincount(cell, crowd.given(posterior), crowd.workers * crowd.categories).reshape(shape)
        odds = _odds(last) if last else np.full(shape, float(crowd.categories))
        known = true * odds / (1 + odds)
        spam = said - known
        knows = np.stack([known.sum(1) + KNOWS, spam.sum(1) + SPAMS], 1)
        return Spammers(knows, spam + STRATEGY)

    def joint(found: Spammers) -> Real:
        spam = (_log_mean(found.knows)[:, 1:] + _log_mean(found.strategy)).ravel()[cell]
        as_spam = np.bincount(crowd.task, spam, len(crowd.known))
        return as_spam[:, None] + crowd.tally(np.log1p(_odds(found)).ravel()[cell]) - np.log(crowd.categories)

    def penalty(found: Spammers) -> float:
        prior = np.array([KNOWS, SPAMS])
        return -_divergence(found.knows, prior) - _divergence(found.strategy, np.full(crowd.categories, STRATEGY))

    fit, found = climb(crowd, opening(crowd), maximise, joint, penalty)
    knows = found.knows[:, 0] / found.knows.sum(1)
    return fit._replace(workers={"right": knows + (1 - knows) / crowd.categories, "knows": knows})


def _odds(found: Spammers) -> Real:
    """The odds that a label that is true was known, not spammed, by worker and label, (W, K)."""
    log = _log_mean(found.knows)
    return np.exp(log[:, :1] - log[:, 1:] - _log_mean(found.strategy))


def _log_mean(amounts: Real) -> Real:
    """The mean of the log probabilities of Dirichlet distributions, each row one."""
    from scipy.special import digamma

    return digamma(amounts) - digamma(amounts.sum(1, keepdims=True))


def _divergence(amounts: Real, prior: Real) -> float:
    """Kullback and Leibler's divergence of Dirichlet distributions, each row one, from their prior, all summed."""
    from scipy.special import gammaln

    normal = gammaln(amounts.sum(1)) - gammaln(amounts).sum(1) - gammaln(prior.sum()) + gammaln(prior).sum()
    return float(normal.sum() + ((amounts - prior) * _log_mean(amounts)).sum())
