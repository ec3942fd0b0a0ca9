"""Train agents on the same examples, beside each other, and score all on the same test."""

from __future__ import annotations

import hashlib
from collections.abc import Mapping, Sequence
from dataclasses import fields, replace
from functools import partial
from pathlib import Path
from typing import Any, NamedTuple

import pandas as pd
from pandas import DataFrame

from gamelabel.files import replacing, snake
from gamelabel.following.command_examples import read_examples
from gamelabel.following.following_scores import score_agent
from gamelabel.following.train_agent import AgentConfig, train_agent
from gamelabel.games.dungeon import DUNGEON
from gamelabel.parallel import executor, map_items


class AgentRun(NamedTuple):
    """One training: the arm's name and config, the examples learned from, seed, answers ranked."""

    arm: str
    config: AgentConfig
    n_examples: int
    seed: int
    n_ranked: int = 0


class ScoredTables(NamedTuple):
    """What all runs share: examples to learn from and to test on, as tables, and the folder."""

    training: DataFrame
    test: DataFrame
    folder: Path


def vary(config: AgentConfig, changes: Mapping[str, Mapping[str, Any]]) -> dict[str, AgentConfig]:
    """Return variants of a config by name.

    Parameters
    ----------
    config : AgentConfig
        The config.
    changes : mapping of str to mapping
        For each variant, fields of `AgentConfig` or arguments of the agent with their values.

    Examples
    --------
    >>> arms = vary(AgentConfig(), {"w/o counter": {"counter": "none"}, "long": {"epochs": 30}})
    >>> arms["w/o counter"].options, arms["long"].epochs
    ({'counter': 'none'}, 30)
    """
    own = {field.name for field in fields(AgentConfig)}
    variants = {}
    for name, change in changes.items():
        of_config = {key: value for key, value in change.items() if key in own}
        of_agent = {key: value for key, value in change.items() if key not in own}
        options = {**config.options, **of_agent}
        variants[name] = replace(config, **{"options": options, **of_config})
    return variants


def plan_runs(
    arms: Mapping[str, AgentConfig],
    sizes: Sequence[int],
    n_seeds: int,
    seed: int = 0,
    n_ranked: int = 0,
) -> list[AgentRun]:
    """Return a run for each arm, size and seed, those that take longest first.

    Parameters
    ----------
    arms : mapping of str to AgentConfig
        What is compared, by name.
    sizes : sequence of int
        Numbers of examples to learn from.
    n_seeds : int
        Trainings of each arm at each size.
    seed : int
        The first seed.
    n_ranked : int
        Test examples that get a rank in runs of the largest size; see `score_agent`.
    """
    return [
        AgentRun(arm, config, size, seed + i, n_ranked if size == max(sizes) else 0)
        for size in sorted(sizes, reverse=True)
        for arm, config in arms.items()
        for i in range(n_seeds)
    ]


def score_runs(
    runs: Sequence[AgentRun],
    training: DataFrame,
    test: DataFrame,
    folder: Path,
    progress: str = "",
) -> DataFrame:
    """Train an agent for each run and score it with and without the decoding constraint.

    Runs of the same seed learn from the same examples in the same order, and the smaller sets are
    parts of the larger ones. Finished runs are kept in the folder; an interrupted one goes on.

    Parameters
    ----------
    runs : sequence of AgentRun
        What is trained, several at once if `parallel.executor` has several processes.
    training, test : DataFrame
        Tables of examples, see `read_examples`. The test may have a column `test_set`.
    folder : Path
        Where trainings and scores are kept.
    progress : str
        Title of a progress bar.

    Returns
    -------
    DataFrame
        Rows of `score_agent` with columns arm, n_examples, seed, constrained, and test_set.

    Raises
    ------
    ValueError
        If a run asks for more examples than there are.
    ItemFailed
        If a training fails or its process ends twice; the message names the run.
    """
    for run in runs:
        if run.n_examples > len(training):
            raise ValueError(
                f"{run.arm} learns from {run.n_examples:,} examples, but there are "
                f"{len(training):,}: lower the number or add teachers"
            )
    names = [f"{run.arm}, {run.n_examples:,} examples, seed {run.seed}" for run in runs]
    work = partial(train_and_score, ScoredTables(training, test, folder))
    with executor() as pool:
        return pd.concat(map_items(pool, work, runs, names, progress), ignore_index=True)


def train_and_score(tables: ScoredTables, run: AgentRun) -> DataFrame:
    """Return the scores of one run; see `score_runs`."""
    rows = tables.training.sample(frac=1, random_state=run.seed).head(run.n_examples)
    folder = tables.folder / f"{snake(run.arm)}_{run.n_examples}_{run.seed}_{_key(tables, run)}"
    path = folder / "scores.parquet"
    if path.exists():
        return pd.read_parquet(path)
    test = read_examples(tables.test, DUNGEON)
    agent = train_agent(run.config, read_examples(rows, DUNGEON), folder, DUNGEON, run.seed)
    ranked = {True: run.n_ranked, False: 0}  # ranks do not depend on the constraint
    parts = [
        score_agent(agent, test, n, constrained).assign(constrained=constrained)
        for constrained, n in ranked.items()
    ]
    scores = pd.concat(parts, ignore_index=True)
    scores = scores.assign(arm=run.arm, n_examples=run.n_examples, seed=run.seed)
    if "test_set" in tables.test:
        scores = scores.merge(tables.test[["example_id", "test_set"]], on="example_id")
    with replacing(path) as partial_path:
        scores.to_parquet(partial_path)
    (folder / "checkpoint.pt").unlink(missing_ok=True)
    return scores


def _key(tables: ScoredTables, run: AgentRun) -> str:
    """Return a hash of all that the scores of a run depend on."""
    digest = hashlib.sha256(f"{run.config} {run.n_ranked}".encode())
    for table in (tables.training, tables.test):
        digest.update(table.to_json(orient="split").encode())
    return digest.hexdigest()[:12]
