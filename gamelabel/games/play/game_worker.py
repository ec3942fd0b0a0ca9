"""The process of one game: it steps the environment at a steady rate and records it.

It ends with its server: when the server's end of the connection is closed, by whatever cause, the
game is recorded as left.
"""

from __future__ import annotations

import json
import os
import select
import signal
import socket
import time
from collections.abc import Mapping
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import numpy as np

from gamelabel.games.play.deadline_clock import DeadlineClock
from gamelabel.games.play.environments import EnvironmentFault, open_environment
from gamelabel.games.play.frame_codec import encode
from gamelabel.games.play.game_messages import (
    ActionRefused,
    EpisodeEnded,
    FrameMessage,
    GameEnded,
    GameMessage,
    ProgressMessage,
    ReadyMessage,
    StillAlive,
    pack_message,
)
from gamelabel.games.play.journal_tables import episode_id
from gamelabel.games.play.loop import Loop
from gamelabel.games.play.pictures import ScreenPicture
from gamelabel.games.play.recorded_tables import game_ids, read_episodes
from gamelabel.games.play.recorder import Recorder, SeatedPlayer
from gamelabel.games.play.recordings import finish
from gamelabel.games.play.replayed import ReplayDiffers, replay
from gamelabel.games.play.tasks import Task

PROGRESS_SECONDS = 0.5
ALIVE_SECONDS = 1.0


@dataclass(frozen=True)
class GameSetup:
    """What a game's process needs to know; see `gamelabel.games.play.game_process.start_game`."""

    task: Task
    session_id: str
    folder: Path
    players: Mapping[str, SeatedPlayer]
    seed: int
    keep_times: bool = True
    simulated: bool = False
    earlier: Mapping[str, list[str]] = field(default_factory=dict)


def run_game(connection: socket.socket, setup: GameSetup) -> None:
    """Play a game for a server, until it is stopped or fails."""
    signal.signal(signal.SIGINT, signal.SIG_IGN)  # Ctrl-C reaches the server, which ends this
    worker = _Worker(connection)
    journal = None
    try:
        environment = open_environment(setup.task)
        recorder = Recorder(
            setup.folder,
            setup.session_id,
            setup.task,
            environment,
            setup.players,
            setup.keep_times,
            setup.simulated,
        )
        journal = recorder.journal.path
        loop = Loop(setup.task, environment, list(setup.players), setup.seed, recorder)
        _remember(loop, setup, worker)
        ended = worker.play(loop, recorder, setup.session_id)
        environment.close()
    except (EnvironmentFault, ValueError) as error:
        ended = GameEnded("crashed", str(error))
    except FileExistsError:
        ended = GameEnded("crashed", f"a game {setup.session_id} is recorded already")
    worker.send(ended)
    connection.close()
    if journal is not None:
        signal.signal(signal.SIGTERM, signal.SIG_DFL)  # the journal stays for `recover`
        os.nice(10)  # other games have their frames to make
        finish(journal, setup.task.folder, replays=True)


class _Worker:
    def __init__(self, connection: socket.socket) -> None:
        self._connection = connection
        self._received = b""
        self._previous: ScreenPicture | None = None
        self._sent_at = self._progress_at = 0.0
        self._is_paused = False
        self._stop: str | None = None
        signal.signal(signal.SIGTERM, self._terminate)

    def play(self, loop: Loop, recorder: Recorder, session_id: str) -> GameEnded:
        """Play until the game is stopped."""
        self._loop, self._recorder, self._session_id = loop, recorder, session_id
        clock = DeadlineClock(loop.task.pacing.rate)
        self.send(self._ready())
        try:
            while self._stop is None:
                is_wanted = not self._is_paused and loop.wants_step()
                wait = clock.wait(time.monotonic()) if is_wanted else 0.25
                if wait > 0 or not is_wanted:
                    self._receive(wait)
                    if self._begins:
                        self._begin_episode()
                        clock.start(time.monotonic())
                    self._idle()
                else:
                    self._step()
                    clock.step_taken(time.monotonic())
                    self._receive(0)
        except EnvironmentFault as error:
            loop.end_episode("crashed", str(error))
            return GameEnded("crashed", str(error))
        finally:
            loop.end_episode("left", self._stop or "")
            recorder.close()
        return GameEnded(self._stop)

    def send(self, message: GameMessage) -> None:
        """Send a message to the server, which may have ended."""
        self._sent_at = time.monotonic()
        try:
            self._connection.sendall(pack_message(message))
        except OSError:
            self._stop = self._stop or "the server ended"

    def say_alive(self) -> bool:
        """Tell the server now and then that the process works; return whether it is to go on."""
        if time.monotonic() - self._sent_at >= ALIVE_SECONDS:
            self.send(StillAlive())
        return self._stop is None

    def _terminate(self, number: int, frame: Any) -> None:
        self._stop = "the server ended"

    def _ready(self) -> ReadyMessage:
        loop, actions = self._loop, self._loop.environment.actions
        seat = next(iter(loop.controls))
        self._begins = False
        return ReadyMessage(
            {key: _plain(actions.parse(seat, a)) for key, a in loop.task.keys.items()},
            [_plain(actions.parse(seat, button.action)) for button in loop.task.buttons],
            {name: _plain(actions.idle(name)) for name in loop.controls},
            [name for name, control in loop.controls.items() if control.policy is not None],
        )

    def _begin_episode(self) -> None:
        self._begins = False
        self._loop.begin_episode()
        self._send_picture()
        self._send_progress()

    def _step(self) -> None:
        self._loop.advance()
        self._send_picture()
        if self._loop.is_over:
            self._send_progress()
            self.send(self._episode_ended())
        elif time.monotonic() - self._progress_at >= PROGRESS_SECONDS:
            self._send_progress()

    def _send_picture(self) -> None:
        picture = self._loop.environment.picture()
        content = encode(picture, self._previous, self._loop.frame)
        self._previous = picture
        self.send(FrameMessage(self._loop.frame, content, self._loop.episode))

    def _send_progress(self) -> None:
        loop = self._loop
        self._progress_at = time.monotonic()
        controllers = {name: str(control.controller) for name, control in loop.controls.items()}
        session, episode = (
            loop.values(collectors)
            for collectors in (loop.session_collectors, loop.episode_collectors)
        )
        self.send(ProgressMessage(session, episode, loop.scores, controllers))

    def _episode_ended(self) -> EpisodeEnded:
        loop = self._loop
        return EpisodeEnded(
            episode_id(self._session_id, loop.episode + 1),
            loop.frame,
            loop.ended,
            loop.scores,
            loop.values(loop.session_collectors),
            loop.values(loop.episode_collectors),
        )

    def _idle(self) -> None:
        self._recorder.write_if_due()
        self.say_alive()

    def _receive(self, seconds: float) -> None:
        try:
            readable, _, _ = select.select([self._connection], [], [], seconds)
            content = self._connection.recv(1 << 16) if readable else None
        except OSError:
            content = b""
        if content == b"":
            self._stop = self._stop or "the server ended"
        elif content:
            *lines, self._received = (self._received + content).split(b"\n")
            for line in lines:
                self._obey(json.loads(line))

    def _obey(self, command: list[Any]) -> None:
        name, *arguments = command
        if name == "act":
            self._act(*arguments)
        elif name == "disconnected":
            self._loop.take_over(*arguments)
        elif name == "connected":
            self._loop.give_back(*arguments)
        elif name == "whole":
            self._previous = None
            if self._loop.episode >= 0:
                self._send_picture()
        elif name == "next" and self._loop.is_over:
            self._begins = True
        elif name == "pause":
            self._is_paused = bool(arguments[0])
        elif name == "stop":
            self._stop = str(arguments[0])

    def _act(self, seat: str, action: Any, frame_seen: int) -> None:
        if self._loop.is_over:  # the action was on its way when the episode ended
            return
        if action is None:
            action = _plain(self._loop.environment.actions.idle(seat))
        try:
            self._loop.act(seat, action, frame_seen)
        except ValueError as error:
            self.send(ActionRefused(seat, str(error)))


def _plain(action: Any) -> Any:
    return action.tolist() if isinstance(action, np.ndarray) else action


def _remember(loop: Loop, setup: GameSetup, worker: _Worker) -> None:
    """Run the session's collectors over earlier games; recordings that are gone are skipped.

    It may take minutes after hours of play, in which the server hears that the process is well.
    """
    games = {game for of_seat in setup.earlier.values() for game in of_seat}
    for game in sorted(games & set(game_ids(setup.folder))):
        seats = [seat for seat, of_seat in setup.earlier.items() if game in of_seat]
        for recorded in read_episodes(setup.folder, game):
            try:
                for transition in replay(recorded, loop.environment):
                    if not worker.say_alive():
                        return
                    for seat in seats:
                        for collector in loop.session_collectors[seat].values():
                            collector.add(transition)
            except ReplayDiffers:
                continue
