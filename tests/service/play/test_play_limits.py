"""GameLimits of games: idle players, long games, many starts, and long sessions that go on."""

import asyncio
import socket
import threading
from collections.abc import Callable
from pathlib import Path
from types import SimpleNamespace
from typing import Any
from unittest.mock import AsyncMock, MagicMock

import pytest
from sqlalchemy import select

from gamelabel.games.play import game_worker
from gamelabel.games.play.game_messages import FrameMessage, MessageReader, StillAlive
from gamelabel.games.play.recorded_tables import table_path
from gamelabel.games.play.recorder import journal_path
from gamelabel.games.play.tasks import GameLimits
from gamelabel.service.play.game_recordings import GameRecordings
from gamelabel.service.play.live_game import LiveGame, LivePlayer
from gamelabel.service.play.live_games import STARTS_AN_HOUR, LiveGames, TooOften
from gamelabel.service.play.play_tables import play_sessions
from gamelabel.service.play.socket_messages import IDLE, TOO_LONG
from gamelabel.service.play.task_controls import controls_of
from tests.service.harness import wait_until
from tests.service.play.play_harness import PlayServer, make_project, small_task


def live_player(**limits: float) -> LivePlayer:
    """Return a player whose game began at the time 0, and whose messages are kept."""
    task = small_task(limits=GameLimits(**limits))
    player = LivePlayer("s", 1, "ann", "", task, 100, controls_of(task), {}, MagicMock())
    player.game = LiveGame(task, {"player": player}, MagicMock(), MagicMock())
    player.game.began_at = 0.0
    return player


def notes(player: LivePlayer) -> list[str]:
    assert isinstance(player.socket, MagicMock)
    sent = [call.args[0] for call in player.socket.send.call_args_list]
    return [message["text"] for message in sent if message["kind"] == "note"]


def test_a_player_who_does_nothing_is_warned_before_the_game_ends() -> None:
    player = live_player(idle_seconds=60.0)
    game = player.game
    assert game
    assert game.limit_reached(player, 29.0) is None
    assert notes(player) == []
    for _ in range(2):
        assert game.limit_reached(player, 40.0) is None
    assert notes(player) == ["Play on, or the game ends in 20 seconds."]
    player.hold(0, 41.0)  # what a page says by itself at the start of each episode
    assert notes(player)[1:] == []
    player.hold(1, 42.0)
    assert notes(player)[1:] == [""]  # the warning goes
    assert game.limit_reached(player, 90.0) is None
    game._receive(FrameMessage(0, b"", 1))  # the page removes the warning with the new episode
    assert game.limit_reached(player, 91.0) is None
    assert notes(player)[2:] == [f"Play on, or the game ends in {n} seconds." for n in (12, 11)]
    assert game.limit_reached(player, 101.0) is None
    assert game.limit_reached(player, 103.0) == IDLE


def test_a_game_ends_however_busy_its_player_is() -> None:
    player = live_player(seconds=100.0)
    assert player.game
    player.hold(1, 99.0)
    assert player.game.limit_reached(player, 100.0) is None
    assert player.game.limit_reached(player, 101.0) == TOO_LONG


def test_an_idle_players_game_ends_and_the_session_can_be_gone_on_with(
    make_server: Callable[..., PlayServer],
) -> None:
    task = small_task(limits=GameLimits(idle_seconds=1.0))
    server = make_server(project=make_project((task,)))
    player = server.player()
    play = player.open()
    assert player.connect(play).until_closed(60.0) == IDLE

    def stored() -> Any:
        with server.store.read() as connection:
            return connection.execute(select(play_sessions)).one()

    assert wait_until(lambda: stored().statistics, 30.0)
    before = stored()
    assert before.state == "open"
    assert before.statistics["time"] > 0
    result = player.call("GET", f"/v1/play/sessions/{play}")
    assert result["text"] == "Play again to go on from here."

    again = player.connect(play)
    again.until(lambda: again.frame > 5, 60.0)
    assert {"kind": "note", "text": "Your last game is read again …"} in again.told
    assert server.live.players[play].statistics["time"] >= before.statistics["time"]


def test_a_player_begins_only_so_many_games_an_hour(tmp_path: Path) -> None:
    live = LiveGames(MagicMock(), tmp_path, most_games=1)
    live._start = AsyncMock()  # type: ignore[method-assign]
    player = live_player()

    async def begin(player: LivePlayer) -> None:
        live.players[player.session_id] = player
        await live._seat(player)

    for _ in range(STARTS_AN_HOUR):
        asyncio.run(begin(player))
    with pytest.raises(TooOften):
        asyncio.run(begin(player))
    assert live.players == {}
    player.pseudonym = "bob"
    asyncio.run(begin(player))


def test_a_session_waits_until_its_last_game_is_recorded(tmp_path: Path) -> None:
    recordings = GameRecordings(MagicMock(), tmp_path)
    journal, table = journal_path(tmp_path, "g1"), table_path(tmp_path, "episodes", "g1")
    for path in (journal, table):
        path.parent.mkdir(parents=True)
    journal.touch()
    waiting = threading.Thread(target=recordings._wait_until_recorded, args=({"g1", "gone"},))
    waiting.start()
    waiting.join(0.3)
    assert waiting.is_alive()
    table.touch()  # the journal stays while the recording is verified
    waiting.join(10.0)
    assert not waiting.is_alive()


def test_a_process_that_reads_old_games_says_that_it_is_well(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    own, other = socket.socketpair()
    worker = object.__new__(game_worker._Worker)
    worker._connection, worker._sent_at, worker._stop = own, 0.0, None
    read, sent = 0, []

    def long_game(*_: Any) -> Any:
        nonlocal read
        for read in range(1, 10**6):
            if read == 3:
                sent.append(other.recv(1000))
                other.close()  # the server has ended
            yield None

    monkeypatch.setattr(game_worker, "ALIVE_SECONDS", 0.0)
    monkeypatch.setattr(game_worker, "game_ids", lambda _: ["g1"])
    monkeypatch.setattr(game_worker, "read_episodes", lambda *_: [None])
    monkeypatch.setattr(game_worker, "replay", long_game)
    loop: Any = SimpleNamespace(session_collectors={"player": {}}, environment=None)
    setup: Any = SimpleNamespace(earlier={"player": ["g1"]}, folder=None)
    game_worker._remember(loop, setup, worker)
    own.close()
    assert set(MessageReader().feed(sent[0])) == {StillAlive()}
    assert read < 10
