"""Stop a notebook's kernel that shows no sign of life."""

from __future__ import annotations

import contextlib
import os
import signal
import threading
import time
from typing import Any

import psutil

_LOOK_SECONDS = 2.0
_GRACE_SECONDS = 15.0  # that an interrupted cell has to end, with a traceback
_IDLE = 0.01  # of a core: a kernel that computes less has stopped


class Watch:
    """Interrupts a kernel that has been silent for too long.

    A sign of life is any output. Between two signs a cell may compute for the time limit: on a
    busy machine, where it gets a tenth of a core, it may take ten times as long. Time in which it
    does not compute at all counts in full.

    Parameters
    ----------
    minutes : float
        The time limit.
    """

    def __init__(self, minutes: float) -> None:
        self.minutes = minutes
        self.expired = False
        self._group = 0  # of the kernel's processes
        self._silent = 0.0
        self._thread = threading.Thread(target=self._watch, daemon=True)
        self._end = threading.Event()
        self._lock = threading.Lock()

    def attach(self, manager: Any) -> None:
        """Name the kernel to watch, which leads a process group."""
        self._group = manager.provisioner.pgid

    def sign(self) -> None:
        """Note a sign of life; the first starts the watch."""
        with self._lock:
            self._silent = 0.0
            if self._thread.ident is None:
                self._thread.start()

    def stop(self) -> None:
        """Watch no longer."""
        self._end.set()

    def _watch(self) -> None:
        looked, computed = time.monotonic(), _processor_seconds(self._group)
        while not self._end.wait(_LOOK_SECONDS):
            now, total = time.monotonic(), _processor_seconds(self._group)
            with self._lock:
                self._silent += silent_seconds(now - looked, total - computed)
                self.expired = self._silent > self.minutes * 60
            looked, computed = now, total
            if self.expired:
                self._interrupt()
                return

    def _interrupt(self) -> None:
        """Interrupt the cell, so that its traceback says where it was; then end the kernel."""
        for signum in (signal.SIGINT, signal.SIGKILL):
            with contextlib.suppress(ProcessLookupError, PermissionError):
                os.killpg(self._group, signum)
            if self._end.wait(_GRACE_SECONDS):
                return


def silent_seconds(passed: float, computed: float) -> float:
    """Return how much of a time without output counts.

    Parameters
    ----------
    passed : float
        Seconds that have passed.
    computed : float
        Processor seconds that the kernel and its processes have used meanwhile; less than what
        passed where other programs keep the machine busy.

    Examples
    --------
    >>> silent_seconds(10.0, computed=1.0), silent_seconds(10.0, computed=20.0)
    (1.0, 10.0)
    >>> silent_seconds(10.0, computed=0.0)
    10.0
    """
    return passed if computed < _IDLE * passed else min(passed, computed)


def _processor_seconds(group: int) -> float:
    """Return the processor time of all processes of a kernel's group."""
    total = 0.0
    for process in psutil.process_iter():
        with contextlib.suppress(psutil.Error, ProcessLookupError, PermissionError):
            if os.getpgid(process.pid) == group:
                times = process.cpu_times()
                total += times.user + times.system
    return total
