"""Recorded tasks for agents: from a folder of recordings to numbers, and back to play."""

from pathlib import Path

import numpy as np
import pytest

from gamelabel.games.play.agent_environment import AgentEnvironment
from gamelabel.games.play.learning_data import (
    agent_environments,
    episodes_with_behaviors,
    learning_episodes,
    n_actions,
    recorded_tasks,
    with_behaviors,
)
from gamelabel.games.play.memory_features import N_FEATURES
from gamelabel.games.play.simulated_corpus import corpus_sessions, corpus_tasks
from gamelabel.games.play.simulated_sessions import play_session, playable


@pytest.fixture(scope="module")
def folder(tmp_path_factory) -> Path:
    """A session of the pole and, where Atari is installed, one of Space Invaders on the left."""
    path = tmp_path_factory.mktemp("play")
    sessions = playable(corpus_sessions(1, 6.0, seed=0))
    for name in ("cart_pole", "left"):
        for session in [one for one in sessions if one.task.name == name][:1]:
            play_session(session, path)
    return path


def test_episodes_of_the_pole_are_as_the_environment_gives_them(folder: Path) -> None:
    task = corpus_tasks()["cart_pole"]
    episodes = learning_episodes(folder, "frames > 0", task)
    assert n_actions(task) == 2
    assert sum(len(episode.actions) for episode in episodes) == 90  # 6 s at 15 Hz
    for episode in episodes:
        assert episode.observations.shape == (len(episode.actions) + 1, 4)


def test_agents_of_space_invaders_see_numbers_of_the_same_form(folder: Path) -> None:
    """At the start all aliens stand, for agents as for players."""
    pytest.importorskip("ale_py", reason="the extra atari is not installed")
    task = corpus_tasks()["left"]
    (episode, *_) = learning_episodes(folder, "frames > 100", task)
    assert episode.observations.shape[1:] == (N_FEATURES,)
    environment = agent_environments(task, seconds=6.0)()
    seen, _ = environment.reset(seed=3)
    environment.close()
    assert seen.shape == (N_FEATURES,)
    assert np.array_equal(seen[:36], episode.observations[0, :36])  # all aliens stand


def test_behaviors_are_measured_alike_for_players_and_agents(folder: Path) -> None:
    pytest.importorskip("ale_py", reason="the extra atari is not installed")
    task = corpus_tasks()["left"]
    shown, table = episodes_with_behaviors(folder, "frames > 100", task)
    assert len(shown) == len(table)
    environment = AgentEnvironment(with_behaviors(task), every=4, max_frames=200)
    environment.reset(seed=0)
    over = False
    while not over:
        *_, terminated, truncated, info = environment.step(0)
        over = terminated or truncated
    environment.close()
    assert list(info) == list(table.columns)
    sides = table[["on the left", "on the right"]].sum(axis=1)
    assert (sides.round(6) <= 1).all()


def test_tasks_that_do_not_exist_or_were_not_recorded(folder: Path) -> None:
    tasks = corpus_tasks()
    assert list(recorded_tasks(folder, tasks, "plain, cart_pole")) == ["cart_pole"]
    with pytest.raises(ValueError, match="there is no task 'pong'; the tasks are cart_pole"):
        recorded_tasks(folder, tasks, "pong")
