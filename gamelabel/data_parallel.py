"""Worker processes that train together: each computes its share of every batch."""

from __future__ import annotations

import os
import socket
from collections.abc import Callable, Iterator, Mapping, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from typing import Any

import torch
import torch.distributed as dist
import torch.multiprocessing as mp
from torch import nn


@dataclass(frozen=True)
class Worker:
    """One of the `size` processes that share every batch; by default the only one, on the CPU."""

    rank: int = 0
    size: int = 1
    device: str = "cpu"

    def share(self, batch_size: int) -> slice:
        """Return the rows of a batch that this worker computes."""
        start = self.rank * batch_size // self.size
        return slice(start, (self.rank + 1) * batch_size // self.size)


SINGLE_WORKER = Worker()


def run_workers(
    function: Callable[..., None], arguments: Sequence[Any], workers: int, device: str = "cpu"
) -> None:
    """Call `function(*arguments, worker)` in new processes, one for each worker, and wait.

    Parameters
    ----------
    function : callable
        A function of a module, so that another process can import it.
    arguments : sequence
        Its first arguments, which must be picklable.
    workers : int
        Number of processes. More than one are connected by gloo and use one thread each: at the
        widths of the models here that is faster than one process with many threads.
    device : str
        Device of all workers.

    Raises
    ------
    torch.multiprocessing.ProcessRaisedException
        With the traceback of the first worker that failed.
    """
    with socket.socket() as free:
        free.bind(("127.0.0.1", 0))
        port = free.getsockname()[1]
    mp.spawn(_start, (function, arguments, workers, device, port), nprocs=workers)


def _start(
    rank: int,
    function: Callable[..., None],
    arguments: Sequence[Any],
    size: int,
    device: str,
    port: int,
) -> None:
    if size > 1:
        torch.set_num_threads(1)
        os.environ.update(MASTER_ADDR="127.0.0.1", MASTER_PORT=str(port))
        dist.init_process_group("gloo", rank=rank, world_size=size)
    function(*arguments, Worker(rank, size, device))
    if size > 1:
        dist.barrier()
        dist.destroy_process_group()


@contextmanager
def torchrun_worker() -> Iterator[Worker]:
    """Give this process its place among those that ``torchrun`` started; without it, it is alone.

    Yields
    ------
    Worker
        On the GPU of its own number, if there are GPUs, connected by NCCL; else on the CPU, with
        one thread, connected by gloo.
    """
    size, rank = int(os.environ.get("WORLD_SIZE", "1")), int(os.environ.get("RANK", "0"))
    on_gpu = torch.cuda.is_available()
    device = "cuda" if on_gpu else "cpu"
    if size == 1:
        yield Worker(device=device)
        return
    if on_gpu:
        device = f"cuda:{os.environ['LOCAL_RANK']}"
        torch.cuda.set_device(device)
    else:
        torch.set_num_threads(1)
    dist.init_process_group("nccl" if on_gpu else "gloo")
    try:
        yield Worker(rank, size, device)
        dist.barrier()
    finally:
        dist.destroy_process_group()


def average_metrics(metrics: Mapping[str, float], worker: Worker) -> dict[str, float]:
    """Return the mean of each number over the workers."""
    if worker.size == 1:
        return dict(metrics)
    values = torch.tensor(list(metrics.values()), dtype=torch.float64, device=worker.device)
    dist.all_reduce(values)
    return dict(zip(metrics, (values / worker.size).tolist(), strict=True))


def average_gradients(weights: Sequence[nn.Parameter], worker: Worker) -> None:
    """Replace each gradient by its mean over the workers."""
    if worker.size == 1:
        return
    gradients = [weight.grad for weight in weights if weight.grad is not None]
    flat = torch.cat([gradient.flatten() for gradient in gradients])
    dist.all_reduce(flat)
    flat /= worker.size
    parts = flat.split([gradient.numel() for gradient in gradients])
    for gradient, part in zip(gradients, parts, strict=True):
        gradient.copy_(part.view_as(gradient))
