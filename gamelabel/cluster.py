"""Run a function on many items on the workers of a Dask cluster; see `gamelabel.parallel`."""

from __future__ import annotations

import hashlib
import os
import pickle
import platform
import threading
import warnings
from collections.abc import Callable, Mapping
from concurrent.futures import Future
from functools import cache
from importlib.metadata import PackageNotFoundError, version
from pathlib import Path
from typing import Any

from gamelabel.parallel import Attempt, Executor, attempt_pickled
from gamelabel.processes import IN_PROCESS

_CONNECT_SECONDS = 10
# What results depend on to the byte, apart from Python and this package's own code.
_PACKAGES = ("numpy", "scipy", "pandas", "torch", "diffusers", "transformers", "peft")
_CODE = "the code of gamelabel"
_item_lock = threading.Lock()  # torch's random state belongs to the process, not to a thread


class DaskExecutor(Executor):
    """Runs items on the workers that a Dask scheduler has, or gets meanwhile.

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

    at_once = 0

    def __init__(self, address: str) -> None:
        try:
            from distributed import Client
        except ModuleNotFoundError as error:
            raise ModuleNotFoundError(
                f"--cluster {address} needs Dask: pip install 'gamelabel[cluster]'"
            ) from error
        self.lost = (
            f"the Dask scheduler at {address} went away: start it again and run the same command"
            " again; finished work is kept"
        )
        try:
            self._client = Client(address, timeout=_CONNECT_SECONDS, set_as_default=False)
        except (OSError, ValueError) as error:
            raise ConnectionError(
                f"no Dask scheduler answers at {address} ({error}): start one with `dask"
                " scheduler` and give the address that it prints"
            ) from error
        if not self._client.scheduler_info()["workers"]:
            warnings.warn(f"{address} has no workers yet: waiting for them", stacklevel=4)
        self._executor = self._client.get_executor(pure=False)

    def __enter__(self) -> DaskExecutor:
        return self

    def __exit__(self, *_: object) -> None:
        self._client.close()

    def start(self, function: Callable[[Any], Any], item: Any) -> Future[Attempt]:
        """Send an item to the scheduler."""
        work = pickle.dumps((function, item))
        future: Future[Attempt] = self._executor.submit(_run_on_worker, work, versions())
        return future


def _run_on_worker(work: bytes, expected: Mapping[str, str]) -> Attempt:
    if difference := version_difference(expected, versions()):
        return None, f"the worker {platform.node()} has {difference}", ""
    with _item_lock:
        os.environ.update(IN_PROCESS | {"TQDM_DISABLE": "1"})  # nobody would see the bars
        return attempt_pickled(work)


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
