"""Run a function on many items: in this process, in several, or on the workers of a Dask cluster.

The result is the same to the byte wherever it runs: an item brings its own seeds, and every process
uses one thread. `gamelabel run --jobs N --cluster ADDRESS` sets the environment variables that
`executor` reads.
"""

from __future__ import annotations

import os
import pickle
import sys
import traceback
from collections import deque
from collections.abc import Callable, Iterable, Iterator, Sequence
from concurrent import futures
from concurrent.futures import BrokenExecutor, Future
from contextlib import contextmanager, nullcontext
from typing import Any, TypeVar

Item = TypeVar("Item")
Result = TypeVar("Result")

Attempt = tuple[Any, str, str]  # a result; or None, an error as text, and its traceback

JOBS_VARIABLE = "GAMELABEL_JOBS"
CLUSTER_VARIABLE = "GAMELABEL_CLUSTER"
# Beside a busy process, the threads of a small model wait for each other; see docs/cluster.md.
ONE_THREAD = {"OMP_NUM_THREADS": "1", "MKL_NUM_THREADS": "1", "OPENBLAS_NUM_THREADS": "1"}


class ItemFailed(RuntimeError):
    """A function that raised for an item, or an item whose process ended; it says which."""


class Executor:
    """Where `map_items` runs its items; this one runs each in this process as it starts."""

    at_once = 1  # items that it is given at once; 0 for all
    lost = ""  # what to say when it cancels items
    update_seconds: float | None = None  # how often to ask for its progress; None for never

    def start(self, function: Callable[[Any], Any], item: Any) -> Future[Attempt]:
        """Start `attempt`."""
        future = Future[Attempt]()
        future.set_result(attempt(function, item))
        return future

    def progress(self) -> str:
        """Return how far the running items have come, to show beside their number."""
        return ""

    def stop(self, running: Iterable[Future[Attempt]]) -> None:
        """Give up the items that are running."""
        for future in running:
            future.cancel()


class RemoteTraceback(Exception):
    """The traceback of an error in another process."""

    def __str__(self) -> str:
        return f"\n{self.args[0]}"


@contextmanager
def executor(jobs: int | None = None, cluster: str | None = None) -> Iterator[Executor]:
    """Give an executor of `concurrent.futures` for `map_items`.

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
    ...     list(map_items(pool, abs, [3, -4]))
    [3, 4]
    """
    cluster = os.environ.get(CLUSTER_VARIABLE, "") if cluster is None else cluster
    if cluster:
        from gamelabel.cluster import DaskExecutor

        with DaskExecutor(cluster) as on_cluster:
            yield on_cluster
        return
    text = os.environ.get(JOBS_VARIABLE, "1") if jobs is None else str(jobs)
    if not text.isdecimal() or int(text) < 1:
        raise ValueError(f"{text!r} jobs: give the number of processes, 1 or more")
    if int(text) == 1:
        yield Executor()
        return
    from gamelabel.processes import processes

    with processes(int(text)) as pool:
        yield pool


def map_items(
    pool: Executor,
    function: Callable[[Item], Result],
    items: Iterable[Item],
    names: Sequence[str] = (),
    progress: str = "",
) -> Iterator[Result]:
    """Call a function for each item and yield the results in the order of the items.

    Parameters
    ----------
    pool : Executor
        What `executor` gives.
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
        If the function raises, or the process of an item ends, and again when the item runs alone.
    ConnectionError
        If the cluster's scheduler goes away.
    """
    items = list(items)
    due, suspects, results = deque(range(len(items))), set[int](), dict[int, Result]()
    running: dict[Future[Attempt], int] = {}
    at_once, shown = pool.at_once or len(items), ""
    try:
        with _bar(len(items), progress) as bar:
            for following in range(len(items)):
                while following not in results:
                    while due and len(running) < at_once:
                        if running and suspects.intersection([due[0], *running.values()]):
                            break  # what may have ended a process runs alone
                        number = due.popleft()
                        running[pool.start(function, items[number])] = number
                    if bar is not None and (text := pool.progress()) != shown:
                        bar.set_postfix_str(shown := text)
                    seconds = pool.update_seconds
                    for future in futures.wait(running, seconds, futures.FIRST_COMPLETED).done:
                        number = running.pop(future)
                        if future.cancelled():
                            raise ConnectionError(pool.lost)
                        is_broken = isinstance(future.exception(), BrokenExecutor)
                        if is_broken and number not in suspects:
                            suspects.add(number)
                            due.appendleft(number)
                            continue
                        results[number], reason, trace = _outcome(future)
                        if reason:
                            place = f"item {number + 1} of {len(items)}"
                            place = f"{names[number]} ({place})" if names else place
                            raise ItemFailed(f"{place}: {reason}") from RemoteTraceback(trace)
                        if bar is not None:
                            bar.update()
                yield results.pop(following)
    finally:
        if running:
            pool.stop(running)


def _outcome(future: Future[Attempt]) -> Attempt:
    """Return what came of an item, also where its executor failed."""
    error = future.exception()
    if error is None:
        return future.result()
    reason = f"{type(error).__name__}: {error}"
    if isinstance(error, BrokenExecutor):
        reason = "its process ended, twice: memory may be too small, try fewer jobs"
    return None, reason, str(error)


def attempt(function: Callable[[Any], Any], item: Any) -> Attempt:
    """Call a function for an item, with one thread."""
    torch: Any = sys.modules.get("torch")
    threads = torch.get_num_threads() if torch else 1
    try:
        if threads > 1:  # the sum of a product depends on it
            torch.set_num_threads(1)
        return function(item), "", ""
    except Exception as error:
        return None, f"{type(error).__name__}: {error}", traceback.format_exc()
    finally:
        if threads > 1:
            torch.set_num_threads(threads)


def attempt_pickled(work: bytes) -> Attempt:
    """Unpickle a function and an item, and attempt it."""
    try:
        function, item = pickle.loads(work)
    except Exception as error:
        return None, f"{type(error).__name__}: {error}", traceback.format_exc()
    return attempt(function, item)


def _bar(total: int, title: str) -> Any:
    if not title:
        return nullcontext()
    from tqdm import tqdm

    return tqdm(total=total, desc=title)
