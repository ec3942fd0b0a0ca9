"""How often 95 % intervals cover: labels of SIMULATED workers, whose true values are known.

    python -m benchmarks.bench_coverage                  # all parts, 1,000 data sets each
    python -m benchmarks.bench_coverage workers --trials 200
    python -m benchmarks.bench_coverage --figure coverage.png

Parts: `tasks` (alpha over tasks), `workers` (alpha over workers), `means` (accuracies and shares by
group) and `kappas` (of two workers, over tasks). Each prints a table in Markdown: the coverage of
the interval, its median width, the share of intervals with a warning, and the coverage of a
percentile bootstrap of the same data. Where alpha is undefined, its bootstrap covers nothing.
"""

from __future__ import annotations

import os
import zlib
from collections.abc import Callable
from pathlib import Path
from typing import Any, NamedTuple

os.environ.update(OMP_NUM_THREADS="1", OPENBLAS_NUM_THREADS="1", MKL_NUM_THREADS="1")

import numpy as np
import pandas as pd

from benchmarks.timing import make_parser
from gamelabel.reliability import alpha, alpha_interval
from gamelabel.reliability.agreement_interval import Coefficient, agreement_interval
from gamelabel.reliability.estimate import Estimate, estimate_mean
from gamelabel.reliability.vote_table import to_frame

COEFFICIENTS: dict[str, Coefficient] = {
    "percent agreement": "percent",
    "Cohen's kappa": "cohen",
    "Fleiss' kappa": "fleiss",
    "Gwet's AC1": "gwet",
}
BOOTSTRAP = 300  # replicates of the percentile bootstrap that is compared


class Trial(NamedTuple):
    """One simulated data set: its interval, replicates of a plain bootstrap, and the truth."""

    estimate: Estimate
    replicates: np.ndarray
    truth: float


Design = Callable[[np.random.Generator], Trial]


def tasks_design(
    n: int, labels: int | tuple[int, ...], share: float, agreement: float, categories: int = 2
) -> Design:
    """Tasks whose labels agree with this alpha: a Dirichlet-multinomial distribution.

    `share` is that of the first category; the others have equal shares. `labels` a task.
    """
    rest = (1 - share) / (categories - 1)
    shares = np.array([share] + [rest] * (categories - 1)) * (1 - agreement) / agreement

    def draw(rng: np.random.Generator) -> Trial:
        sizes = np.full(n, labels) if isinstance(labels, int) else rng.choice(labels, n)
        votes = rng.multinomial(sizes, rng.dirichlet(shares, n))
        samples = [votes[rng.integers(0, n, n)] for _ in range(BOOTSTRAP)]
        replicates = np.array([alpha(sample, counts=True) for sample in samples])
        seed = int(rng.integers(1 << 31))
        estimate = alpha_interval(votes, replicates=500, seed=seed, counts=True)
        return Trial(estimate, replicates, agreement)

    return draw


def skills_of(kind: str, n: int, rng: np.random.Generator) -> np.ndarray:
    """Draw accuracies of workers: `varied` ones, `careful` ones, or a fifth of `guessers`."""
    if kind == "varied":
        return rng.beta(8, 2, n)
    if kind == "careful":
        return rng.beta(40, 2, n)
    return np.where(rng.random(n) < 0.2, 0.5, rng.beta(23, 5.6, n))


def workers_design(
    workers: int, tasks: int, kind: str, share: float = 0.5, density: float | None = 1.0
) -> Design:
    """Workers of two categories; each labels this share of tasks, or an uneven one (None).

    The truth is alpha of all workers of this kind: of pairs of two different ones.
    """
    skill = skills_of(kind, 1_000_000, np.random.default_rng(0)).mean()
    first = share * skill + (1 - share) * (1 - skill)
    truth = 1 - skill * (1 - skill) / (first * (1 - first))

    def draw(rng: np.random.Generator) -> Trial:
        right = rng.random((workers, tasks)) < skills_of(kind, workers, rng)[:, None]
        answer = rng.random(tasks) < share
        labels = np.where(right, answer, ~answer).astype(float)
        diligence = density or np.clip(rng.lognormal(-1, 1, workers), 0.02, 1)[:, None]
        labels[rng.random((workers, tasks)) > diligence] = np.nan
        replicates = bootstrap_over_workers(labels, rng)
        return Trial(
            alpha_interval(labels, cluster="worker", counts=False), replicates, float(truth)
        )

    return draw


def bootstrap_over_workers(labels: np.ndarray, rng: np.random.Generator) -> np.ndarray:
    """Compute alpha of resampled workers, (R,), without pairs of a label and its own copy."""
    n = len(labels)
    weight = rng.multinomial(n, np.full(n, 1 / n), BOOTSTRAP).T.astype(float)
    known = ~np.isnan(labels)
    m = known.T.astype(float) @ weight
    ones = np.nan_to_num(labels).T @ weight
    pairs = m * m - known.T.astype(float) @ weight**2
    used = pairs > 0
    disagreement = 2 * ones * (m - ones) * m / np.where(used, pairs, np.inf)
    total, total_ones = (m * used).sum(0), (ones * used).sum(0)
    squares = ((m * m - pairs) * used).sum(0)
    expected = 2 * total_ones * (total - total_ones)
    with np.errstate(invalid="ignore", divide="ignore"):
        return 1 - (total**2 - squares) / total * disagreement.sum(0) / expected


def means_design(clusters: int, rows: int | None, share: float, correlation: float = 0.0) -> Design:
    """Right and wrong answers in clusters of this many rows, or of uneven size (None)."""

    def draw(rng: np.random.Generator) -> Trial:
        size = np.full(clusters, rows or 1)
        if rows is None:
            size = np.maximum(1, rng.lognormal(2, 1.2, clusters).astype(int))
        chance = np.full(clusters, share)
        if correlation:
            known = (1 - correlation) / correlation
            chance = rng.beta(share * known, (1 - share) * known, clusters)
        right = rng.binomial(size, chance)
        weight = rng.multinomial(clusters, np.full(clusters, 1 / clusters), BOOTSTRAP)
        estimate = estimate_mean(right / size, weights=size)
        return Trial(estimate, weight @ right / (weight @ size), share)

    return draw


def kappas_design(coefficient: Coefficient, n: int, share: float, right: float) -> Design:
    """Two workers who are right about a category of this share with this probability.

    The truth is the coefficient of all tasks, a confusion matrix.
    """
    ones = np.array([right, 1 - right])
    joint = share * np.outer(ones, ones) + (1 - share) * np.outer(ones[::-1], ones[::-1])
    first = float(joint.sum(1)[0])
    expected = 2 * first * (1 - first) if coefficient == "gwet" else first**2 + (1 - first) ** 2
    observed = float(np.trace(joint))
    truth = observed if coefficient == "percent" else (observed - expected) / (1 - expected)

    def draw(rng: np.random.Generator) -> Trial:
        cells = rng.choice(4, n, p=joint.ravel())
        labels = np.stack([cells // 2, cells % 2])
        replicates = [
            kappa_of_cells(cells[rng.integers(0, n, n)], coefficient) for _ in range(BOOTSTRAP)
        ]
        frame = to_frame(labels, counts=False)
        categories = None if coefficient in ("percent", "fleiss") else [0, 1]
        estimate = agreement_interval(frame, coefficient, categories=categories, replicates=500)
        return Trial(estimate, np.array(replicates), truth)

    return draw


def kappa_of_cells(cells: np.ndarray, coefficient: Coefficient) -> float:
    """Compute a coefficient of two workers from cells 2 i + j of their labels i and j."""
    joint = np.bincount(cells, minlength=4).reshape(2, 2) / len(cells)
    observed = float(np.trace(joint))
    if coefficient == "percent":
        return observed
    one, other = joint.sum(1), joint.sum(0)
    mean = (one + other) / 2
    expected = {
        "cohen": float(one @ other),
        "fleiss": float(mean @ mean),
        "gwet": 2 * float(mean[0] * mean[1]),
    }[coefficient]
    return (observed - expected) / (1 - expected) if expected < 1 else float("nan")


TASKS = {
    "10 tasks, 2 labels, 50:50, alpha .4": tasks_design(10, 2, 0.5, 0.4),
    "10 tasks, 5 labels, 70:30, alpha .4": tasks_design(10, 5, 0.7, 0.4),
    "30 tasks, 2 labels, 80:20, alpha .4": tasks_design(30, 2, 0.8, 0.4),
    "30 tasks, 3 labels, 60:40, alpha .9": tasks_design(30, 3, 0.6, 0.9),
    "30 tasks, 2 to 8 labels, 70:30, alpha .5": tasks_design(30, (2, 3, 4, 8), 0.7, 0.5),
    "30 tasks, 3 labels, 97:3, alpha .4": tasks_design(30, 3, 0.97, 0.4),
    "100 tasks, 2 labels, 97:3, alpha .4": tasks_design(100, 2, 0.97, 0.4),
    "100 tasks, 3 labels, 97:3, alpha .7": tasks_design(100, 3, 0.97, 0.7),
    "300 tasks, 3 labels, 97:3, alpha .4": tasks_design(300, 3, 0.97, 0.4),
    "30 tasks, 3 labels, 5 equal categories, alpha .5": tasks_design(30, 3, 0.2, 0.5, 5),
    "30 tasks, 3 labels, 20 equal categories, alpha .5": tasks_design(30, 3, 0.05, 0.5, 20),
    "100 tasks, 3 labels, 90 % one of 5 categories, alpha .5": tasks_design(100, 3, 0.9, 0.5, 5),
}
WORKERS = {
    "3 varied workers, 100 tasks": workers_design(3, 100, "varied"),
    "5 varied workers, 30 tasks": workers_design(5, 30, "varied"),
    "5 varied workers, 100 tasks": workers_design(5, 100, "varied"),
    "5 varied workers, 100 tasks, 90:10": workers_design(5, 100, "varied", 0.9),
    "10 varied workers, 100 tasks": workers_design(10, 100, "varied"),
    "5 careful workers, 100 tasks": workers_design(5, 100, "careful"),
    "10 careful workers, 30 tasks": workers_design(10, 30, "careful"),
    "5 workers, a fifth guess, 100 tasks": workers_design(5, 100, "guessers"),
    "10 workers, a fifth guess, 100 tasks": workers_design(10, 100, "guessers"),
    "20 workers, a fifth guess, 300 tasks, uneven": workers_design(
        20, 300, "guessers", density=None
    ),
    "60 workers, a fifth guess, 300 tasks, each labels 5 %": workers_design(
        60, 300, "guessers", density=0.05
    ),
}
MEANS = {
    "10 rows, 80 %": means_design(10, 1, 0.8),
    "30 rows, 80 %": means_design(30, 1, 0.8),
    "30 rows, 97 %": means_design(30, 1, 0.97),
    "100 rows, 97 %": means_design(100, 1, 0.97),
    "3 groups of 20, 50 %, correlation .1": means_design(3, 20, 0.5, 0.1),
    "3 groups of 20, 80 %, correlation .3": means_design(3, 20, 0.8, 0.3),
    "5 groups of 20, 80 %, correlation .1": means_design(5, 20, 0.8, 0.1),
    "5 groups of 20, 80 %, correlation .4": means_design(5, 20, 0.8, 0.4),
    "5 groups of 20, 97 %, correlation .1": means_design(5, 20, 0.97, 0.1),
    "10 groups of uneven size, 80 %, correlation .2": means_design(10, None, 0.8, 0.2),
    "20 groups of uneven size, 80 %, correlation .2": means_design(20, None, 0.8, 0.2),
    "60 groups of uneven size, 80 %, correlation .2": means_design(60, None, 0.8, 0.2),
}
KAPPAS = {
    f"{name}, {n} tasks, {share:.0%} : {1 - share:.0%}": kappas_design(coefficient, n, share, 0.9)
    for name, coefficient in COEFFICIENTS.items()
    for n, share in ((30, 0.5), (30, 0.9), (100, 0.97))
}
PARTS = {"tasks": TASKS, "workers": WORKERS, "means": MEANS, "kappas": KAPPAS}


def coverage(design: Design, trials: int, seed: int = 0) -> dict[str, float]:
    """Simulate data sets; return the coverage and median width of the interval and the bootstrap.

    An undefined bootstrap covers nothing.
    """
    rng = np.random.default_rng(seed)
    covered, by_bootstrap, widths, warned = [], [], [], []
    for _ in range(trials):
        estimate, replicates, truth = design(rng)
        replicates = replicates[~np.isnan(replicates)]
        low, high = np.quantile(replicates, [0.025, 0.975]) if len(replicates) else (1, -1)
        covered.append(estimate.low <= truth <= estimate.high)
        by_bootstrap.append(low <= truth <= high)
        widths.append(estimate.high - estimate.low)
        warned.append(bool(estimate.warning))
    return {
        "coverage": float(np.mean(covered)),
        "width": float(np.median(widths)),
        "warning": float(np.mean(warned)),
        "bootstrap": float(np.mean(by_bootstrap)),
    }


def simulate(part: str, trials: int) -> pd.DataFrame:
    """Return the coverage of all designs of a part and print it as it comes."""
    print(f"\n| {part} | coverage | median width | with a warning | percentile bootstrap |")
    print("| --- | --- | --- | --- | --- |")
    rows: dict[str, dict[str, Any]] = {}
    for name, design in PARTS[part].items():
        row = rows[name] = coverage(design, trials, zlib.crc32(name.encode()))
        print(
            f"| {name} | {row['coverage']:.3f} | {row['width']:.2f} | {row['warning']:.0%} | "
            f"{row['bootstrap']:.3f} |",
            flush=True,
        )
    return pd.DataFrame.from_dict(rows, orient="index")


def save_figure(tables: dict[str, pd.DataFrame], path: Path) -> None:
    """Plot the coverage of each design beside that of the percentile bootstrap."""
    import matplotlib.pyplot as plt

    from gamelabel import figures

    figures.set_theme()
    table = pd.concat(tables.values())[::-1]
    place = np.arange(len(table))
    fig, ax = plt.subplots(figsize=(8, 0.8 + 0.24 * len(table)), layout="constrained")
    ax.axvline(0.95, color="black", linestyle="--", linewidth=1, label="95 %")
    ax.scatter(table.bootstrap, place, marker="x", color="#D55E00", label="percentile bootstrap")
    ax.scatter(table.coverage, place, color="#0072B2", label="interval of this package")
    ax.set_yticks(place, table.index, fontsize=8)
    ax.set(xlim=(0, 1.02), xlabel="data sets whose 95 % interval holds the true value (SIMULATED)")
    ax.legend(loc="lower left")
    fig.savefig(path, dpi=110)


if __name__ == "__main__":
    parser = make_parser(__doc__)
    parser.add_argument("parts", nargs="*", metavar="part", help=f"one of {', '.join(PARTS)}")
    parser.add_argument("--trials", type=int, default=1000, help="data sets of each design")
    parser.add_argument("--figure", type=Path, help="where to save a figure of all parts")
    options = parser.parse_args()
    unknown = set(options.parts) - set(PARTS)
    if unknown:
        parser.error(f"there is no part {min(unknown)!r}; the parts are {', '.join(PARTS)}")
    results = {part: simulate(part, options.trials) for part in options.parts or PARTS}
    if options.figure:
        save_figure(results, options.figure)
