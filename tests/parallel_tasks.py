"""Functions that the tests of executors run in other processes."""

import os
import signal
import time
from pathlib import Path

import numpy as np

from gamelabel.files import write_text


def draw(seed: int) -> bytes:
    """Random numbers of the item's own seed."""
    return np.random.default_rng(seed).normal(size=100).tobytes()


def process(_: int) -> int:
    time.sleep(0.2)  # so that no process takes all items
    return os.getpid()


def environment(name: str) -> str:
    return os.environ.get(name, "")


def torch_threads(_: int) -> int:
    import torch

    return torch.get_num_threads()


def reject_two(number: int) -> int:
    if number == 2:
        raise ValueError("two is not allowed")
    return number


def die_at_two(number: int) -> int:
    if number == 2:
        os.kill(os.getpid(), signal.SIGKILL)
    return number


def die_first(folder: Path, number: int) -> int:
    """Item 2 ends its process when it runs for the first time."""
    if number == 2 and not (folder / "died").exists():
        write_text(folder / "died", "")
        os.kill(os.getpid(), signal.SIGKILL)
    return number


def write_shard(folder: Path, number: int) -> int:
    """Write a shard that does not exist, and say in which process; shards take a while."""
    time.sleep(0.3)
    if not (folder / f"{number}.bin").exists():
        (folder / f"{number}.bin").write_bytes(draw(number))
    return os.getpid()


def wait_long(folder: Path, _: int) -> None:
    (folder / str(os.getpid())).touch()
    time.sleep(600)


class UnreadableElsewhere:
    """An item that only this process can read."""

    def __init__(self, pid: int) -> None:
        if pid != os.getpid():
            raise LookupError("no such thing here")
        self.pid = pid

    def __reduce__(self) -> tuple[type, tuple[int]]:
        return UnreadableElsewhere, (self.pid,)


def identity(item: object) -> object:
    return item


def with_a_bar(number: int) -> int:
    from tqdm import tqdm

    for _ in tqdm(range(4), desc=f"part {number}"):
        time.sleep(1.0)
    return number
