"""Show in one process how far the progress bars of other processes have come."""

from __future__ import annotations

import re
import sys
from multiprocessing.context import BaseContext
from typing import Any

UPDATE_SECONDS = 2.0
_WIDTH = 120  # bytes of a process
_BAR = re.compile(r"\r?(?P<name>.*?): +\d+%\|.*\| (?P<count>\d+/\d+)")  # as tqdm writes it


class ProgressBoard:
    """The last state of the progress bar of each process, in memory that they share.

    Parameters
    ----------
    context : BaseContext
        The context of `multiprocessing` that starts the processes.
    processes : int
        Their number.
    """

    def __init__(self, context: BaseContext, processes: int) -> None:
        self.processes = processes
        self._bytes = context.RawArray("c", processes * _WIDTH)

    def write(self, process: int, line: str) -> None:
        """Keep the line of a process, in place of the one before."""
        content = line.encode()[:_WIDTH].ljust(_WIDTH, b"\0")
        self._bytes[process * _WIDTH : (process + 1) * _WIDTH] = content

    def read(self) -> str:
        """Return the lines of all processes as one."""
        content = bytes(self._bytes)
        pieces = [content[k * _WIDTH : (k + 1) * _WIDTH] for k in range(self.processes)]
        lines = [piece.rstrip(b"\0").decode(errors="ignore") for piece in pieces]
        return ", ".join(filter(None, lines))


class BarsToBoard:
    """A stderr whose progress bars go to a board; everything else is written as before.

    Parameters
    ----------
    board : ProgressBoard
        The board.
    process : int
        The number of this process on it.
    """

    def __init__(self, board: ProgressBoard, process: int) -> None:
        self._board, self._process, self._stderr = board, process, sys.stderr

    def write(self, text: str) -> int:
        """Write a text."""
        if bar := _BAR.match(text):
            self._board.write(self._process, f"{bar['name']} {bar['count']}")
        elif text.strip("\r\n "):
            self._stderr.write(text)
        return len(text)

    def __getattr__(self, name: str) -> Any:
        return getattr(self._stderr, name)
