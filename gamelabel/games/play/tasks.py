"""What people are asked to play: tasks, their seats and rules, and groups of tasks.

`gamelabel.games.play.task_file.read_project` reads these from a YAML file.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import datetime
from pathlib import Path
from typing import Any, Literal

SINGLE_SEAT = "player"
"""The seat of an environment for one agent."""

PacingMode = Literal["real time", "turn based", "hold to act"]
ActionValue = int | float | str | tuple[float, ...]
"""An action as a task file writes it: a number, the environment's name for it, or a vector."""


@dataclass(frozen=True)
class Pacing:
    """When the environment advances.

    Attributes
    ----------
    mode : {"real time", "turn based", "hold to act"}
        ``real time``: `rate` steps a second, whatever the players do. ``turn based``: one step for
        each action. ``hold to act``: as in real time while an action is held, else it waits.
    rate : float
        Steps a second; in a turn-based task at most as many.
    """

    mode: PacingMode = "real time"
    rate: float = 60.0


@dataclass(frozen=True)
class Seat:
    """A place at the environment: who plays one of its agents.

    Attributes
    ----------
    name : str
        The agent's name in the environment; `SINGLE_SEAT` if it has one agent only.
    played_by : {"human", "policy"}
        Who plays here from the start.
    policy : str
        For a policy's seat the policy that plays; for a human's seat the one that takes over when
        the player disconnects or nobody comes ("" for none). See `gamelabel.games.play.policies`.
    label : str
        What players are told about the seat, such as "the green cannon".
    """

    name: str = SINGLE_SEAT
    played_by: Literal["human", "policy"] = "human"
    policy: str = ""
    label: str = ""


@dataclass(frozen=True)
class Button:
    """A button for touch screens: its text and its action."""

    text: str
    action: ActionValue


@dataclass(frozen=True)
class TaskStatistic:
    """A statistic that a task collects.

    Attributes
    ----------
    name : str
        The name of its column in the recording, and what requirements and bonuses refer to.
    collector : str
        The collector in the registry of `gamelabel.games.play.statistics`.
    arguments : mapping
        Keyword arguments of the collector.
    label : str
        What players see beside the value; "" if they do not see it.
    """

    name: str
    collector: str
    arguments: Mapping[str, Any] = field(default_factory=dict)
    label: str = ""


@dataclass(frozen=True)
class Requirement:
    """A value that a statistic of the session has to reach before a task counts as done."""

    statistic: str
    at_least: float
    label: str = ""


@dataclass(frozen=True)
class Bonus:
    """What a player receives once all requirements of the task are met.

    Attributes
    ----------
    kind : {"fixed", "sliding", "raffle", "challenge"}
        ``fixed``: `base`. ``sliding``: `base`, and up to `maximum` by the sliding rule. ``raffle``:
        an entry in a raffle for `prize`. ``challenge``: the honor.
    base, maximum : float
        Amounts in `currency`.
    currency : str
        ISO 4217 code.
    correct : str
        The statistic that counts what was done as asked (sliding).
    share : str
        The statistic with the share of it in all that was done (sliding).
    full_count : float
        Value of `correct` from which it limits the bonus no more.
    rule : {"text", "code"}
        Which of the two versions of the sliding rule; see `gamelabel.games.play.incentives`.
    prize : str
        What a raffle gives.
    """

    kind: Literal["fixed", "sliding", "raffle", "challenge"]
    base: float = 0.0
    maximum: float = 0.0
    currency: str = "USD"
    correct: str = ""
    share: str = ""
    full_count: float = 200.0
    rule: Literal["text", "code"] = "text"
    prize: str = ""


@dataclass(frozen=True)
class Waiting:
    """How players of a task for several people meet.

    Attributes
    ----------
    seconds : float
        After this wait the game starts, with policies in the seats that nobody took.
    ready_seconds : float
        Time to say "ready" after the bell.
    countdown_seconds : float
        Time between the last "ready" and the first frame.
    """

    seconds: float = 900.0
    ready_seconds: float = 30.0
    countdown_seconds: float = 3.0


@dataclass(frozen=True)
class GameLimits:
    """How long a game lasts at most.

    Attributes
    ----------
    idle_seconds : float
        A game ends for a player who has pressed and let go nothing for this long.
    seconds : float
        A game ends after this time, whatever is played. The player may begin the next one.
    """

    idle_seconds: float = 300.0
    seconds: float = 3600.0


@dataclass(frozen=True)
class Task:
    """One thing to play: an environment, its seats, its controls and what is asked of players.

    Attributes
    ----------
    name : str
        Its key in the task file.
    environment : str
        An id for `gymnasium.make`, such as "CartPole-v1" or "ale_py:ALE/Breakout-v5", or the import
        path "package.module:name" of a Gymnasium or PettingZoo parallel environment.
    arguments : mapping
        Keyword arguments with which the environment is made.
    seats : tuple of Seat
        In the order in which people are seated.
    pacing : Pacing
        When the environment advances.
    keys : mapping of str to ActionValue
        Keys of the keyboard, as in JavaScript's ``KeyboardEvent.code``, and their actions. Keys
        that are held together are joined by "+": "ArrowLeft+Space".
    buttons : tuple of Button
        Buttons for touch screens.
    idle_action : ActionValue or None
        The action while no key is held; None for the environment's own (action 0, or zeros).
    no_ops : int
        An episode starts with a random number of idle steps up to this, so that starts vary.
    co_operation : {"", "mean", "sum"}
        For Space Invaders with two players: nothing for the other's loss, and both receive the
        mean or the sum of their clipped rewards. "" leaves rewards as they are.
    statistics, requirements, bonus
        What is measured, what has to be reached, and what it pays.
    waiting : Waiting
        How several people meet.
    limits : GameLimits
        How long a game lasts at most.
    minimum, target : int
        Sessions that are wanted: the least before others tasks of a group matter, and the number
        at which the task is filled; 0 for no limit.
    opens, closes : datetime or None
        When it can be played.
    folder : Path or None
        The folder of the task file, in which modules named by `environment` are looked for too.
    line : int
        Its line in the task file, for messages.
    """

    name: str
    environment: str
    arguments: Mapping[str, Any] = field(default_factory=dict)
    title: str = ""
    description: str = ""
    instructions: str = ""
    seats: tuple[Seat, ...] = (Seat(),)
    pacing: Pacing = Pacing()
    keys: Mapping[str, ActionValue] = field(default_factory=dict)
    buttons: tuple[Button, ...] = ()
    idle_action: ActionValue | None = None
    no_ops: int = 0
    co_operation: Literal["", "mean", "sum"] = ""
    statistics: tuple[TaskStatistic, ...] = ()
    requirements: tuple[Requirement, ...] = ()
    bonus: Bonus | None = None
    waiting: Waiting = Waiting()
    limits: GameLimits = GameLimits()
    minimum: int = 0
    target: int = 0
    opens: datetime | None = None
    closes: datetime | None = None
    folder: Path | None = None
    line: int = 0

    def seat(self, name: str) -> Seat:
        """Return the seat of a name."""
        return next(seat for seat in self.seats if seat.name == name)

    @property
    def human_seats(self) -> tuple[str, ...]:
        """Names of the seats that people play, in order."""
        return tuple(seat.name for seat in self.seats if seat.played_by == "human")

    def is_open(self, now: datetime) -> bool:
        """Whether it can be played at a time."""
        return not (self.opens and now < self.opens) and not (self.closes and now >= self.closes)


@dataclass(frozen=True)
class TaskGroup:
    """Tasks that belong together: players choose one, or are assigned to one."""

    name: str
    tasks: tuple[str, ...]
    assignment: Literal["choose", "assign"] = "choose"
    title: str = ""


@dataclass(frozen=True)
class Project:
    """All tasks and groups of a task file.

    `channels` says how people are recruited; it is read by `gamelabel.service.play`.
    """

    path: Path
    tasks: Mapping[str, Task]
    groups: Mapping[str, TaskGroup]
    title: str = ""
    channels: Mapping[str, Mapping[str, Any]] = field(default_factory=dict)
