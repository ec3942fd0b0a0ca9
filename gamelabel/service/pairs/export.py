"""A pool's pairs, labels and players from the service's database, as the study's tables.

The columns are those of `gamelabel.tables.schema`: `check_table` refuses any other.
"""

from __future__ import annotations

import io
import tempfile
import zipfile
from pathlib import Path
from typing import Any

import pandas as pd
from sqlalchemy import Connection, Select, exists, literal, select
from sqlalchemy.exc import OperationalError

from gamelabel.files import write_bytes
from gamelabel.service.database_tables import players
from gamelabel.service.pairs.pair_tables import (
    assignments,
    batches,
    pair_games,
    pair_standings,
    pairs,
    pictures,
)
from gamelabel.service.store import Store, database_address, is_current, open_engine, snapshot
from gamelabel.tables import LabelTables, check_table, write_table
from gamelabel.tables.schema import TABLES

# What each column of the study's tables is in the database.
LABEL_COLUMNS: dict[str, Any] = {
    "label_id": assignments.c.id,
    "player_id": players.c.pseudonym,
    "pair_id": pairs.c.pair_id,
    "batch_id": assignments.c.batch,
    "choice": assignments.c.choice,
    "shown_left": assignments.c.left,
    "response_ms": assignments.c.response_ms,
    "created_at": assignments.c.answered_at,
    "source": literal("game"),
}
PLAYER_COLUMNS: dict[str, Any] = {
    "player_id": players.c.pseudonym,
    "game_id": players.c.game_id,
    "state": players.c.state,
    "comparisons_right": pair_standings.c.right,
    "comparisons_wrong": pair_standings.c.wrong,
    "labels": pair_standings.c.labels,
}


def read_database(
    url: str, run_dir: str | Path, images: str = "outside/images", pool: str = "study"
) -> LabelTables:
    """Read a pool from a database that is not open; the database is not changed.

    Parameters
    ----------
    url : str
        The address of the database, as for `gamelabel serve --database`.
    run_dir, images, pool
        See `read_pool`.

    Returns
    -------
    LabelTables
        The tables `pairs`, `labels` and `players`.

    Raises
    ------
    FileNotFoundError
        If the SQLite file does not exist.
    ValueError
        If the database cannot be opened, was not made by this version, or has no such pool.
        No message contains a password.
    """
    _require_file(url)
    engine = open_engine(url)
    address = engine.url.render_as_string()
    try:
        with snapshot(engine) as connection:
            if not is_current(connection):
                raise ValueError(
                    f"the tables of the database {address} are not of this version: start "
                    "`gamelabel serve` with it once, which upgrades them"
                )
            return read_pool(connection, run_dir, images, pool)
    except OperationalError as error:
        raise ValueError(f"the database {address} cannot be opened: {error.orig}") from error
    finally:
        engine.dispose()


def read_pool(
    connection: Connection, run_dir: str | Path, images: str, pool: str = "study"
) -> LabelTables:
    """Read the pairs, labels and players of a pool in an open transaction.

    Players who withdrew are not in the tables.

    Parameters
    ----------
    connection : Connection
        Of a transaction that sees one moment, see `store.snapshot`.
    run_dir : str or Path
        A picture that exists in this folder keeps its name. Any other picture is written to
        `run_dir/images`, as players saw it.
    images : str
        A folder in `run_dir`.
    pool : str
        The name of the pool.

    Raises
    ------
    ValueError
        If the pool does not exist.
    """
    pair_rows = _frame(connection, _pairs_query(pool))
    if pair_rows.empty:
        raise ValueError(
            f"the database {connection.engine.url.render_as_string()} has no pool {pool!r}: "
            "fill it with `gamelabel serve --study`"
        )
    labels = _frame(connection, _labels_query(pool))
    created_at = labels.created_at.astype("Int64")
    labels["created_at"] = pd.to_datetime(created_at, unit="ms", utc=True)
    tables = {
        "pairs": _with_pictures(connection, pair_rows, Path(run_dir), images),
        "labels": labels,
        "players": _frame(connection, _players_query(pool)),
    }
    checked = {
        name: check_table(frame, name, f"the database's {name}") for name, frame in tables.items()
    }
    return LabelTables(**checked)


def pool_archive(store: Store, pool: str) -> bytes:
    """Return a ZIP archive with the tables of a pool and its pictures as players saw them.

    Raises
    ------
    ValueError
        If the pool does not exist.
    """
    content = io.BytesIO()
    with tempfile.TemporaryDirectory() as folder:
        with snapshot(store.engine) as connection:
            tables = read_pool(connection, folder, "images", pool)
        for name, frame in tables.by_name().items():
            write_table(frame, folder, name)
        with zipfile.ZipFile(content, "w") as archive:
            for path in sorted(Path(folder).rglob("*.*")):
                archive.write(path, path.relative_to(folder))
    return content.getvalue()


def _require_file(url: str) -> None:
    """Raise FileNotFoundError if a SQLite file does not exist; opening it would make one."""
    address = database_address(url)
    if address.get_backend_name() == "sqlite" and not Path(address.database or "").is_file():
        path = Path(address.database or "").absolute()
        raise FileNotFoundError(f"the database {path} does not exist: `gamelabel serve` makes it")


def _pairs_query(pool: str) -> Select[Any]:
    """Select the pairs that are served, and retired ones that have labels."""
    has_label = exists().where(assignments.c.pair == pairs.c.id, assignments.c.choice.is_not(None))
    columns = [pairs.c[name] for name in TABLES["pairs"]]
    return (
        select(*columns, pairs.c.picture_a, pairs.c.picture_b)
        .where(pairs.c.pool == pool, ~pairs.c.retired | has_label)
        .order_by(pairs.c.pair_id)
    )


def _labels_query(pool: str) -> Select[Any]:
    return (
        select(*(column.label(name) for name, column in LABEL_COLUMNS.items()))
        .select_from(assignments)
        .join(pairs, pairs.c.id == assignments.c.pair)
        .join(players, players.c.id == assignments.c.player)
        .join(batches, batches.c.id == assignments.c.batch)
        .where(assignments.c.choice.is_not(None), pairs.c.pool == pool)
        .order_by(players.c.id, batches.c.number, assignments.c.place)
    )


def _players_query(pool: str) -> Select[Any]:
    """Select the players who have labeled; those who withdrew have no standing any more."""
    return (
        select(*(column.label(name) for name, column in PLAYER_COLUMNS.items()))
        .select_from(players)
        .join(pair_games, pair_games.c.game_id == players.c.game_id)
        .join(pair_standings, pair_standings.c.player == players.c.id)
        .where(pair_games.c.pool == pool, pair_standings.c.labels > 0)
        .order_by(players.c.id)
    )


def _frame(connection: Connection, query: Select[Any]) -> pd.DataFrame:
    result = connection.execute(query)
    columns = list(result.keys())
    return pd.DataFrame(result.all(), columns=columns, dtype=object)


def _with_pictures(
    connection: Connection, pair_rows: pd.DataFrame, run_dir: Path, images: str
) -> pd.DataFrame:
    """Return the pairs with the names of their pictures in the run's folder."""
    for side in ("a", "b"):
        names = pair_rows[f"image_{side}"]
        ids = pair_rows.pop(f"picture_{side}")
        pair_rows[f"image_{side}"] = [
            _picture(connection, run_dir, images, name, picture)
            for name, picture in zip(names, ids, strict=True)
        ]
    return pair_rows


def _picture(connection: Connection, run_dir: Path, images: str, name: str, picture: int) -> str:
    """Return a picture's name in the run's folder; write the file if it does not exist."""
    if (run_dir / name).is_file():
        return name
    written = f"{images}/{picture}.jpg"
    if not (run_dir / written).is_file():
        query = select(pictures.c.data).where(pictures.c.id == picture)
        write_bytes(run_dir / written, connection.execute(query).scalar_one())
    return written
