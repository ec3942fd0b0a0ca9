"""Tensors in memory-mapped temporary files, for rows that do not fit in memory."""

from __future__ import annotations

import math
import os
import tempfile
from collections.abc import Iterable, Iterator, Sequence
from pathlib import Path
from typing import Any, cast

import torch
from torch import Tensor
from torch.utils._pytree import tree_map

# reserves room on the disk where the system can (macOS has no posix_fallocate)
_reserve = getattr(os, "posix_fallocate", lambda file, _, size: os.ftruncate(file, size))


def stack_on_disk(
    batches: Iterable[tuple[Tensor, ...]], n: int, scratch: Path | None = None
) -> list[Tensor]:
    """Write batches of tensors, n rows in all, one after another into memory maps."""
    stacked: list[Tensor] = []
    start = 0
    for batch in batches:
        shapes = [(n, *tensor.shape[1:]) for tensor in batch]
        stacked = stacked or [
            disk_tensor(shape, tensor.dtype, scratch)
            for shape, tensor in zip(shapes, batch, strict=True)
        ]
        for rows, tensor in zip(stacked, batch, strict=True):
            rows[start : start + len(tensor)] = tensor
        start += len(batch[0])
    return stacked


def disk_tensor(shape: Sequence[int], dtype: torch.dtype, scratch: Path | None = None) -> Tensor:
    """Return a tensor of zeros in a temporary file, which is deleted with the tensor.

    The system keeps in memory what there is room for. Raises OSError if the disk is too small.
    """
    size = math.prod(shape) * dtype.itemsize
    with tempfile.NamedTemporaryFile(prefix=".rows-", dir=scratch) as file:
        try:
            # without this, a full disk would end the process at a later write
            _reserve(file.fileno(), 0, size)
        except OSError as error:
            folder = str(Path(file.name).parent)
            message = f"the disk has no room for {size / 1e9:.2g} GB of latents and text"
            raise OSError(error.errno, message, folder) from None
        tensor = torch.from_file(file.name, shared=True, size=math.prod(shape), dtype=dtype)
        return tensor.view(*shape)


def view_rows(parts: Sequence[Tensor], index: Tensor) -> Tensor:
    """Return rows of tensors without copying them; a row is read when it is indexed.

    Parameters
    ----------
    parts : sequence of Tensor
        Tensors of rows of the same shape and type, or other such views.
    index : Tensor of int, shape (N,)
        The rows, counted from the first row of the first part through all parts.

    Returns
    -------
    Tensor
        N rows. Its length and shape, `split`, and indexing by a number, a slice or a tensor are
        its own; any other use of it as a tensor reads all rows.
    """
    return cast(Tensor, _RowView(parts, index))


class _RowView:
    def __init__(self, parts: Sequence[Tensor], index: Tensor) -> None:
        self._parts, self._index = list(parts), index
        self._ends = torch.tensor([len(part) for part in parts]).cumsum(0)
        self.shape = torch.Size((len(index), *parts[0].shape[1:]))
        self.dtype = parts[0].dtype

    def __len__(self) -> int:
        return len(self._index)

    def __getitem__(self, rows: Any) -> Tensor:
        if isinstance(rows, tuple):
            return self._gather(self._index)[rows]
        index = self._index[rows]
        return self._gather(index[None])[0] if index.ndim == 0 else self._gather(index)

    def __getattr__(self, name: str) -> Any:
        if name.startswith("_"):  # while a copy is being made it has no attributes
            raise AttributeError(name)
        return getattr(self[:], name)

    @classmethod
    def __torch_function__(
        cls, function: Any, types: Any, args: Any = (), kwargs: Any = None
    ) -> Any:
        def read(value: Any) -> Any:
            return value[:] if isinstance(value, _RowView) else value

        return function(*tree_map(read, args), **tree_map(read, kwargs or {}))

    def _gather(self, index: Tensor) -> Tensor:
        part_of_row = torch.bucketize(index, self._ends, right=True)
        result = torch.empty(len(index), *self.shape[1:], dtype=self.dtype)
        start = 0
        for number, (part, end) in enumerate(zip(self._parts, self._ends.tolist(), strict=True)):
            is_here = part_of_row == number
            if is_here.any():
                result[is_here] = part[index[is_here] - start].to(result.device)
            start = end
        return result

    def split(self, size: int) -> Iterator[Tensor]:
        """Read the rows, `size` at a time."""
        return map(self.__getitem__, torch.arange(len(self)).split(size))

    def detach(self) -> _RowView:
        """Return the view itself; rows of files have no gradient."""
        return self
