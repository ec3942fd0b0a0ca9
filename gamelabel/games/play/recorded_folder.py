"""The metadata of recorded games: a row an episode and seat, chosen by a query or by SQL."""

from __future__ import annotations

import sqlite3
from pathlib import Path

import pandas as pd
import pyarrow as pa
import pyarrow.parquet as pq

from gamelabel.games.play.recorded_tables import game_ids, table_path

_HEAVY = ("start_state", "start_observations", "checkpoints", "observation_format")


def recorded_metadata(folder: str | Path) -> pd.DataFrame:
    """Return what is known about the episodes of a folder of recordings.

    Parameters
    ----------
    folder : str or Path
        The folder; see `gamelabel.games.play.recorded_tables`.

    Returns
    -------
    DataFrame
        A row for each episode and seat: the columns of the tables `episodes` and `seats`, with a
        column for each statistic (missing where a task does not have it).

    Raises
    ------
    FileNotFoundError
        If the folder has no recordings.
    """
    folder = Path(folder)
    games = game_ids(folder)
    if not games:
        raise FileNotFoundError(f"{folder.absolute()} has no recorded games (episodes/*.parquet)")
    episodes = _read(folder, "episodes", games)
    episodes = episodes.drop(columns=[name for name in _HEAVY if name in episodes])
    return _read(folder, "seats", games).merge(episodes, on="episode_id", validate="many_to_one")


def select(rows: pd.DataFrame, where: str | None) -> pd.DataFrame:
    """Return the rows of the metadata that meet a condition.

    Parameters
    ----------
    rows : DataFrame
        From `recorded_metadata`.
    where : str or None
        An expression such as ``"task == 'inside_out' and share_in_order > .8"``, as
        `DataFrame.query` takes it; None for all rows. If it begins with ``select``, SQL over the
        table ``seats`` with the columns of the metadata, whose result has the columns `episode_id`
        and `seat`.

    Raises
    ------
    ValueError
        If the condition cannot be evaluated.

    Examples
    --------
    >>> rows = pd.DataFrame({"episode_id": ["a", "b"], "seat": "player", "score": [3.0, 9.0]})
    >>> select(rows, "score > 5").episode_id.tolist()
    ['b']
    >>> sql = "select episode_id, seat from seats order by score limit 1"
    >>> select(rows, sql).episode_id.tolist()
    ['a']
    """
    if where is None:
        return rows
    if where.lstrip().lower().startswith("select"):
        return _select_by_sql(rows, where)
    try:
        return rows.query(where)
    except Exception as error:
        columns = ", ".join(map(str, rows.columns))
        raise ValueError(f"{where!r} cannot be evaluated: {error}; columns: {columns}") from error


def _select_by_sql(rows: pd.DataFrame, sql: str) -> pd.DataFrame:
    with sqlite3.connect(":memory:") as database:
        database.execute("pragma trusted_schema = off")
        storable = rows.apply(lambda column: column.map(_storable))
        storable.to_sql("seats", database, index=False)
        try:
            found_rows = pd.read_sql_query(sql, database)
        except Exception as error:
            columns = ", ".join(map(str, rows.columns))
            raise ValueError(f"{sql!r} is not a query of seats ({columns}): {error}") from error
    if not {"episode_id", "seat"} <= set(found_rows.columns):
        raise ValueError(
            f"{sql!r} has to select episode_id and seat, as `select * from seats` does"
        )
    keys = pd.MultiIndex.from_frame(found_rows[["episode_id", "seat"]])
    return rows.set_index(["episode_id", "seat"]).loc[keys.drop_duplicates()].reset_index()


def _storable(value: object) -> object:
    """Return a cell as SQLite stores it."""
    return value.isoformat() if isinstance(value, pd.Timestamp) else value


def _read(folder: Path, table: str, games: list[str]) -> pd.DataFrame:
    # whole files, since a game that has just ended may be written again
    files = [table_path(folder, table, game).read_bytes() for game in games]
    parts = [pq.read_table(pa.BufferReader(file)) for file in files]
    return pa.concat_tables(parts, promote_options="default").to_pandas()
