"""One game that people play: its process, its players by seat, and what passes between them."""

from __future__ import annotations

import asyncio
import logging
import secrets
import time
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

from gamelabel.games.play.game_messages import (
    ActionRefused,
    EpisodeEnded,
    FrameMessage,
    GameEnded,
    GameMessage,
    ProgressMessage,
)
from gamelabel.games.play.game_process import RunningGame, start_game
from gamelabel.games.play.journal_tables import episode_id
from gamelabel.games.play.recorder import SeatedPlayer
from gamelabel.games.play.tasks import Task
from gamelabel.service.play.player_socket import PlayerSocket
from gamelabel.service.play.socket_messages import IDLE, TOO_LONG, Act, Refused
from gamelabel.service.play.task_controls import Control
from gamelabel.service.play.task_texts import status_body, with_all

_log = logging.getLogger("gamelabel.service.play")
_BETWEEN_EPISODES_S = 1.5
_WARN_S = 30.0  # before a game ends because its player does nothing
_NEXT = {"terminated": "Game over. The next one begins.", "truncated": "Time is up. Once more!"}


@dataclass
class LivePlayer:
    """A player with an open play session: the connection, the seat, and the statistics so far."""

    session_id: str
    player_id: int
    pseudonym: str
    channel: str
    task: Task
    coins: int
    controls: list[Control]
    statistics: dict[str, float]
    socket: PlayerSocket | None = None
    game: LiveGame | None = None
    seat: str = ""
    left_at: float | None = None
    control: int = 0  # what the player holds
    active_at: float = 0.0  # when that changed
    is_warned: bool = False  # that the game is about to end because the player does nothing
    is_done: bool = False
    is_finishing: bool = False
    lock: asyncio.Lock = field(default_factory=asyncio.Lock)

    def say(self, kind: str, **fields: Any) -> None:
        """Send a message to the player's browser, if it is connected."""
        if self.socket:
            self.socket.send({"kind": kind, **fields})

    def hold(self, control: int, now: float) -> None:
        """Note what the player holds; a page says it again at each start of an episode."""
        if control == self.control:
            return
        self.control, self.active_at = control, now
        if self.is_warned:
            self.is_warned = False
            self.say("note", text="")

    def show_status(self) -> None:
        """Send goals, values and pay."""
        self.say("status", **status_body(self.task, self.statistics))


class LiveGame:
    """A game in a process of its own, and its players.

    Parameters
    ----------
    task : Task
        What is played.
    players : mapping of str to LivePlayer
        Who has which seat.
    episode_ended : callable
        Called with the game and each episode that ends.
    game_ended : callable
        Called with the game and why it ended.
    """

    def __init__(
        self,
        task: Task,
        players: Mapping[str, LivePlayer],
        episode_ended: Callable[[LiveGame, EpisodeEnded], None],
        game_ended: Callable[[LiveGame, GameEnded], None],
    ) -> None:
        self.task, self.players = task, dict(players)
        self.game_id = secrets.token_hex(16)
        self.episode = self.frame = 0
        self.is_over = False
        self.began_at: float | None = None
        self.storing: list[asyncio.Task[None]] = []  # what is on its way to the database
        self._tell_episode, self._tell_game = episode_ended, game_ended
        self._process: RunningGame | None = None
        self._scores: Mapping[str, float] | None = None  # of an episode that is being played
        self._is_paused = False

    async def start(
        self, folder: Path, earlier: Mapping[str, list[str]], keeps_times: bool
    ) -> None:
        """Start the process; its frames follow.

        Parameters
        ----------
        folder : Path
            Of the recordings.
        earlier : mapping of str to list of str
            For each seat, the recorded games that its player's session goes on from.
        keeps_times : bool
            Whether the recording says when the game was played.
        """
        for seat, player in self.players.items():
            player.game, player.seat = self, seat
        self._process = await start_game(
            self.task,
            session_id=self.game_id,
            folder=folder,
            players={
                seat: SeatedPlayer(player.pseudonym, player.channel or None)
                for seat, player in self.players.items()
            },
            seed=secrets.randbits(31),
            on_message=self._receive,
            keep_times=keeps_times,
            earlier=earlier,
        )
        self._process.next_episode()
        self.began_at = time.monotonic()

    def connect(self, player: LivePlayer) -> None:
        """Show the game to a player whose browser has connected, also for a second time."""
        assert player.socket
        player.left_at, player.is_warned = None, False
        player.socket.begin_episode(self.episode)
        seat = self.task.seat(player.seat)
        text = f"You play {seat.label}." if seat.label else ""
        player.say("start", episode=self.episode, seat_text=text)
        player.show_status()
        if self._process:
            player.socket.ask_for_whole = self._process.send_whole_picture
            self._process.connected(player.seat)
            if self._is_paused:
                self._process.resume()
                self._is_paused = False
            self._process.send_whole_picture()

    def disconnect(self, player: LivePlayer) -> None:
        """Let a fallback play for a player who is away; without anybody the game waits."""
        if self._process is None or self.is_over:
            return
        self._process.disconnected(player.seat)
        if not any(other.socket for other in self.players.values()):
            self._process.pause()
            self._is_paused = True

    def act(self, player: LivePlayer, act: Act) -> None:
        """Carry out what a player does. Raises Refused if it cannot be."""
        if self.is_over or self._process is None or player.is_done:
            raise Refused("the game is over")
        if act.seat not in (None, player.seat):
            raise Refused(f"the seat {act.seat} is not yours")
        if act.episode != self.episode:
            is_past = act.episode < self.episode
            raise Refused("that episode is over" if is_past else "that episode has not begun")
        if act.frame > self.frame:
            raise Refused(f"frame {act.frame} is in the future: the latest is {self.frame}")
        if act.control >= len(player.controls):
            raise Refused(f"there is no control {act.control}")
        player.hold(act.control, time.monotonic())
        action = player.controls[act.control].action
        try:
            self._process.act(player.seat, action, act.frame)
        except ValueError as error:
            raise Refused(str(error)) from error

    def limit_reached(self, player: LivePlayer, now: float) -> int | None:
        """Return the code to end a player's part with if the game lasts too long, else None.

        Before it ends because the player does nothing, the player is warned.
        """
        if self.began_at is None or player.is_done:
            return None
        limits = self.task.limits
        if now - self.began_at > limits.seconds:
            return TOO_LONG
        left = limits.idle_seconds - (now - max(player.active_at, self.began_at))
        if left < 0:
            return IDLE
        if left < _WARN_S and not player.is_warned:
            player.is_warned = True
            text = f"Play on, or the game ends in {max(1, round(left))} seconds."
            player.say("note", text=text)
        return None

    def leave(self, player: LivePlayer) -> None:
        """Give a seat to a fallback for good: its player has finished."""
        player.is_done = True
        if self._process and not self.is_over:
            self._process.disconnected(player.seat)

    async def stop(self) -> None:
        """Stop the game, and wait until it has ended."""
        if self._process:
            self._process.stop("left")
            await self._process.ended()

    async def discard(self) -> None:
        """End the game at once, and delete what was recorded of it."""
        self.is_over = True
        if self._process:
            await self._process.discard()

    async def recorded(self) -> None:
        """Wait until the recording of a game that has ended is complete."""
        if self._process:
            await self._process.recorded()

    def left_episode(self) -> EpisodeEnded | None:
        """Return the episode that the end of the game cut short, None between two episodes."""
        if self._scores is None or not self.frame:
            return None
        number = episode_id(self.game_id, self.episode + 1)
        return EpisodeEnded(number, self.frame, "left", self._scores, {}, {})

    def _receive(self, message: GameMessage) -> None:
        """Take what the process says."""
        if isinstance(message, FrameMessage):
            self._pass_frame(message)
        elif isinstance(message, ProgressMessage):
            self._scores = message.scores
            for seat, player in self.players.items():
                if not player.is_done:
                    player.statistics = with_all(self.task, message.session[seat])
                    player.show_status()
        elif isinstance(message, EpisodeEnded):
            self._end_episode(message)
        elif isinstance(message, ActionRefused):
            self.players[message.seat].say("refused", why=message.reason)
        elif isinstance(message, GameEnded):
            self.is_over = True
            self._tell_game(self, message)

    def _pass_frame(self, message: FrameMessage) -> None:
        if message.episode != self.episode:
            self.episode = message.episode
            for player in self.players.values():
                player.say("episode", episode=message.episode)
                player.is_warned = False  # that has removed a warning: it is said again
        self.frame = message.frame
        for player in self.players.values():
            socket = player.socket
            if socket and not player.is_done:
                if socket.episode != message.episode:
                    socket.begin_episode(message.episode)
                socket.send_frame(message.frame, message.content)

    def _end_episode(self, message: EpisodeEnded) -> None:
        self._scores = None
        self._tell_episode(self, message)
        for player in self.players.values():
            player.say("note", text=_NEXT.get(message.ended, ""))
        asyncio.get_running_loop().call_later(_BETWEEN_EPISODES_S, self._begin_next)

    def _begin_next(self) -> None:
        if self._process and not self.is_over:
            self._process.next_episode()
