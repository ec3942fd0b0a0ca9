"""A large object that several processes work on: one file for all instead of a copy for each.

Processes map the tensors of the file into memory, so what they only read is in memory once.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator
from contextlib import contextmanager
from functools import lru_cache
from pathlib import Path
from typing import Any, Generic, TypeVar
from uuid import uuid4

import cloudpickle
import torch

from gamelabel.files import replacing

Content = TypeVar("Content")


class Shared(Generic[Content]):
    """An object and the file through which other processes get it; see `shared`."""

    def __init__(self, value: Content, file: Path) -> None:
        self.value = value
        self._file = file.absolute()
        self._token = uuid4().hex  # the same file may hold another object later
        self._is_written = False

    def __reduce__(self) -> tuple[Callable[..., Shared[Any]], tuple[Path, str]]:
        if not self._is_written:
            with replacing(self._file) as partial:
                torch.save(self.value, partial, pickle_module=cloudpickle)
            self._is_written = True
        return _read, (self._file, self._token)


@contextmanager
def shared(value: Content, file: Path) -> Iterator[Shared[Content]]:
    """Give a handle of an object, to be passed to `Executor.map` as a part of the function.

    Parameters
    ----------
    value : object
        The object. It may contain local functions, such as losses.
    file : Path
        The file to use, on a disk that all processes have; it exists within the block, and only if
        another process needs it.

    Yields
    ------
    Shared
        Its `value` is the object. In another process it is an equal one.
    """
    try:
        yield Shared(value, file)
    finally:
        file.unlink(missing_ok=True)


@lru_cache(maxsize=1)
def _read(file: Path, token: str) -> Shared[Any]:
    # the file is this project's own, and as trusted as the code that wrote it
    return Shared(torch.load(file, mmap=True, weights_only=False), file)
