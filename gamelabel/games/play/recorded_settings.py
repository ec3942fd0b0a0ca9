"""The part of a task on which a recording depends, as JSON beside each recorded episode."""

from __future__ import annotations

import json
from collections.abc import Mapping
from pathlib import Path
from typing import Any

from gamelabel.games.play.tasks import Pacing, Seat, Task, TaskStatistic


def settings_of(task: Task) -> str:
    """Return what a replay needs to know of a task beside its name, environment and seats.

    Examples
    --------
    >>> settings_of(Task("lake", "FrozenLake-v1", {"map_name": "4x4"}))
    '{"arguments": {"map_name": "4x4"}, "rate": 60.0, "statistics": []}'
    """
    statistics = [
        {"name": one.name, "collector": one.collector, "arguments": dict(one.arguments)}
        for one in task.statistics
    ]
    settings: dict[str, Any] = {
        "arguments": dict(task.arguments),
        "rate": task.pacing.rate,
        "statistics": statistics,
    }
    if task.co_operation:
        settings["co_operation"] = task.co_operation
    if task.idle_action is not None:
        settings["idle_action"] = task.idle_action
    return json.dumps(settings, sort_keys=True, default=str)


def task_of(episode: Mapping[str, Any], folder: Path | None = None) -> Task:
    """Return the task of a recorded episode, as far as its replay needs it.

    Parameters
    ----------
    episode : mapping of str to Any
        A row of the table of episodes.
    folder : Path, optional
        Where the environment's module is looked for, if it belongs to no package.
    """
    settings = json.loads(episode["settings"])
    return Task(
        episode["task"],
        episode["environment"],
        settings["arguments"],
        seats=tuple(Seat(name) for name in json.loads(episode["seats"])),
        pacing=Pacing(rate=settings.get("rate", Pacing.rate)),
        idle_action=settings.get("idle_action"),
        co_operation=settings.get("co_operation", ""),
        statistics=tuple(
            TaskStatistic(one["name"], one["collector"], one["arguments"])
            for one in settings.get("statistics", [])
        ),
        folder=folder,
    )
