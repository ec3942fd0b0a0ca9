"""Games in processes of their own, from the side of an asyncio server.

A game that fails, ends or stops answering takes nothing else along: its server learns of it in a
sentence.

>>> import asyncio, tempfile
>>> from pathlib import Path
>>> from gamelabel.games.play.tasks import Task
>>> async def play(folder: Path) -> str:
...     task = Task("cart", "gamelabel.games.play.worlds.cart_pole:CartPole")
...     game = await start_game(task, "game", folder, {"player": SeatedPlayer("anna")}, seed=0)
...     game.next_episode()
...     game.act("player", 1, frame_seen=0)
...     game.stop("left")
...     await game.recorded()
...     return (await game.ended()).reason
>>> with tempfile.TemporaryDirectory() as folder:
...     asyncio.run(play(Path(folder)))
'left'
"""

from __future__ import annotations

import asyncio
import json
import math
import multiprocessing
import socket
import threading
import time
from collections.abc import Callable, Mapping
from multiprocessing.process import BaseProcess
from pathlib import Path
from typing import Any, cast

from gamelabel.games.play.environments import EnvironmentFault
from gamelabel.games.play.game_messages import (
    FrameMessage,
    GameEnded,
    GameMessage,
    MessageReader,
    ReadyMessage,
)
from gamelabel.games.play.game_worker import GameSetup, run_game
from gamelabel.games.play.recorder import SeatedPlayer, journal_path
from gamelabel.games.play.recordings import VERIFY_SECONDS, delete_game, finish
from gamelabel.games.play.tasks import Task

HANG_SECONDS = 10.0
"""A game that says nothing for this long is ended."""
START_SECONDS = 120.0
"""Time to make the environment."""
ACTIONS_A_FRAME = 4
"""Actions of a seat that are passed on between two messages; of others the newest waits."""

_LOOK_SECONDS = 0.05  # between two looks whether a process has ended

_starting = threading.Lock()


class RunningGame(asyncio.Protocol):
    """A game that runs; made by `start_game`. Its methods return at once.

    Attributes
    ----------
    ready : ReadyMessage
        The controls, as actions of the environment.
    """

    ready: ReadyMessage

    def __init__(self, setup: GameSetup, on_message: Callable[[GameMessage], object]) -> None:
        self._setup = setup
        self._on_message = on_message
        self._reader = MessageReader()
        self._transport: asyncio.Transport | None = None
        self._process: BaseProcess | None = None
        self._heard_at = time.monotonic()
        self._silence = ""
        event_loop = asyncio.get_running_loop()
        self._is_ready: asyncio.Future[ReadyMessage] = event_loop.create_future()
        self._ended: asyncio.Future[GameEnded] = event_loop.create_future()
        self._passed_on = dict.fromkeys((seat.name for seat in setup.task.seats), 0)
        self._waiting: dict[str, tuple[Any, int]] = {}

    def next_episode(self) -> None:
        """Begin the next episode, or the first; ignored while one is played."""
        self._command("next")

    def act(self, seat: str, action: Any, frame_seen: int) -> None:
        """Set the newest action of a player.

        An action that the environment does not have comes back as `ActionRefused`.

        Parameters
        ----------
        seat : str
            The player's seat.
        action : int, str, list of float or None
            The action; None for the idle one.
        frame_seen : int
            Number of the frame on the player's screen.

        Raises
        ------
        ValueError
            If there is no such seat, or the values are of other types.
        """
        if seat not in self._passed_on:
            raise ValueError(f"there is no seat {seat!r:.40}")
        if not _is_action(action):
            raise ValueError(
                f"an action is a number, a name or a list of numbers, not {action!r:.40}"
            )
        if isinstance(frame_seen, bool) or not isinstance(frame_seen, int):
            raise ValueError(f"the frame seen is a whole number, not {frame_seen!r:.40}")
        if self._passed_on[seat] >= ACTIONS_A_FRAME:
            self._waiting[seat] = action, frame_seen
        else:
            self._passed_on[seat] += 1
            self._command("act", seat, action, frame_seen)

    def disconnected(self, seat: str) -> None:
        """Let the seat's policy play, because its player is away; without one it stays idle."""
        self._command("disconnected", seat)

    def connected(self, seat: str) -> None:
        """Let the seat's player play again."""
        self._command("connected", seat)

    def pause(self) -> None:
        """Make no steps until `resume`."""
        self._command("pause", True)

    def resume(self) -> None:
        """Go on after `pause`."""
        self._command("pause", False)

    def send_whole_picture(self) -> None:
        """Make the next frame message a whole picture, for a client that missed others."""
        self._command("whole")

    def stop(self, reason: str = "left") -> None:
        """End the game; an episode that is being played is recorded as left."""
        self._command("stop", reason)

    async def ended(self) -> GameEnded:
        """Wait until the game is over and say why."""
        return await asyncio.shield(self._ended)

    async def recorded(self) -> None:
        """Wait until the game is over and its recording is written."""
        await self.ended()
        process = cast(BaseProcess, self._process)
        latest = time.monotonic() + VERIFY_SECONDS + START_SECONDS
        # not by `join` in a thread: there are few, and some games take a minute to be verified
        while process.is_alive() and time.monotonic() < latest:
            await asyncio.sleep(_LOOK_SECONDS)
        if process.is_alive():
            process.kill()
            await asyncio.to_thread(process.join)
        journal = journal_path(self._setup.folder, self._setup.session_id)
        if journal.exists():  # the process did not come to it
            await asyncio.to_thread(finish, journal)

    async def discard(self) -> None:
        """End the game at once and delete its recording, because a player withdrew."""
        process = cast(BaseProcess, self._process)
        process.kill()
        await asyncio.to_thread(process.join)
        delete_game(self._setup.folder, self._setup.session_id)

    def connection_made(self, transport: asyncio.BaseTransport) -> None:
        """Keep the connection to the process."""
        self._transport = cast(asyncio.Transport, transport)

    def data_received(self, data: bytes) -> None:
        """Pass the process's messages on."""
        self._heard_at = time.monotonic()
        for message in self._reader.feed(data):
            if isinstance(message, GameEnded):
                self._finish(message)
            elif isinstance(message, ReadyMessage):
                self._is_ready.set_result(message)
            else:
                self._on_message(message)
            if isinstance(message, FrameMessage):
                self._pass_on_waiting()
        if self._waiting:
            self._pass_on_waiting()

    def connection_lost(self, error: Exception | None) -> None:
        """End the game if its process has ended without a word."""
        if not self._ended.done():
            self._explaining = asyncio.ensure_future(self._explain_end())

    async def _begin(self) -> None:
        own, other = socket.socketpair()
        context = multiprocessing.get_context("forkserver")
        context.set_forkserver_preload(["gamelabel.games.play.game_worker", "gymnasium"])
        arguments = (other, self._setup)
        name = f"game {self._setup.session_id}"
        self._process = context.Process(target=run_game, args=arguments, name=name, daemon=True)

        def start() -> None:
            with _starting:
                cast(BaseProcess, self._process).start()

        await asyncio.to_thread(start)
        other.close()
        own.setblocking(False)
        await asyncio.get_running_loop().create_connection(lambda: self, sock=own)
        self._heard_at = time.monotonic()
        watch = asyncio.ensure_future(self._watch())
        self._ended.add_done_callback(lambda ended: watch.cancel())
        first: list[asyncio.Future[Any]] = [self._is_ready, self._ended]
        await asyncio.wait(first, return_when=asyncio.FIRST_COMPLETED)
        if not self._is_ready.done():
            await asyncio.to_thread(self._process.join, 1.0)
            raise EnvironmentFault(self._ended.result().detail)
        self.ready = self._is_ready.result()

    async def _watch(self) -> None:
        while True:
            await asyncio.sleep(1.0)
            most = HANG_SECONDS if self._is_ready.done() else START_SECONDS
            if time.monotonic() - self._heard_at > most:
                self._silence = (
                    f"{self._setup.task.environment} did not answer for {most:g} seconds"
                )
                cast(BaseProcess, self._process).kill()

    async def _explain_end(self) -> None:
        process = cast(BaseProcess, self._process)
        await asyncio.to_thread(process.join, HANG_SECONDS)
        code = process.exitcode
        how = f"by signal {-code}" if code is not None and code < 0 else f"with code {code}"
        ended = f"the process of {self._setup.task.environment} ended {how}"
        self._finish(GameEnded("crashed", self._silence or ended))

    def _finish(self, ended: GameEnded) -> None:
        if not self._ended.done():
            self._ended.set_result(ended)
            if self._is_ready.done():
                self._on_message(ended)
        if self._transport is not None:
            self._transport.close()

    def _pass_on_waiting(self) -> None:
        self._passed_on = dict.fromkeys(self._passed_on, 0)
        waiting, self._waiting = self._waiting, {}
        for seat, (action, frame_seen) in waiting.items():
            self.act(seat, action, frame_seen)

    def _command(self, *command: Any) -> None:
        if self._transport is not None and not self._transport.is_closing():
            self._transport.write(json.dumps(command).encode() + b"\n")


async def start_game(
    task: Task,
    session_id: str,
    folder: Path,
    players: Mapping[str, SeatedPlayer],
    seed: int,
    on_message: Callable[[GameMessage], object] = lambda message: None,
    keep_times: bool = True,
    simulated: bool = False,
    earlier: Mapping[str, list[str]] | None = None,
) -> RunningGame:
    """Start a game in a process of its own. Its first episode begins with `next_episode`.

    Parameters
    ----------
    task : Task
        What is played.
    session_id : str
        The game's id, which names its files.
    folder : Path
        The folder of the recordings.
    players : mapping of str to SeatedPlayer
        Who sits where. Other seats are played by their policies, or stay idle.
    seed : int
        Seeds the episodes and policies.
    on_message : callable
        Called in the event loop with each `FrameMessage`, `ProgressMessage`, `EpisodeEnded`,
        `ActionRefused` and, at last, `GameEnded`.
    keep_times : bool
        Whether the times at which episodes began are recorded.
    simulated : bool
        Whether the players are simulated.
    earlier : mapping of str to list of str, optional
        For seats, the ids of recorded games over which the session's statistics go on.

    Returns
    -------
    RunningGame

    Raises
    ------
    EnvironmentFault
        If the environment or a policy cannot be made.
    """
    setup = GameSetup(
        task, session_id, folder, dict(players), seed, keep_times, simulated, dict(earlier or {})
    )
    game = RunningGame(setup, on_message)
    await game._begin()
    return game


def _is_action(action: Any) -> bool:
    if isinstance(action, list):
        return len(action) <= 1000 and all(_is_number(value) for value in action)
    return action is None or _is_number(action) or (isinstance(action, str) and len(action) <= 100)


def _is_number(value: Any) -> bool:
    is_number = isinstance(value, int | float) and not isinstance(value, bool)
    return is_number and abs(value) < 2**53 and math.isfinite(value)
