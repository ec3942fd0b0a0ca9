"""Train algorithms on demonstrations of several tasks, from several seeds, and play with each."""

from __future__ import annotations

import time
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from functools import partial
from pathlib import Path
from typing import Any, NamedTuple

import numpy as np
import pandas as pd

from gamelabel.files import snake
from gamelabel.offline.learner import OfflineLearner, fit
from gamelabel.offline.learners import make_learner
from gamelabel.offline.networks import NetworkKind
from gamelabel.offline.policy_evaluation import MakeEnvironment, evaluate_policy, random_policy
from gamelabel.offline.scores import STATISTICS, estimate_score, normalized_score
from gamelabel.offline.transitions import (
    EpisodeArrays,
    Transitions,
    best_episodes,
    make_transitions,
)
from gamelabel.parallel import executor, map_items
from gamelabel.shared_objects import Shared, shared

FILTERED = "filtered BC"  # behavior cloning of the best episodes
_PAPERS_CONFIDENCE = 0.5  # CrowdPlay's bars show the quartiles of the bootstrap


@dataclass(frozen=True)
class BenchmarkTask:
    """What is learned from, where it is tried, and what scores are measured by.

    Attributes
    ----------
    transitions, best_transitions : Transitions
        All demonstrations, and those with the highest returns.
    make_environment : callable
        Makes the environment; see `evaluate_policy`.
    random_return, best_return : float
        The mean return of a random policy, and the highest return of a player.
    """

    transitions: Transitions
    best_transitions: Transitions
    make_environment: MakeEnvironment
    random_return: float
    best_return: float

    @property
    def has_scale(self) -> bool:
        """Whether the best player beat the random policy: else scores have no unit."""
        return self.best_return > self.random_return


class BenchmarkSettings(NamedTuple):
    """How long each algorithm is trained, and how it is evaluated.

    Attributes
    ----------
    updates : int
        Steps of the optimizer.
    episodes : int
        Episodes that each trained policy plays.
    max_steps : int or None
        Steps after which such an episode is cut off.
    network : {"mlp", "small cnn", "nature cnn"}
        The network; see `networks.encoder_for`.
    learner : mapping of str to Any
        Settings of all algorithms that are not the defaults, such as
        ``{"learning_rate": 1e-3, "target_interval": 200}``.
    """

    updates: int
    episodes: int = 10
    max_steps: int | None = None
    network: NetworkKind = "mlp"
    learner: Mapping[str, Any] = {}


def benchmark_task(
    episodes: Sequence[EpisodeArrays],
    n_actions: int,
    make_environment: MakeEnvironment,
    random_episodes: int = 5,
    best_share: float = 0.2,
    max_steps: int | None = None,
    seed: int = 0,
) -> BenchmarkTask:
    """Prepare a task from demonstrations.

    Parameters
    ----------
    episodes : sequence of EpisodeArrays
        The demonstrations, with observations and actions as the environment has them.
    n_actions : int
        The number of actions.
    make_environment : callable
        Makes the environment.
    random_episodes : int
        Episodes of the random policy, five in CrowdPlay.
    best_share : float
        Share of the episodes that filtered behavior cloning learns from.
    max_steps : int, optional
        Steps after which an episode of the random policy is cut off.
    seed : int
        Seed of the random policy and its environments.
    """
    policy = random_policy(n_actions, seed)
    random = evaluate_policy(policy, make_environment, random_episodes, seed, max_steps)
    return BenchmarkTask(
        make_transitions(episodes, n_actions),
        make_transitions(best_episodes(episodes, best_share), n_actions),
        make_environment,
        float(random.mean()),
        max(float(np.sum(episode.rewards)) for episode in episodes),
    )


def tasks_with_scale(
    tasks: Mapping[str, BenchmarkTask],
) -> tuple[dict[str, BenchmarkTask], str]:
    """Return the tasks whose scores can be normalized, and a sentence on the others, if any."""
    kept = {name: task for name, task in tasks.items() if task.has_scale}
    others = [name for name in tasks if name not in kept]
    text = f"No player beat the random policy, so that scores have no unit: {', '.join(others)}."
    return kept, text if others else ""


def run_benchmark(
    tasks: Mapping[str, BenchmarkTask],
    algorithms: Sequence[str],
    settings: BenchmarkSettings,
    folder: Path,
    seeds: int = 4,
    seed: int = 0,
) -> pd.DataFrame:
    """Train and evaluate each algorithm on each task from each seed, several at once.

    Trainings are kept in `folder`: a run that was interrupted goes on where it was.

    Parameters
    ----------
    tasks : mapping of str to BenchmarkTask
        The tasks by name.
    algorithms : sequence of str
        Keys of `ALGORITHMS`, or "filtered BC".
    settings : BenchmarkSettings
        Updates, episodes and network.
    folder : Path
        Where the trainings are kept.
    seeds : int
        How many times each algorithm is trained on each task.
    seed : int
        The first seed.

    Returns
    -------
    DataFrame
        A row a training: `task`, `algorithm`, `seed`, `score` (the mean return), `normalized` (0 as
        random, 1 as the best player), `seconds` (of training and evaluation).
    """
    runs = [
        (task, algorithm, number)
        for task in tasks
        for algorithm in algorithms
        for number in range(seed, seed + seeds)
    ]
    names = [run_folder(*run) for run in runs]
    folder = folder.absolute()
    with executor() as pool, shared(dict(tasks), folder / "tasks.pt") as content:
        work = partial(_train_and_play, content, settings, folder)
        rows = list(map_items(pool, work, runs, names, "trainings"))
    return pd.DataFrame(rows)


def train_on(
    task: BenchmarkTask, algorithm: str, settings: BenchmarkSettings, folder: Path, seed: int = 0
) -> OfflineLearner:
    """Train one algorithm on one task; see `run_benchmark`."""
    is_filtered = algorithm == FILTERED
    data = task.best_transitions if is_filtered else task.transitions
    name = "BC" if is_filtered else algorithm
    learner = make_learner(name, data, settings.learner, settings.network, seed)
    return fit(learner, data, settings.updates, folder, seed)


def run_folder(task: str, algorithm: str, seed: int) -> str:
    """Return the folder's name of a training.

    >>> run_folder("inside out", "filtered BC", 2)
    'inside_out-filtered_bc-2'
    """
    return f"{snake(task)}-{snake(algorithm)}-{seed}"


def _train_and_play(
    tasks: Shared[dict[str, BenchmarkTask]],
    settings: BenchmarkSettings,
    folder: Path,
    run: tuple[str, str, int],
) -> dict[str, Any]:
    """Train one learner and play with it, in whichever process."""
    name, algorithm, seed = run
    task, started = tasks.value[name], time.monotonic()
    learner = train_on(task, algorithm, settings, folder / run_folder(*run), seed)
    returns = evaluate_policy(
        learner.policy(), task.make_environment, settings.episodes, seed, settings.max_steps
    )
    score = float(returns.mean())
    return {
        "task": name,
        "algorithm": algorithm,
        "seed": seed,
        "score": score,
        "normalized": float(normalized_score(score, task.random_return, task.best_return)),
        "seconds": time.monotonic() - started,
    }


def score_tables(results: pd.DataFrame) -> dict[str, pd.DataFrame]:
    """Return the normalized scores of each algorithm as a table of runs by tasks."""
    algorithms = dict.fromkeys(results.algorithm)
    return {
        name: results[results.algorithm == name].pivot(
            index="seed", columns="task", values="normalized"
        )
        for name in algorithms
    }


def aggregate_table(
    results: pd.DataFrame, replicates: int = 2000, confidence: float = 0.95, seed: int = 0
) -> pd.DataFrame:
    """Estimate the aggregate scores of each algorithm, as in CrowdPlay's Figure 10.

    Parameters
    ----------
    results : DataFrame
        What `run_benchmark` returns.
    replicates : int
        Bootstrap replicates.
    confidence : float
        Coverage of the intervals.
    seed : int
        Seed of the bootstrap.

    Returns
    -------
    DataFrame
        A row for each statistic and algorithm: `statistic`, `algorithm`, `value`, `low`, `high`,
        `n`, and the `warning` of the estimate.
    """
    rows = []
    for name, table in score_tables(results).items():
        for statistic, function in STATISTICS.items():
            estimate = estimate_score(table, function, replicates, confidence, seed)
            row = {"statistic": statistic, "algorithm": name, **estimate._asdict()}
            rows.append(row | {"warning": estimate.warning})
    return pd.DataFrame(rows)


def task_table(results: pd.DataFrame, replicates: int = 2000, seed: int = 0) -> pd.DataFrame:
    """Estimate the mean score of each algorithm on each task, with quartiles of the bootstrap.

    Parameters
    ----------
    results : DataFrame
        What `run_benchmark` returns.
    replicates : int
        Bootstrap replicates.
    seed : int
        Seed of the bootstrap.

    Returns
    -------
    DataFrame
        A row for each algorithm and task, as in CrowdPlay's Figure 9: `algorithm`, `task`, `value`,
        `low` and `high` (25 and 75 % of the bootstrap), `n`.
    """
    rows = []
    for name, table in score_tables(results).items():
        for task in table:
            scores = table[[task]].to_numpy()
            estimate = estimate_score(
                scores, STATISTICS["mean"], replicates, _PAPERS_CONFIDENCE, seed
            )
            rows.append({"algorithm": name, "task": task, **estimate._asdict()})
    return pd.DataFrame(rows)
