"""Show the progress of a run: live lines on a terminal, plain lines elsewhere."""

from __future__ import annotations

import sys
import threading
import time
from typing import TextIO

from rich.console import Console
from rich.progress import Progress as Bars
from rich.progress import TaskID, TextColumn, TimeElapsedColumn

_INTERVAL = 10.0  # seconds between two plain lines about one step


def format_seconds(seconds: float) -> str:
    """Return a duration as text: 4.2 s, 3 min 05 s."""
    if seconds < 60:
        return f"{seconds:.1f} s"
    return f"{int(seconds // 60)} min {int(seconds % 60):02d} s"


class Progress:
    """Shows a line for each running step: its cell, its time, and its notebook's last output.

    Parameters
    ----------
    out : text file, optional
        Where to write; stderr by default.
    """

    def __init__(self, out: TextIO | None = None) -> None:
        self.console = Console(
            file=out or sys.stderr, highlight=False, markup=False, soft_wrap=True
        )
        columns = (TextColumn("  {task.description}", markup=False), TimeElapsedColumn())
        self._bars = Bars(
            *columns, console=self.console, transient=True, disable=not self.console.is_terminal
        )
        self._tasks: dict[str, TaskID] = {}
        self._cells: dict[str, str] = {}
        self._shown_at: dict[str, float] = {}
        self._lock = threading.Lock()

    def __enter__(self) -> Progress:
        self._bars.start()
        return self

    def __exit__(self, *_: object) -> None:
        self._bars.stop()

    def say(self, text: str) -> None:
        """Print a line that stays."""
        self.console.print(text)

    def begin(self, step: str, why: str) -> None:
        """Show that a step starts, and why."""
        self.say(f"{step}  runs ({why})")
        self._tasks[step] = self._bars.add_task(step)
        self._shown_at[step] = time.monotonic()

    def cell(self, step: str, number: int, total: int) -> None:
        """Show that a cell starts."""
        self._cells[step] = f"cell {number} of {total}"
        self._show(step, "")

    def line(self, step: str, text: str) -> None:
        """Show the last line that the notebook wrote, often a progress bar."""
        self._show(step, text)

    def end(self, step: str, text: str) -> None:
        """Show how a step ended."""
        if step in self._tasks:
            self._bars.remove_task(self._tasks.pop(step))
        self.say(f"{step}  {text}")

    def _show(self, step: str, text: str) -> None:
        with self._lock:
            line = "  ".join(part for part in (step, self._cells.get(step, ""), text) if part)
            if self.console.is_terminal:
                self._bars.update(
                    self._tasks[step], description=line[: max(20, self.console.width - 12)]
                )
            elif time.monotonic() - self._shown_at[step] > _INTERVAL:
                self._shown_at[step] = time.monotonic()
                self.say(line)
