"""The recordings for operators: a list of games, and their tables as Parquet files."""

from __future__ import annotations

import os
from collections.abc import Iterator
from pathlib import Path
from typing import Annotated, BinaryIO, Literal

from fastapi import APIRouter
from fastapi import Path as PathParameter
from fastapi.responses import StreamingResponse

from gamelabel.games.play.recorded_copies import RecordingsFolder
from gamelabel.games.play.recorded_tables import table_path
from gamelabel.service.operator_actions import Operator, record_action
from gamelabel.service.problems import Problem
from gamelabel.service.settings import Settings
from gamelabel.service.store import Store

_CHUNK = 1 << 16  # bytes
RecordingId = Annotated[str, PathParameter(pattern=r"^[A-Za-z0-9_-]{1,64}$")]
TableName = Literal["steps", "seats", "episodes"]


def recordings_routes(store: Store, settings: Settings, folder: Path) -> APIRouter:
    """Return the routes, below those of play, by which an operator copies the recordings.

    Parameters
    ----------
    store, settings
        Of the service.
    folder : Path
        The folder of the recordings.
    """
    router = APIRouter(prefix="/recordings")
    source = RecordingsFolder(folder)

    @router.get("")
    def games(operator: Operator) -> list[str]:
        """Return the ids of all games whose recordings are complete."""
        with store.write() as connection:
            record_action(connection, settings, operator, "read recordings", "all games")
        (folder / "episodes").mkdir(parents=True, exist_ok=True)  # before the first game
        return source.games()

    @router.get("/{game}/{table}")
    def table_of_game(game: RecordingId, table: TableName) -> StreamingResponse:
        """Return a game's part of a table."""
        try:
            file = table_path(folder, table, game).open("rb")
        except FileNotFoundError as error:
            raise Problem(404, "missing", "There is no such recording") from error
        length = str(os.fstat(file.fileno()).st_size)
        media_type = "application/vnd.apache.parquet"
        headers = {"Content-Length": length}
        return StreamingResponse(_chunks(file), media_type=media_type, headers=headers)

    return router


def _chunks(file: BinaryIO) -> Iterator[bytes]:
    with file:
        while chunk := file.read(_CHUNK):
            yield chunk
