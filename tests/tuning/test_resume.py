import pytest
import torch

from gamelabel.tuning import loop
from gamelabel.tuning.loop import Fit, Worker, train
from tests.disks import small_disk  # noqa: F401  (a fixture)

FIT = Fit(steps=12, batch=4, rate=0.05, warm_up=2, average=0.9, low_precision=False)


class Stopped(Exception):
    """As Ctrl-C, and not for the tests' own runner."""


def lesson(module: torch.nn.Linear, stop_at: int = -1, how: type[BaseException] = Stopped):
    """A loss that is told by its generator alone, and stops in a step."""
    calls = []

    def loss(generator: torch.Generator, worker: Worker) -> torch.Tensor:
        calls.append(1)
        if len(calls) - 1 == stop_at:
            raise how
        return (module(torch.randn(4, 3, generator=generator)) - 1).square().mean()

    return loss, calls


def line() -> torch.nn.Linear:
    torch.manual_seed(0)
    return torch.nn.Linear(3, 2)


@pytest.mark.parametrize("how", [Stopped, KeyboardInterrupt])
def test_an_interrupted_training_goes_on_to_the_same_weights(tmp_path, monkeypatch, how):
    monkeypatch.setattr(loop, "CHECKPOINT_SECONDS", 0.0)
    straight, half, again = line(), line(), line()
    train(straight, lesson(straight)[0], FIT, tmp_path / "straight", Worker(), 1, "data")
    with pytest.raises(how):
        train(half, lesson(half, 7, how)[0], FIT, tmp_path / "half", Worker(), 1, "data")
    loss, calls = lesson(again)
    train(again, loss, FIT, tmp_path / "half", Worker(), 1, "data")
    assert len(calls) == 5, "seven steps were kept"
    assert torch.equal(again.weight, straight.weight) and torch.equal(again.bias, straight.bias)


def test_a_checkpoint_of_other_data_is_not_taken_up(tmp_path):
    module = line()
    train(module, lesson(module)[0], FIT, tmp_path, Worker(), 1, "data")
    module = line()
    loss, calls = lesson(module)
    train(module, loss, FIT, tmp_path, Worker(), 1, "other data")
    assert len(calls) == 12


def test_a_full_disk_leaves_the_last_checkpoint_whole(small_disk, monkeypatch):  # noqa: F811
    monkeypatch.setattr(loop, "CHECKPOINT_SECONDS", 0.0)
    module, folder = line(), small_disk.folder / "training"
    with pytest.raises(Stopped):
        train(module, lesson(module, 7)[0], FIT, folder, Worker(), 1, "data")
    small_disk.fill()
    module = line()
    with pytest.raises((OSError, RuntimeError)):
        train(module, lesson(module)[0], FIT, folder, Worker(), 1, "data")
    small_disk.grow()
    module = line()
    loss, calls = lesson(module)
    train(module, loss, FIT, folder, Worker(), 1, "data")
    assert len(calls) == 5
