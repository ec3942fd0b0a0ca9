"""Reads task files; `docs/play.md` describes their fields."""

from __future__ import annotations

from pathlib import Path
from typing import Any, get_args

import yaml

from gamelabel.games.play.environment_check import check_environment
from gamelabel.games.play.policies import check_policy
from gamelabel.games.play.recorded_tables import RESERVED
from gamelabel.games.play.statistics import make_collector
from gamelabel.games.play.tasks import (
    SINGLE_SEAT,
    ActionValue,
    Bonus,
    Button,
    GameLimits,
    Pacing,
    PacingMode,
    Project,
    Requirement,
    Seat,
    Task,
    TaskGroup,
    TaskStatistic,
    Waiting,
)
from gamelabel.yaml_fields import Fields, TaskFileError, compose_yaml, plain_value

_ACTION = "a number, the name of an action, or a list of numbers"


def read_project(path: str | Path) -> Project:
    """Read a task file.

    Parameters
    ----------
    path : str or Path
        A YAML file with the fields ``tasks`` and, if wanted, ``groups``, ``title`` and
        ``channels``.

    Returns
    -------
    Project

    Raises
    ------
    TaskFileError
        If something is wrong; the message is one sentence with the file and the line.
    """
    path = Path(path).absolute()
    node = compose_yaml(path)
    fields = Fields(path, node, "the file")
    tasks = {name: _task(path, name, node) for name, node in fields.children("tasks").items()}
    if not tasks:
        raise fields.error("the file needs tasks")
    groups = {
        name: _group(path, name, node, tasks) for name, node in fields.children("groups").items()
    }
    both = sorted(set(tasks) & set(groups))
    if both:
        raise fields.error(f"{both[0]} is the name of a task and of a group")
    project = Project(path, tasks, groups, fields.text("title"), fields.mapping("channels"))
    fields.finish()
    return project


def _task(path: Path, name: str, node: yaml.Node) -> Task:
    fields = Fields(path, node, f"the task {name}")
    environment = fields.text("environment", None)
    statistics = tuple(_statistic(path, item, name) for item in fields.items("statistics"))
    known = [statistic.name for statistic in statistics]
    for number, statistic in enumerate(known):
        if statistic in known[:number]:
            raise fields.error(f"{fields.what} has the statistic {statistic} twice")
    task = Task(
        name,
        environment,
        fields.mapping("arguments"),
        fields.text("title", name),
        fields.text("description"),
        fields.text("instructions"),
        _seats(path, fields),
        _pacing(path, fields),
        {key: _action(fields, value) for key, value in fields.children("keys").items()},
        tuple(_button(path, item, fields) for item in fields.items("buttons")),
        fields.take("idle_action", _action_value, _ACTION, None),
        fields.whole("no_ops", 0),
        fields.choice("co_operation", ("", "mean", "sum"), ""),
        statistics,
        tuple(_requirement(path, item, known, name) for item in fields.items("requirements")),
        _bonus(path, fields, known),
        _waiting(path, fields),
        _limits(path, fields),
        fields.whole("minimum", 0),
        fields.whole("target", 0),
        fields.time("opens"),
        fields.time("closes"),
        path.parent,
        fields.line(),
    )
    fields.finish()
    if task.bonus and not any(requirement.at_least > 0 for requirement in task.requirements):
        raise fields.error(
            f"{fields.what} has a bonus, which needs a requirement above 0: without one it is"
            " earned by pressing Finish",
            fields.node_of("bonus"),
        )
    if task.opens and task.closes and task.opens >= task.closes:
        raise fields.error(f"{fields.what} closes before it opens")
    if task.target and task.minimum > task.target:
        raise fields.error(f"the minimum of {fields.what} is above its target")
    check_environment(fields, task)
    return task


def _seats(path: Path, task: Fields) -> tuple[Seat, ...]:
    seats = []
    for name, node in task.children("seats").items():
        fields = Fields(path, node, f"the seat {name}")
        played_by = fields.choice("played_by", ("human", "policy"), "human")
        policy = fields.text("policy")
        if played_by == "policy" and not policy:
            raise fields.error(f"the seat {name} is played by a policy and needs the field policy")
        try:
            check_policy(policy, path.parent)
        except ValueError as error:
            raise fields.error(str(error), fields.node_of("policy")) from error
        seats.append(Seat(name, played_by, policy, fields.text("label")))
        fields.finish()
    if seats and all(seat.played_by == "policy" for seat in seats):
        raise task.error(f"{task.what} has no seat for a human")
    return tuple(seats) or (Seat(SINGLE_SEAT),)


def _pacing(path: Path, task: Fields) -> Pacing:
    node = task.node_of("pacing")
    if node is None:
        return Pacing()
    fields = Fields(path, node, f"the pacing of {task.what}")
    mode: PacingMode = fields.choice("mode", get_args(PacingMode), "real time")
    rate = fields.number("rate", 60.0, least=0.1)
    if rate > 240:
        raise fields.error(f"{fields.what} has a rate of {rate:g}; at most 240 steps a second")
    fields.finish()
    return Pacing(mode, rate)


def _action(task: Fields, node: yaml.Node) -> ActionValue:
    try:
        return _action_value(plain_value(node))
    except TypeError as error:
        raise task.error(f"an action of {task.what} is {_ACTION}", node) from error


def _action_value(value: Any) -> ActionValue:
    if isinstance(value, list) and all(_is_number(part) for part in value):
        return tuple(float(part) for part in value)
    if _is_number(value) or isinstance(value, str):
        action: ActionValue = value
        return action
    raise TypeError


def _is_number(value: Any) -> bool:
    return isinstance(value, int | float) and not isinstance(value, bool)


def _button(path: Path, node: yaml.Node, task: Fields) -> Button:
    fields = Fields(path, node, f"a button of {task.what}")
    action = fields.node_of("action")
    if action is None:
        raise fields.error(f"{fields.what} needs the field action")
    button = Button(fields.text("text", None), _action(task, action))
    fields.finish()
    return button


def _statistic(path: Path, node: yaml.Node, task: str) -> TaskStatistic:
    if isinstance(node, yaml.ScalarNode):
        statistic = TaskStatistic(node.value, node.value)
        fields = None
    else:
        fields = Fields(path, node, f"a statistic of the task {task}")
        collector = fields.text("collector", None)
        name = fields.text("name", collector)
        arguments = fields.mapping("arguments")
        statistic = TaskStatistic(name or collector, collector, arguments, fields.text("label"))
        fields.finish()
    where = f"{path}, line {node.start_mark.line + 1}"
    if statistic.name in RESERVED or not statistic.name.isidentifier():
        raise TaskFileError(
            f"{where}: a statistic of the task {task} cannot have the name {statistic.name}:"
            " it is the name of a column of recordings, which must be letters, digits and _,"
            " and not one that they have already"
        )
    try:
        make_collector(statistic.collector, statistic.arguments)
    except (TypeError, ValueError) as error:
        raise TaskFileError(f"{where}: {error}") from error
    return statistic


def _requirement(path: Path, node: yaml.Node, known: list[str], task: str) -> Requirement:
    fields = Fields(path, node, f"a requirement of the task {task}")
    statistic = _known_statistic(fields, "statistic", known)
    if fields.node_of("at_least") is None:
        raise fields.error(f"{fields.what} needs the field at_least")
    requirement = Requirement(statistic, fields.number("at_least", 0.0), fields.text("label"))
    fields.finish()
    return requirement


def _bonus(path: Path, task: Fields, known: list[str]) -> Bonus | None:
    node = task.node_of("bonus")
    if node is None:
        return None
    fields = Fields(path, node, f"the bonus of {task.what}")
    kind = fields.choice("kind", ("fixed", "sliding", "raffle", "challenge"), "fixed")
    is_sliding = kind == "sliding"
    if is_sliding and fields.node_of("maximum") is None:
        raise fields.error(f"{fields.what} is sliding and needs the field maximum")
    bonus = Bonus(
        kind,
        fields.number("base", 0.0),
        fields.number("maximum", 0.0),
        fields.text("currency", "USD"),
        _known_statistic(fields, "correct", known) if is_sliding else "",
        _known_statistic(fields, "share", known) if is_sliding else "",
        fields.number("full_count", 200.0, least=1.0),
        fields.choice("rule", ("text", "code"), "text"),
        fields.text("prize"),
    )
    fields.finish()
    return bonus


def _known_statistic(fields: Fields, name: str, known: list[str]) -> str:
    statistic = fields.text(name, None)
    if statistic not in known:
        listed = ", ".join(known) or "none"
        text = f"{fields.what} is about {statistic}; the task's statistics are {listed}"
        raise fields.error(text, fields.node_of(name))
    return statistic


def _waiting(path: Path, task: Fields) -> Waiting:
    node = task.node_of("waiting")
    if node is None:
        return Waiting()
    fields = Fields(path, node, f"waiting of {task.what}")
    names = ("seconds", "ready_seconds", "countdown_seconds")
    values = {name: fields.number(name, getattr(Waiting, name)) for name in names}
    fields.finish()
    return Waiting(**values)


def _limits(path: Path, task: Fields) -> GameLimits:
    node = task.node_of("limits")
    if node is None:
        return GameLimits()
    fields = Fields(path, node, f"limits of {task.what}")
    limits = GameLimits(
        fields.number("idle_seconds", GameLimits.idle_seconds, least=1.0),
        fields.number("seconds", GameLimits.seconds, least=1.0),
    )
    fields.finish()
    return limits


def _group(path: Path, name: str, node: yaml.Node, tasks: dict[str, Task]) -> TaskGroup:
    fields = Fields(path, node, f"the group {name}")
    members = fields.items("tasks")
    for member in members:
        if member.value not in tasks:
            text = f"the group {name} has the task {member.value!r:.60}, which is not in the file"
            raise fields.error(text, member)
    if not members:
        raise fields.error(f"the group {name} needs tasks")
    assignment = fields.choice("assignment", ("choose", "assign"), "choose")
    group = TaskGroup(
        name, tuple(member.value for member in members), assignment, fields.text("title")
    )
    fields.finish()
    return group
