"""Preference learning by Diffusion-DPO (Wallace et al. 2023, eq. 14), for flow matching."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

import torch
from torch import Tensor
from torch.nn.functional import logsigmoid
from tqdm import tqdm

from gamelabel.tuning.flow import Text, few_step_sigmas, velocity_errors


def margin(won: Tensor, lost: Tensor, won_base: Tensor, lost_base: Tensor) -> Tensor:
    """h = (e_l - e_l_base) - (e_w - e_w_base): how much more the model favours the preferred picture than its base."""
    return (lost - lost_base) - (won - won_base)


def dpo_loss(h: Tensor, beta: float) -> Tensor:
    """-log sigma(beta / 2 h), per pair; errors in h are means over latent dimensions."""
    return -logsigmoid(beta / 2.0 * h)


def tune(
    transformer: Any,
    weights: list[torch.nn.Parameter],
    won: Tensor,
    lost: Tensor,
    won_noise: Tensor,
    lost_noise: Tensor,
    text: Text,
    steps: int = 300,
    batch: int = 32,
    rate: float = 5e-4,
    beta: float = 100.0,
    sigmas: Sequence[float] = tuple(few_step_sigmas(4)),
    seed: int = 0,
) -> list[float]:
    """Tune the adapter on pairs of packed latents (N, tokens, channels), each with its own starting noise.

    The base, which the margin needs, is the transformer with its adapter off. Returns the loss of every step.
    """
    generator = torch.Generator().manual_seed(seed)
    optimiser = torch.optim.AdamW(weights, lr=rate, weight_decay=1e-4)
    levels = torch.tensor(list(sigmas))
    losses = []
    for step in tqdm(range(steps), desc="dpo"):
        for group in optimiser.param_groups:
            group["lr"] = rate * min(1.0, (step + 1) / 20) * (1.0 - step / steps)
        rows = torch.randint(len(won), (batch,), generator=generator)
        sigma = levels[torch.randint(len(levels), (batch,), generator=generator)].repeat(2)
        clean = torch.cat((won[rows], lost[rows]))
        noise = torch.cat((won_noise[rows], lost_noise[rows]))
        both = text.rows(rows.repeat(2))
        transformer.disable_adapters()
        with torch.no_grad():
            base = velocity_errors(transformer, clean, noise, sigma, both)
        transformer.enable_adapters()
        tuned = velocity_errors(transformer, clean, noise, sigma, both)
        loss = dpo_loss(margin(*tuned.chunk(2), *base.chunk(2)), beta).mean()
        optimiser.zero_grad()
        loss.backward()
        torch.nn.utils.clip_grad_norm_(weights, 1.0)
        optimiser.step()
        losses.append(loss.item())
    return losses
