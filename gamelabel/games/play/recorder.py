"""Records a game while it is played, into its journal."""

from __future__ import annotations

import base64
import json
import time
from collections.abc import Callable, Mapping
from dataclasses import asdict, dataclass
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

import numpy as np

from gamelabel.games.play.environments import Environment
from gamelabel.games.play.frame_hashes import FrameHashes
from gamelabel.games.play.journal import JournalWriter
from gamelabel.games.play.loop import StatisticValues
from gamelabel.games.play.observation_bytes import format_of, to_bytes
from gamelabel.games.play.recorded_settings import settings_of
from gamelabel.games.play.tasks import Task
from gamelabel.games.play.transition import Transition
from gamelabel.games.play.versions import versions_of

WRITE_SECONDS = 0.5
"""Steps reach the journal at least this often."""
JOURNALS = "journals"


@dataclass(frozen=True)
class SeatedPlayer:
    """Who sits at a seat: a pseudonym, and how they were recruited."""

    player_id: str
    channel: str | None = None


class Recorder:
    """Writes the journal of one game.

    Parameters
    ----------
    folder : Path
        The folder of the recordings; the journal is ``journals/GAME.journal`` in it.
    session_id : str
        The game's id: letters, digits, ``-`` and ``_``.
    task : Task
        What is played.
    environment : Environment
        The environment that plays it.
    players : mapping of str to SeatedPlayer
        Who sits where.
    keep_times : bool
        Whether the time at which an episode began is kept.
    simulated : bool
        Whether the players are simulated.
    clock : callable
        Returns seconds, for the rhythm of writing.
    """

    def __init__(
        self,
        folder: Path,
        session_id: str,
        task: Task,
        environment: Environment,
        players: Mapping[str, SeatedPlayer],
        keep_times: bool = True,
        simulated: bool = False,
        clock: Callable[[], float] = time.monotonic,
    ) -> None:
        self.journal = JournalWriter(journal_path(folder, session_id))
        self._environment = environment
        self._keep_times = keep_times
        self._clock = clock
        self._statistics = [statistic.name for statistic in task.statistics]
        self._seats = [seat.name for seat in task.seats]
        self._rows: list[list[Any]] = []
        self._written_at = clock()
        self._episodes = 0
        self._hashes = FrameHashes(None)
        self.journal.write(
            {
                "kind": "game",
                "session_id": session_id,
                "task": task.name,
                "environment": task.environment,
                "settings": settings_of(task),
                "versions": json.dumps(versions_of(environment)),
                "seats": self._seats,
                "players": {seat: asdict(player) for seat, player in players.items()},
                "statistics": self._statistics,
                "simulated": simulated,
            }
        )

    def begin(self, transition: Transition, seed: int, no_ops: int, state: bytes | None) -> None:
        """Record the start of an episode."""
        self._episodes += 1
        self._hashes = FrameHashes(self._environment.emulator)
        self._hashes.add(transition)
        now = datetime.now(UTC).replace(microsecond=0)
        record: dict[str, Any] = {
            "kind": "episode",
            "number": self._episodes,
            "seed": seed,
            "no_ops": no_ops,
            "started_at": now.isoformat() if self._keep_times else None,
        }
        if state is None:
            observations = transition.observations
            record["format"] = {seat: format_of(observations[seat]) for seat in self._seats}
            record["observations"] = [_text(to_bytes(observations[s])) for s in self._seats]
        else:
            record["state"] = _text(state)
        self.journal.write(record)
        self._written_at = self._clock()

    def add(self, transition: Transition, values: StatisticValues) -> None:
        """Record a step."""
        self._hashes.add(transition)
        row: list[Any] = []
        for seat in self._seats:
            action = transition.actions[seat]
            cell: list[Any] = [
                action if isinstance(action, int) else np.asarray(action, np.float64).tolist(),
                transition.frames_seen[seat],
                transition.rewards[seat],
                2 * transition.terminated[seat] + transition.truncated[seat],
                transition.controllers[seat],
                [values.get(seat, {}).get(name) for name in self._statistics],
            ]
            if self._environment.emulator is None:
                cell.append(_text(to_bytes(transition.observations[seat])))
            row.append(cell)
        self._rows.append(row)
        self.write_if_due()

    def write_if_due(self) -> None:
        """Write the steps since the last time, if that was long ago; call it while waiting too."""
        if self._clock() - self._written_at >= WRITE_SECONDS:
            self._write()

    def end(self, ended: str, reason: str) -> None:
        """Record the end of an episode."""
        self._write()
        hashes = self._hashes.columns() | {"checkpoints": _text(self._hashes.checkpoints)}
        self.journal.write({"kind": "end", "ended": ended, "reason": reason, "hashes": hashes})

    def close(self) -> Path:
        """Close the journal and return its path."""
        self._write()
        self.journal.close()
        return self.journal.path

    def _write(self) -> None:
        if self._rows:
            checkpoint = self._hashes.columns() | {"checkpoints": _text(self._hashes.checkpoints)}
            self.journal.write({"kind": "steps", "rows": self._rows, "hashes": checkpoint})
            self._rows = []
        self._written_at = self._clock()


def journal_path(folder: Path, session_id: str) -> Path:
    """Return the path of a game's journal."""
    return folder / JOURNALS / f"{session_id}.journal"


def _text(content: bytes) -> str:
    return base64.b64encode(content).decode()
