"""Labels out of the service's database: what players chose, by the study's tables.

Only SQL stands here, on tables that `gamelabel.service` migrates, so the statistics need nothing of the service.
"""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING

import pandas as pd

from gamelabel.tables.checks import check_table
from gamelabel.tables.label_tables import LabelTables

if TYPE_CHECKING:
    from sqlalchemy import Connection

_PAIRS = """
    SELECT pair_id, prompt_id, prompt, kind, image_a, image_b, seed_a, seed_b, model, gold, picture_a, picture_b
    FROM pairs WHERE pool = :pool AND (NOT retired OR EXISTS (
        SELECT 1 FROM assignments a WHERE a.pair = pairs.id AND a.choice IS NOT NULL))
    ORDER BY pair_id"""
_LABELS = """
    SELECT a.id AS label_id, p.pseudonym AS player_id, q.pair_id, a.batch AS batch_id, a.choice, a."left" AS shown_left,
        a.response_ms, a.answered_at
    FROM assignments a JOIN pairs q ON q.id = a.pair JOIN players p ON p.id = a.player JOIN batches b ON b.id = a.batch
    WHERE a.choice IS NOT NULL AND q.pool = :pool
    ORDER BY p.id, b.number, a.place"""
_PLAYERS = """
    SELECT p.pseudonym AS player_id, p.game_id, p.state, p."right" AS comparisons_right,
        p.wrong AS comparisons_wrong, p.labels
    FROM players p JOIN games g ON g.game_id = p.game_id
    WHERE g.pool = :pool AND p.state <> 'withdrawn' AND p.labels > 0
    ORDER BY p.id"""


def read_database(
    url: str, run_dir: str | Path, images: str = "outside/images", pool: str = "study"
) -> LabelTables:
    """Read the pairs, labels and players of a pool, all as they stand at one moment.

    url: the database's address, as `gamelabel serve --database` takes it. A picture that lies in the run's folder is
    named there; one that does not is written to `run_dir/images`, as players saw it. Raises ModuleNotFoundError without
    the extra `server`, FileNotFoundError or ValueError where there is no such database or pool.
    """
    with _connect(url) as connection:
        pairs = _query(connection, _PAIRS, pool)
        if pairs.empty:
            raise ValueError(
                f"no pool {pool!r} in {connection.engine.url}: gamelabel serve --study fills it"
            )
        labels, players = _query(connection, _LABELS, pool), _query(connection, _PLAYERS, pool)
        for side in "ab":
            pairs[f"image_{side}"] = [
                _picture(connection, Path(run_dir), images, name, picture)
                for name, picture in zip(
                    pairs[f"image_{side}"], pairs[f"picture_{side}"], strict=True
                )
            ]
    labels["created_at"] = pd.to_datetime(
        labels.pop("answered_at").astype("Int64"), unit="ms", utc=True
    )
    labels["source"] = "game"
    pairs = pairs.drop(columns=["picture_a", "picture_b"])
    found = {"pairs": pairs, "labels": labels, "players": players}
    return LabelTables(
        **{
            name: check_table(frame, name, f"the database's {name}")
            for name, frame in found.items()
        }
    )


def _connect(url: str) -> Connection:
    """A transaction that sees one moment."""
    from sqlalchemy import create_engine, make_url
    from sqlalchemy.exc import ArgumentError, OperationalError

    try:
        address = make_url(url)
    except ArgumentError as error:
        raise ValueError(
            f"{url!r} is no database address: try sqlite:///data/runs/small/game/game.db"
        ) from error
    if address.drivername == "sqlite" and not Path(address.database or "").is_file():
        raise FileNotFoundError(f"no database {address.database}: gamelabel serve makes it")
    if address.drivername == "postgresql":
        address = address.set(drivername="postgresql+psycopg")
    level = {} if address.drivername == "sqlite" else {"isolation_level": "REPEATABLE READ"}
    try:
        connection = create_engine(address, **level).connect()
        if address.drivername == "sqlite":
            connection.exec_driver_sql("BEGIN")
        return connection
    except OperationalError as error:
        raise ValueError(
            f"the database {address.render_as_string()} cannot be opened: {error.orig}"
        ) from error


def _query(connection: Connection, query: str, pool: str) -> pd.DataFrame:
    from sqlalchemy import text

    found = connection.execute(text(query), {"pool": pool})
    return pd.DataFrame(found.all(), columns=list(found.keys()), dtype=object)


def _picture(connection: Connection, run_dir: Path, images: str, name: str, picture: int) -> str:
    """The name of a picture in the run's folder; it is written where it is not there."""
    from sqlalchemy import text

    written = f"{images}/{picture}.jpg"
    if (run_dir / name).is_file():
        return name
    if not (run_dir / written).is_file():
        data = connection.execute(
            text("SELECT data FROM pictures WHERE id = :id"), {"id": picture}
        ).scalar_one()
        (run_dir / images).mkdir(parents=True, exist_ok=True)
        partial = run_dir / f"{written}.part"
        partial.write_bytes(data)
        partial.replace(run_dir / written)
    return written
