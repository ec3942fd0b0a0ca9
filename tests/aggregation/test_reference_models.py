"""Each model against a dense implementation of its published equations, on few labels."""

import numpy as np
import pandas as pd
import pytest
from scipy.optimize import minimize
from scipy.special import digamma, expit, softmax

from gamelabel.aggregation import METHODS, CrowdLabels, aggregate, worker_skills
from gamelabel.aggregation.crowd_labels import FitResult, crowd_labels
from gamelabel.aggregation.mace import mace
from gamelabel.aggregation.weighted import expected_accuracy, initial_posterior
from gamelabel.tables.encoded_labels import encode_labels, gold_answers

T, W, K = 25, 6, 3
ITERATIONS = 3000


@pytest.fixture(params=["without gold", "with gold"])
def crowd(request: pytest.FixtureRequest) -> CrowdLabels:
    rng = np.random.default_rng(5)
    truth, skill = rng.integers(0, K, T), np.linspace(0.3, 0.95, W)
    task, worker = np.divmod(rng.permutation(T * W)[:90], W)
    is_right = rng.random(90) < skill[worker]
    label = np.where(is_right, truth[task], rng.integers(0, K, 90))
    encoded = encode_labels(pd.DataFrame({"task": task, "worker": worker, "label": label}))
    gold = pd.DataFrame({"task": range(5), "label": truth[:5]})
    known = gold if request.param == "with gold" else None
    return crowd_labels(encoded, gold_answers(known, encoded))[0]


def dense(crowd: CrowdLabels) -> np.ndarray:
    """Labels as counts (tasks, workers, categories)."""
    counts = np.zeros((crowd.n_tasks, crowd.n_workers, crowd.n_categories))
    np.add.at(counts, (crowd.task, crowd.worker, crowd.label), 1)
    return counts


def posterior_of(log_joint: np.ndarray, crowd: CrowdLabels) -> np.ndarray:
    return crowd.with_gold(softmax(log_joint, axis=1))


def fit(name: str, crowd: CrowdLabels) -> FitResult:
    result = METHODS[name](crowd)
    assert result.converged
    return result


def test_weighted(crowd: CrowdLabels) -> None:
    labels, is_known = dense(crowd), crowd.gold >= 0
    if is_known.any():
        judged = labels[is_known]
        right = (judged * np.eye(K)[crowd.gold[is_known]][:, None]).sum((0, 2))
        answered = judged.sum((0, 2))
    else:
        others = labels.sum(1) - 1
        has_others = labels.sum((1, 2)) > 1
        share = others / np.maximum(labels.sum((1, 2)) - 1, 1)[:, None]
        right = np.einsum("twk,tk,t->w", labels, share, has_others)
        answered = np.einsum("twk,t->w", labels, has_others)
    p = expected_accuracy(right, answered)
    log_joint = np.einsum("twk,w->tk", labels, np.log(p * (K - 1) / (1 - p)))
    result = fit("weighted", crowd)
    assert result.posterior == pytest.approx(posterior_of(log_joint, crowd))
    assert result.workers["right"] == pytest.approx(p)


def test_em_starts_from_weighted_votes_where_there_is_gold(crowd: CrowdLabels) -> None:
    method = "weighted" if (crowd.gold >= 0).any() else "majority"
    assert initial_posterior(crowd) == pytest.approx(METHODS[method](crowd).posterior)


def test_dawid_skene(crowd: CrowdLabels) -> None:
    labels, posterior = dense(crowd), initial_posterior(crowd)
    pooled = np.einsum("twl,tk->lk", labels, posterior) + 1 / K
    pseudo_labels = pooled / pooled.sum(0) + 0.5 * np.eye(K)
    for _ in range(ITERATIONS):
        confusion = np.einsum("twl,tk->wlk", labels, posterior) + pseudo_labels
        confusion /= confusion.sum(1, keepdims=True)
        log_joint = np.einsum("twl,wlk->tk", labels, np.log(confusion))
        posterior = posterior_of(log_joint + np.log(posterior.mean(0)), crowd)
    result = fit("dawid-skene", crowd)
    assert result.posterior == pytest.approx(posterior, abs=1e-3)
    assert result.workers["right"] == pytest.approx(np.einsum("wkk->wk", confusion), abs=1e-3)


def test_one_coin(crowd: CrowdLabels) -> None:
    labels, posterior = dense(crowd), initial_posterior(crowd)
    accuracy = (np.einsum("twk,tk->", labels, posterior) + 1) / (labels.sum() + 2)
    for _ in range(ITERATIONS):
        right = np.einsum("twk,tk->w", labels, posterior) + accuracy + 0.5
        p = right / (labels.sum((0, 2)) + 1.5)
        wrong = labels.sum(2, keepdims=True) - labels
        log_joint = np.einsum("twk,w->tk", labels, np.log(p))
        log_joint += np.einsum("twk,w->tk", wrong, np.log((1 - p) / (K - 1)))
        posterior = posterior_of(log_joint + np.log(posterior.mean(0)), crowd)
    result = fit("one-coin", crowd)
    assert result.posterior == pytest.approx(posterior, abs=1e-3)
    assert result.workers["right"] == pytest.approx(p, abs=1e-3)


@pytest.mark.parametrize("uniform", [True, False])
def test_mace(crowd: CrowdLabels, uniform: bool) -> None:
    """Variational Bayes with priors Beta(0.5, 0.5) and Dirichlet(10, 10, 10)."""
    labels, posterior = dense(crowd), initial_posterior(crowd)
    odds = np.full((W, K), float(K))
    for _ in range(ITERATIONS):
        known = np.einsum("twk,tk->wk", labels, posterior) * odds / (1 + odds)
        spammed = labels.sum(0) - known
        a, b, strategy = known.sum(1) + 0.5, spammed.sum(1) + 0.5, spammed + 10
        knows = np.exp(digamma(a) - digamma(a + b))
        spams = np.exp(digamma(b) - digamma(a + b))[:, None] * np.exp(
            digamma(strategy) - digamma(strategy.sum(1, keepdims=True))
        )
        odds = knows[:, None] / spams
        log_joint = np.einsum("twl,wl->t", labels, np.log(spams))[:, None]
        log_joint = log_joint + np.einsum("twk,wk->tk", labels, np.log(1 + odds))
        shares = np.full(K, 1 / K) if uniform else posterior.mean(0)
        posterior = posterior_of(log_joint + np.log(shares), crowd)
    result = mace(crowd, uniform=uniform)
    assert result.converged
    assert result.posterior == pytest.approx(posterior, abs=1e-3)
    assert result.workers["knows"] == pytest.approx(a / (a + b), abs=1e-3)
    assert result.workers["right"] == pytest.approx((a + b / K) / (a + b), abs=1e-3)


def test_glad(crowd: CrowdLabels) -> None:
    """The maximum of the posterior by numerical gradients; priors are normal around 1."""
    labels = dense(crowd)

    def log_joint(x: np.ndarray) -> np.ndarray:
        right = expit(np.outer(np.exp(x[W:]), x[:W]))
        wrong = (labels.sum(2, keepdims=True) - labels) * np.log((1 - right) / (K - 1))[:, :, None]
        return (labels * np.log(right)[:, :, None] + wrong).sum(1) - np.log(K)

    def loss(x: np.ndarray) -> float:
        joint = log_joint(x)
        is_known = crowd.gold >= 0
        at_gold = joint[is_known, crowd.gold[is_known]].sum()
        total = np.logaddexp.reduce(joint[~is_known], axis=1).sum() + at_gold
        return float(((x - 1) ** 2).sum() / 2 - total)

    optimum = minimize(loss, np.ones(W + crowd.n_tasks), method="BFGS", options={"gtol": 1e-4})
    result = fit("glad", crowd)
    assert result.objective[-1] == pytest.approx(-optimum.fun, abs=1e-4)
    assert result.posterior == pytest.approx(posterior_of(log_joint(optimum.x), crowd), abs=0.01)
    assert result.workers["ability"] == pytest.approx(optimum.x[:W], abs=0.02)


def test_the_log_likelihood_is_that_of_the_labels_alone(crowd: CrowdLabels) -> None:
    """The objective adds the log prior, which a flat prior leaves at 0."""
    from gamelabel.aggregation.dawid_skene import dawid_skene

    flat = dawid_skene(crowd, prior=0)
    assert flat.log_likelihood == pytest.approx(flat.objective[-1])
    informed = dawid_skene(crowd)
    assert informed.objective[-1] < informed.log_likelihood < flat.log_likelihood


def test_without_gold_no_vote_counts_for_itself() -> None:
    """t0 has votes a, a, b: half of the others agree with each a, none with b; t1 has one vote."""
    labels = pd.DataFrame(
        [("t0", "u", "a"), ("t0", "v", "a"), ("t0", "w", "b"), ("t1", "u", "a")],
        columns=["task", "worker", "label"],
    )
    expected = expected_accuracy(np.array([0.5, 0.5, 0.0]), np.ones(3))
    assert worker_skills(aggregate(labels, "weighted")).right.tolist() == pytest.approx(expected)
