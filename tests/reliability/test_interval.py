import krippendorff
import numpy as np
import pandas as pd
import pytest

from gamelabel.reliability import alpha, alpha_interval
from gamelabel.reliability.worker_jackknife import WeightedWorkers, alpha_without_workers
from gamelabel.tables.encoded_labels import encode_labels


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


def test_the_interval_over_two_labels_a_task_is_that_of_jeffreys_prior() -> None:
    """Units 00, 01 and 11 have probabilities of a Dirichlet distribution with 1/2 added to each."""
    units, frequency = np.array([[2, 0], [1, 1], [0, 2]]), np.array([40, 6, 3])
    rng = np.random.default_rng(0)
    share = rng.dirichlet(frequency + 0.5, 20_000)
    p = share[:, 2] + share[:, 1] / 2
    n = 2 * (frequency.sum() + 1.5)
    expected = 1 - share[:, 1] / 2 * (n - 1) / n / (p * (1 - p))
    result = alpha_interval(np.repeat(units, frequency, 0), replicates=20_000, counts=True)
    assert result[1:3] == pytest.approx(np.quantile(expected, [0.025, 0.975]), abs=0.01)


def test_the_interval_over_many_tasks_is_that_of_a_bootstrap() -> None:
    """Compare with a plain loop that resamples tasks and calls the reference package."""
    rng = np.random.default_rng(0)
    counts = np.stack([rng.binomial(3, rng.beta(2, 1, 400)), np.zeros(400, int)], 1)
    counts[:, 1] = 3 - counts[:, 0]
    loop = [krippendorff.alpha(value_counts=counts[rng.integers(0, 400, 400)]) for _ in range(500)]
    result = alpha_interval(counts, replicates=4000, counts=True)
    assert result.value == alpha(counts, counts=True) and result.n == 400
    low, high = np.quantile(loop, [0.025, 0.975])
    assert (result.low, result.high) == pytest.approx((low, high), abs=0.02)


@pytest.mark.parametrize("level", ["nominal", "ordinal", "interval", "ratio"])
@pytest.mark.parametrize("cluster", ["task", "worker"])
def test_intervals_at_every_level_are_reproducible(level, cluster) -> None:
    rng = np.random.default_rng(1)
    labels = crowd(rng)
    labels["label"] = labels.label + rng.integers(0, 2, len(labels)) + 1
    first = alpha_interval(labels, level, cluster, replicates=300, seed=4)
    assert first == alpha_interval(labels, level, cluster, replicates=300, seed=4)
    other = alpha_interval(labels, level, cluster, replicates=300, seed=5)
    assert (first == other) == (cluster == "worker"), "60 workers: none is left out at random"
    assert first.low < first.value < first.high and first.value == pytest.approx(
        alpha(labels, level)
    )


@pytest.mark.parametrize("level", ["nominal", "ordinal", "interval", "ratio"])
def test_weighted_workers_equal_the_sum_over_pairs_of_labels(level: str) -> None:
    """Compare with a sum over all pairs of labels, without pairs of a label with itself."""
    rng = np.random.default_rng(8)
    labels = pd.DataFrame(rng.integers(0, [12, 6, 3], (40, 3)), columns=["task", "worker", "label"])
    labels = labels[labels.groupby("task").task.transform("size") > 1]
    coded, weights = encode_labels(labels), rng.multinomial(6, np.full(6, 1 / 6), size=20)
    values = np.array([1.0, 2.0, 4.0])
    size = 2

    def slowly(weight) -> float:
        w = weight[coded.worker].astype(float)
        m = np.bincount(coded.task, w)
        pairs = m**2 - np.bincount(coded.task, w**2)
        w = np.where(pairs[coded.task] > 0, w, 0)
        n = np.bincount(coded.label, w, 3) + 1.5 * size / 3
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
        observed += size / 2 * (apart(0, 1) + apart(0, 2) + apart(1, 2)) / 3
        expected = sum(n[a] * n[b] * apart(a, b) for a in range(3) for b in range(3))
        squares = (w**2).sum() + 1.5 * size
        return 1 - (n.sum() ** 2 - squares) / n.sum() * observed / expected

    result = WeightedWorkers(coded, level, values).alpha(weights.T.astype(float))
    assert result == pytest.approx([slowly(weight) for weight in weights], abs=1e-12)


def test_alpha_without_a_worker_is_that_of_the_others() -> None:
    """The prior's 1.5 units hardly count among 300."""
    labels = crowd(np.random.default_rng(3), players=6)
    labels = labels[labels.groupby("task").task.transform("size") > 1]
    result = alpha_without_workers(
        encode_labels(labels), 9, np.random.default_rng(0), "nominal", np.zeros(2)
    )
    expected = [alpha(labels[labels.worker != worker]) for worker in range(6)]
    assert result.without == pytest.approx(expected, abs=0.02)
    assert result.value == pytest.approx(alpha(labels), abs=0.01)
    activity = labels.worker.value_counts()
    assert result.effective == pytest.approx(activity.sum() ** 2 / (activity**2).sum())


def test_many_workers_are_left_out_in_groups() -> None:
    labels = crowd(np.random.default_rng(4), players=200, labels=3000)
    singly = alpha_interval(labels, cluster="worker", replicates=1000)
    groups = [alpha_interval(labels, cluster="worker", replicates=50, seed=s) for s in range(9)]
    assert len(set(groups)) == 9
    middle = np.median([group.high - group.low for group in groups])
    assert middle == pytest.approx(singly.high - singly.low, rel=0.3)


def test_the_interval_over_workers_of_guessers_holds_zero() -> None:
    rng = np.random.default_rng(3)
    middles = []
    for _ in range(20):
        labels = crowd(rng).assign(label=lambda f: rng.random(len(f)) < 0.5)
        estimate = alpha_interval(labels, cluster="worker")
        middles.append((estimate.low + estimate.high) / 2 - estimate.value)
    assert abs(np.mean(middles)) < 0.015


def test_workers_who_always_agree_may_have_met_no_guesser_by_chance() -> None:
    labels = pd.DataFrame([(t, w, t % 2) for t in range(50) for w in range(6)])
    estimate = alpha_interval(
        labels.set_axis(["task", "worker", "label"], axis=1), cluster="worker"
    )
    guessing = 1.959964**2 / (6 + 1.959964**2)
    assert estimate[:3] == (1, pytest.approx((1 - guessing) ** 2, abs=1e-6), 1)


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


def test_the_interval_of_an_undefined_alpha_is_all_that_is_possible() -> None:
    single = pd.DataFrame({"task": ["t", "s"], "worker": ["u", "u"], "label": ["a", "b"]})
    constant = pd.DataFrame({"task": ["t", "t"], "worker": ["u", "v"], "label": ["a", "a"]})
    for labels in (single, single.head(0), constant):
        for cluster in ("task", "worker"):
            estimate = alpha_interval(labels, cluster=cluster, replicates=50)
            assert np.isnan(estimate.value) and estimate[1:3] == (-1, 1)
            assert "alpha is undefined" in estimate.warning
    assert alpha_interval(single).n == 0 and alpha_interval(constant).n == 1


def test_few_tasks_and_few_workers_are_warned_about() -> None:
    labels = crowd(np.random.default_rng(1), players=4, tasks=29)
    assert alpha_interval(labels).warning == "the interval rests on 29 tasks, fewer than 30"
    assert (
        "workers of equal weight, fewer than 5" in alpha_interval(labels, cluster="worker").warning
    )
    two = alpha_interval(labels[labels.worker < 2], cluster="worker")
    assert two[1:3] == (-1, 1), "nobody else to compare with"
    enough = crowd(np.random.default_rng(1))
    for cluster in ("task", "worker"):
        assert alpha_interval(enough, cluster=cluster).warning == ""


def test_a_matrix_of_raters_and_units_is_their_labels() -> None:
    matrix = np.array([[1, 2, 3, np.nan, 1], [1, 2, 3, 3, 1], [2, 2, 3, 3, 1.0]])
    frame = pd.DataFrame(
        [(t, w, matrix[w, t]) for t in range(5) for w in range(3)],
        columns=["task", "worker", "label"],
    )
    for cluster in ("task", "worker"):
        assert alpha_interval(matrix, "interval", cluster, counts=False) == alpha_interval(
            frame, "interval", cluster
        )


def test_errors_name_the_problem() -> None:
    counts = np.array([[2, 1], [1, 2]])
    with pytest.raises(ValueError, match="vote counts do not say who voted: pass a frame"):
        alpha_interval(counts, cluster="worker", counts=True)
    with pytest.raises(ValueError, match="an interval over 'player' does not exist"):
        alpha_interval(counts, cluster="player", counts=True)  # type: ignore[arg-type]
    with pytest.raises(ValueError, match="0 replicates"):
        alpha_interval(counts, replicates=0, counts=True)
    with pytest.raises(ValueError, match=r"confidence is a probability .* not 95"):
        alpha_interval(counts, confidence=95, counts=True)
    with pytest.raises(ValueError, match="1 labels have no worker"):
        alpha_interval(
            pd.DataFrame({"task": [1], "worker": [None], "label": ["a"]}), cluster="worker"
        )
