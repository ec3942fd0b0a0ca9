"""How much time an open round has left, also after a restart."""

from __future__ import annotations

import json
from collections.abc import Callable
from pathlib import Path

from gamelabel.files import write_text


class RoundClock:
    """The time at which the open round was opened, kept in a file.

    Parameters
    ----------
    path : Path
        The file.
    clock : callable
        Returns the time in seconds since 1970.
    seconds : float
        How long a round takes examples.

    Examples
    --------
    >>> import tempfile
    >>> now = [1000.0]
    >>> with tempfile.TemporaryDirectory() as folder:
    ...     path = Path(folder) / "round_clock.json"
    ...     RoundClock(path, lambda: now[0], 60.0).start(1)
    ...     now[0] += 20.0
    ...     restarted = RoundClock(path, lambda: now[0], 60.0)
    ...     restarted.resume(1)
    ...     restarted.seconds_left()
    40.0
    """

    def __init__(self, path: Path, clock: Callable[[], float], seconds: float) -> None:
        self.path, self.clock, self.seconds = path, clock, seconds
        self._opened_at = clock()

    def start(self, number: int) -> None:
        """Start for a round that opens now."""
        self._opened_at = self.clock()
        write_text(self.path, json.dumps({"round": number, "opened": self._opened_at}))

    def resume(self, number: int) -> None:
        """Go on for an open round; from now, if a crash came before its time was written."""
        if self.path.is_file():
            content = json.loads(self.path.read_text(encoding="utf-8"))
            if content["round"] == number:
                self._opened_at = float(content["opened"])

    def seconds_left(self) -> float:
        """Return the seconds that are left; negative once the time is over."""
        return self._opened_at + self.seconds - self.clock()
