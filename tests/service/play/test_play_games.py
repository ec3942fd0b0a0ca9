"""Games in their processes: what is left of them, whoever crashes, leaves or withdraws."""

import asyncio
import subprocess
import sys
import time
from collections.abc import Callable
from pathlib import Path
from unittest.mock import MagicMock

import pytest
from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey
from sqlalchemy import insert, select
from sqlalchemy.dialects import postgresql

from gamelabel.games.play import game_process
from gamelabel.games.play.recorded_tables import game_ids, read_episodes
from gamelabel.games.play.recorder import JOURNALS
from gamelabel.games.play.replayed import environment_of, verify_replay
from gamelabel.service.database_tables import players
from gamelabel.service.games import Game, register_game
from gamelabel.service.keys import load_keys, new_keys, public_text
from gamelabel.service.play import game_recordings
from gamelabel.service.play.game_records import GameRecords
from gamelabel.service.play.live_games import LiveGames
from gamelabel.service.play.play_tables import PLAYER_TABLES, play_episodes, play_players
from gamelabel.service.settings import Settings
from gamelabel.service.store import Store
from tests.service.harness import wait_until
from tests.service.play.play_harness import PlayServer


def recordings(server: PlayServer) -> list[str]:
    """Wait until no game is being recorded, and return the ids of those that are complete."""
    journals = server.folder / JOURNALS
    assert wait_until(lambda: not list(journals.glob("*")), 60.0)
    return game_ids(server.folder)


def test_an_episode_is_recorded_with_the_frames_that_the_player_saw(server: PlayServer) -> None:
    socket = server.player().play()
    socket.act(2)
    socket.until(lambda: socket.picture[4].any(axis=1).argmax() == 23)
    socket.finish()
    (game,) = recordings(server)
    (recorded,) = read_episodes(server.folder, game)
    assert recorded.episode["ended"] == "left"
    steps = recorded.steps
    assert {2} <= set(steps["action"]) <= {0, 2}
    seen = steps.loc[steps["action"] == 2, "frame_seen"]
    assert (seen >= 0).all()
    assert (seen < steps.loc[steps["action"] == 2, "frame"]).all()
    assert set(steps["controller"]) == {"human"}
    with server.store.read() as connection:
        pseudonym = connection.execute(select(players.c.pseudonym)).scalar_one()
        row = connection.execute(select(play_episodes)).one()
    assert set(recorded.seats["player_id"]) == {pseudonym}
    assert row.episode_id == recorded.episode["episode_id"]
    assert row.frames <= recorded.episode["frames"]


def test_episodes_follow_each_other_and_statistics_go_on(server: PlayServer) -> None:
    player = server.player()
    socket = player.play("short")
    for episode in range(2):
        socket.until(lambda number=episode: socket.episode == number and socket.frame >= 0)
        socket.act(2)
    socket.until(lambda: socket.episode == 2)
    play = player.open("short")
    socket.finish()
    result = player.call("GET", f"/v1/play/sessions/{play}")
    best, score, *_ = result["places"]
    assert (best["label"], score["label"]) == ("Best score", "Score")
    assert int(score["value_text"]) > int(best["value_text"]) >= 14


@pytest.mark.parametrize("task", ["broken", "hanging"])
def test_a_game_that_fails_ends_alone_and_says_so(
    server: PlayServer, task: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(game_process, "HANG_SECONDS", 4.0)
    other = server.player("bob").play()
    player = server.player()
    socket = player.play(task)
    socket.until_told("crashed", 30.0)
    socket.close()
    before = other.frame
    other.until(lambda: other.frame > before + 5)
    (game,) = (g for g in recordings_of(server, task))
    assert game["ended"] == "crashed"
    assert 29 <= game["frames"] <= 59  # all but the last second of one that was killed
    player.open(task)  # the session is open: the player may try again


def recordings_of(server: PlayServer, task: str) -> list[dict[str, object]]:
    """Wait for a recording of a task, and return its episodes."""

    def episodes() -> list[dict[str, object]]:
        ids = game_ids(server.folder)
        rows = [recorded.episode for game in ids for recorded in read_episodes(server.folder, game)]
        return [dict(row) for row in rows if row["task"] == task]

    assert wait_until(episodes, 30.0)
    return episodes()


def test_a_player_who_withdraws_in_the_middle_leaves_nothing(server: PlayServer) -> None:
    player = server.player()
    socket = player.play()
    socket.until(lambda: socket.frame > 5)
    socket.finish()
    assert len(recordings(server)) == 1
    socket = player.play()
    body = {"task": "dots", "kind": "feedback", "text": "fun"}
    player.call("POST", "/v1/play/comments", 204, json=body)
    player.call("DELETE", "/v1/player", 204)
    assert socket.until_closed() == 4009
    assert recordings(server) == []
    assert not [path for path in server.folder.rglob("*") if path.is_file()]
    with server.store.read() as connection:
        for table in PLAYER_TABLES:
            assert connection.execute(select(table)).all() == [], table.name


def test_a_game_whose_player_opens_another_while_it_starts_is_ended(server: PlayServer) -> None:
    player = server.player()
    player.connect(player.open("dots"))
    assert wait_until(lambda: server.live.figures["players"] == 1, 30.0)
    socket = player.connect(player.open("paid"))
    socket.until(lambda: socket.frame >= 0)
    assert wait_until(lambda: [g.task.name for g in server.live.games] == ["paid"], 30.0)
    assert server.live.figures["players"] == 1


def test_a_player_who_withdraws_while_the_game_starts_leaves_nothing(server: PlayServer) -> None:
    player = server.player()
    player.connect(player.open())
    assert wait_until(lambda: server.live.figures["players"] == 1, 30.0)
    player.call("DELETE", "/v1/player", 204)
    assert wait_until(lambda: not server.live.games, 30.0)
    assert recordings(server) == []


def test_a_session_is_ended_once_however_often_the_player_says_so(
    server: PlayServer, monkeypatch: pytest.MonkeyPatch
) -> None:
    ended = []
    end_session = server.live.records.end_session

    def note(session_id: str, *arguments: object, **options: object) -> object:
        ended.append(session_id)
        return end_session(session_id, *arguments, **options)  # type: ignore[arg-type]

    monkeypatch.setattr(server.live.records, "end_session", note)
    socket = server.player().play()
    for _ in range(20):
        socket.say(finish=True)
    socket.until_told("finished", 30.0)
    recordings(server)
    assert len(ended) == 1


def test_postgresql_reads_a_session_as_it_is_after_the_wait_for_its_lock() -> None:
    connection = MagicMock()
    GameRecords(MagicMock(), MagicMock())._lock_session(connection, "a")
    query = connection.execute.call_args.args[0].compile(dialect=postgresql.dialect())
    assert str(query).endswith("FOR UPDATE OF players, play_sessions")


def test_who_is_removed_has_not_withdrawn(tmp_path: Path) -> None:
    store = Store(str(tmp_path / "game.db"))
    key = public_text(Ed25519PrivateKey.generate())
    states = {"active": True, "withdrawn": False, "removed": True, "removed before": False}
    with store.write() as connection:
        game = Game(game_id="lab", title="Lab", origin="https://a.example", launch_keys=[key])
        register_game(store, connection, game)
        for number, (name, has_consent) in enumerate(states.items(), 1):
            state = name.partition(" ")[0]
            row = {"id": number, "game_id": "lab", "pseudonym": name, "state": state}
            connection.execute(insert(players).values(row))
            if has_consent:
                row = {"player": number, "consented": True}
                connection.execute(insert(play_players).values(row))
    records = GameRecords(store, Settings(new_keys()))
    assert records.withdrawn_pseudonyms() == {"withdrawn", "removed before"}
    assert records.consenting_players({1, 2, 3}) == {1, 3}
    store.close()


def test_recordings_of_who_withdraws_at_another_activity_are_deleted(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    records, deleted = MagicMock(), []
    records.withdrawn_pseudonyms.side_effect = [{"ann"}, {"ann", "bob"}]
    live = LiveGames(records, tmp_path, 1)
    records.unfinished_games.return_value = {}
    monkeypatch.setattr(game_recordings, "delete_players", lambda folder, who: deleted.append(who))
    live.recordings.recover()
    asyncio.run(live._tick())
    assert deleted == [{"ann"}, {"bob"}]


def test_a_withdrawal_that_was_cut_off_is_completed_at_the_next_start(server: PlayServer) -> None:
    player = server.player()
    socket = player.play()
    socket.until(lambda: socket.frame > 5)
    socket.finish()
    assert len(recordings(server)) == 1
    paths = {path: path.read_bytes() for path in server.folder.rglob("*.parquet")}
    player.call("DELETE", "/v1/player", 204)
    server.stop()
    for path, content in paths.items():  # as if the process had been killed before it deleted them
        path.write_bytes(content)
    server.start()
    assert recordings(server) == []


def test_two_processes_notice_a_withdrawal_at_the_other(
    make_server: Callable[..., PlayServer],
) -> None:
    first = make_server()
    second = make_server(keys=first.settings.keys)
    player = first.player()
    socket = player.play()
    reply = second.client.delete(
        "/v1/player", headers={"Authorization": f"Bearer {player.session}"}
    )
    assert reply.status_code == 204
    assert socket.until_closed() == 4009
    assert recordings(first) == []


@pytest.mark.full
def test_a_slow_reader_takes_little_memory_and_slows_nobody(server: PlayServer) -> None:
    other = server.player("bob").play()
    slow = server.player().play()
    slow.acknowledges = False  # and reads nothing any more
    (socket,) = [p.socket for p in server.live.players.values() if p.socket.episode == 0][1:]
    started, end = other.frame, time.monotonic() + 9.0
    while time.monotonic() < end and socket.is_open:
        other.receive()
    assert other.frame - started > 9 * 30 / 3  # also on a busy machine
    assert socket.dropped > 0
    assert socket.n_waiting <= 128
    assert slow.until_closed(30.0) in (1006, 1013)


@pytest.mark.parametrize("n_players", [2, pytest.param(16, marks=pytest.mark.full)])
def test_after_a_kill_all_but_the_last_second_is_recovered(
    database: str, make_server: Callable[..., PlayServer], tmp_path: Path, n_players: int
) -> None:
    program = "import sys; from tests.service.play.killed_server import main; main(*sys.argv[1:])"
    command = [sys.executable, "-c", program, database, str(tmp_path), str(n_players)]
    with subprocess.Popen(command, stdout=subprocess.PIPE, text=True) as process:
        assert process.stdout
        sessions = dict(word.split("=") for word in process.stdout.readline().split())
        process.kill()
    assert len(sessions) == n_players
    server = make_server(keys=load_keys(tmp_path / "keys.json"))
    games = recordings(server)
    assert len(games) == n_players
    for game in games:
        (recorded,) = read_episodes(server.folder, game)
        verify_replay(recorded, environment_of(recorded, None))

    def frames_of_sessions() -> dict[str, int]:
        with server.store.read() as connection:
            rows = connection.execute(select(play_episodes)).all()
        return {row.play_session: row.frames for row in rows}

    assert wait_until(lambda: len(frames_of_sessions()) == n_players)
    frames = frames_of_sessions()
    for session, shown in sessions.items():
        assert frames[session] >= int(shown) - 30, (frames[session], shown)

    # the player goes on: what was recovered counts
    player = server.player("p1")
    socket = player.play()
    status = socket.until_told("status")
    assert status["values"][1]["value_text"] != "0:00"
