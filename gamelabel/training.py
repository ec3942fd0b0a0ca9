"""The training loop of every model and adapter: schedule, averaged weights, checkpoints, log."""

from __future__ import annotations

import json
import math
import time
from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import Any, Literal

import torch
from diffusers.training_utils import EMAModel
from torch import Tensor, nn
from tqdm import tqdm

from gamelabel.data_parallel import SINGLE_WORKER, Worker, average_gradients, average_metrics
from gamelabel.files import replacing, write_text

CHECKPOINT_SECONDS = 120.0
_ROWS_IN_ERROR = 8


@dataclass(frozen=True)
class TrainingConfig:
    """How long and how fast to train.

    Attributes
    ----------
    steps : int
        Steps of the optimizer.
    batch_size : int
        Samples a step, over all workers.
    learning_rate : float
        The highest learning rate; see `learning_rate_at`.
    schedule : {"linear", "cosine", "constant"}
        How the learning rate falls to zero, or that it does not.
    decay_start : float
        With "linear", the share of the steps after which the rate falls.
    warmup_steps : int
        Steps over which the rate rises from zero.
    ema_decay : float
        Decay of the exponential moving average (EMA) of the weights; 0 keeps the last weights.
    bf16 : bool
        Compute the loss under bfloat16 autocast.
    betas : tuple of float
        Decay of AdamW's moments.
    weight_decay : float
        AdamW's weight decay.
    log_every : int
        Steps between two rows of the log, and between two validations.
    max_gradient_norm : float
        The norm over all weights to which gradients are clipped; infinity for none.
    fused : bool
        Use the optimizer's fused kernel, which is faster for small models and rounds otherwise.
    """

    steps: int
    batch_size: int
    learning_rate: float
    schedule: Literal["linear", "cosine", "constant"] = "linear"
    decay_start: float = 0.4
    warmup_steps: int = 200
    ema_decay: float = 0.999
    bf16: bool = True
    betas: tuple[float, float] = (0.9, 0.98)
    weight_decay: float = 0.01
    log_every: int = 50
    max_gradient_norm: float = 1.0
    fused: bool = False


@dataclass(frozen=True)
class TrainingStep:
    """What a loss needs to know of the step it is computed for.

    Attributes
    ----------
    index : int
        The number of the step, from 0.
    generator : torch.Generator
        Seeded for this step; a loss draws the random numbers of the whole batch from it, so that
        the number of workers does not change what is learned from.
    worker : Worker
        Which share of the batch to compute, and on which device.
    """

    index: int
    generator: torch.Generator
    worker: Worker = SINGLE_WORKER


# The mean loss of the worker's share of a batch, and metrics for the log: numbers, and under "rows"
# the samples of the batch, which an error message names.
Metrics = dict[str, Any]
Loss = Callable[[TrainingStep], tuple[Tensor, Metrics]]


def learning_rate_at(step: int, config: TrainingConfig) -> float:
    """Return the learning rate of a step: linear warm-up, then a linear, a cosine or no decay.

    The linear schedule keeps the highest rate until the share `decay_start` of all steps.
    """
    warmup = min(1.0, (step + 1) / max(1, config.warmup_steps))
    if config.schedule == "constant":
        decay = 1.0
    elif config.schedule == "cosine":
        decay = 0.5 * (1.0 + math.cos(math.pi * step / config.steps))
    else:
        decay = min(1.0, (config.steps - step) / (config.steps * (1.0 - config.decay_start)))
    return config.learning_rate * warmup * decay


def train(
    module: nn.Module,
    loss: Loss | Sequence[Loss],
    config: TrainingConfig,
    folder: Path,
    seed: int = 0,
    data: str = "",
    worker: Worker = SINGLE_WORKER,
    validate: Callable[[], dict[str, float]] | None = None,
    best_metric: str = "",
    state: nn.Module | None = None,
    show_progress: bool = True,
) -> nn.Module:
    """Minimize a loss over the trainable weights of a module, in place.

    The log is `folder/log.jsonl`. Progress is saved in `folder/checkpoint.pt`; a later call with
    the same config, seed and `data` resumes from it.

    Parameters
    ----------
    module : nn.Module
        The model, with its initial weights.
    loss : callable or sequence of callables
        Takes a `TrainingStep`, returns the loss and metrics for the log. Several losses take
        turns, one optimizer step each.
    config : TrainingConfig
        The settings.
    folder : Path
        Where checkpoint and log are written.
    seed : int
        Seed of the steps' generators, and of dropout.
    data : str
        A name or hash of the training data.
    worker : Worker
        This process, if there are several.
    validate : callable, optional
        Returns validation metrics for the log; called in evaluation mode, without gradient.
    best_metric : str
        A metric of `validate`. The weights with its lowest value are kept at the end; if empty,
        the averaged weights are.
    show_progress : bool
        Whether to write a progress bar to the standard error.

    Returns
    -------
    nn.Module
        The module, in evaluation mode.

    Raises
    ------
    ValueError
        If the workers cannot share a batch alike.
    FloatingPointError
        If the loss or its gradient is not finite; the steps before it are saved.
    """
    if config.batch_size % worker.size:
        raise ValueError(
            f"a batch of {config.batch_size} cannot be shared by {worker.size} processes alike: "
            "give a batch size that is a multiple of their number"
        )
    losses = [loss] if callable(loss) else list(loss)
    weights = [weight for weight in module.parameters() if weight.requires_grad]
    optimizer = torch.optim.AdamW(
        weights,
        lr=config.learning_rate,
        betas=config.betas,
        weight_decay=config.weight_decay,
        fused=config.fused or None,  # None lets the optimizer choose
    )
    ema = _make_ema(weights, config)
    device = weights[0].device
    start, seconds, best_value = 0, 0.0, math.inf
    best_weights: list[Tensor] = []
    log: list[dict[str, float]] = []
    recent: list[Metrics] = []  # since the last row of the log

    path = folder / "checkpoint.pt"
    key = f"{config} seed {seed} {data}"
    saved = _read_checkpoint(path, key, device)
    if saved:
        start, seconds, log, recent = (saved[n] for n in ("step", "seconds", "log", "recent"))
        best_value, best_weights = saved["best_value"], saved["best_weights"]
        optimizer.load_state_dict(saved["optimizer"])
        ema.load_state_dict(saved["ema"])
        _copy(weights, saved["weights"])
        if state is not None:
            state.load_state_dict(saved["state"])

    def checkpoint(step: int) -> None:
        if worker.rank > 0:
            return
        content = {"key": key, "step": step, "seconds": time.monotonic() - started}
        content |= {"log": log, "recent": recent, "optimizer": optimizer.state_dict()}
        content |= {"weights": [weight.detach() for weight in weights], "ema": ema.state_dict()}
        content |= {"best_value": best_value, "best_weights": best_weights}
        if state is not None:
            content["state"] = state.state_dict()
        with replacing(path) as partial:
            torch.save(content, partial)

    started = time.monotonic() - seconds
    saved_at = time.monotonic()
    generator = torch.Generator()
    is_hidden = worker.rank > 0 or not show_progress
    hidden = {"disable": True} if is_hidden else {}  # else as TQDM_DISABLE says
    progress = tqdm(total=config.steps, initial=start, desc=folder.name, **hidden)
    module.train()
    with _without_cudnn_attention(), _tf32(device):
        for step in range(start, config.steps):
            step_seed = seed * 1_000_003 + step
            learning_rate = learning_rate_at(step, config)
            for group in optimizer.param_groups:
                group["lr"] = learning_rate

            with (
                torch.random.fork_rng(devices=[]),
                torch.autocast(device.type, torch.bfloat16, enabled=config.bf16),
            ):
                _seed_dropout(step_seed, device)  # the same after a resume
                generator.manual_seed(step_seed)
                value, metrics = losses[step % len(losses)](TrainingStep(step, generator, worker))
            optimizer.zero_grad(set_to_none=False)
            value.backward()
            average_gradients(weights, worker)
            norm = nn.utils.clip_grad_norm_(weights, config.max_gradient_norm)
            if not torch.isfinite(value + norm):
                checkpoint(step)
                raise FloatingPointError(_not_finite(folder.name, step, value, metrics, path))
            optimizer.step()
            if config.ema_decay:
                ema.step(weights)

            numbers = {"loss": value.item(), **_numbers(metrics)}
            recent.append(average_metrics(numbers, worker))
            progress.update()
            finished = step + 1 == config.steps
            if finished or (step + 1) % config.log_every == 0:
                row = {"step": step + 1, **_means(recent)}
                if validate:
                    row |= _validate(module, validate)
                if best_metric and row[best_metric] < best_value:
                    best_value = row[best_metric]
                    best_weights = [weight.detach().clone() for weight in weights]
                progress.set_postfix({name: f"{row[name]:.4f}" for name in list(row)[1:]})
                elapsed = round(time.monotonic() - started, 1)
                log.append({**row, "learning_rate": learning_rate, "seconds": elapsed})
                recent = []
                if worker.rank == 0:
                    write_text(folder / "log.jsonl", "".join(json.dumps(r) + "\n" for r in log))
            if finished or time.monotonic() - saved_at > CHECKPOINT_SECONDS:
                checkpoint(step + 1)
                saved_at = time.monotonic()
    progress.close()

    if best_metric:
        _copy(weights, best_weights)
    elif config.ema_decay:
        ema.copy_to(weights)
    return module.eval()


def _seed_dropout(seed: int, device: torch.device) -> None:
    # torch.manual_seed keeps a stack trace at each call for devices that were not used yet, which
    # takes longer than a step of a small model
    torch.default_generator.manual_seed(seed)
    if device.type == "cuda":
        torch.cuda.manual_seed(seed)


@contextmanager
def _without_cudnn_attention() -> Iterator[None]:
    """Within the block, leave attention to the other implementations.

    In bfloat16 on Hopper cards, cuDNN's gradients of attention are NaN with torch 2.11 to 2.13, or
    reach outside its memory (pytorch/pytorch#196678). The others are as fast.
    """
    before = torch.backends.cuda.cudnn_sdp_enabled()
    torch.backends.cuda.enable_cudnn_sdp(False)
    try:
        yield
    finally:
        torch.backends.cuda.enable_cudnn_sdp(before)


@contextmanager
def _tf32(device: torch.device) -> Iterator[None]:
    """Within the block, a GPU multiplies matrices of float32, such as an adapter's, as TF32.

    They are a tenth as fast otherwise, and the base beside them has fewer digits still.
    """
    before = torch.backends.cuda.matmul.allow_tf32
    torch.backends.cuda.matmul.allow_tf32 = before or device.type == "cuda"
    try:
        yield
    finally:
        torch.backends.cuda.matmul.allow_tf32 = before


def _make_ema(weights: list[nn.Parameter], config: TrainingConfig) -> EMAModel:
    """Return an average whose decay after step s (from 0) is min(ema_decay, (s + 1) / (s + 10))."""
    # EMAModel's warm-up has the decay 1 - (1 + n / inv_gamma) ** -power, here n / (n + 9), and
    # update_after_step=-1 counts from the first step on: n = s + 1
    warmup = {"update_after_step": -1, "use_ema_warmup": True, "inv_gamma": 9.0, "power": 1.0}
    return EMAModel(weights, config.ema_decay, **warmup, foreach=True)


def _read_checkpoint(path: Path, key: str, device: torch.device) -> dict[str, Any]:
    """Return the saved state of the same training, empty if there is none."""
    if not path.exists():
        return {}
    saved: dict[str, Any] = torch.load(path, map_location=device, weights_only=True)
    return saved if saved.get("key") == key else {}


@torch.no_grad()
def _validate(module: nn.Module, validate: Callable[[], dict[str, float]]) -> dict[str, float]:
    module.eval()
    metrics = validate()
    module.train()
    return metrics


def _numbers(metrics: Metrics) -> dict[str, float]:
    numbers = {name: value for name, value in metrics.items() if name != "rows"}
    return {n: v.item() if isinstance(v, Tensor) else float(v) for n, v in numbers.items()}


def _means(recent: list[dict[str, float]]) -> dict[str, float]:
    """Return the mean of each metric over the steps that have it."""
    means = {}
    for name in dict.fromkeys(name for metrics in recent for name in metrics):
        values = [metrics[name] for metrics in recent if name in metrics]
        means[name] = sum(values) / len(values)
    return means


def _not_finite(name: str, step: int, value: Tensor, metrics: Metrics, path: Path) -> str:
    rows = metrics.get("rows", [])
    names = [str(row) for row in (rows.flatten().tolist() if isinstance(rows, Tensor) else rows)]
    shown = ", ".join(names[:_ROWS_IN_ERROR])
    more = f" and {len(names) - _ROWS_IN_ERROR} more" if len(names) > _ROWS_IN_ERROR else ""
    batch = f" Its batch has the rows {shown}{more}." if names else ""
    return (
        f"{name}: the loss ({value.item():g}) or its gradient is not finite at step {step}.{batch} "
        f"The {step} steps before it are saved in {path.absolute()}. Check these samples and their "
        "noise, or lower the learning rate"
    )


@torch.no_grad()
def _copy(weights: list[nn.Parameter], values: list[Tensor]) -> None:
    for weight, value in zip(weights, values, strict=True):
        weight.copy_(value)
