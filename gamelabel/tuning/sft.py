"""Supervised tuning on chosen pictures: flow matching on the adapter's weights alone."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

import torch
from torch import Tensor
from tqdm import tqdm

from gamelabel.tuning.flow import Text, velocity_errors


def tune(
    transformer: Any,
    weights: list[torch.nn.Parameter],
    clean: Tensor,
    text: Text,
    noise: Tensor | None = None,
    sigmas: Sequence[float] = (),
    steps: int = 300,
    batch: int = 32,
    rate: float = 1e-4,
    seed: int = 0,
) -> list[float]:
    """Tune the adapter on packed latents (N, tokens, channels). Returns the loss of every step.

    The published recipe draws fresh noise and a uniform noise level; with `noise` each picture keeps its own starting
    noise, and with `sigmas` the levels are drawn from these.
    """
    generator = torch.Generator().manual_seed(seed)
    optimiser = torch.optim.AdamW(weights, lr=rate, weight_decay=1e-4)
    losses = []
    for step in tqdm(range(steps), desc="sft"):
        for group in optimiser.param_groups:
            group["lr"] = rate * min(1.0, (step + 1) / 20) * (1.0 - step / steps)
        rows = torch.randint(len(clean), (batch,), generator=generator)
        own = torch.randn(batch, *clean.shape[1:], generator=generator) if noise is None else noise[rows]
        if sigmas:
            sigma = torch.tensor(list(sigmas))[torch.randint(len(sigmas), (batch,), generator=generator)]
        else:
            sigma = torch.rand(batch, generator=generator)
        loss = velocity_errors(transformer, clean[rows], own, sigma, text.rows(rows)).mean()
        optimiser.zero_grad()
        loss.backward()
        torch.nn.utils.clip_grad_norm_(weights, 1.0)
        optimiser.step()
        losses.append(loss.item())
    return losses
