"""Frames of recorded episodes, made again by the environment and compared with what was played."""

from __future__ import annotations

import json
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import numpy as np

from gamelabel.games.play.environments import Environment, EnvironmentFault, open_environment
from gamelabel.games.play.frame_hashes import FrameHashes, first_difference, first_other_column
from gamelabel.games.play.observation_bytes import from_bytes
from gamelabel.games.play.recorded_settings import task_of
from gamelabel.games.play.recorded_tables import RecordedEpisode
from gamelabel.games.play.statistics_check import StatisticsCheck
from gamelabel.games.play.transition import Transition
from gamelabel.games.play.versions import versions_of


class ReplayDiffers(Exception):
    """A replay is not what was played; the message names the episode, where, and why it may be."""


def environment_of(recorded: RecordedEpisode, folder: Path | None = None) -> Environment:
    """Make the environment of a recorded episode; it serves other episodes of its task too.

    Parameters
    ----------
    recorded : RecordedEpisode
        The episode.
    folder : Path, optional
        Where the environment's module is looked for, if it belongs to no package.

    Raises
    ------
    EnvironmentFault
        If it cannot be made.
    """
    return open_environment(task_of(recorded.episode, folder))


def replay(recorded: RecordedEpisode, environment: Environment) -> Iterator[Transition]:
    """Play a recorded episode again and give its transitions, from frame 0 on.

    While a transition is the latest, the environment shows its frame: its picture, observation and
    memory are what the player had.

    Parameters
    ----------
    recorded : RecordedEpisode
        The episode, with `restore` "state" or "seed".
    environment : Environment
        Of `environment_of`.

    Yields
    ------
    Transition
        With actions, controllers and frames seen as recorded.

    Raises
    ------
    ReplayDiffers
        As soon as a reward, an end, a statistic or a checkpoint differs; at the latest after the
        last frame, if the screens, memory, observations or the table of seats do.
    """
    episode = recorded.episode
    hashes = FrameHashes(environment.emulator)
    statistics = _statistics_check(recorded, environment)
    try:
        outcome = environment.reset(episode["seed"], episode["no_ops"])
        if episode["start_state"] is not None:
            environment.load_state(episode["start_state"])
        transition = _transition(0, outcome, environment, {}, {}, {})
        hashes.add(transition)
        statistics.difference(transition)
        yield transition
        for frame, steps in enumerate(_steps(recorded, environment), 1):
            outcome = environment.step(steps["action"])
            _compare(recorded, environment, frame, outcome, steps)
            transition = _transition(
                frame, outcome, environment, steps["action"], steps["controller"], steps["seen"]
            )
            hashes.add(transition)
            if _checkpoint_differs(episode, hashes):
                break
            if other := statistics.difference(transition):
                raise _difference(recorded, environment, other)
            yield transition
    except EnvironmentFault as error:
        raise _difference(recorded, environment, f"the replay fails: {error}") from error
    place = first_difference(episode["checkpoints"], hashes.checkpoints)
    if place:
        first, last = place
        text = f"frames differ, the first of them between {first} and {last}"
        raise _difference(recorded, environment, text)
    if name := first_other_column(episode, hashes.columns()):
        raise _difference(recorded, environment, f"{name} differs")
    if other := statistics.last_difference():
        raise _difference(recorded, environment, other)


def verify_replay(recorded: RecordedEpisode, folder: Path | None = None) -> None:
    """Play an episode again and compare it.

    Raises
    ------
    ReplayDiffers
        If it is not what was played.
    """
    environment = environment_of(recorded, folder)
    try:
        for _ in replay(recorded, environment):
            pass
    finally:
        environment.close()


def stored_observations(recorded: RecordedEpisode, seat: str) -> list[Any]:
    """Return the observations of a seat from frame 0 on, of an episode recorded with them.

    Raises
    ------
    ValueError
        If the episode was recorded without: it can be replayed.
    """
    episode = recorded.episode
    if episode["restore"] != "observations":
        raise ValueError(f"{episode['episode_id']} has no observations: replay it")
    form = json.loads(episode["observation_format"])[seat]
    number = json.loads(episode["seats"]).index(seat)
    rows = recorded.steps[recorded.steps["seat"] == seat]
    contents = [episode["start_observations"][number], *rows["observation"]]
    return [from_bytes(content, form) for content in contents]


def _statistics_check(recorded: RecordedEpisode, environment: Environment) -> StatisticsCheck:
    try:
        return StatisticsCheck(recorded)
    except ValueError as error:  # a statistic that this version does not have
        raise _difference(recorded, environment, str(error)) from error


def _steps(recorded: RecordedEpisode, environment: Environment) -> Iterator[dict[str, Any]]:
    seats = json.loads(recorded.episode["seats"])
    frames = recorded.episode["frames"]
    columns = {}
    for seat in seats:
        rows = recorded.steps[recorded.steps["seat"] == seat]
        actions = [environment.actions.parse(seat, action) for action in recorded.actions(seat)]
        ends = (rows["terminated"].to_numpy(), rows["truncated"].to_numpy())
        rewards = rows["reward"].to_numpy(np.float32)
        controllers, seen = list(rows["controller"]), rows["frame_seen"].to_numpy(np.int64)
        columns[seat] = (actions, rewards, *ends, controllers, seen)
    names = ("action", "reward", "terminated", "truncated", "controller", "seen")
    for step in range(frames):
        yield {
            name: {seat: columns[seat][number][step] for seat in seats}
            for number, name in enumerate(names)
        }


def _transition(
    frame: int,
    outcome: Any,
    environment: Environment,
    actions: dict[str, Any],
    controllers: dict[str, Any],
    seen: dict[str, Any],
) -> Transition:
    return Transition(
        frame,
        actions,
        outcome.rewards,
        outcome.terminated,
        outcome.truncated,
        controllers,
        {seat: int(number) for seat, number in seen.items()},
        environment.memory(),
        outcome.observations,
        outcome.info,
    )


def _compare(
    recorded: RecordedEpisode,
    environment: Environment,
    frame: int,
    outcome: Any,
    steps: dict[str, Any],
) -> None:
    for seat, reward in outcome.rewards.items():
        played = steps["reward"][seat]
        if np.float32(reward) != played:
            text = f"the reward of {seat} at frame {frame} is {reward:g}, not {played:g}"
            raise _difference(recorded, environment, text)
        for name in ("terminated", "truncated"):
            computed = getattr(outcome, name)[seat]
            if computed != steps[name][seat]:
                text = f"{seat} is {'' if computed else 'not '}{name} at frame {frame}"
                raise _difference(recorded, environment, text)


def _checkpoint_differs(episode: Any, hashes: FrameHashes) -> bool:
    return not episode["checkpoints"].startswith(hashes.checkpoints)


def _difference(recorded: RecordedEpisode, environment: Environment, text: str) -> ReplayDiffers:
    then, now = json.loads(recorded.episode["versions"]), versions_of(environment)
    others = [
        f"{name} {then.get(name, 'none')}, now {now.get(name, 'none')}"
        for name in sorted({*then, *now})
        if then.get(name) != now.get(name)
    ]
    why = f" (recorded with {'; '.join(others)})" if others else ""
    return ReplayDiffers(f"the replay of {recorded.episode['episode_id']} differs: {text}{why}")
