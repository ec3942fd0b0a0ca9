"""Copies of recordings: new games are fetched, deleted ones are removed."""

from __future__ import annotations

from pathlib import Path
from typing import Protocol

from gamelabel.files import write_bytes
from gamelabel.games.play.recorded_tables import game_ids, table_path
from gamelabel.games.play.recorder import JOURNALS
from gamelabel.games.play.recordings_card import write_recordings_card

_TABLES = ("steps", "seats", "episodes")  # in this order a reader never sees a part of a game


class RecordingsSource(Protocol):
    """Where recordings are copied from: a folder, or a server."""

    def games(self) -> list[str]:
        """Return the ids of the games whose recordings are complete."""
        ...

    def read(self, table: str, game: str) -> bytes:
        """Return the file with a game's part of a table.

        Raises
        ------
        FileNotFoundError
            If the game was deleted meanwhile.
        """
        ...


class RecordingsFolder:
    """A folder of recordings as a source.

    Parameters
    ----------
    folder : Path
        The folder; games may be recorded there meanwhile.
    """

    def __init__(self, folder: Path) -> None:
        self.folder = folder

    def games(self) -> list[str]:
        """Return the ids of the games whose recordings are complete.

        A journal that is still there may become other tables.

        Raises
        ------
        FileNotFoundError
            If the folder has no recordings at all: a copy is not emptied by a wrong path.
        """
        if not (self.folder / "episodes").is_dir():
            folder = self.folder.absolute()
            raise FileNotFoundError(f"{folder} is not a folder of recordings (no episodes/)")
        unfinished = {path.stem for path in (self.folder / JOURNALS).glob("*.journal")}
        return [game for game in game_ids(self.folder) if game not in unfinished]

    def read(self, table: str, game: str) -> bytes:
        """Return the file with a game's part of a table."""
        return table_path(self.folder, table, game).read_bytes()


def fetch_games(
    source: str | Path | RecordingsSource, target: str | Path, licence: str = ""
) -> tuple[list[str], list[str]]:
    """Copy the recorded games that a source has and a folder lacks, and write a card.

    Games that were deleted at the source, as when a player withdraws, are deleted in the copy. If
    it is interrupted, the next call goes on: the games that were copied are whole.

    Parameters
    ----------
    source : str, Path or RecordingsSource
        A folder of recordings, or a server, see `gamelabel.service.play.recordings_client`.
    target : str or Path
        The copy; it is created if needed.
    licence : str
        What the card of the copy states; see `write_recordings_card`.

    Returns
    -------
    new, deleted : list of str
        Ids of the games that were copied, and of those that were deleted.

    Raises
    ------
    FileNotFoundError
        If the source is a folder without recordings.
    """
    if isinstance(source, str | Path):
        source = RecordingsFolder(Path(source))
    target = Path(target)
    there, here = set(source.games()), set(game_ids(target))
    new = [game for game in sorted(there - here) if _copy_game(source, target, game)]
    deleted = sorted(here - there)
    for game in deleted:
        _delete(target, game)
    if game_ids(target):
        write_recordings_card(target, licence)
    return new, deleted


def _copy_game(source: RecordingsSource, target: Path, game: str) -> bool:
    """Copy a game; return whether it was still there."""
    try:
        for table in _TABLES:
            write_bytes(table_path(target, table, game), source.read(table, game))
    except FileNotFoundError:
        _delete(target, game)
        return False
    return True


def _delete(target: Path, game: str) -> None:
    for table in reversed(_TABLES):
        table_path(target, table, game).unlink(missing_ok=True)
