"""Run a function on many items: in this process, in several, or on the workers of a Dask cluster.

The result is the same to the byte wherever it runs: an item brings its own seeds, and every process
uses one thread. `gamelabel run --jobs N --cluster ADDRESS` sets the environment variables that
`executor` reads.
"""

from __future__ import annotations

import atexit
import multiprocessing
import os
import pickle
import signal
import sys
import traceback
from collections import Counter, deque
from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from contextlib import contextmanager, suppress
from multiprocessing.connection import Connection, wait
from pathlib import Path
from typing import Any, Protocol, TypeVar

Item = TypeVar("Item")
Result = TypeVar("Result")

JOBS_VARIABLE = "GAMELABEL_JOBS"
CLUSTER_VARIABLE = "GAMELABEL_CLUSTER"
# Two threads gain next to nothing on small models, and wait for each other beside a busy process.
ONE_THREAD = {"OMP_NUM_THREADS": "1", "MKL_NUM_THREADS": "1", "OPENBLAS_NUM_THREADS": "1"}
_DEATHS = 2  # of its process, after which an item counts as failed
_SECONDS_TO_END = 5.0


class ItemFailed(RuntimeError):
    """A function that raised for an item, or whose process ended; the message says which item."""


class Executor(Protocol):
    """What `executor` returns."""

    def map(
        self,
        function: Callable[[Item], Result],
        items: Iterable[Item],
        names: Sequence[str] = (),
        progress: str = "",
    ) -> Iterator[Result]:
        """Call a function for each item and yield the results in the order of the items.

        Parameters
        ----------
        function : callable
            A function of a module, or a `functools.partial` of one.
        items : iterable
            The items, which must be picklable, as the results must be.
        names : sequence of str
            The names of the items in messages; by default their numbers.
        progress : str
            The title of a progress bar; none if empty.

        Yields
        ------
        object
            The result of each item.

        Raises
        ------
        ItemFailed
            If the function raises, or if the process of an item ends twice.
        """
        ...


@contextmanager
def executor(jobs: int | None = None, cluster: str | None = None) -> Iterator[Executor]:
    """Give an executor that runs on this machine, or on a Dask cluster.

    Parameters
    ----------
    jobs : int, optional
        Number of processes on this machine; with 1, items run in this process. By default the
        environment variable GAMELABEL_JOBS, else 1.
    cluster : str, optional
        The address of a Dask scheduler, such as ``tcp://10.0.0.1:8786``; its workers run the items
        instead. By default the environment variable GAMELABEL_CLUSTER, else none.

    Yields
    ------
    Executor
        Its processes wait for the next call, and end with this process.

    Raises
    ------
    ValueError
        If `jobs` is not a whole number from 1 up.
    ConnectionError
        If no scheduler answers at the address.

    Examples
    --------
    >>> with executor(jobs=1) as pool:
    ...     list(pool.map(abs, [3, -4]))
    [3, 4]
    """
    cluster = os.environ.get(CLUSTER_VARIABLE, "") if cluster is None else cluster
    if cluster:
        from gamelabel.cluster import DaskExecutor

        with DaskExecutor(cluster) as on_cluster:
            yield on_cluster
        return
    jobs = _read_jobs() if jobs is None else jobs
    if jobs < 1:
        raise ValueError(f"{jobs} jobs: give the number of processes, 1 or more")
    if jobs == 1:
        yield _ThisProcess()
        return
    processes = _take_processes(jobs)
    try:
        yield processes
    finally:
        _keep_processes(processes)


# Processes wait here for the next call, since importing torch and diffusers takes seconds.
_idle: list[_Processes] = []


def _take_processes(jobs: int) -> _Processes:
    """Return the processes of an earlier call, or new ones."""
    while _idle:
        processes = _idle.pop()
        if processes.jobs == jobs:
            return processes
        processes.end()
    return _Processes(jobs)


def _keep_processes(processes: _Processes) -> None:
    if _idle:  # of a call within this one
        processes.end()
    else:
        _idle.append(processes)


@atexit.register
def _end_processes() -> None:
    while _idle:
        _idle.pop().end()


def _read_jobs() -> int:
    text = os.environ.get(JOBS_VARIABLE, "1")
    if not text.isdecimal():
        raise ValueError(f"{JOBS_VARIABLE} is {text!r}: set it to a number of processes, 1 or more")
    return int(text)


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
    first = max(0, len(devices) - jobs) if jobs <= len(devices) else 1
    return [devices[(first + process) % len(devices)] for process in range(jobs)]


def count_gpus() -> int:
    """Return the number of NVIDIA GPUs of this machine, without opening them."""
    return len(list(Path("/proc/driver/nvidia/gpus").glob("*")))


class _ThisProcess:
    """Runs the items one after another in this process."""

    def map(
        self,
        function: Callable[[Item], Result],
        items: Iterable[Item],
        names: Sequence[str] = (),
        progress: str = "",
    ) -> Iterator[Result]:
        items = list(items)
        with progress_bar(len(items), progress) as advance:
            for number, item in enumerate(items):
                with _one_thread():
                    try:
                        result = function(item)
                    except Exception as error:
                        message = f"{type(error).__name__}: {error}"
                        raise ItemFailed(item_failed(number, len(items), names, message)) from error
                advance()
                yield result


class _Worker:
    """One process, and the number of the item that it works on."""

    def __init__(self, environment: Mapping[str, str]) -> None:
        context = multiprocessing.get_context("spawn")  # a forked process cannot use CUDA
        self.connection, theirs = context.Pipe()
        self.process = context.Process(target=_serve, args=(theirs, environment), daemon=True)
        self.process.start()
        theirs.close()
        self.item: int | None = None

    def start(self, number: int, work: bytes) -> None:
        self.item = number
        with suppress(BrokenPipeError, ConnectionResetError):  # noticed when it is waited for
            self.connection.send_bytes(work)

    def finish(self) -> tuple[bool, Any]:
        """Return whether the item's function returned, and its result or its error.

        Raises EOFError if the process has ended.
        """
        try:
            outcome: tuple[bool, Any] = pickle.loads(self.connection.recv_bytes())
        except OSError as error:
            raise EOFError from error
        self.item = None
        return outcome

    def exit_code(self) -> int | None:
        """Wait for the end of a process that has closed its connection."""
        self.process.join(_SECONDS_TO_END)
        code = self.process.exitcode
        self.stop()
        return code

    def stop(self) -> None:
        """End the process, whatever it does."""
        self.connection.close()  # an idle process ends by itself
        if self.item is not None:
            self.process.terminate()
        self.process.join(_SECONDS_TO_END)
        if self.process.is_alive():
            self.process.kill()
            self.process.join()


class _Processes:
    """Runs the items in processes of this machine, each of which does one item at a time."""

    def __init__(self, jobs: int) -> None:
        self.jobs = jobs
        self._devices = visible_devices(os.environ, jobs, count_gpus())
        self._workers: dict[int, _Worker] = {}  # by number of the process

    def end(self) -> None:
        """End all processes."""
        for worker in self._workers.values():
            worker.connection.close()
        for worker in self._workers.values():
            worker.stop()
        self._workers.clear()

    def map(
        self,
        function: Callable[[Item], Result],
        items: Iterable[Item],
        names: Sequence[str] = (),
        progress: str = "",
    ) -> Iterator[Result]:
        items = list(items)
        waiting, deaths = deque(range(len(items))), Counter[int]()
        results: dict[int, Result] = {}
        following = 0  # the item whose result is yielded next
        try:
            with progress_bar(len(items), progress) as advance:
                while following < len(items):
                    self._start(function, items, waiting)
                    for number, outcome in self._finished():
                        if isinstance(outcome, _Death):
                            deaths[number] += 1
                            if deaths[number] == _DEATHS:
                                message = item_failed(number, len(items), names, str(outcome))
                                raise ItemFailed(message)
                            waiting.appendleft(number)
                            continue
                        returned, value = outcome
                        if not returned:
                            message, trace = value
                            message = item_failed(number, len(items), names, message)
                            raise ItemFailed(message) from RemoteTraceback(trace)
                        results[number] = value
                        advance()
                    while following in results:
                        yield results.pop(following)
                        following += 1
        finally:
            for rank in [rank for rank, worker in self._workers.items() if worker.item is not None]:
                self._workers.pop(rank).stop()

    def _start(
        self, function: Callable[[Any], Any], items: Sequence[Any], waiting: deque[int]
    ) -> None:
        """Give the processes that have nothing to do the next items."""
        for rank, device in enumerate(self._devices):
            if not waiting:
                return
            if rank not in self._workers:
                self._workers[rank] = _Worker(_environment(device))
            worker = self._workers[rank]
            if worker.item is None:
                number = waiting.popleft()
                worker.start(number, pickle.dumps((function, items[number])))

    def _finished(self) -> Iterator[tuple[int, Any]]:
        """Wait for a process; yield the numbers of finished items with what came of them."""
        busy = {w.connection: rank for rank, w in self._workers.items() if w.item is not None}
        for connection in wait(list(busy)):
            rank = busy[connection]  # type: ignore[index]
            worker = self._workers[rank]
            number = worker.item
            assert number is not None
            try:
                outcome: Any = worker.finish()
            except EOFError:
                outcome = _Death(self._workers.pop(rank).exit_code())
            yield number, outcome


class _Death:
    """The end of a process while it worked on an item."""

    def __init__(self, exit_code: int | None) -> None:
        self.exit_code = exit_code or 0

    def __str__(self) -> str:
        how = f"with exit status {self.exit_code}"
        if self.exit_code < 0:
            how = f"by {signal.Signals(-self.exit_code).name}"
        return (
            f"its process ended {how}, {_DEATHS} times: often memory is too small, then use fewer"
            " jobs"
        )


class RemoteTraceback(Exception):
    """The traceback of an error in another process."""

    def __str__(self) -> str:
        return f"\n{self.args[0]}"


def _environment(device: str) -> dict[str, str]:
    """Return the variables of a process; it does not start processes itself."""
    return {
        **ONE_THREAD,
        JOBS_VARIABLE: "1",
        CLUSTER_VARIABLE: "",
        "TQDM_DISABLE": "1",  # the bars of several processes would overwrite each other
        **({"CUDA_VISIBLE_DEVICES": device} if device else {}),
    }


def _serve(connection: Connection, environment: Mapping[str, str]) -> None:
    """Do what comes through the connection until it is closed."""
    signal.signal(signal.SIGINT, signal.SIG_IGN)  # Ctrl-C reaches the parent, which ends this
    os.environ.update(environment)
    with suppress(EOFError, OSError):
        while True:
            connection.send_bytes(run_pickled(connection.recv_bytes()))


def run_pickled(work: bytes) -> bytes:
    """Call a pickled function with its item, both from `pickle.dumps((function, item))`.

    Returns
    -------
    bytes
        Pickled: True and the result, or False and the error with its traceback.
    """
    try:
        function, item = pickle.loads(work)
        with _one_thread():
            result = function(item)
        return pickle.dumps((True, result))
    except Exception as error:
        message = f"{type(error).__name__}: {error}"
        return pickle.dumps((False, (message, traceback.format_exc())))


def item_failed(number: int, n: int, names: Sequence[str], reason: str) -> str:
    """Return the message for an item that failed."""
    place = f"item {number + 1} of {n}"
    return f"{names[number]} ({place}): {reason}" if names else f"{place}: {reason}"


@contextmanager
def progress_bar(total: int, title: str) -> Iterator[Callable[[], object]]:
    """Show a progress bar; give the function that advances it. Without a title there is none."""
    if not title:
        yield lambda: None
        return
    from tqdm import tqdm

    with tqdm(total=total, desc=title) as bar:
        yield bar.update


@contextmanager
def _one_thread() -> Iterator[None]:
    """Compute with one thread of torch, if it is loaded: the sum of a product depends on it."""
    torch = sys.modules.get("torch")
    threads = torch.get_num_threads() if torch else 1
    if torch is None or threads == 1:
        yield
        return
    torch.set_num_threads(1)
    try:
        yield
    finally:
        torch.set_num_threads(threads)
