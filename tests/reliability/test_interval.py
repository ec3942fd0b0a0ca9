import krippendorff
import numpy as np
import pandas as pd
import pytest

from gamelabel.reliability import alpha, alpha_interval


def crowd(
    rng: np.random.Generator, players: int = 60, tasks: int = 300, labels: int = 1000
) -> pd.DataFrame:
    """Labels of players whose skill and activity vary a lot; no player labels a task twice."""
    skill = np.where(rng.random(players) < 0.2, 0.5, rng.beta(23, 5.6, players))
    diligence = rng.lognormal(0, 1.3, players)
    pairs = (
        rng.choice(players, labels, p=diligence / diligence.sum()),
        rng.integers(0, tasks, labels),
    )
    worker, task = np.divmod(np.unique(pairs[0] * tasks + pairs[1]), tasks)
    truth = rng.random(tasks) < 0.5
    return pd.DataFrame(
        {
            "task": task,
            "worker": worker,
            "label": truth[task] == (rng.random(len(task)) < skill[worker]),
        }
    )


def test_the_bootstrap_over_tasks_equals_a_loop() -> None:
    """Compare with a plain loop that resamples tasks and calls the reference package."""
    rng = np.random.default_rng(0)
    counts = np.stack([rng.binomial(3, rng.beta(2, 1, 150)), np.zeros(150, int)], 1)
    counts[:, 1] = 3 - counts[:, 0]
    loop = [krippendorff.alpha(value_counts=counts[rng.integers(0, 150, 150)]) for _ in range(500)]
    result = alpha_interval(counts, replicates=4000)
    assert result.value == alpha(counts) and result.n == 150
    low, high = np.quantile(loop, [0.025, 0.975])
    assert (result.low, result.high) == pytest.approx((low, high), abs=0.03)


@pytest.mark.parametrize("level", ["nominal", "ordinal", "interval", "ratio"])
@pytest.mark.parametrize("cluster", ["task", "worker"])
def test_intervals_at_every_level_are_reproducible(level, cluster) -> None:
    rng = np.random.default_rng(1)
    labels = crowd(rng)
    labels["label"] = labels.label + rng.integers(0, 2, len(labels)) + 1
    first = alpha_interval(labels, level, cluster, replicates=300, seed=4)
    assert first == alpha_interval(labels, level, cluster, replicates=300, seed=4)
    assert first != alpha_interval(labels, level, cluster, replicates=300, seed=5)
    assert first.low < first.value < first.high and first.value == pytest.approx(
        alpha(labels, level)
    )


def test_a_replicate_with_every_worker_once_is_alpha() -> None:
    """Every replicate draws each worker once, so each equals alpha of the data."""
    from gamelabel.reliability.worker_bootstrap import bootstrap_alpha_over_workers
    from gamelabel.tables.encoded_labels import encode_labels

    labels = crowd(np.random.default_rng(2))
    coded = encode_labels(labels)

    class Everyone:
        def integers(self, low, high, size):
            return np.tile(np.arange(low, high), (size[0], 1))

    for level in ("nominal", "ordinal", "interval", "ratio"):
        replicates = bootstrap_alpha_over_workers(
            coded, coded.vote_counts(), 3, Everyone(), level, np.arange(2.0)
        )
        assert replicates == pytest.approx([alpha(labels, level)] * 3, abs=1e-12)


@pytest.mark.parametrize("level", ["nominal", "ordinal", "interval", "ratio"])
def test_a_replicate_equals_the_sum_over_pairs_of_labels(level: str) -> None:
    """Compare with a sum over all pairs of labels, without pairs of a label with itself."""
    from gamelabel.reliability.worker_bootstrap import bootstrap_alpha_over_workers
    from gamelabel.tables.encoded_labels import encode_labels

    rng = np.random.default_rng(8)
    labels = pd.DataFrame(rng.integers(0, [12, 6, 3], (40, 3)), columns=["task", "worker", "label"])
    coded, weights = encode_labels(labels), rng.multinomial(6, np.full(6, 1 / 6), size=20)
    values = np.array([1.0, 2.0, 4.0])

    class Drawn:
        def integers(self, low, high, size):
            return np.stack([np.repeat(np.arange(low, high), weight) for weight in weights])

    def slowly(weight) -> float:
        w = weight[coded.worker].astype(float)
        m = np.bincount(coded.task, w)
        pairs = m**2 - np.bincount(coded.task, w**2)
        w = np.where(pairs[coded.task] > 0, w, 0)
        n = np.bincount(coded.label, w, 3)
        scale = np.cumsum(n) - n / 2 if level == "ordinal" else values
        apart = {
            "nominal": lambda a, b: float(a != b),
            "ratio": lambda a, b: ((scale[a] - scale[b]) / (scale[a] + scale[b])) ** 2,
        }.get(level, lambda a, b: (scale[a] - scale[b]) ** 2)
        observed = sum(
            w[i] * w[j] * apart(coded.label[i], coded.label[j]) * m[t] / pairs[t]
            for i, t in enumerate(coded.task)
            for j in np.flatnonzero(coded.task == t)
            if i != j and w[i] * w[j]
        )
        expected = sum(n[a] * n[b] * apart(a, b) for a in range(3) for b in range(3))
        return 1 - (n.sum() ** 2 - (w**2).sum()) / n.sum() * observed / expected

    result = bootstrap_alpha_over_workers(coded, coded.vote_counts(), 20, Drawn(), level, values)
    assert result == pytest.approx([slowly(weight) for weight in weights], abs=1e-12)


def test_copies_of_a_worker_do_not_agree_with_each_other() -> None:
    """Guessers do not agree; if copies did with each other, the intervals would lie above 0."""
    rng = np.random.default_rng(3)
    middles = []
    for trial in range(20):
        labels = crowd(rng).assign(label=lambda f: rng.random(len(f)) < 0.5)
        estimate = alpha_interval(labels, cluster="worker", replicates=200, seed=trial)
        middles.append((estimate.low + estimate.high) / 2 - estimate.value)
    assert abs(np.mean(middles)) < 0.015


def test_intervals_do_not_depend_on_the_order_of_rows() -> None:
    labels = crowd(np.random.default_rng(5)).astype({"task": str, "worker": str, "label": str})
    shuffled = labels.sample(frac=1, random_state=0)
    for cluster in ("task", "worker"):
        a, b = (
            alpha_interval(frame, cluster=cluster, replicates=200) for frame in (labels, shuffled)
        )
        assert tuple(a) == pytest.approx(tuple(b), abs=1e-9)


@pytest.mark.full
def test_coverage_over_workers_holds_and_over_tasks_does_not() -> None:
    """Where workers are few and unevenly active, intervals over tasks are too narrow."""
    rng = np.random.default_rng(6)
    true = np.mean([alpha(crowd(rng)) for _ in range(600)])
    covered = {"worker": 0, "task": 0}
    for trial in range(500):
        labels = crowd(rng)
        for cluster in covered:
            estimate = alpha_interval(labels, cluster=cluster, replicates=300, seed=trial)
            covered[cluster] += estimate.low <= true <= estimate.high
    assert 0.91 <= covered["worker"] / 500 <= 0.98
    assert covered["task"] / 500 < 0.8


def test_coverage_over_tasks_holds_where_workers_do_not_repeat() -> None:
    """In a large crowd no worker comes twice; four million units give the true alpha."""

    def units(n: int, rng: np.random.Generator) -> np.ndarray:
        m, p = rng.integers(2, 5, n), rng.beta(2, 1, n)
        ones = rng.binomial(m, p)
        return np.stack([ones, m - ones], 1)

    rng = np.random.default_rng(7)
    true, covered = alpha(units(4_000_000, rng)), 0
    for trial in range(500):
        estimate = alpha_interval(units(300, rng), replicates=400, seed=trial)
        covered += estimate.low <= true <= estimate.high
    assert 0.92 <= covered / 500 <= 0.98


def test_the_interval_of_an_undefined_alpha_is_undefined() -> None:
    single = pd.DataFrame({"task": ["t", "s"], "worker": ["u", "u"], "label": ["a", "b"]})
    empty = single.head(0)
    constant = pd.DataFrame({"task": ["t", "t"], "worker": ["u", "v"], "label": ["a", "a"]})
    for labels in (single, empty, constant):
        for cluster in ("task", "worker"):
            estimate = alpha_interval(labels, cluster=cluster, replicates=50)
            assert np.isnan(estimate[:3]).all()
    assert alpha_interval(single).n == 0 and alpha_interval(constant).n == 1


def test_errors_name_the_problem() -> None:
    counts = np.array([[2, 1], [1, 2]])
    with pytest.raises(ValueError, match="an interval over workers needs a frame"):
        alpha_interval(counts, cluster="worker")
    with pytest.raises(ValueError, match="'player' cannot be resampled"):
        alpha_interval(counts, cluster="player")  # type: ignore[arg-type]
    with pytest.raises(ValueError, match="0 replicates"):
        alpha_interval(counts, replicates=0)
    with pytest.raises(ValueError, match="1 labels have no worker"):
        alpha_interval(
            pd.DataFrame({"task": [1], "worker": [None], "label": ["a"]}), cluster="worker"
        )
