"""Recorded tasks for agents: episodes as numbers, environments to try agents in, and behaviors."""

from __future__ import annotations

import importlib.util
from collections.abc import Callable, Mapping
from dataclasses import replace
from functools import partial
from pathlib import Path
from typing import Any

import numpy as np
import pandas as pd
from numpy.typing import NDArray

from gamelabel.games.play.agent_environment import (
    AgentEnvironment,
    observe_memory,
    observe_native,
)
from gamelabel.games.play.dataset import Episode, SharedEnvironments, StoredEpisode, episodes
from gamelabel.games.play.environments import Environment
from gamelabel.games.play.memory_features import space_invaders_features
from gamelabel.games.play.recorded_folder import recorded_metadata
from gamelabel.games.play.statistics import Collector, start_collectors, values_of
from gamelabel.games.play.tasks import Task, TaskStatistic
from gamelabel.games.play.transition import Transition

SKIPPED_FRAMES = 4  # frames of an agent's action in games of the emulator, as for DeepMind's agents
_BEHAVIORS = {
    "on the left": ("space_invaders_side", {"side": "left"}),
    "on the right": ("space_invaders_side", {"side": "right"}),
    "inside out": ("share_in_order", {"order": "inside out"}),
    "outside in": ("share_in_order", {"order": "outside in"}),
    "row by row": ("share_in_order", {"order": "row by row"}),
}


def recorded_tasks(folder: str | Path, tasks: Mapping[str, Task], names: str) -> dict[str, Task]:
    """Return the tasks of these names that a folder has recordings of and that can be played here.

    Parameters
    ----------
    folder : str or Path
        The folder of recordings.
    tasks : mapping of str to Task
        All tasks by name.
    names : str
        The names, separated by commas.

    Raises
    ------
    ValueError
        If there is no task of a name.
    FileNotFoundError
        If there are no recordings. The message names the notebook that makes some.
    """
    chosen = [name.strip() for name in names.split(",") if name.strip()]
    for name in chosen:
        if name not in tasks:
            raise ValueError(f"there is no task {name!r}; the tasks are {', '.join(tasks)}")
    try:
        recorded = set(recorded_metadata(folder).task)
    except FileNotFoundError as error:
        first = "run notebooks/11_demonstrations.ipynb first"
        raise FileNotFoundError(f"{error}: {first}") from error
    return {n: tasks[n] for n in chosen if n in recorded and _can_be_played(tasks[n])}


def _can_be_played(task: Task) -> bool:
    needs = task.environment.partition(":")[0].partition(".")[0]
    return not needs.isidentifier() or importlib.util.find_spec(needs) is not None


def has_emulator(task: Task) -> bool:
    """Whether a task is a game of the Atari emulator."""
    return task.environment.startswith("ale_py:")


def n_actions(task: Task) -> int:
    """Return how many actions an agent of a task has."""
    environment = AgentEnvironment(task)
    try:
        return environment.n_actions
    finally:
        environment.close()


def learning_episodes(folder: str | Path, where: str, task: Task) -> list[Episode]:
    """Return episodes of people as an agent would see them.

    Parameters
    ----------
    folder : str or Path
        The folder of recordings.
    where : str
        A condition on the metadata; see `dataset.episodes`.
    task : Task
        The task. In games of the emulator an agent acts at every fourth frame and sees
        `space_invaders_features`; elsewhere it sees every frame as the environment gives it.
    """
    with SharedEnvironments() as environments:
        return [
            _as_agents_see(stored, task, environments)
            for stored in _episodes_of_people(folder, where, task)
        ]


def episodes_with_behaviors(
    folder: str | Path, where: str, task: Task, most: int = 0
) -> tuple[list[Episode], pd.DataFrame]:
    """Return episodes of Space Invaders, and how far each shows each of the five behaviors.

    Parameters
    ----------
    folder, where, task
        See `learning_episodes`.
    most : int
        How many episodes at most, 0 for all.

    Returns
    -------
    episodes : list of Episode
        As of `learning_episodes`.
    behaviors : DataFrame
        A row an episode, a column a behavior.
    """
    chosen = _episodes_of_people(folder, where, task)
    measured, shown, rows = with_behaviors(task), [], []
    with SharedEnvironments() as environments:
        for stored in chosen[: most or None]:
            collectors = start_collectors(measured, stored.seat)
            watch = partial(_collect, collectors)
            shown.append(_as_agents_see(stored, task, environments, watch))
            rows.append(values_of(collectors))
    return shown, pd.DataFrame(rows, columns=list(_BEHAVIORS), dtype=np.float64)


def observe_features(environment: Environment, seat: str) -> NDArray[Any]:
    """Return `space_invaders_features` of the memory."""
    return space_invaders_features(observe_memory(environment, seat))


def agent_environments(task: Task, seconds: float) -> Callable[[], AgentEnvironment]:
    """Return a function that makes a task's environment for agents.

    Parameters
    ----------
    task : Task
        The task.
    seconds : float
        Seconds of play after which an episode is truncated.
    """
    frames = max(1, round(seconds * task.pacing.rate))
    if has_emulator(task):
        return partial(AgentEnvironment, task, observe_features, SKIPPED_FRAMES, frames)
    return partial(AgentEnvironment, task, observe_native, 1, frames)


def with_behaviors(task: Task) -> Task:
    """Return a task of Space Invaders with the statistics of all five behaviors."""
    statistics = [
        TaskStatistic(name, collector, arguments)
        for name, (collector, arguments) in _BEHAVIORS.items()
    ]
    return replace(task, statistics=tuple(statistics))


def _as_agents_see(
    stored: StoredEpisode,
    task: Task,
    environments: SharedEnvironments,
    watch: Callable[[Transition], object] | None = None,
) -> Episode:
    environment = environments.environment_for(stored)
    if not has_emulator(task):
        return stored.load(environment=environment, watch=watch)
    episode = stored.load("memory", SKIPPED_FRAMES, environment=environment, watch=watch)
    return replace(episode, observations=space_invaders_features(episode.observations))


def _collect(collectors: Mapping[str, Collector], transition: Transition) -> None:
    for collector in collectors.values():
        collector.add(transition)


def _episodes_of_people(folder: str | Path, where: str, task: Task) -> list[StoredEpisode]:
    return episodes(folder, f"({where}) and task == '{task.name}' and controller == 'human'")
