"""The one training loop, of models and of adapters: workers, moving average, checkpoints, resume, a log."""

from __future__ import annotations

import json
import os
import time
from collections.abc import Callable, Sequence
from contextlib import nullcontext
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import torch
import torch.distributed as dist
from torch import Tensor, nn
from tqdm import tqdm

CHECKPOINT_SECONDS = 120.0
_SHOWN = 8  # rows of a bad batch that are named


@dataclass(frozen=True)
class Fit:
    """How long and how fast to train."""

    steps: int
    batch: int  # samples a step, over all workers
    rate: float  # peak learning rate
    decay_from: float = 0.4  # share of the steps after which the rate falls linearly to zero
    warm_up: int = 200  # steps
    average: float = 0.999  # decay of the moving average of the weights
    low_precision: bool = True  # bfloat16 autocast


@dataclass(frozen=True)
class Worker:
    """One of the processes that share every batch."""

    rank: int = 0
    size: int = 1
    device: str = "cpu"
    told: dict[str, Tensor] = field(
        default_factory=dict, compare=False
    )  # by the loss of the step that is under way

    def tell(self, **values: Tensor) -> None:
        """What a loss has to say of its batch beside its value: numbers for the log, and `rows`, which it drew."""
        self.told.update({name: value.detach() for name, value in values.items()})

    def share(self, batch: int) -> slice:
        """The rows of a batch that fall to this worker."""
        return slice(self.rank * batch // self.size, (self.rank + 1) * batch // self.size)


Loss = Callable[[torch.Generator, Worker], Tensor]


def rate_at(step: int, fit: Fit) -> float:
    """Learning rate of a step: linear warm-up, a plateau, a linear fall to zero."""
    rise = min(1.0, (step + 1) / fit.warm_up)
    fall = min(1.0, (fit.steps - step) / (fit.steps * (1.0 - fit.decay_from)))
    return fit.rate * rise * fall


def train(
    module: nn.Module,
    loss: Loss | Sequence[Loss],
    fit: Fit,
    folder: Path,
    worker: Worker,
    seed: int,
    data: str = "",
) -> nn.Module:
    """Minimise `loss` over the module's trainable weights, in place; returns the module with its averaged weights.

    `loss(generator, worker)` draws a whole batch's random numbers from the generator and returns the mean loss of the
    worker's share, so that the number of workers does not change what is trained on. Of several losses each has a step
    of the optimiser in turn. What a loss tells the worker is shown and logged beside it. Progress stands in
    `folder/checkpoint.pt`, taken up again by a call with the same settings, seed and `data` (a name or hash of what is
    learned from), and in `folder/log.jsonl`. Raises FloatingPointError, with the step and its batch, where the loss or
    its gradient is not finite; the steps before it are kept.
    """
    losses = [loss] if callable(loss) else list(loss)
    key = f"{fit} seed {seed} {data}"
    folder.mkdir(parents=True, exist_ok=True)
    weights = [p for p in module.parameters() if p.requires_grad]
    optimiser = torch.optim.AdamW(weights, lr=fit.rate, betas=(0.9, 0.98), weight_decay=0.01)
    averaged = [p.detach().clone() for p in weights]
    path, log = folder / "checkpoint.pt", folder / "log.jsonl"
    start, seconds = 0, 0.0
    saved = torch.load(path, map_location=worker.device, weights_only=True) if path.exists() else {}
    if saved.get("key") == key:
        start, seconds = saved["step"], saved["seconds"]
        optimiser.load_state_dict(saved["optimiser"])
        _copy(weights, saved["weights"])
        averaged = saved["averaged"]
    rows = [row for row in _read_log(log) if row["step"] <= start]
    generator = torch.Generator()
    module.train()
    began, saved_at = time.monotonic() - seconds, time.monotonic()
    recent: list[dict[str, float]] = []
    bar = tqdm(
        range(start, fit.steps),
        desc=folder.name,
        initial=start,
        total=fit.steps,
        disable=worker.rank > 0,
    )

    def keep(steps: int) -> None:
        state = {
            "key": key,
            "step": steps,
            "seconds": time.monotonic() - began,
            "optimiser": optimiser.state_dict(),
        }
        _write(path, {**state, "weights": [p.detach() for p in weights], "averaged": averaged})

    for step in bar:
        generator.manual_seed(seed * 1_000_003 + step)
        worker.told.clear()
        for group in optimiser.param_groups:
            group["lr"] = rate_at(step, fit)
        optimiser.zero_grad(set_to_none=False)
        low = (
            torch.autocast(worker.device.partition(":")[0], torch.bfloat16)
            if fit.low_precision
            else nullcontext()
        )
        with low:
            value = losses[step % len(losses)](generator, worker)
        value.backward()
        _average_gradients(weights, worker)
        norm = nn.utils.clip_grad_norm_(weights, 1.0)
        if not torch.isfinite(value + norm):
            if worker.rank == 0:
                keep(step)
            raise FloatingPointError(_not_finite(folder.name, step, value, worker, path))
        optimiser.step()
        much = min(fit.average, (step + 1) / (step + 10))
        torch._foreach_lerp_(averaged, [p.detach() for p in weights], 1.0 - much)
        recent.append(
            {"loss": value.item(), **{k: v.item() for k, v in worker.told.items() if v.dim() == 0}}
        )
        if worker.rank == 0 and ((step + 1) % 50 == 0 or step + 1 == fit.steps):
            means = _means(recent)
            elapsed = round(time.monotonic() - began, 1)
            rows.append({"step": step + 1, **means, "rate": rate_at(step, fit), "seconds": elapsed})
            log.write_text("".join(json.dumps(row) + "\n" for row in rows))
            bar.set_postfix({name: f"{mean:.4f}" for name, mean in means.items()})
            recent = []
        if worker.rank == 0 and (
            time.monotonic() - saved_at > CHECKPOINT_SECONDS or step + 1 == fit.steps
        ):
            saved_at = time.monotonic()
            keep(step + 1)
    _copy(weights, averaged)
    return module.eval()


def _not_finite(name: str, step: int, value: Tensor, worker: Worker, path: Path) -> str:
    rows = worker.told["rows"].flatten().tolist() if "rows" in worker.told else []
    more = f" and {len(rows) - _SHOWN} more" if len(rows) > _SHOWN else ""
    batch = f" Its batch are the rows {', '.join(map(str, rows[:_SHOWN]))}{more}." if rows else ""
    return (
        f"{name}: the loss ({value.item():g}) or its gradient is not finite at step {step}.{batch} The {step} good "
        f"steps before it are kept in {path}; look at these pictures and their noise, or lower the rate"
    )


def _means(recent: list[dict[str, float]]) -> dict[str, float]:
    """The mean of each number over the steps that told it."""
    names = dict.fromkeys(name for told in recent for name in told)
    told = {name: [each[name] for each in recent if name in each] for name in names}
    return {name: sum(values) / len(values) for name, values in told.items()}


def _copy(weights: list[nn.Parameter], values: list[Tensor]) -> None:
    with torch.no_grad():
        for weight, value in zip(weights, values, strict=True):
            weight.copy_(value)


def _average_gradients(weights: list[nn.Parameter], worker: Worker) -> None:
    if worker.size == 1:
        return
    grads = [p.grad for p in weights if p.grad is not None]
    flat = torch.cat([g.flatten() for g in grads])
    dist.all_reduce(flat)
    flat /= worker.size
    for grad, part in zip(grads, flat.split([g.numel() for g in grads]), strict=True):
        grad.copy_(part.view_as(grad))


def _read_log(path: Path) -> list[dict[str, float]]:
    return [json.loads(line) for line in path.read_text().splitlines()] if path.exists() else []


def _write(path: Path, state: dict[str, Any]) -> None:
    """Write whole or not at all, so that an interrupt never leaves half a checkpoint."""
    torch.save(state, path.with_suffix(".part"))
    os.replace(path.with_suffix(".part"), path)
