"""The waiting rooms of this process: players of a task for several people who wait for a game."""

from __future__ import annotations

import time
from collections.abc import Iterator
from dataclasses import asdict, dataclass

from gamelabel.games.play.tasks import Task
from gamelabel.games.play.waiting import WaitingRoom
from gamelabel.service.play.live_game import LivePlayer
from gamelabel.service.play.socket_messages import Refused


@dataclass
class _Room:
    task: Task
    room: WaitingRoom
    players: dict[str, LivePlayer]  # by play session


class Lobby:
    """All waiting rooms. Times are those of the process's clock."""

    def __init__(self) -> None:
        self._rooms: list[_Room] = []

    @property
    def n_waiting(self) -> int:
        """How many players wait."""
        return sum(len(room.players) for room in self._rooms)

    def tasks(self) -> set[str]:
        """Return the tasks at which somebody waits whom another player could join."""
        return {room.task.name for room in self._rooms if room.room.can_be_joined}

    def join(self, player: LivePlayer) -> None:
        """Let a player wait; somebody who waits already, and comes back, sees the room again."""
        own = self._room_of(player)
        if own is None:
            own = next(
                (
                    room
                    for room in self._rooms
                    if room.task.name == player.task.name and room.room.can_be_joined
                ),
                None,
            )
        if own is None:
            own = _Room(player.task, WaitingRoom(player.task.human_seats, player.task.waiting), {})
            self._rooms.append(own)
        before = own.room.state
        own.players[player.session_id] = player
        own.room.join(player.session_id, time.monotonic())
        self._show(own, rings=own.room.state == "asking" and before == "waiting")

    def leave(self, player: LivePlayer) -> bool:
        """Let a player out; return whether they were waiting."""
        own = self._room_of(player)
        if own is None:
            return False
        del own.players[player.session_id]
        own.room.leave(player.session_id, time.monotonic())
        self._show(own)
        if not own.players:
            self._rooms.remove(own)
        return True

    def say_ready(self, player: LivePlayer) -> None:
        """Note that a player is ready. Raises Refused if nobody asked."""
        own = self._room_of(player)
        if own is None:
            raise Refused("nobody waits for you")
        try:
            own.room.say_ready(player.session_id, time.monotonic())
        except ValueError as error:
            raise Refused(str(error)) from error
        self._show(own)

    def advance(self) -> Iterator[tuple[Task, dict[str, LivePlayer]] | LivePlayer]:
        """Let time pass. Yield the games that begin, by seat, and players who are sent away."""
        now = time.monotonic()
        for own in list(self._rooms):
            before = own.room.state
            for session in own.room.advance(now):
                yield own.players.pop(session)
            if own.room.state == "started":
                self._rooms.remove(own)
                yield own.task, {s: own.players[name] for s, name in own.room.seated.items()}
            elif own.players:
                self._show(own, rings=own.room.state == "asking" and before == "waiting")
            else:
                self._rooms.remove(own)

    def _room_of(self, player: LivePlayer) -> _Room | None:
        rooms = (room for room in self._rooms if player.session_id in room.players)
        return next(rooms, None)

    def _show(self, own: _Room, rings: bool = False) -> None:
        """Show a room to those in it; `rings`: with a bell."""
        view = asdict(own.room.view(time.monotonic()))
        for session, player in own.players.items():
            is_ready = session in own.room.ready
            player.say("lobby", **view, is_ready=is_ready, rings=rings)
