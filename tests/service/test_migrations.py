"""Upgrade of a database of the first version, with players who have open batches."""

from pathlib import Path
from typing import Any

import pytest
from alembic import command
from sqlalchemy import Engine, MetaData, insert, select
from sqlalchemy.exc import IntegrityError

from gamelabel.service.database_tables import game_keys, games, metadata, players, rewards
from gamelabel.service.pairs.export import read_database
from gamelabel.service.pairs.pair_tables import (
    assignments,
    batches,
    pair_games,
    pair_standings,
    pairs,
)
from gamelabel.service.store import Store, migration_config, open_engine
from tests.service.databases import new_url

PLAYERS = {
    "pseudonym": ["ann", "bob", "cy", "dan"],
    "state": ["active", "removed", "withdrawn", "active"],
    "right": [7, 2, 0, 0],
    "wrong": [1, 6, 0, 0],
    "share": [0.5, 1.0, 1.0, 1.0],
    "credit": [6.5, 1.75, 0.0, 0.0],
    "debit": [0.875, 5.5, 0.0, 0.0],
    "labels": [10, 8, 0, 0],
}
LEVELS = {"ann": 3, "bob": 0, "dan": 2}  # of pay, which their answers had earned
MOVED = ("right", "wrong", "share", "credit", "debit", "labels")


def old_rows() -> dict[str, list[dict[str, Any]]]:
    """Rows of every table of the first version."""
    rows: dict[str, list[dict[str, Any]]] = {
        "pools": [{"pool": "study", "length": 9}, {"pool": "other", "length": 3}],
        "games": [
            {
                "game_id": name,
                "title": name.title(),
                "origin": f"https://{name}.example",
                "launch_keys": "key",
                "reward_url": f"https://{name}.example/rewards",
                "coin": "crowns",
                "coins": coins,
                "pool": pool,
                "paused": paused,
            }
            for name, coins, pool, paused in (
                ("chess", 50, "study", False),
                ("go", 70, "other", True),
            )
        ],
        "pictures": [{"id": i, "pool": "study", "data": b"x" * i} for i in range(1, 5)],
        "pairs": [
            {
                "id": i,
                "pool": "study",
                "pair_id": f"x{i}",
                "prompt_id": f"p{i}",
                "prompt": f"picture {i}",
                "kind": "comparison" if i == 1 else "preference",
                "image_a": f"images/x{i}-a.png",
                "image_b": f"images/x{i}-b.png",
                "seed_a": i,
                "seed_b": None,
                "model": "noise",
                "gold": "b" if i == 1 else None,
                "picture_a": 2 * i - 1,
                "picture_b": 2 * i,
                "again": i == 2,
                "served": 3 * i,
                "place": 2 - i,
                "retired": i == 2,
            }
            for i in (1, 2)
        ],
        "players": [
            {
                "id": i + 1,
                "game_id": "chess",
                "consented": i < 2,
                "times": i == 1,
                **{name: values[i] for name, values in PLAYERS.items()},
            }
            for i in range(4)
        ],
        "launches": [{"game_id": "chess", "jti": "j", "used_with": "u", "expires_at": 10**13}],
        "sessions": [{"token_hash": "t", "player": 1, "launch": "j", "expires_at": 10**13}],
        "rewards": [
            {
                "id": f"r{i}",
                "game_id": "chess",
                "launch": "j",
                "amount": 10 * i,
                "state": state,
                "tries": i,
                "due_at": 10**12,
                "trouble": None if i else "away",
            }
            for i, state in enumerate(("waiting", "delivered", "refused"))
        ],
        "batches": [
            {
                "id": "b1",
                "player": 1,
                "number": 0,
                "level": 2,
                "opened_key": "k",
                "opened_at": None,
                "reply": {"state": "active", "reward": {"id": "r1", "amount": 10}},
            },
            {
                "id": "b2",
                "player": 2,
                "number": 0,
                "level": 1,
                "opened_key": None,
                "opened_at": 5,
                "reply": None,
            },
        ],
        "assignments": [
            {
                "id": f"a{i}",
                "batch": "b1" if i < 3 else "b2",
                "player": 1 if i < 3 else 2,
                "pair": i if i < 3 else 1,
                "place": i,
                "left": "a",
                "picture_left": f"l{i}",
                "picture_right": f"r{i}",
                "choice": "b" if i < 3 else None,
                "response_ms": 800 + i if i < 3 else None,
                "answered_at": 1_700_000_000_000 if i < 3 else None,
            }
            for i in (1, 2, 3)
        ],
    }
    return rows


@pytest.fixture(params=["sqlite", "postgresql"])
def url(request: pytest.FixtureRequest, tmp_path: Path) -> str:
    """The address of a database without tables."""
    return new_url(request.param, tmp_path)


def make_old_database(url: str) -> None:
    engine = open_engine(url)
    with engine.connect().execution_options(writes=True) as connection, connection.begin():
        command.upgrade(migration_config(connection), "0001")
        old = MetaData()
        old.reflect(connection)
        for name, rows in old_rows().items():
            connection.execute(insert(old.tables[name]), rows)
    engine.dispose()


def rows_of(engine: Engine, table: Any) -> list[dict[str, Any]]:
    with engine.connect() as connection:
        query = select(table).order_by(*table.primary_key)
        return [dict(row._mapping) for row in connection.execute(query)]


def test_nothing_is_lost_when_a_database_with_data_is_upgraded(url: str, tmp_path: Path) -> None:
    make_old_database(url)
    with pytest.raises(ValueError, match=r"not of this version.*gamelabel serve"):
        read_database(url, tmp_path)
    store = Store(url)
    old = old_rows()
    for row in old["games"]:
        pool, coins = row.pop("pool"), row.pop("coins")
        keys = row.pop("launch_keys")
        for audience in ("gamelabel", "gamelabel/play"):
            stored = {"game_id": row["game_id"], "audience": audience, "launch_keys": keys}
            assert stored in rows_of(store.engine, game_keys)
        row |= {"min_account_days": 0, "new_players_per_hour": 300}
        row |= {"newcomers": 0, "newcomers_hour": 0}
        row |= {"new_by_link_per_hour": 300, "link_newcomers": 0, "link_newcomers_hour": 0}
        expected = {"game_id": row["game_id"], "pool": pool, "coins": coins}
        assert expected in rows_of(store.engine, pair_games)
    for row in old["sessions"]:
        row["channel"] = ""
    standings = []
    for row in old["players"]:
        standing = {name: row.pop(name) for name in MOVED}
        if row["state"] != "withdrawn":  # only the pseudonym is kept
            more = {"exam": 0, "suspicion": 0.0, "level": LEVELS[row["pseudonym"]]}
            standings.append({"player": row["id"], **standing, **more})
    assert rows_of(store.engine, pair_standings) == standings
    for row in old["pairs"]:
        row["shared"] = row.pop("again")
        row["stock"] = "exam" if row["gold"] else "preference"
    # the reward of a batch gets its player; those without one were of players who withdrew, and
    # only what the game does not have yet is kept
    old["rewards"] = [
        row | {"player": 1 if row["id"] == "r1" else None}
        for row in old["rewards"]
        if row["id"] != "r2"
    ]
    for name, expected_rows in old.items():
        key = [column.name for column in metadata.tables[name].primary_key]
        expected_rows.sort(key=lambda row: [row[part] for part in key])
        assert rows_of(store.engine, metadata.tables[name]) == expected_rows, name
    labels = read_database(url, tmp_path).labels
    assert labels.choice.tolist() == ["b", "b"]
    store.close()


def test_an_upgraded_database_still_refuses_invalid_rows(url: str) -> None:
    make_old_database(url)
    store = Store(url)
    pair = old_rows()["pairs"][0] | {"id": 9, "pair_id": "x9", "shared": False, "stock": "exam"}
    del pair["again"]
    names = {"id": "a9", "batch": "b2", "left": "a", "picture_left": "l9", "picture_right": "r9"}
    assignment = names | {"player": 2, "pair": 2, "place": 4}
    game = {"game_id": "new", "title": "", "origin": ""}
    for table, row in (
        (pairs, pair | {"stock": "preference"}),
        (pairs, pair | {"gold": None}),  # a constraint of a table that SQLite recreated
        (pairs, pair | {"pair_id": "x1"}),
        (pairs, pair | {"pool": "nowhere"}),
        (games, game | {"game_id": "chess", "reward_url": "", "coin": ""}),
        (pair_standings, dict.fromkeys((*MOVED, "exam", "suspicion", "level"), 0)
         | {"player": 99}),
        (players, {"game_id": "nowhere", "pseudonym": "eve", "state": "active"}),
        (players, {"game_id": "chess", "pseudonym": "eve", "state": "unknown"}),
        (rewards, {"id": "r9", "game_id": "nowhere", "launch": "j", "amount": 1, "due_at": 0,
                   "state": "waiting"}),
        (batches, {"id": "b9", "player": 1, "number": 0, "level": 0}),
        (assignments, assignment | {"choice": "c"}),
    ):  # fmt: skip
        with pytest.raises(IntegrityError), store.write() as connection:
            connection.execute(insert(table), row)
    with store.write() as connection:
        connection.execute(insert(pairs), pair)
        connection.execute(insert(assignments), assignment | {"choice": "tie"})
    store.close()
