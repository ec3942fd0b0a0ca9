"""The tables of a folder of recordings: their columns, and how they are written and read.

Each game, which is what happens from the first frame until its players leave, is one file of each
table::

    recordings/
      journals/GAME.journal    while it is played; see `gamelabel.games.play.journal`
      episodes/GAME.parquet    a row an episode
      seats/GAME.parquet       a row an episode and seat: who played
      steps/GAME.parquet       a row an episode, frame and seat, frames from 1

So new games are new files, and any Parquet reader reads a folder as one table. Only the columns of
statistics differ between tasks: `seats` has one for each with its value at the end of the episode,
`steps` one with its value after the step.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import numpy as np
import pandas as pd
import pyarrow as pa
import pyarrow.parquet as pq

from gamelabel.files import replacing

EPISODE_COLUMNS = pa.schema(
    [
        ("episode_id", pa.string()),
        ("session_id", pa.string()),  # the game's id, and the name of its files
        ("task", pa.string()),
        ("environment", pa.string()),  # what gymnasium.make was given
        ("settings", pa.string()),  # JSON: what else a replay needs, see `recorded_settings`
        ("versions", pa.string()),  # JSON: of Python, packages, the ROM's MD5
        ("seats", pa.string()),  # JSON: names of the seats, in order
        ("restore", pa.string()),  # "state", "seed" or "observations": how frames are made again
        ("seed", pa.int64()),
        ("no_ops", pa.int32()),  # idle steps between the reset and frame 0
        ("start_state", pa.binary()),  # the emulator's state at frame 0, else null
        ("frames", pa.int32()),  # number of steps
        ("started_at", pa.timestamp("s", "UTC")),  # null if no times are kept
        ("ended", pa.string()),  # "terminated", "truncated", "left" or "crashed"
        ("reason", pa.string()),  # why it crashed or was left, else ""
        ("screen_sha256", pa.string()),  # of an emulator's screens, see `frame_hashes`; else null
        ("memory_sha256", pa.string()),  # of the memory after each frame, else null
        ("observation_sha256", pa.string()),  # of all observations of other environments
        ("checkpoints", pa.binary()),  # 4 bytes of the hash so far at every 600th frame
        ("observation_format", pa.string()),  # JSON: type and shape of stored observations, by seat
        ("start_observations", pa.list_(pa.binary())),  # at frame 0, of each seat
        ("simulated", pa.bool_()),  # whether the players were simulated
    ]
)

SEAT_COLUMNS = pa.schema(
    [
        ("episode_id", pa.string()),
        ("seat", pa.string()),
        ("player_id", pa.string()),  # null for a seat that only a policy played
        ("channel", pa.string()),  # how the player was recruited; null if unknown
        ("controller", pa.string()),  # who acted most often
        ("score", pa.float64()),  # the statistic `score`; without it, the sum of the rewards
    ]
)

STEP_COLUMNS = pa.schema(
    [
        ("episode_id", pa.dictionary(pa.int32(), pa.string())),
        ("frame", pa.int32()),
        ("seat", pa.dictionary(pa.int32(), pa.string())),
        ("action", pa.int32()),  # null where actions are vectors
        ("action_vector", pa.list_(pa.float64())),  # null where actions are numbers
        ("frame_seen", pa.int32()),  # what the player saw when choosing it; -1 for policies
        ("reward", pa.float32()),
        ("terminated", pa.bool_()),
        ("truncated", pa.bool_()),
        ("controller", pa.dictionary(pa.int32(), pa.string())),
        ("observation", pa.binary()),  # after the step, where `restore` is "observations"
    ]
)

RESERVED = frozenset(EPISODE_COLUMNS.names + SEAT_COLUMNS.names + STEP_COLUMNS.names) - {"score"}
"""Names that a statistic cannot have."""


@dataclass(frozen=True)
class RecordedEpisode:
    """An episode as it was recorded.

    Attributes
    ----------
    episode : mapping of str to Any
        Its row of the table of episodes.
    seats : DataFrame
        Its rows of the table of seats.
    steps : DataFrame
        Its rows of the table of steps, in order of frames and then seats.
    """

    episode: Mapping[str, Any]
    seats: pd.DataFrame
    steps: pd.DataFrame

    def actions(self, seat: str) -> list[Any]:
        """Return what a seat did at each step: ints, or vectors as float64 arrays."""
        rows = self.steps[self.steps["seat"] == seat]
        if rows["action"].notna().all():
            return [int(action) for action in rows["action"]]
        return [np.array(vector, np.float64) for vector in rows["action_vector"]]


def write_tables(
    folder: Path, session_id: str, tables: Mapping[str, pa.Table], replaces: bool = False
) -> list[Path]:
    """Write the tables of a game, `episodes` last, and return their paths.

    A game is recorded once it is in `episodes`: readers that list this table first never see a part
    of a game.

    Parameters
    ----------
    folder : Path
        The folder of the recordings.
    session_id : str
        The game's id.
    tables : mapping of str to Table
        The tables by name.
    replaces : bool
        Whether the game is there, and loses its observations. Then `episodes`, which says that it
        does not need them, is first: who reads `steps` first never misses them.
    """
    paths = []
    names = ("steps", "seats", "episodes")
    for name in reversed(names) if replaces else names:
        path = table_path(folder, name, session_id)
        with replacing(path) as partial:
            _write(tables[name], partial)
        paths.append(path)
    return paths


def table_path(folder: Path, table: str, session_id: str) -> Path:
    """Return the path of a game's part of a table."""
    return folder / table / f"{session_id}.parquet"


def game_ids(folder: Path) -> list[str]:
    """Return the ids of the games of a folder of recordings, sorted."""
    paths = (folder / "episodes").glob("*.parquet")
    # names of files that are being written begin with a dot
    return sorted(path.stem for path in paths if not path.name.startswith("."))


def read_episodes(folder: Path, session_id: str) -> list[RecordedEpisode]:
    """Return the episodes of a game.

    Raises
    ------
    FileNotFoundError
        If the game is not in the folder.
    """
    # whole files in this order, since they may be replaced meanwhile, see `write_tables`
    steps, seats, episodes = (
        pq.read_table(pa.BufferReader(table_path(folder, name, session_id).read_bytes()))
        for name in ("steps", "seats", "episodes")
    )
    seat_frame = seats.to_pandas()
    step_frame = steps.to_pandas(types_mapper={pa.int32(): pd.Int32Dtype()}.get)
    of_seats = dict(list(seat_frame.groupby("episode_id")))
    of_steps = dict(list(step_frame.groupby("episode_id", observed=True)))
    return [
        RecordedEpisode(row, of_seats[row["episode_id"]], of_steps[row["episode_id"]])
        for row in episodes.to_pylist()
    ]


def _write(table: pa.Table, path: Path) -> None:
    # Frames count up; statistics often do, in fractions that only their bytes have in common.
    encodings = {"frame": "DELTA_BINARY_PACKED", "frame_seen": "DELTA_BINARY_PACKED"}
    if "frame" in table.column_names:
        statistics = set(table.column_names) - set(STEP_COLUMNS.names)
        encodings |= dict.fromkeys(statistics, "BYTE_STREAM_SPLIT")
    pq.write_table(
        table,
        path,
        compression="zstd",
        compression_level=9,
        use_dictionary=[name for name in table.column_names if name not in encodings],
        column_encoding={name: e for name, e in encodings.items() if name in table.column_names},
        write_statistics=False,
        store_schema=False,
    )
