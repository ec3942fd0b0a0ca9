"""Tensors in memory-mapped temporary files, for rows that do not fit in memory."""

from __future__ import annotations

import math
import os
import tempfile
from collections.abc import Iterable, Sequence
from pathlib import Path

import torch
from torch import Tensor

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
