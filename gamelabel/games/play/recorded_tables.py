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

import pyarrow as pa

EPISODE_COLUMNS = pa.schema(
    [
        ("episode_id", pa.string()),
        ("session_id", pa.string()),  # the game's id, and the name of its files
        ("task", pa.string()),
        ("environment", pa.string()),  # what gymnasium.make was given
        ("settings", pa.string()),  # JSON: keyword arguments of the environment, co_operation
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
        ("screen_sha256", pa.string()),  # of all screens of an emulator, else null
        ("memory_sha256", pa.string()),  # of the memory after each frame, else null
        ("observation_sha256", pa.string()),  # of all observations of other environments
        ("checkpoints", pa.binary()),  # 4 bytes of the hash so far at every 600th frame
        ("observation_format", pa.string()),  # JSON: type and shape of stored observations
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
        ("score", pa.float64()),  # sum of the rewards
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
