"""All games that are being played in this process: players come, go, come back, and finish."""

from __future__ import annotations

import asyncio
import logging
import time
from collections.abc import AsyncIterator, Coroutine
from contextlib import asynccontextmanager
from pathlib import Path
from typing import Any

from sqlalchemy import Row
from sqlalchemy.exc import SQLAlchemyError

from gamelabel.games.play.environments import EnvironmentFault
from gamelabel.games.play.game_messages import EpisodeEnded, GameEnded
from gamelabel.games.play.tasks import Task
from gamelabel.service.play.game_recordings import GameRecordings
from gamelabel.service.play.game_records import EpisodeResult, GameRecords
from gamelabel.service.play.live_game import LiveGame, LivePlayer
from gamelabel.service.play.lobby import Lobby
from gamelabel.service.play.player_socket import PlayerSocket
from gamelabel.service.play.socket_messages import (
    AWAY,
    ELSEWHERE,
    WITHDRAWN,
    Act,
    Finish,
    Message,
    Ready,
    Refused,
    Seen,
)
from gamelabel.service.play.task_controls import controls_of
from gamelabel.service.play.task_texts import with_all
from gamelabel.service.rate import RateLimit

_log = logging.getLogger("gamelabel.service.play")
AWAY_S = 60.0  # for which a player's seat is kept after the connection was lost
_TICK_S = 1.0
_LOOK_S = 30.0  # between two looks who has withdrawn at a process that serves another activity
STARTS_AN_HOUR = 60  # games that a player may begin in an hour: each one has a process
_STOP_S = 3.0  # for which the end of the process waits until recordings are complete


class Crowded(Exception):
    """A process has as many games as it may have."""


class TooOften(Exception):
    """A player has begun as many games within an hour as one may."""


class LiveGames:
    """The games of this process. All its methods but `forget` belong to the event loop.

    Parameters
    ----------
    records : GameRecords
        The database.
    folder : Path
        Of the recordings, shared by all processes.
    most_games : int
        The number of games that this process may have.
    """

    def __init__(self, records: GameRecords, folder: Path, most_games: int) -> None:
        self.records, self.most_games = records, most_games
        self.recordings = GameRecordings(records, folder)
        self.players: dict[str, LivePlayer] = {}  # by play session
        self.games: set[LiveGame] = set()
        self.lobby = Lobby()
        self._starts = RateLimit(STARTS_AN_HOUR, time.monotonic, 3600.0)
        self._looked_at = 0.0
        self._loop: asyncio.AbstractEventLoop | None = None
        self._work: set[asyncio.Task[None]] = set()

    @asynccontextmanager
    async def running(self) -> AsyncIterator[None]:
        """Recover what a killed process left; then look after the games until the end."""
        self._loop = asyncio.get_running_loop()
        await asyncio.to_thread(self.recordings.recover)
        ticker = asyncio.create_task(self._tick_forever())
        yield
        ticker.cancel()
        await asyncio.gather(*(game.stop() for game in list(self.games)), return_exceptions=True)
        end = time.monotonic() + _STOP_S
        while self._work and time.monotonic() < end:  # what remains is recovered at the next start
            await asyncio.wait(self._work, timeout=_STOP_S)
        for task in self._work:
            task.cancel()
        self._loop = None

    # ---- players come and go

    async def connect(
        self, row: Row[Any], task: Task, coins: int, socket: PlayerSocket
    ) -> LivePlayer:
        """Connect a browser to the game of its play session, or start one.

        An earlier connection of the same player is closed: the newer one takes over.

        Raises
        ------
        Crowded
            If there are too many games.
        TooOften
            If the player has begun too many.
        """
        for other in list(self.players.values()):
            if other.player_id == row.player and other.session_id != row.id:
                self._drop(other, ELSEWHERE)
        player = self.players.get(row.id)
        if player is None:
            player = LivePlayer(
                session_id=row.id,
                player_id=row.player,
                pseudonym=row.pseudonym,
                channel=row.channel,
                task=task,
                coins=coins,
                controls=controls_of(task),
                statistics=with_all(task, row.statistics),
            )
            self.players[row.id] = player
        if player.socket:
            player.socket.close(ELSEWHERE)
        player.socket, player.left_at = socket, None
        async with player.lock:
            if player.game is None:
                await self._seat(player)
            elif player.socket is socket:
                player.game.connect(player)
        return player

    async def _seat(self, player: LivePlayer) -> None:
        is_crowded = len(self.games) >= self.most_games
        if is_crowded or not self._starts.allows(player.pseudonym):
            self.players.pop(player.session_id, None)
            raise Crowded if is_crowded else TooOften
        seats = player.task.human_seats
        if len(seats) > 1:
            self.lobby.join(player)
        else:
            await self._start(player.task, {seats[0]: player})

    async def _start(self, task: Task, players: dict[str, LivePlayer]) -> None:
        if len(self.games) >= self.most_games:
            for player in players.values():
                self.players.pop(player.session_id, None)
            raise Crowded
        game = LiveGame(task, players, self._episode_ended, self._game_ended)
        self.games.add(game)
        try:
            sessions = {seat: player.session_id for seat, player in players.items()}
            played = {other.game_id for other in self.games}
            earlier = await asyncio.to_thread(self.recordings.begin, game.game_id, sessions, played)
            for seat, games in earlier.items():
                if games:
                    players[seat].say("note", text="Your last game is read again …")
            await game.start(self.recordings.folder, earlier, not self.records.settings.minimal)
        except BaseException:
            self.games.discard(game)
            for player in players.values():
                player.game = None
                self.players.pop(player.session_id, None)
            raise
        if any(self.players.get(p.session_id) is not p for p in players.values()):
            await game.discard()  # somebody left or withdrew meanwhile: nobody would end the game
            return
        for player in players.values():
            if player.socket:
                game.connect(player)
            else:
                game.disconnect(player)

    def disconnect(self, player: LivePlayer, socket: PlayerSocket) -> None:
        """Note that a connection has ended; the player's seat is kept for a while."""
        if player.socket is not socket:
            return  # a newer one has taken over
        player.socket, player.left_at = None, time.monotonic()
        if player.game:
            player.game.disconnect(player)
        elif self.lobby.leave(player):
            self.players.pop(player.session_id, None)

    def handle(self, player: LivePlayer, message: Message) -> None:
        """Carry out what a player's browser says. Raises Refused if it cannot be."""
        if isinstance(message, Seen):
            if player.socket and message.episode == player.socket.episode:
                player.socket.note_shown(message.frame)
        elif isinstance(message, Act):
            if player.game is None:
                raise Refused("the game has not begun")
            player.game.act(player, message)
        elif isinstance(message, Finish):
            self._run(self._finish(player))
        elif isinstance(message, Ready):
            self.lobby.say_ready(player)

    def _drop(self, player: LivePlayer, code: int) -> None:
        """End a player's connection, and stop the game if nobody else plays it."""
        if player.socket:
            player.socket.close(code)
            player.socket = None
        self._run(self._finish(player, keeps_open=True))

    async def _finish(self, player: LivePlayer, keeps_open: bool = False) -> None:
        """End a player's part of a game, and the play session if it is over.

        With `keeps_open` a session whose requirements are not met stays open, to be gone on with.
        """
        is_here = self.players.get(player.session_id) is player
        if player.is_done or player.is_finishing or not is_here:
            return
        player.is_finishing = True  # it may be said again while the game is stopped
        game = player.game
        if game and all(other is player or other.is_done for other in game.players.values()):
            await game.stop()
        elif game:
            game.leave(player)
        player.is_done = True
        self.players.pop(player.session_id, None)
        if game:
            await asyncio.gather(*game.storing)
        await asyncio.to_thread(
            self.records.end_session,
            player.session_id,
            player.task,
            player.statistics,
            player.coins,
            keeps_open=keeps_open,
        )
        player.say("finished")

    # ---- what games say

    def _episode_ended(self, game: LiveGame, message: EpisodeEnded) -> None:
        for seat, player in game.players.items():
            if not player.is_done:
                score = message.scores[seat]
                result = EpisodeResult(
                    message.episode_id, seat, message.frames, message.ended, score
                )
                statistics = dict(player.statistics)
                adding = asyncio.to_thread(
                    self.records.add_episode, player.session_id, result, statistics
                )
                game.storing.append(self._run(adding))

    def _game_ended(self, game: LiveGame, message: GameEnded) -> None:
        self.games.discard(game)
        left = game.left_episode()
        if left:
            self._episode_ended(game, left)
        self._run(self._end_game(game))
        for player in game.players.values():
            player.game = None
            if message.reason == "crashed" and not player.is_done:
                player.say("crashed")
                self._run(self._finish(player, keeps_open=True))

    async def _end_game(self, game: LiveGame) -> None:
        """Store that a game has ended, after its episodes, and see that it is recorded."""
        await asyncio.gather(*game.storing)
        await asyncio.to_thread(self.records.end_game, game.game_id)
        await game.recorded()

    # ---- every second

    async def _tick_forever(self) -> None:
        while True:
            await asyncio.sleep(_TICK_S)
            try:
                await self._tick()
            except SQLAlchemyError as error:
                _log.warning("the games wait for the database: %s", error)
            except Exception:
                _log.exception("the look after the games failed, and goes on")

    async def _tick(self) -> None:
        now = time.monotonic()
        for player in list(self.players.values()):
            if player.socket:
                player.say("alive")
                code = player.game.limit_reached(player, now) if player.game else None
                if code is not None:
                    self._drop(player, code)
            elif player.left_at is not None and now - player.left_at > AWAY_S:
                self._run(self._finish(player, keeps_open=True))
        for event in self.lobby.advance():
            if isinstance(event, LivePlayer):
                self._send_away(event)
            else:
                self._run(self._begin(*event))
        await asyncio.to_thread(self.recordings.add_cut_off)
        ids = {player.player_id for player in self.players.values()}
        if ids:
            consenting = await asyncio.to_thread(self.records.consenting_players, ids)
            for player in list(self.players.values()):
                if player.player_id in ids - consenting:  # withdrew at another process
                    await self._forget(player.pseudonym)
        if now - self._looked_at > _LOOK_S:  # also who withdrew, but does not play now
            self._looked_at = now
            await asyncio.to_thread(self.recordings.delete_withdrawn)

    def _send_away(self, player: LivePlayer) -> None:
        """End the wait of a player who did not say that they are ready."""
        self.players.pop(player.session_id, None)
        if player.socket:
            player.socket.close(AWAY)

    async def _begin(self, task: Task, players: dict[str, LivePlayer]) -> None:
        """Start the game of a waiting room."""
        try:
            await self._start(task, players)
        except (Crowded, EnvironmentFault):
            for player in players.values():
                self.players.pop(player.session_id, None)
                player.say("crashed")
            raise

    # ---- withdrawal

    def forget(self, pseudonym: str) -> None:
        """End a player's games and delete their recordings; from any thread."""
        if self._loop:
            asyncio.run_coroutine_threadsafe(self._forget(pseudonym), self._loop).result(30)
        else:
            self.recordings.delete(pseudonym)

    async def _forget(self, pseudonym: str) -> None:
        for player in list(self.players.values()):
            if player.pseudonym != pseudonym:
                continue
            if player.socket:
                player.socket.close(WITHDRAWN)
            self.players.pop(player.session_id, None)
            game, player.is_done = player.game, True
            if game:
                await game.discard()
        await asyncio.to_thread(self.recordings.delete, pseudonym)

    def _run(self, work: Coroutine[Any, Any, Any]) -> asyncio.Task[None]:
        """Run something in the background, and log what goes wrong."""

        async def logged() -> None:
            try:
                await work
            except Exception:
                _log.exception("a game's result could not be stored")

        task = asyncio.create_task(logged())
        self._work.add(task)
        task.add_done_callback(self._work.discard)
        return task

    @property
    def figures(self) -> dict[str, int]:
        """How many players and games there are now."""
        return {
            "players": len(self.players),
            "games": len(self.games),
            "waiting": self.lobby.n_waiting,
        }
