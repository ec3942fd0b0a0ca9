"""The training loop: schedules, resume, averaged and best weights, metrics, and errors."""

import json
import math
from contextlib import suppress
from dataclasses import replace
from pickle import UnpicklingError
from types import SimpleNamespace

import pytest
import torch
from torch import Tensor

from gamelabel import training
from gamelabel.data_parallel import Worker, run_workers
from gamelabel.training import Loss, Metrics, TrainingConfig, TrainingStep, learning_rate_at, train
from tests.disks import small_disk  # noqa: F401  (a fixture)

CONFIG = TrainingConfig(
    steps=12, batch_size=4, learning_rate=0.05, warmup_steps=2, ema_decay=0.9, bf16=False
)


class Interrupt(Exception):
    """Like Ctrl-C, but it does not end the test runner."""


def make_linear() -> torch.nn.Linear:
    torch.manual_seed(0)
    return torch.nn.Linear(3, 2)


def make_loss(
    module: torch.nn.Module, stop_at: int = -1, error: type[BaseException] = Interrupt
) -> tuple[Loss, list[int]]:
    """A loss whose batch depends on the step's generator alone; it raises in the call `stop_at`."""
    calls: list[int] = []

    def loss(step: TrainingStep) -> tuple[Tensor, Metrics]:
        calls.append(step.index)
        if len(calls) - 1 == stop_at:
            raise error
        x = torch.randn(4, 3, generator=step.generator)[step.worker.share(4)]
        return (module(x) - 1).square().mean(), {}

    return loss, calls


def read_log(folder) -> list[dict[str, float]]:
    return [json.loads(line) for line in (folder / "log.jsonl").read_text().splitlines()]


def test_the_linear_schedule_warms_up_holds_and_decays_to_zero():
    config = TrainingConfig(100, 1, 1.0, decay_start=0.5, warmup_steps=10)
    assert learning_rate_at(0, config) == pytest.approx(0.1)
    assert learning_rate_at(9, config) == learning_rate_at(30, config) == 1.0
    assert learning_rate_at(50, config) == 1.0
    assert learning_rate_at(75, config) == pytest.approx(0.5)
    assert learning_rate_at(99, config) == pytest.approx(0.02)


def test_by_default_the_rate_warms_up_over_200_steps_and_falls_after_two_fifths():
    config = TrainingConfig(1000, 1, 1.0)
    rates = [learning_rate_at(step, config) for step in (99, 199, 400, 700)]
    assert rates == pytest.approx([0.5, 1.0, 1.0, 0.5])


def test_the_constant_schedule_warms_up_and_stays():
    config = TrainingConfig(100, 1, 2.0, schedule="constant", warmup_steps=2)
    assert [learning_rate_at(step, config) for step in (0, 1, 50, 99)] == [1.0, 2.0, 2.0, 2.0]


def test_the_cosine_schedule_decays_from_the_first_step():
    config = TrainingConfig(100, 1, 2.0, schedule="cosine", warmup_steps=0)
    rates = [learning_rate_at(step, config) for step in (0, 50, 99)]
    assert rates == pytest.approx([2.0, 1.0, 0.000493], abs=1e-6)


@pytest.mark.parametrize("error", [Interrupt, KeyboardInterrupt])
def test_an_interrupted_training_resumes_to_the_same_weights_and_log(tmp_path, monkeypatch, error):
    monkeypatch.setattr(training, "CHECKPOINT_SECONDS", 0.0)
    config = replace(CONFIG, log_every=5)
    straight, half, resumed = make_linear(), make_linear(), make_linear()
    train(straight, make_loss(straight)[0], config, tmp_path / "straight", 1, "data")
    with pytest.raises(error):
        train(half, make_loss(half, 7, error)[0], config, tmp_path / "half", 1, "data")
    loss, calls = make_loss(resumed)
    train(resumed, loss, config, tmp_path / "half", 1, "data")
    assert calls == [7, 8, 9, 10, 11]
    assert torch.equal(resumed.weight, straight.weight)
    assert torch.equal(resumed.bias, straight.bias)
    logs = [read_log(tmp_path / name) for name in ("straight", "half")]
    assert [row["loss"] for row in logs[0]] == [row["loss"] for row in logs[1]]
    assert [row["step"] for row in logs[1]] == [5, 10, 12]


def target_loss(module: torch.nn.Linear, target: torch.nn.Linear, stop_at: int = -1) -> Loss:
    """A loss that depends on a target network, which it updates every fourth step."""
    loss, _ = make_loss(module, stop_at)

    def with_target(step: TrainingStep) -> tuple[Tensor, Metrics]:
        value, metrics = loss(step)
        if step.index % 4 == 0:
            target.load_state_dict(module.state_dict())
        return value + (module.weight + target.weight).square().mean(), metrics

    return with_target


def test_a_target_network_resumes_with_the_weights(tmp_path, monkeypatch):
    monkeypatch.setattr(training, "CHECKPOINT_SECONDS", 0.0)
    straight, straight_target = make_linear(), make_linear()
    loss = target_loss(straight, straight_target)
    train(straight, loss, CONFIG, tmp_path / "straight", state=straight_target)
    for stop_at in (7, -1):
        module, target = make_linear(), make_linear()
        with suppress(Interrupt):
            train(module, target_loss(module, target, stop_at), CONFIG, tmp_path / "half",
                  state=target)  # fmt: skip
    assert torch.equal(module.weight, straight.weight)
    assert torch.equal(target.weight, straight_target.weight)


def test_gradients_are_clipped_to_the_norm_of_the_config(tmp_path):
    """AdamW's first moment after one step is (1 - beta) times the clipped gradient."""
    for norm, expected in ((1.0, 1.0), (3.0, 3.0), (math.inf, 20.0)):
        module = torch.nn.Linear(1, 1, bias=False)
        config = replace(CONFIG, steps=1, max_gradient_norm=norm)
        train(module, lambda _, m=module: (20.0 * m.weight.sum(), {}), config, tmp_path / str(norm))
        saved = torch.load(tmp_path / str(norm) / "checkpoint.pt")["optimizer"]["state"][0]
        assert saved["exp_avg"].item() == pytest.approx(0.1 * expected, rel=1e-5)


def test_the_fused_optimizer_takes_the_same_steps(tmp_path):
    modules = []
    for fused in (False, True):
        module = make_linear()
        config = replace(CONFIG, fused=fused)
        train(module, make_loss(module)[0], config, tmp_path / str(fused))
        modules.append(module.weight.detach())
    assert torch.allclose(*modules, atol=1e-6)


def test_dropout_depends_on_the_seed_and_leaves_the_global_generator_alone(tmp_path):
    results = []
    for run, seed in enumerate((1, 1, 2)):
        module = make_linear()
        drop = torch.nn.Dropout(0.5)

        def loss(_: TrainingStep, m=module, drop=drop) -> tuple[Tensor, Metrics]:
            return drop(m(torch.ones(4, 3))).square().mean(), {}

        before = torch.get_rng_state()
        train(module, loss, CONFIG, tmp_path / str(run), seed)
        assert torch.equal(torch.get_rng_state(), before)
        results.append(module.weight.detach().clone())
    assert torch.equal(results[0], results[1])
    assert not torch.equal(results[0], results[2])


@pytest.mark.parametrize("change", [{"data": "other"}, {"seed": 2}, {"learning_rate": 1e-3}])
def test_a_checkpoint_of_another_training_is_not_used(tmp_path, change):
    settings = {"seed": 1, "data": "data"}
    module = make_linear()
    train(module, make_loss(module)[0], CONFIG, tmp_path, **settings)
    settings.update((k, v) for k, v in change.items() if k in settings)
    config = replace(CONFIG, learning_rate=change.get("learning_rate", CONFIG.learning_rate))
    module = make_linear()
    loss, calls = make_loss(module)
    train(module, loss, config, tmp_path, **settings)
    assert len(calls) == 12


def test_a_checkpoint_that_could_run_code_is_refused(tmp_path):
    module = make_linear()
    torch.save({"key": tmp_path}, tmp_path / "checkpoint.pt")  # a path is not plain data
    with pytest.raises(UnpicklingError):
        train(module, make_loss(module)[0], CONFIG, tmp_path)


def test_the_log_counts_the_seconds_of_both_calls(tmp_path, monkeypatch):
    now = 1000.0
    monkeypatch.setattr(training, "time", SimpleNamespace(monotonic=lambda: now))
    monkeypatch.setattr(training, "CHECKPOINT_SECONDS", 0.0)

    def take_a_second(loss: Loss) -> Loss:
        def slow(step: TrainingStep) -> tuple[Tensor, Metrics]:
            nonlocal now
            value = loss(step)
            now += 1.0
            return value

        return slow

    for stop_at in (7, -1):
        module = make_linear()
        loss = take_a_second(make_loss(module, stop_at)[0])
        with suppress(Interrupt):
            train(module, loss, CONFIG, tmp_path)
        now += 1000.0  # between the calls
    assert [row["seconds"] for row in read_log(tmp_path)] == [12.0]


def test_a_full_disk_leaves_the_last_checkpoint_whole(small_disk, monkeypatch):  # noqa: F811
    monkeypatch.setattr(training, "CHECKPOINT_SECONDS", 0.0)
    module, folder = make_linear(), small_disk.folder / "training"
    with pytest.raises(Interrupt):
        train(module, make_loss(module, 7)[0], CONFIG, folder, 1, "data")
    small_disk.fill()
    module = make_linear()
    with pytest.raises((OSError, RuntimeError)):
        train(module, make_loss(module)[0], CONFIG, folder, 1, "data")
    small_disk.grow()
    module = make_linear()
    loss, calls = make_loss(module)
    train(module, loss, CONFIG, folder, 1, "data")
    assert len(calls) == 5


def recorded(module: torch.nn.Linear, path: list[Tensor]) -> Loss:
    """A loss that records the weights at the beginning of each step."""
    loss, _ = make_loss(module)

    def recording(step: TrainingStep) -> tuple[Tensor, Metrics]:
        path.append(module.weight.detach().clone())
        return loss(step)

    return recording


def test_the_weights_at_the_end_are_a_moving_average(tmp_path):
    """Its decay after step s (from 0) is min(ema_decay, (s + 1) / (s + 10))."""
    config = replace(CONFIG, ema_decay=0.4)
    module, last, path = make_linear(), make_linear(), []
    train(last, make_loss(last)[0], replace(config, ema_decay=0.0), tmp_path / "last")
    train(module, recorded(module, path), config, tmp_path / "average")
    average = path[0]
    for step, weight in enumerate([*path[1:], last.weight.detach()]):
        decay = min(0.4, (step + 1) / (step + 10))
        average = decay * average + (1.0 - decay) * weight
    assert torch.allclose(module.weight, average, atol=1e-6)
    assert not torch.allclose(module.weight, last.weight, atol=1e-3)


def test_the_weights_of_the_best_validation_are_kept(tmp_path, monkeypatch):
    monkeypatch.setattr(training, "CHECKPOINT_SECONDS", 0.0)
    values = iter([3.0, 1.0, 2.0, 5.0])
    module, path = make_linear(), []

    def validate() -> dict[str, float]:
        assert not module.training and not torch.is_grad_enabled()
        return {"valid_loss": next(values)}

    config = replace(CONFIG, log_every=3, ema_decay=0.0)
    settings = {"validate": validate, "best_metric": "valid_loss"}
    train(module, recorded(module, path), config, tmp_path, **settings)
    assert torch.equal(module.weight, path[6])
    assert [row["valid_loss"] for row in read_log(tmp_path)] == [3.0, 1.0, 2.0, 5.0]
    resumed = make_linear()  # finished: nothing is computed again
    train(resumed, make_loss(resumed)[0], config, tmp_path, **settings)
    assert torch.equal(resumed.weight, path[6])


def test_dropout_depends_on_the_step_alone(tmp_path):
    outputs = []

    def loss(step: TrainingStep) -> tuple[Tensor, Metrics]:
        outputs.append(torch.nn.functional.dropout(torch.ones(100)))
        return module.weight.square().sum(), {}

    for name in ("one", "two"):
        module = make_linear()
        torch.manual_seed(len(outputs))
        train(module, loss, replace(CONFIG, steps=2), tmp_path / name)
    assert torch.equal(outputs[0], outputs[2]) and torch.equal(outputs[1], outputs[3])
    assert not torch.equal(outputs[0], outputs[1])


def test_the_random_numbers_of_a_step_are_those_of_its_seed(tmp_path):
    """They must not change between versions: a checkpoint resumes with the same batches."""
    seeds = []

    def loss(step: TrainingStep) -> tuple[Tensor, Metrics]:
        seeds.append((step.generator.initial_seed(), torch.initial_seed()))
        return module.weight.square().sum(), {}

    module = make_linear()
    train(module, loss, replace(CONFIG, steps=2), tmp_path, seed=3)
    assert seeds == [(3_000_009, 3_000_009), (3_000_010, 3_000_010)]


def test_the_loss_is_computed_in_bfloat16_unless_told_otherwise(tmp_path):
    outputs = []

    def loss(step: TrainingStep) -> tuple[Tensor, Metrics]:
        outputs.append(module(torch.ones(1, 3)))
        return outputs[-1].square().mean(), {}

    module = make_linear()
    train(module, loss, TrainingConfig(1, 1, 0.1), tmp_path / "default")
    train(module, loss, TrainingConfig(1, 1, 0.1, bf16=False), tmp_path / "float32")
    assert [output.dtype for output in outputs] == [torch.bfloat16, torch.float32]
    assert {weight.dtype for weight in module.parameters()} == {torch.float32}


def test_gradients_are_clipped_to_norm_one(tmp_path):
    """AdamW is scale free but for its eps: a steep loss is clipped, a flat one stays flat."""
    norms = []

    def make(scale: float) -> Loss:
        def loss(step: TrainingStep) -> tuple[Tensor, Metrics]:
            if step.index:
                gradients = [weight.grad for weight in module.parameters()]
                norms.append(torch.stack([g.square().sum() for g in gradients]).sum().sqrt().item())
            return scale * module.weight.sum() + 0.0 * module.bias.sum(), {}

        return loss

    for scale in (100.0, 0.01):
        module = make_linear()
        train(module, make(scale), replace(CONFIG, steps=2), tmp_path / f"{scale}")
    assert norms == pytest.approx([1.0, 0.01 * 6**0.5], rel=1e-4)


def make_broken(module: torch.nn.Linear, at: int) -> tuple[Loss, list[list[int]]]:
    """A loss that is not a number in one call; its metrics say which rows it drew."""
    calls: list[list[int]] = []

    def loss(step: TrainingStep) -> tuple[Tensor, Metrics]:
        rows = torch.randint(100, (4,), generator=step.generator)
        calls.append(rows.tolist())
        value = (module(torch.randn(4, 3, generator=step.generator)) - 1).square().mean()
        return value * (float("nan") if len(calls) - 1 == at else 1.0), {"rows": rows}

    return loss, calls


def test_a_loss_that_is_not_finite_stops_and_keeps_the_steps_before_it(tmp_path):
    module, resumed, straight = make_linear(), make_linear(), make_linear()
    loss, calls = make_broken(module, 5)
    expected = r"loss \(nan\) or its gradient is not finite at step 5\."
    with pytest.raises(FloatingPointError, match=expected) as error:
        train(module, loss, CONFIG, tmp_path / "broken", 1, "data")
    assert ", ".join(map(str, calls[5])) in str(error.value), "the rows are named"
    assert all(weight.isfinite().all() for weight in module.parameters())

    loss, calls = make_broken(resumed, -1)
    train(resumed, loss, CONFIG, tmp_path / "broken", 1, "data")
    assert len(calls) == 7, "five steps were saved"
    train(straight, make_broken(straight, -1)[0], CONFIG, tmp_path / "straight", 1, "data")
    assert torch.equal(resumed.weight, straight.weight)


def test_an_error_names_the_first_rows_of_a_large_batch(tmp_path):
    def loss(step: TrainingStep) -> tuple[Tensor, Metrics]:
        return module.weight.sum() * math.inf, {"rows": torch.arange(10)}

    module = make_linear()
    with pytest.raises(FloatingPointError, match=r"the rows 0, 1, 2, 3, 4, 5, 6, 7 and 2 more\."):
        train(module, loss, CONFIG, tmp_path)


def test_losses_take_turns_and_metrics_are_logged_as_means(tmp_path):
    module, turns = make_linear(), []

    def make(name: str, value: float) -> Loss:
        def loss(step: TrainingStep) -> tuple[Tensor, Metrics]:
            turns.append(name)
            metrics = {name: torch.tensor(value + len(turns)), "rows": torch.arange(3)}
            return module.weight.square().sum(), metrics

        return loss

    train(module, [make("one", 100.0), make("two", 0.0)], CONFIG, tmp_path)
    assert turns == ["one", "two"] * 6
    (row,) = read_log(tmp_path)
    assert set(row) == {"step", "loss", "one", "two", "learning_rate", "seconds"}
    assert (row["one"], row["two"]) == (106.0, 7.0), "means of 101, 103, ... and of 2, 4, ..."


def test_workers_share_a_batch_without_overlap():
    shares = [range(10)[Worker(rank, 3).share(10)] for rank in range(3)]
    assert [row for share in shares for row in share] == list(range(10))


def train_linear(folder, worker: Worker) -> None:
    """What each process of the next test runs."""
    module = make_linear()
    train(module, make_loss(module)[0], CONFIG, folder, worker=worker)


def test_two_workers_learn_what_one_learns_and_show_one_progress_bar(tmp_path, capfd):
    train_linear(tmp_path / "one", Worker())
    run_workers(train_linear, (tmp_path / "two",), workers=2)
    assert capfd.readouterr().err.count("two:   0%") == 1
    one, two = (torch.load(tmp_path / name / "checkpoint.pt")["weights"] for name in ("one", "two"))
    assert all(torch.allclose(a, b, atol=1e-5) for a, b in zip(one, two, strict=True))


@pytest.mark.parametrize("before", [True, False])
def test_cudnns_attention_is_off_while_training_and_as_before_afterwards(tmp_path, before):
    """Its gradients are not finite on Hopper cards."""
    seen = []
    module = torch.nn.Linear(1, 1)

    def loss(step: TrainingStep):
        seen.append(torch.backends.cuda.cudnn_sdp_enabled())
        return module(torch.ones(1)).sum(), {}

    at_start = torch.backends.cuda.cudnn_sdp_enabled()
    torch.backends.cuda.enable_cudnn_sdp(before)
    try:
        train(module, loss, TrainingConfig(2, 1, 0.1, warmup_steps=1, bf16=False), tmp_path)
        assert torch.backends.cuda.cudnn_sdp_enabled() == before
    finally:
        torch.backends.cuda.enable_cudnn_sdp(at_start)
    assert seen == [False, False]
