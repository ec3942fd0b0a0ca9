"""Run a function on many items on the workers of a Dask cluster; see `gamelabel.parallel`."""

from __future__ import annotations

import hashlib
import pickle
import platform
import threading
import warnings
from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from concurrent.futures import CancelledError
from functools import cache
from importlib.metadata import PackageNotFoundError, version
from pathlib import Path
from uuid import uuid4

from gamelabel.parallel import (
    Item,
    ItemFailed,
    RemoteTraceback,
    Result,
    item_failed,
    progress_bar,
    run_pickled,
)

_CONNECT_SECONDS = 10
# What results depend on to the byte, apart from Python and this package's own code.
_PACKAGES = ("numpy", "scipy", "pandas", "torch", "diffusers", "transformers", "peft")
_CODE = "the code of gamelabel"
_item_lock = threading.Lock()  # torch's random state belongs to the process, not to a thread


class DaskExecutor:
    """Runs the items on the workers that a Dask scheduler has, or gets meanwhile.

    Parameters
    ----------
    address : str
        The scheduler's address, such as ``tcp://10.0.0.1:8786``.

    Raises
    ------
    ModuleNotFoundError
        If Dask is not installed.
    ConnectionError
        If no scheduler answers.
    """

    def __init__(self, address: str) -> None:
        try:
            from distributed import Client
        except ModuleNotFoundError as error:
            raise ModuleNotFoundError(
                f"--cluster {address} needs Dask: pip install 'gamelabel[cluster]'"
            ) from error
        self.address = address
        try:
            self._client = Client(address, timeout=_CONNECT_SECONDS, set_as_default=False)
        except (OSError, ValueError) as error:
            raise ConnectionError(
                f"no Dask scheduler answers at {address} ({error}): start one with `dask"
                " scheduler` and give the address that it prints"
            ) from error

    def __enter__(self) -> DaskExecutor:
        return self

    def __exit__(self, *_: object) -> None:
        self._client.close()

    def map(
        self,
        function: Callable[[Item], Result],
        items: Iterable[Item],
        names: Sequence[str] = (),
        progress: str = "",
    ) -> Iterator[Result]:
        """Yield the results in order; see `parallel.Executor.map`.

        Raises
        ------
        ItemFailed
            Also if a worker has other versions than this process.
        ConnectionError
            If the scheduler goes away.
        """
        from distributed import as_completed
        from distributed.scheduler import KilledWorker

        items = list(items)
        if not self._client.scheduler_info()["workers"]:
            warnings.warn(f"{self.address} has no workers yet: waiting for them", stacklevel=2)
        call, here = f"gamelabel-{uuid4().hex}", versions()
        futures = [
            self._client.submit(
                _run_on_worker, pickle.dumps((function, item)), here, key=f"{call}-{number}"
            )
            for number, item in enumerate(items)
        ]
        numbers = {future.key: number for number, future in enumerate(futures)}
        results: dict[int, Result] = {}
        following = 0
        try:
            with progress_bar(len(items), progress) as advance:
                for future in as_completed(futures, loop=self._client.loop):
                    number = numbers[future.key]
                    try:
                        returned, value = pickle.loads(future.result())
                    except CancelledError as error:
                        raise ConnectionError(
                            f"the Dask scheduler at {self.address} went away: start it again and"
                            " run the same command again; finished work is kept"
                        ) from error
                    except KilledWorker as error:
                        message = (
                            "each of several workers ended while it ran, often for lack of"
                            f" memory; the last one was {error.last_worker.address}"
                        )
                        message = item_failed(number, len(items), names, message)
                        raise ItemFailed(message) from error
                    except Exception as error:  # the worker could not read the item
                        message = f"a worker cannot run it ({type(error).__name__}: {error}): "
                        message += "install the same requirements.lock and code there"
                        message = item_failed(number, len(items), names, message)
                        raise ItemFailed(message) from error
                    if not returned:
                        message = item_failed(number, len(items), names, value[0])
                        raise ItemFailed(message) from RemoteTraceback(value[1])
                    results[number] = value
                    advance()
                    while following in results:
                        yield results.pop(following)
                        following += 1
        finally:
            for future in futures:
                future.release()  # cancels what has not begun


def _run_on_worker(work: bytes, expected: Mapping[str, str]) -> bytes:
    from distributed import get_worker

    if difference := version_difference(expected, versions()):
        message = f"the worker {get_worker().address} has {difference}"
        return pickle.dumps((False, (message, "")))
    with _item_lock:
        return run_pickled(work)


@cache
def versions() -> dict[str, str]:
    """Return the versions that results depend on in this process: Python, packages, own code."""
    numbers = {"Python": ".".join(platform.python_version_tuple()[:2])}
    for name in _PACKAGES:
        try:
            numbers[name] = version(name)
        except PackageNotFoundError:
            numbers[name] = "none"
    code = hashlib.sha256()
    package = Path(__file__).parent
    for path in sorted(package.rglob("*.py")):
        code.update(path.relative_to(package).as_posix().encode() + path.read_bytes())
    return numbers | {_CODE: code.hexdigest()[:12]}


def version_difference(expected: Mapping[str, str], there: Mapping[str, str]) -> str:
    """Return what to do about the first version that differs on a worker; empty if none does.

    >>> version_difference({"torch": "2.13.0"}, {"torch": "2.8.0"})
    'torch 2.8.0, but this process 2.13.0: install the same requirements.lock on both'
    """
    for name, number in expected.items():
        other = there.get(name, "none")
        if other != number and name == _CODE:
            return "other code of gamelabel than this process: install the same commit on both"
        if other != number:
            return (
                f"{name} {other}, but this process {number}: install the same requirements.lock"
                " on both"
            )
    return ""
