import json

import pytest
import torch

from gamelabel import training as loop
from gamelabel.training import Fit, Worker, train
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


def broken_at(module: torch.nn.Linear, at: int):
    """A loss that is not a number in one step, and says which rows it drew."""
    calls = []

    def loss(generator: torch.Generator, worker: Worker) -> torch.Tensor:
        worker.tell(rows=torch.randint(100, (4,), generator=generator))
        calls.append(worker.told["rows"].tolist())
        value = (module(torch.randn(4, 3, generator=generator)) - 1).square().mean()
        return value * float("nan") if len(calls) - 1 == at else value

    return loss, calls


def test_a_loss_that_is_no_number_stops_and_keeps_the_steps_before_it(tmp_path):
    module, again, straight = line(), line(), line()
    loss, calls = broken_at(module, 5)
    with pytest.raises(
        FloatingPointError, match=r"loss \(nan\) or its gradient is not finite at step 5\."
    ) as error:
        train(module, loss, FIT, tmp_path / "broken", Worker(), 1, "data")
    assert ", ".join(map(str, calls[5])) in str(error.value), "the batch is named"
    assert all(weight.isfinite().all() for weight in module.parameters())

    loss, calls = broken_at(again, -1)
    train(again, loss, FIT, tmp_path / "broken", Worker(), 1, "data")
    assert len(calls) == 7, "the five good steps were kept"
    train(straight, broken_at(straight, -1)[0], FIT, tmp_path / "straight", Worker(), 1, "data")
    assert torch.equal(again.weight, straight.weight)


def test_losses_take_turns_and_what_they_tell_is_logged_as_a_mean(tmp_path):
    module, turns = line(), []

    def of(name: str, value: float):
        def loss(generator: torch.Generator, worker: Worker) -> torch.Tensor:
            turns.append(name)
            worker.tell(**{name: torch.tensor(value + len(turns))}, rows=torch.arange(3))
            return module.weight.square().sum()

        return loss

    train(module, [of("one", 100.0), of("two", 0.0)], FIT, tmp_path, Worker(), 0)
    assert turns == ["one", "two"] * 6
    (row,) = [json.loads(each) for each in (tmp_path / "log.jsonl").read_text().splitlines()]
    assert set(row) == {"step", "loss", "one", "two", "rate", "seconds"}
    assert (row["one"], row["two"]) == (106.0, 7.0), "means over 1, 3, ... 11 and over 2, 4, ... 12"
