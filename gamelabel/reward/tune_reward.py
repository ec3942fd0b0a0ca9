"""Tuning the reward model on preferences: Bradley and Terry's loss, most layers fixed, best validation loss.

The settings are ImageReward's (Xu et al. 2023, section 3.2): a small rate that falls along a cosine, 70 % of both
encoders' layers fixed, batches of 64 pairs. Other than there, ties count, and pairs by the pairs of their prompt.
"""

from __future__ import annotations

import hashlib
import math
import os
import time
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import numpy as np
import pandas as pd
import torch
from torch import Tensor, nn
from torch.nn.functional import logsigmoid
from tqdm import tqdm

from gamelabel.reward.examples import split_by_prompt
from gamelabel.reward.reward_model import RewardModel
from gamelabel.tuning.adapter import fingerprint


@dataclass(frozen=True)
class Settings:
    """How the reward model is tuned. `rate` suits the embedded model; ImageReward's BLIP-large takes 1e-5."""

    steps: int = 400
    batch: int = 64  # pairs
    rate: float = 3e-4  # at first; it falls to zero along a cosine
    fixed: float = 0.7  # share of the layers, from below, that stay as they are
    aside: float = 0.1  # share of the prompts that validate
    checks: int = 10  # how often the validation loss is looked at


def bradley_terry(first: Tensor, second: Tensor, target: Tensor, weight: Tensor) -> Tensor:
    """-t log sigma(r_1 - r_2) - (1 - t) log sigma(r_2 - r_1), averaged by weight; all (n,).

    t is the share of votes for the first picture: 1, 0, or one half for a tie.
    """
    gap = first - second
    each = -target * logsigmoid(gap) - (1.0 - target) * logsigmoid(-gap)
    return (each * weight).sum() / weight.sum()


def freeze(model: RewardModel, share: float) -> list[nn.Parameter]:
    """Fix the embeddings and that share of each encoder's layers, from below; returns the weights that may change.

    What only pre-training used (the projections, the matching head) is fixed as well.
    """
    model.requires_grad_(False)
    model.head.requires_grad_(True)
    model.blip.vision_model.post_layernorm.requires_grad_(True)
    for layers in (model.blip.vision_model.encoder.layers, model.blip.text_encoder.encoder.layer):
        for layer in layers[int(share * len(layers)) :]:
            layer.requires_grad_(True)
    return [weight for weight in model.parameters() if weight.requires_grad]


def train_reward(
    model: RewardModel,
    frame: pd.DataFrame,
    folder: Path,
    settings: Settings | None = None,
    seed: int = 0,
) -> pd.DataFrame:
    """Tune the model, in place, on what `examples` gives; it is left with the weights of the best validation loss.

    Returns what was seen at each check: step, loss, valid_loss, valid_accuracy (of pairs that are no ties), rate,
    seconds, best. Interrupted, a call with the model as it was before and the same examples, settings and seed goes on
    from `folder`. Raises FloatingPointError, with the step and its pairs, where the loss is not finite; what stands in
    `folder` is kept.
    """
    settings = settings or Settings()
    learn, valid = split_by_prompt(frame, settings.aside, seed)
    weights = freeze(model, settings.fixed)
    adam = torch.optim.Adam(weights, lr=settings.rate)
    order = _order(len(learn), settings, seed)
    looks = {settings.steps * (i + 1) // settings.checks for i in range(settings.checks)}
    path = folder / "checkpoint.pt"
    key = f"{settings} seed {seed} {_fingerprint(model, frame)}"
    state = _resume(path, key, weights, adam)
    best: list[Tensor] = state["best"]
    rows: list[dict[str, Any]] = state["rows"]
    began, losses = time.monotonic() - state["seconds"], state["losses"]
    bar = tqdm(
        range(state["step"], settings.steps),
        initial=state["step"],
        total=settings.steps,
        desc="reward",
    )
    for step in bar:
        for group in adam.param_groups:
            group["lr"] = settings.rate * 0.5 * (1.0 + math.cos(math.pi * step / settings.steps))
        batch = learn.iloc[order[step]]
        with torch.random.fork_rng(devices=[]):
            torch.manual_seed(seed * 1_000_003 + step)  # of the dropout
            model.head.train()
            loss = bradley_terry(*_scores(model, batch), *_targets(model, batch))
            model.head.eval()
        adam.zero_grad()
        loss.backward()
        if not torch.isfinite(loss + nn.utils.clip_grad_norm_(weights, 1.0)):
            raise FloatingPointError(
                f"the loss is {loss.item()} at step {step} and it or its gradient is not finite; the batch begins with "
                f"the pairs {', '.join(map(str, batch['pair_id'][:5]))}. The last good state is kept in {path}: look "
                "at their pictures, or lower the rate"
            )
        adam.step()
        losses.append(loss.item())
        if step + 1 in looks:
            found = _validate(model, valid, settings.batch)
            bar.set_postfix({name: f"{value:.3f}" for name, value in found.items()})
            is_best = not rows or found["valid_loss"] < min(row["valid_loss"] for row in rows)
            if is_best:
                best = [weight.detach().clone() for weight in weights]
            row = {
                "step": step + 1,
                "loss": float(np.mean(losses)),
                **found,
                "rate": adam.param_groups[0]["lr"],
            }
            rows.append({**row, "seconds": time.monotonic() - began})
            losses = []
            _write(path, key, step + 1, weights, adam, best, rows)
    with torch.no_grad():
        for weight, value in zip(weights, best, strict=True):
            weight.copy_(value)
    model.eval()
    log = pd.DataFrame(rows)
    return log.assign(best=log["valid_loss"] == log["valid_loss"].min())


def _order(rows: int, settings: Settings, seed: int) -> list[np.ndarray]:
    """The rows of each step: all of them once, in random order, before any comes again."""
    rng, needed = np.random.default_rng(seed), settings.steps * settings.batch
    drawn = np.concatenate([rng.permutation(rows) for _ in range(-(-needed // rows))])[:needed]
    return np.split(drawn, settings.steps)


def _scores(model: RewardModel, batch: pd.DataFrame) -> tuple[Tensor, Tensor]:
    """Raw scores (n,) of the first and of the second pictures.

    The encoders train in bfloat16, in half the time; the head does not, for scores differ by little at first, and
    without gradient nothing does, for rounding would tie pictures that the saved model tells apart.
    """
    pixels = model.look([*batch["first"], *batch["second"]])
    tokens = model.read([*batch["prompt"], *batch["prompt"]])
    with torch.autocast(model.device.type, torch.bfloat16, enabled=torch.is_grad_enabled()):
        read = model.together(pixels, tokens)
    first, second = model.head(read.float()).squeeze(-1).chunk(2)
    return first, second


def _targets(model: RewardModel, batch: pd.DataFrame) -> tuple[Tensor, Tensor]:
    target, weight = (
        torch.tensor(batch[c].to_numpy(float), dtype=torch.float32) for c in ("target", "weight")
    )
    return target.to(model.device), weight.to(model.device)


@torch.no_grad()
def _validate(model: RewardModel, valid: pd.DataFrame, batch: int) -> dict[str, float]:
    """The loss and the accuracy on the examples set aside."""
    parts = [
        _scores(model, valid.iloc[start : start + batch]) for start in range(0, len(valid), batch)
    ]
    first, second = (torch.cat(side) for side in zip(*parts, strict=True))
    target, weight = _targets(model, valid)
    loss = bradley_terry(first, second, target, weight).item()
    decided = target != 0.5
    right = ((first - second).sign() == (target - 0.5).sign())[decided]
    return {"valid_loss": loss, "valid_accuracy": right.float().mean().item()}


def _fingerprint(model: RewardModel, frame: pd.DataFrame) -> str:
    rows = hashlib.sha256(
        pd.util.hash_pandas_object(frame, index=False).to_numpy().tobytes()
    ).hexdigest()[:16]
    return f"{model.text_length} {fingerprint(*model.state_dict().values())} {rows}"


def _resume(
    path: Path, key: str, weights: list[nn.Parameter], adam: torch.optim.Optimizer
) -> dict[str, Any]:
    """What the last check of the same training left, put in place; else the beginning."""
    path.parent.mkdir(parents=True, exist_ok=True)
    saved = (
        torch.load(path, map_location=weights[0].device, weights_only=True) if path.exists() else {}
    )
    if saved.get("key") != key:
        return {"step": 0, "best": [], "rows": [], "seconds": 0.0, "losses": []}
    adam.load_state_dict(saved["adam"])
    with torch.no_grad():
        for weight, value in zip(weights, saved["weights"], strict=True):
            weight.copy_(value)
    return {**saved, "seconds": saved["rows"][-1]["seconds"], "losses": []}


def _write(
    path: Path, key: str, step: int, weights: Any, adam: Any, best: list[Tensor], rows: list[Any]
) -> None:
    """Write whole or not at all, so that an interrupt never leaves half a checkpoint."""
    state = {"key": key, "step": step, "adam": adam.state_dict(), "best": best, "rows": rows}
    torch.save(
        {**state, "weights": [weight.detach() for weight in weights]}, path.with_suffix(".part")
    )
    os.replace(path.with_suffix(".part"), path)
