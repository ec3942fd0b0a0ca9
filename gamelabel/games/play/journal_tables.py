"""Journals of games as the tables of a folder of recordings."""

from __future__ import annotations

import base64
import json
from collections import Counter
from datetime import datetime
from pathlib import Path
from typing import Any

import numpy as np
import pyarrow as pa

from gamelabel.games.play.journal import read_journal
from gamelabel.games.play.recorded_tables import EPISODE_COLUMNS, SEAT_COLUMNS, STEP_COLUMNS

Tables = dict[str, pa.Table]
"""The tables of a game by name: episodes, seats, steps."""


def tables_of(journal: Path) -> Tables:
    """Return the tables of a journal.

    An episode whose end is missing, because the journal was cut off, ended by a crash.

    Raises
    ------
    ValueError
        If the file is not a journal, or lacks its first record.
    """
    records, fault = read_journal(journal)
    if not records or records[0]["kind"] != "game":
        raise ValueError(f"{journal} has no first record: {fault or 'it is empty'}")
    game = records[0]
    episodes: list[dict[str, Any]] = []
    for record in records[1:]:
        if record["kind"] == "episode":
            episodes.append({**record, "rows": [], "hashes": None, "ended": "crashed"})
            episodes[-1]["reason"] = f"the journal is {fault or 'without its end'}"
        elif record["kind"] == "steps":
            episodes[-1]["rows"] += record["rows"]
            episodes[-1]["hashes"] = record["hashes"]
        else:
            episodes[-1] |= {name: record[name] for name in ("ended", "reason", "hashes")}
    played = [episode for episode in episodes if episode["rows"]]
    return {
        "episodes": _episodes(game, played),
        "seats": _seats(game, played),
        "steps": _steps(game, played),
    }


def episode_id(session_id: str, number: int) -> str:
    """Return the id of a game's episode, which are counted from 1."""
    return f"{session_id}-{number:03}"


def _episodes(game: dict[str, Any], episodes: list[dict[str, Any]]) -> pa.Table:
    rows = []
    for episode in episodes:
        state = episode.get("state")
        started = episode["started_at"]
        hashes = episode["hashes"]
        rows.append(
            {
                "episode_id": episode_id(game["session_id"], episode["number"]),
                **{name: game[name] for name in ("session_id", "task", "environment")},
                **{name: game[name] for name in ("settings", "versions", "simulated")},
                "seats": json.dumps(game["seats"]),
                "restore": "observations" if state is None else "state",
                **{name: episode[name] for name in ("seed", "no_ops", "ended", "reason")},
                "start_state": None if state is None else base64.b64decode(state),
                "frames": len(episode["rows"]),
                "started_at": datetime.fromisoformat(started) if started else None,
                **hashes,
                "checkpoints": base64.b64decode(hashes["checkpoints"]),
                "observation_format": json.dumps(episode["format"]) if state is None else None,
                "start_observations": [
                    base64.b64decode(text) for text in episode.get("observations", [])
                ],
            }
        )
    return pa.Table.from_pylist(rows, EPISODE_COLUMNS)


def _seats(game: dict[str, Any], episodes: list[dict[str, Any]]) -> pa.Table:
    rows = []
    for episode in episodes:
        for number, seat in enumerate(game["seats"]):
            cells = [row[number] for row in episode["rows"]]
            player = game["players"].get(seat, {})
            rows.append(
                {
                    "episode_id": episode_id(game["session_id"], episode["number"]),
                    "seat": seat,
                    "player_id": player.get("player_id"),
                    "channel": player.get("channel"),
                    "controller": Counter(cell[4] for cell in cells).most_common(1)[0][0],
                    "score": sum(cell[2] for cell in cells),
                    **dict(zip(game["statistics"], cells[-1][5], strict=True)),
                }
            )
    return pa.Table.from_pylist(rows, _with_statistics(SEAT_COLUMNS, game))


def _steps(game: dict[str, Any], episodes: list[dict[str, Any]]) -> pa.Table:
    columns: dict[str, list[Any]] = {name: [] for name in STEP_COLUMNS.names}
    statistics: list[list[Any]] = [[] for _ in game["statistics"]]
    for episode in episodes:
        name = episode_id(game["session_id"], episode["number"])
        for frame, row in enumerate(episode["rows"], 1):
            for seat, cell in zip(game["seats"], row, strict=True):
                is_number = isinstance(cell[0], int)
                columns["episode_id"].append(name)
                columns["frame"].append(frame)
                columns["seat"].append(seat)
                columns["action"].append(cell[0] if is_number else None)
                columns["action_vector"].append(None if is_number else np.ravel(cell[0]).tolist())
                columns["frame_seen"].append(cell[1])
                columns["reward"].append(cell[2])
                columns["terminated"].append(cell[3] >= 2)
                columns["truncated"].append(cell[3] % 2 == 1)
                columns["controller"].append(cell[4])
                columns["observation"].append(base64.b64decode(cell[6]) if cell[6:] else None)
                for values, value in zip(statistics, cell[5], strict=True):
                    values.append(value)
    columns |= dict(zip(game["statistics"], statistics, strict=True))
    return pa.Table.from_pydict(columns, _with_statistics(STEP_COLUMNS, game))


def _with_statistics(schema: pa.Schema, game: dict[str, Any]) -> pa.Schema:
    for name in game["statistics"]:
        if name not in schema.names:  # seats have a score already
            schema = schema.append(pa.field(name, pa.float64()))
    return schema
