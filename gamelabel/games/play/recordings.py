"""A folder of recorded games: finishing, recovering and deleting them."""

from __future__ import annotations

import time
from collections.abc import Set
from pathlib import Path
from typing import Any

import pyarrow as pa
import pyarrow.parquet as pq

from gamelabel.games.play.environments import EnvironmentFault
from gamelabel.games.play.journal import locked_journal, read_journal
from gamelabel.games.play.journal_tables import Tables, tables_of
from gamelabel.games.play.recorded_tables import (
    game_ids,
    read_episodes,
    table_path,
    write_tables,
)
from gamelabel.games.play.recorder import JOURNALS, journal_path
from gamelabel.games.play.replayed import ReplayDiffers, environment_of, replay

VERIFY_SECONDS = 60.0
"""Time that a finished game may take to be replayed from its seeds."""


def finish(journal: Path, module_folder: Path | None = None, replays: bool = False) -> list[Path]:
    """Turn the journal of a game into its tables, and remove it.

    Episodes of an environment without an emulator have their observations. If asked, they are
    replayed from their seeds, and where all of the game's episodes come out as they were played,
    the observations are dropped.

    Parameters
    ----------
    journal : Path
        In the folder ``journals`` of the recordings.
    module_folder : Path, optional
        Where the environment's module is looked for.
    replays : bool
        Whether to try to do without observations, for up to `VERIFY_SECONDS`. It runs the
        environment in this process.

    Returns
    -------
    list of Path
        The files; none if no step was played, or another process has the journal.

    Raises
    ------
    ValueError
        If the journal cannot be read; it stays.
    """
    with locked_journal(journal) as is_ours:
        return _finish(journal, module_folder, replays) if is_ours else []


def _finish(journal: Path, module_folder: Path | None, replays: bool) -> list[Path]:
    folder, session_id = journal.parent.parent, journal.stem
    tables = tables_of(journal)
    if tables["episodes"].num_rows == 0:
        journal.unlink()
        return []
    paths = write_tables(folder, session_id, tables)
    restores = set(tables["episodes"]["restore"].to_pylist())
    if replays and restores == {"observations"} and _replays(folder, session_id, module_folder):
        paths = write_tables(folder, session_id, _without_observations(tables), replaces=True)
    if not journal.exists():  # a player withdrew in the meantime
        delete_game(folder, session_id)
        return []
    journal.unlink()
    return paths


def recover(folder: Path) -> tuple[list[str], list[str]]:
    """Finish the journals that an ended server left; those of games that are played stay.

    Parameters
    ----------
    folder : Path
        The folder of the recordings.

    Returns
    -------
    recovered : list of str
        Ids of the games.
    faults : list of str
        A sentence for each journal that cannot be read; they stay where they are.
    """
    recovered, faults = [], []
    for journal in sorted((folder / JOURNALS).glob("*.journal")):
        try:
            if finish(journal):
                recovered.append(journal.stem)
        except ValueError as error:
            faults.append(str(error))
    return recovered, faults


def delete_player(folder: Path, player_id: str) -> int:
    """Delete all games in which a player took part, and return how many there were.

    A game of several players is deleted as a whole: without one player's actions the others'
    frames cannot be made again.
    """
    return delete_players(folder, {player_id})


def delete_players(folder: Path, player_ids: Set[str]) -> int:
    """Delete all games in which any of some players took part; see `delete_player`.

    The recordings are read once, however many players there are.
    """
    deleted = 0
    if not player_ids:
        return deleted
    for journal in (folder / JOURNALS).glob("*.journal"):  # those may become tables in a moment
        if not player_ids.isdisjoint(_players(journal)):
            journal.unlink(missing_ok=True)
            deleted += 1
    for session_id in game_ids(folder):
        seats = pq.read_table(table_path(folder, "seats", session_id), columns=["player_id"])
        if not player_ids.isdisjoint(seats["player_id"].to_pylist()):
            delete_game(folder, session_id)
            deleted += 1
    return deleted


def delete_game(folder: Path, session_id: str) -> None:
    """Delete the recording of a game."""
    journal_path(folder, session_id).unlink(missing_ok=True)  # it may become tables in a moment
    for table in ("episodes", "seats", "steps"):  # the list of games first
        table_path(folder, table, session_id).unlink(missing_ok=True)


def _players(journal: Path) -> list[str]:
    try:
        records, _ = read_journal(journal)
    except ValueError:
        return []
    players: dict[str, Any] = records[0]["players"] if records else {}
    return [player["player_id"] for player in players.values()]


def _replays(folder: Path, session_id: str, module_folder: Path | None) -> bool:
    latest = time.monotonic() + VERIFY_SECONDS
    episodes = read_episodes(folder, session_id)
    try:
        environment = environment_of(episodes[0], module_folder)
        try:
            for recorded in episodes:
                for _ in replay(recorded, environment):
                    if time.monotonic() > latest:
                        return False
        finally:
            environment.close()
    except (EnvironmentFault, ReplayDiffers):
        return False
    return True


def _without_observations(tables: Tables) -> Tables:
    episodes, steps = tables["episodes"], tables["steps"]
    for name, value in (
        ("restore", "seed"),
        ("observation_format", None),
        ("start_observations", []),
    ):
        field = episodes.schema.field(name)
        column = pa.array([value] * episodes.num_rows, field.type)
        episodes = episodes.set_column(episodes.schema.get_field_index(name), field, column)
    field = steps.schema.field("observation")
    empty = pa.nulls(steps.num_rows, field.type)
    steps = steps.set_column(steps.schema.get_field_index("observation"), field, empty)
    return {"episodes": episodes, "seats": tables["seats"], "steps": steps}
