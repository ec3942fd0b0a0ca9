"""Processes of this machine that run items for `gamelabel.parallel`, each with one thread."""

from __future__ import annotations

import os
import pickle
import signal
import sys
import threading
from collections.abc import Callable, Iterable, Iterator, Mapping
from concurrent.futures import BrokenExecutor, Future, ProcessPoolExecutor
from contextlib import contextmanager, suppress
from multiprocessing import connection, get_context
from typing import Any

from gamelabel.parallel import (
    CLUSTER_VARIABLE,
    JOBS_VARIABLE,
    ONE_THREAD,
    Attempt,
    Executor,
    attempt_pickled,
)
from gamelabel.worker_progress import UPDATE_SECONDS, BarsToBoard, ProgressBoard

# A process that runs items starts no further ones.
IN_PROCESS = {**ONE_THREAD, JOBS_VARIABLE: "1", CLUSTER_VARIABLE: ""}


class Processes(Executor):
    """Runs items in new processes of this machine; if one of them ends, all are started again."""

    def __init__(self, jobs: int) -> None:
        self.at_once = jobs
        self.update_seconds = UPDATE_SECONDS
        self._pool: ProcessPoolExecutor | None = None

    def start(self, function: Callable[[Any], Any], item: Any) -> Future[Attempt]:
        """Start an item in a process that has nothing to do."""
        work = pickle.dumps((function, item))
        if self._pool is not None:
            with suppress(BrokenExecutor):
                return self._pool.submit(attempt_pickled, work)
        context = get_context("spawn")  # a forked process cannot use CUDA
        devices, self._board = context.SimpleQueue(), ProgressBoard(context, self.at_once)
        for place in enumerate(visible_devices(os.environ, self.at_once, count_gpus())):
            devices.put(place)
        reader, self._writer = context.Pipe(duplex=False)
        shared = (reader, devices, self._board)
        self._pool = ProcessPoolExecutor(self.at_once, context, _begin, shared)
        return self._pool.submit(attempt_pickled, work)

    def progress(self) -> str:
        """Return what the progress bars of the processes show."""
        return self._board.read()

    def stop(self, running: Iterable[Future[Attempt]]) -> None:
        """End the processes, whatever they do."""
        self._writer.close()
        self.end()

    def end(self) -> None:
        """Wait for the items that are running and end the processes."""
        if self._pool is not None:
            self._pool.shutdown(cancel_futures=True)
        self._pool = None


_waiting: list[Processes] = []


@contextmanager
def processes(jobs: int) -> Iterator[Processes]:
    """Give an executor, one of an earlier call if there is one: imports of torch take seconds."""
    pool = _waiting.pop() if _waiting else Processes(jobs)
    if pool.at_once != jobs:
        pool.end()
        pool = Processes(jobs)
    try:
        yield pool
    finally:
        if _waiting:  # this block was within another
            pool.end()
        else:
            _waiting.append(pool)


def _begin(reader: connection.Connection, devices: Any, board: ProgressBoard) -> None:
    """Prepare a new process: one thread, a device, and an end with the parent."""
    signal.signal(signal.SIGINT, signal.SIG_IGN)  # Ctrl-C reaches the parent, which ends this
    number, device = devices.get()
    os.environ.update(IN_PROCESS | ({"CUDA_VISIBLE_DEVICES": device} if device else {}))
    sys.stderr = BarsToBoard(board, number)
    threading.Thread(target=_end_with_parent, args=(reader,), daemon=True).start()


def _end_with_parent(reader: connection.Connection) -> None:
    connection.wait([reader])  # until its other end is closed
    os._exit(1)


def visible_devices(variables: Mapping[str, str], jobs: int, gpus: int) -> list[str]:
    """Return the value of CUDA_VISIBLE_DEVICES for each of several processes.

    Parameters
    ----------
    variables : mapping of str to str
        The environment, whose own CUDA_VISIBLE_DEVICES is respected.
    jobs : int
        Number of processes.
    gpus : int
        Number of GPUs of the machine.

    Returns
    -------
    list of str
        One GPU a process, in turns. The last GPUs are used first, because this process is on the
        first one. Without a GPU the values are empty.

    Examples
    --------
    >>> visible_devices({}, 2, gpus=4)
    ['2', '3']
    >>> visible_devices({"CUDA_VISIBLE_DEVICES": "5,7"}, 3, gpus=8)
    ['7', '5', '7']
    """
    visible = variables.get("CUDA_VISIBLE_DEVICES", ",".join(map(str, range(gpus))))
    devices = [device.strip() for device in visible.split(",") if device.strip()]
    if not devices:
        return [""] * jobs
    first = (len(devices) - jobs) % len(devices)
    return [devices[(first + process) % len(devices)] for process in range(jobs)]


def count_gpus() -> int:
    """Return the number of GPUs that torch sees; work without torch needs none."""
    torch: Any = sys.modules.get("torch")
    return torch.cuda.device_count() if torch else 0
