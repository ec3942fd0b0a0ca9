"""What is stored about people is what the docs say: what, until when, and in which files."""

import gc
import itertools
import re
import signal
import subprocess
import sys
from collections.abc import Callable
from pathlib import Path
from typing import Any, NamedTuple

import httpx
import pytest
from sqlalchemy import BigInteger, Engine, Table, create_engine, insert, select, update

from gamelabel.service.annotation.quality_tables import PERSONAL_TABLES as OF_ANNOTATION
from gamelabel.service.database_tables import games, launches, metadata, players, rewards, sessions
from gamelabel.service.dungeon.teach_tables import round_rewards, teachers
from gamelabel.service.launch_tokens import verify_reward
from gamelabel.service.outbox import MAX_TRIES
from gamelabel.service.pairs.arena_tables import model_votes
from gamelabel.service.pairs.pair_tables import assignments, batches
from gamelabel.service.play import play_tables
from gamelabel.service.store import Store
from tests.service.harness import KEYS, Player, Service, make_run
from tests.service.test_serve import free_ports

on_sqlite = pytest.mark.parametrize("url", ["sqlite"], indirect=True)
DOCS = Path(__file__).parents[2] / "docs" / "deployment.md"
PLAYER_TABLES = [table for table in metadata.sorted_tables if "player" in table.c]
# Of games and pictures, not of people; what they count of people is in the docs' table.
# Tests of the play, teaching and annotation activities and of arenas fill these.
_OF_PLAY = (*play_tables.PLAYER_TABLES, play_tables.play_payments)
_OF_OTHERS = (*_OF_PLAY, round_rewards, teachers, model_votes, *OF_ANNOTATION)
ACTIVITY_TABLES = {table.name for table in _OF_OTHERS}
OTHER_TABLES = {"games", "pools", "pair_games", "pictures", "pairs", "operator_actions"}
OTHER_TABLES |= {"game_keys", "arena_models", "arena_pairs"}
OTHER_TABLES |= {f"annotation_{name}" for name in ("projects", "prompts", "pictures")}
DAYS_S = 3 * 86_400


class Described(NamedTuple):
    """A row of the docs' table."""

    table: str
    columns: list[str]
    until: str
    minimal: str


def described() -> list[Described]:
    text = DOCS.read_text(encoding="utf-8").partition("## What is stored about people")[2]
    rows = re.findall(r"^\| `(\w+)` \|(.*?)\|(.*?)\|(.*?)\|", text.partition("\n## ")[0], re.M)
    return [
        Described(table, re.findall(r"`(\w+)`", columns), until.strip(), minimal.strip())
        for table, columns, until, minimal in rows
    ]


def values(store: Store, table: str, column: str) -> list[Any]:
    with store.read() as connection:
        return list(connection.execute(select(metadata.tables[table].c[column])).scalars())


def rows(store: Store, table: Table) -> list[Any]:
    with store.read() as connection:
        return list(connection.execute(select(table)))


def play(service: Service, name: str = "ann", n_batches: int = 2) -> Player:
    """Answer batches, let the game pay, and leave a batch open."""
    player = service.player(name)
    player.call("PUT", "/v1/consent", json={"times": True})
    for i in range(n_batches):
        key = {"Idempotency-Key": f"{name}-opened-this-{i}"}
        assert player.send(player.call("POST", "/v1/batches", headers=key).json()).is_success
    service.send_rewards()
    player.batch()
    return player


def withdraw(player: Player) -> None:
    assert player.call("DELETE", "/v1/player").status_code == 204


def ids(engine: Engine) -> set[bytes]:
    """Return all that identifies a launch, session, batch, item, picture or reward."""
    columns = [
        *(batches.c[name] for name in ("id", "opened_key")),
        *(assignments.c[name] for name in ("id", "picture_left", "picture_right")),
        *(rewards.c[name] for name in ("id", "launch")),
        *(launches.c[name] for name in ("jti", "used_with")),
        *(sessions.c[name] for name in ("token_hash", "launch")),
    ]
    with engine.connect() as connection:
        parts = [connection.execute(select(column)).scalars() for column in columns]
        return {str(value).encode() for part in parts for value in part if value}


def files(url: str) -> bytes:
    """Return the bytes of SQLite's files: the database, its log and the log's index."""
    path = url.removeprefix("sqlite:///")
    present = [Path(path + ending) for ending in ("", "-wal", "-shm")]
    return b"".join(file.read_bytes() for file in present if file.exists())


def left(url: str, ids: set[bytes]) -> set[bytes]:
    content = files(url)
    return {one for one in ids if one in content}


def test_the_docs_describe_every_column_about_people() -> None:
    columns = [f"{row.table}.{column}" for row in described() for column in row.columns]
    assert len(columns) == len(set(columns))
    newcomers = ("newcomers", "newcomers_hour", "link_newcomers", "link_newcomers_hour")
    counts = {f"games.{name}" for name in newcomers}
    about_people = {
        f"{table.name}.{column.name}"
        for table in metadata.sorted_tables
        if table.name not in OTHER_TABLES
        for column in table.c
    }
    assert set(columns) == about_people | counts


def test_withdrawals_leave_nothing_in_memory(service: Service) -> None:
    """The engine keeps statements on tables, and with them the tables of a whole database."""
    withdraw(service.player("ann"))
    gc.collect()
    known = sum(type(one) is Table for one in gc.get_objects())
    for name in ("bob", "cat"):
        withdraw(service.player(name))
    gc.collect()
    assert sum(type(one) is Table for one in gc.get_objects()) == known


def test_after_a_withdrawal_only_what_the_docs_say_is_kept(service: Service) -> None:
    ann = play(service)
    described_here = [row for row in described() if row.table not in ACTIVITY_TABLES]
    for row in described_here:
        for column in row.columns:
            if column != "trouble":
                stored = values(service.store, row.table, column)
                assert any(value is not None for value in stored), (row.table, column)
    withdraw(ann)
    service.clock.now += 3600
    service.outbox.delete_expired()
    for row in described_here:
        for column in row.columns:
            kept = values(service.store, row.table, column)
            assert any(kept) == (row.until == "for good"), (row.table, column, kept)
    assert service.player().entry["state"] == "withdrawn"


def test_launches_and_sessions_end_without_a_withdrawal(service: Service) -> None:
    play(service)
    service.clock.now += DAYS_S
    service.outbox.delete_expired()
    assert (rows(service.store, sessions), rows(service.store, launches)) == ([], [])


def test_a_withdrawal_deletes_nothing_of_others(service: Service) -> None:
    bob, ann = play(service, "bob"), play(service)
    before = {table.name: len(rows(service.store, table)) for table in PLAYER_TABLES}
    withdraw(ann)
    after = {table.name: len(rows(service.store, table)) for table in PLAYER_TABLES}
    assert after == {name: n // 2 for name, n in before.items()}
    assert bob.send(bob.batch()).status_code == 200


def test_a_withdrawal_deletes_what_other_activities_store(service: Service) -> None:
    ann, _ = play(service, "ann"), play(service, "bob")
    with service.store.write() as connection:
        for player in connection.execute(select(players.c.id)).scalars().all():
            link = {"player": player, "channel": "mturk"}
            consent = insert(play_tables.play_players).values(consented=True, player=player)
            worker = insert(play_tables.recruitments).values(worker_id="A1", **link)
            connection.execute(consent)
            entry = connection.execute(worker.returning(play_tables.recruitments.c.id)).scalar_one()
            played = {"id": f"{player}", "task": "dots", "launch": "a", "recruitment": entry}
            played |= {"state": "open", "statistics": {}, "pay": 0.0}
            connection.execute(insert(play_tables.play_sessions).values(**link, **played))
    withdraw(ann)
    for table in (play_tables.play_players, play_tables.recruitments, play_tables.play_sessions):
        assert len(rows(service.store, table)) == 1, table.name


def test_a_reward_on_its_way_is_unlinked_paid_once_and_deleted(service: Service) -> None:
    player = service.player()
    reward = player.send(player.batch()).json()["reward"]
    service.reply_to_reward = httpx.Response(500)
    service.send_rewards()
    withdraw(player)
    service.outbox.delete_expired()
    [row] = rows(service.store, rewards)
    assert (row.id, row.player, row.state) == (reward["id"], None, "waiting")
    service.reply_to_reward = httpx.Response(200)
    service.clock.now += 60
    assert service.send_rewards() == 1
    service.outbox.delete_expired()
    assert rows(service.store, rewards) == []
    token = service.paid[-1].content.decode()
    claims = verify_reward(token, KEYS.public, "chess", service.clock.now)
    assert (claims["jti"], claims["amount"]) == (reward["id"], reward["amount"])


def test_a_reward_that_is_being_sent_at_the_withdrawal_is_deleted(service: Service) -> None:
    player = service.player()
    player.send(player.batch())

    def withdraw_meanwhile(request: httpx.Request) -> httpx.Response:
        withdraw(player)
        return httpx.Response(200)

    service.outbox._transport = httpx.MockTransport(withdraw_meanwhile)
    assert service.send_rewards() == 1
    service.outbox.delete_expired()
    assert rows(service.store, rewards) == []


def test_a_reward_that_a_game_never_accepts_is_deleted_too(service: Service) -> None:
    player = service.player()
    player.send(player.batch())
    withdraw(player)
    service.reply_to_reward = httpx.Response(500)
    for _ in range(MAX_TRIES):
        assert service.send_rewards() == 1
        service.clock.now += 4400
    service.outbox.delete_expired()
    assert rows(service.store, rewards) == []


def test_rewards_that_are_only_shown_are_deleted_at_once(service: Service) -> None:
    with service.store.write() as connection:
        connection.execute(update(games).values(reward_url=""))
    player = service.player()
    player.send(player.batch())
    withdraw(player)
    assert rows(service.store, rewards) == []


@on_sqlite
def test_no_file_has_an_id_of_a_player_who_withdrew(service: Service, url: str) -> None:
    play(service, "bob", n_batches=3)
    kept = ids(service.store.engine)
    ann = play(service, "ann", n_batches=3)
    play(service, "ann", n_batches=1)  # a second launch
    of_ann = ids(service.store.engine) - kept
    assert len(of_ann) > 60
    assert left(url, of_ann) == of_ann
    withdraw(ann)
    assert left(url, of_ann) == set()
    service.store.close()
    assert left(url, of_ann) == set()
    assert left(url, kept) == kept


@on_sqlite
def test_a_log_does_not_name_a_reward_a_launch_or_a_session(
    service: Service, caplog: pytest.LogCaptureFixture
) -> None:
    player = service.player()
    player.send(player.batch())
    service.reply_to_reward = httpx.Response(500)
    service.send_rewards()
    with service.store.write() as connection:
        connection.exec_driver_sql("ALTER TABLE sessions RENAME TO away")
    assert player.call("POST", "/v1/batches").status_code in (500, 503)
    with service.store.write() as connection:
        connection.exec_driver_sql("ALTER TABLE away RENAME TO sessions")
    assert "a reward for chess, try 1" in caplog.text
    assert "no such table: sessions" in caplog.text
    assert not [one for one in ids(service.store.engine) if one.decode() in caplog.text]


@on_sqlite
def test_ids_leave_the_files_as_soon_as_nobody_reads_them(service: Service, url: str) -> None:
    ann = play(service)
    of_ann = ids(service.store.engine)
    with service.store.read() as connection:
        connection.execute(select(batches)).all()
        withdraw(ann)
        assert left(url, of_ann) == of_ann  # for the reader, in the log
        assert service.player("bob")  # and others go on
    service.outbox.delete_expired()
    assert left(url, of_ann) == set()


@on_sqlite
def test_a_restart_empties_a_log_that_a_killed_process_left(service: Service, url: str) -> None:
    ann = play(service)
    of_ann = ids(service.store.engine)
    service.store.empty_log = lambda deleted=True: None  # type: ignore[method-assign]
    withdraw(ann)
    assert left(url, of_ann)
    Store(url).close()
    assert left(url, of_ann) == set()


@pytest.mark.slow
@on_sqlite
def test_no_file_has_an_id_after_a_withdrawal_and_a_clean_stop(url: str, tmp_path: Path) -> None:
    port, program = free_ports(2), "from gamelabel.cli import main; main()"
    options = {"study": make_run(12, 20), "database": url, "keys": tmp_path / "keys", "port": port}
    command = [sys.executable, "-c", program, "serve", "--look", "0"]
    command += [f"--{name}={value}" for name, value in options.items()]
    running = subprocess.Popen(
        command, stdout=subprocess.PIPE, text=True, cwd=Path(__file__).parents[2]
    )
    try:
        assert running.stdout
        launch = next(line for line in running.stdout if "#" in line).partition("#")[2].strip()
        transport = httpx.HTTPTransport(retries=6)  # until it listens
        client = httpx.Client(base_url=f"http://127.0.0.1:{port}", timeout=30, transport=transport)
        session = client.post("/v1/sessions", json={"launch": launch}).json()["session"]
        client.headers["Authorization"] = f"Bearer {session}"
        client.put("/v1/consent", json={}).raise_for_status()
        opened = client.post("/v1/batches").raise_for_status().json()
        answers = [{"item": item["item"], "choice": "left"} for item in opened["items"]]
        path = f"/v1/batches/{opened['batch']}/answers"
        client.post(path, json={"answers": answers}).raise_for_status()
        reader = create_engine(url)
        of_player = ids(reader)
        reader.dispose()
        assert left(url, of_player) == of_player
        client.delete("/v1/player").raise_for_status()
        assert left(url, of_player) == set()
        running.send_signal(signal.SIGTERM)
        assert running.wait(30) == 0
        assert left(url, of_player) == set()
    finally:
        running.kill()


def test_minimal_keeps_no_time(make: Callable[..., Service]) -> None:
    for minimal in (False, True):
        service = make(minimal=minimal)
        service._launches = itertools.count(100 * minimal)
        play(service, f"player-{minimal}")
        if minimal:
            service.clock.now += DAYS_S
            service.outbox.delete_expired()
        not_stored = [
            (row.table, column)
            for row in described()
            for column in row.columns
            if row.minimal == "not stored" and row.table not in ACTIVITY_TABLES
        ]
        times = [
            (table.name, column.name)
            for table in metadata.sorted_tables
            if table.name not in OTHER_TABLES | ACTIVITY_TABLES
            for column in table.c
            if isinstance(column.type, BigInteger)
        ]
        assert set(times) - set(not_stored) == {
            ("sessions", "expires_at"),
            ("launches", "expires_at"),
        }
        for table, column in {*times, *not_stored, ("games", "newcomers_hour")}:
            assert any(values(service.store, table, column)) != minimal, (table, column)
        with service.store.write() as connection:  # for the second turn
            for table in (assignments, batches, rewards):
                connection.execute(table.delete())


def test_minimal_also_overrides_an_earlier_consent_to_times(make: Callable[..., Service]) -> None:
    play(make())
    service = make(minimal=True)
    service._launches = itertools.count(100)
    with service.store.write() as connection:
        connection.execute(update(assignments).values(response_ms=None))
    player = service.player(consent=False)
    assert player.entry["times"] is False
    assert player.send(player.batch()).status_code == 200
    assert not any(values(service.store, "assignments", "response_ms"))


@on_sqlite
def test_minimal_still_waits_until_pairs_were_shown(make: Callable[..., Service]) -> None:
    service = make(minimal=True, look_s=1.0)
    player = service.player()
    batch = player.batch()
    assert player.send(batch).status_code == 425
    service.clock.now += len(batch["items"])
    assert player.send(batch).status_code == 200
    batch = player.batch()
    restarted = make(minimal=True, look_s=1.0)  # does not know when the batch was opened
    player.service = restarted
    assert player.send(batch).status_code == 200
