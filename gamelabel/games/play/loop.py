"""The loop of a game: newest action of each seat, step, statistics, recording.

`Loop` knows no clock and no process. `gamelabel.games.play.game_process` runs it at a steady rate
in a process of its own; simulated players and tests call `advance` themselves.
"""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any, Protocol

import numpy as np

from gamelabel.games.play.environments import Environment, Outcome
from gamelabel.games.play.policies import Policy, open_policy
from gamelabel.games.play.seat_control import SeatControl
from gamelabel.games.play.statistics import Collector, start_collectors
from gamelabel.games.play.tasks import Task
from gamelabel.games.play.transition import Transition

StatisticValues = dict[str, dict[str, float]]
"""StatisticValues of statistics: of a seat, by name."""


class Listener(Protocol):
    """Receives what happens in a game, such as a recorder."""

    def begin(self, transition: Transition, seed: int, no_ops: int, state: bytes | None) -> None:
        """Receive the start of an episode."""

    def add(self, transition: Transition, values: StatisticValues) -> None:
        """Receive a step with the values of the episode's statistics."""

    def end(self, ended: str, reason: str) -> None:
        """Receive the end of an episode."""


class Loop:
    """Plays the episodes of one game.

    Parameters
    ----------
    task : Task
        What is played.
    environment : Environment
        Its environment.
    players : collection of str
        Seats where people sit. Other seats are played by their policies, or stay idle.
    seed : int
        Seeds all episodes and policies: the same seed and actions give the same game.
    recorder : Listener or None
        What records the game.

    Raises
    ------
    ValueError
        If a policy of the task cannot be loaded.

    Examples
    --------
    >>> from gamelabel.games.play.environments import open_environment
    >>> from gamelabel.games.play.tasks import Task
    >>> task = Task("cart", "gamelabel.games.play.worlds.cart_pole:CartPole")
    >>> loop = Loop(task, open_environment(task), players=["player"], seed=0)
    >>> loop.begin_episode().frame
    0
    >>> loop.act("player", 1, frame_seen=0)
    >>> transition = loop.advance()
    >>> transition.frame, transition.actions, transition.rewards
    (1, {'player': 1}, {'player': 1.0})
    """

    def __init__(
        self,
        task: Task,
        environment: Environment,
        players: Mapping[str, Any] | list[str] = (),  # type: ignore[assignment]
        seed: int = 0,
        recorder: Listener | None = None,
    ) -> None:
        self.task = task
        self.environment = environment
        self.seed = seed
        self.episode = -1
        self.frame = 0
        self.is_over = True
        self.ended = ""
        self._recorder = recorder
        self.controls: dict[str, SeatControl] = {}
        for seat in task.seats:
            policy = open_policy(seat.policy, task.folder) if seat.policy else None
            idle = environment.actions.idle(seat.name)
            self.controls[seat.name] = SeatControl(seat, idle, policy, seat.name in players)
        self.session_collectors = self._collectors()
        self.episode_collectors: dict[str, dict[str, Collector]] = {}
        self.scores = dict.fromkeys(self.controls, 0.0)

    def begin_episode(self) -> Transition:
        """Start the next episode and return its frame 0.

        Raises
        ------
        EnvironmentFault
            If the environment cannot be reset.
        """
        self.episode += 1
        seed, no_ops = self._draw_start()
        outcome = self.environment.reset(seed, no_ops)
        self.frame, self.is_over = 0, False
        self.scores = dict.fromkeys(self.controls, 0.0)
        self.episode_collectors = self._collectors()
        for name, control in self.controls.items():
            control.clear()
            if control.controller != "human":
                self._start_policy(name, control.policy)
        transition = self._transition(outcome, {}, {})
        self._collect(transition)
        if self._recorder:
            self._recorder.begin(transition, seed, no_ops, self.environment.save_state())
        return transition

    def act(self, seat: str, action: Any, frame_seen: int) -> None:
        """Set the newest action of a player.

        Parameters
        ----------
        seat : str
            The player's seat.
        action : int, str or list of float
            The action, as a number, a name or a vector.
        frame_seen : int
            Number of the frame on the player's screen.

        Raises
        ------
        ValueError
            If there is no such seat or action, a policy plays the seat, the episode is over, or the
            frame does not exist yet.
        """
        control = self._control(seat)
        if self.is_over:
            raise ValueError("the episode is over: actions count from the first frame of the next")
        if control.controller != "human":
            raise ValueError(f"a policy plays the seat {seat}: take it back before acting")
        is_number = isinstance(frame_seen, int) and not isinstance(frame_seen, bool)
        if not is_number or not -1 <= frame_seen <= self.frame:
            raise ValueError(f"the frame seen is one up to {self.frame}, not {frame_seen!r:.40}")
        control.act(self.environment.actions.parse(seat, action), frame_seen)

    def take_over(self, seat: str) -> bool:
        """Let the seat's policy play instead of its player; return whether there is one.

        Without a policy the seat does the idle action.
        """
        control = self._control(seat)
        was_human = control.controller == "human"
        is_policy = control.take_over()
        if was_human and is_policy and not self.is_over:
            self._start_policy(seat, control.policy)
        return is_policy

    def give_back(self, seat: str) -> None:
        """Let the player of a seat play again."""
        self._control(seat).give_back()

    def wants_step(self) -> bool:
        """Whether the pacing of the task lets the next step happen now."""
        if self.is_over:
            return False
        mode = self.task.pacing.mode
        people = [c for c in self.controls.values() if c.controller == "human"]
        if mode == "real time" or not people:
            return True
        if mode == "turn based":
            return all(control.has_new_action for control in people)
        return any(control.is_acting for control in people)

    def advance(self) -> Transition:
        """Make the next step.

        Raises
        ------
        EnvironmentFault
            If the environment fails; the recorder then has an episode that ended in a crash.
        """
        if self.is_over:
            raise ValueError("the episode is over: call begin_episode first")
        try:
            actions, frames_seen = self._choose()
            controllers = {name: control.controller for name, control in self.controls.items()}
            outcome = self.environment.step(actions)
        except Exception as error:
            self.end_episode("crashed", str(error))
            raise
        self.frame += 1
        transition = self._transition(outcome, actions, frames_seen, controllers)
        for seat, reward in outcome.rewards.items():
            self.scores[seat] += reward
        self._collect(transition)
        if self._recorder:
            self._recorder.add(transition, self.values(self.episode_collectors))
        if transition.ends_episode:
            is_terminated = any(transition.terminated.values())
            self.end_episode("terminated" if is_terminated else "truncated")
        return transition

    def end_episode(self, ended: str, reason: str = "") -> None:
        """End the episode, if one is being played; see the column `ended` of a recording."""
        if not self.is_over:
            self.is_over, self.ended = True, ended
            if self._recorder:
                self._recorder.end(ended, reason)

    def values(self, collectors: Mapping[str, Mapping[str, Collector]]) -> StatisticValues:
        """Return what collectors have computed, by seat and name."""
        return {
            seat: {name: float(collector.value()) for name, collector in of_seat.items()}
            for seat, of_seat in collectors.items()
        }

    def _choose(self) -> tuple[dict[str, Any], dict[str, int]]:
        actions, frames_seen = {}, {}
        consume = self.task.pacing.mode == "turn based"
        for name, control in self.controls.items():
            if control.controller != "human" and control.policy is not None:
                action = control.policy.act(self.environment)
                actions[name] = self.environment.actions.parse(name, action)
                frames_seen[name] = -1
            else:
                actions[name], frames_seen[name] = control.next_action(consume)
        return actions, frames_seen

    def _transition(
        self,
        outcome: Outcome,
        actions: dict[str, Any],
        frames_seen: dict[str, int],
        controllers: Mapping[str, Any] | None = None,
    ) -> Transition:
        return Transition(
            self.frame,
            actions,
            outcome.rewards,
            outcome.terminated,
            outcome.truncated,
            controllers or {},
            frames_seen,
            self.environment.memory(),
            outcome.observations,
            outcome.info,
        )

    def _draw_start(self) -> tuple[int, int]:
        rng = np.random.default_rng([self.seed, self.episode])
        return int(rng.integers(2**31)), int(rng.integers(self.task.no_ops + 1))

    def _start_policy(self, seat: str, policy: Policy | None) -> None:
        if policy is not None:
            number = list(self.controls).index(seat)
            rng = np.random.default_rng([self.seed, self.episode, number, self.frame])
            policy.start(self.environment, seat, int(rng.integers(2**31)))

    def _collectors(self) -> dict[str, dict[str, Collector]]:
        return {seat: start_collectors(self.task, seat) for seat in self.controls}

    def _collect(self, transition: Transition) -> None:
        for collectors in (self.episode_collectors, self.session_collectors):
            for of_seat in collectors.values():
                for collector in of_seat.values():
                    collector.add(transition)

    def _control(self, seat: str) -> SeatControl:
        if seat not in self.controls:
            raise ValueError(f"there is no seat {seat!r:.40}; there are {', '.join(self.controls)}")
        return self.controls[seat]
