"""Preference learning by Diffusion-DPO (Wallace et al. 2023, eq. 14), for flow matching."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from typing import Any

import torch
from torch import Tensor
from torch.nn.functional import logsigmoid

from gamelabel.flow import few_step_sigmas, velocity_errors
from gamelabel.tuning.data import Pictures
from gamelabel.tuning.loop import Worker


def margin(won: Tensor, lost: Tensor, won_base: Tensor, lost_base: Tensor) -> Tensor:
    """h = (e_l - e_l_base) - (e_w - e_w_base): how much more the model favours the preferred picture than its base."""
    return (lost - lost_base) - (won - won_base)


def dpo(h: Tensor, beta: float) -> Tensor:
    """-log sigma(beta / 2 h), per pair; the errors in h are means over latent dimensions."""
    return -logsigmoid(beta / 2.0 * h)


def dpo_loss(
    transformer: Any,
    won: Pictures,
    lost: Pictures,
    batch: int,
    beta: float = 100.0,
    sigmas: Sequence[float] = tuple(few_step_sigmas(4)),
) -> Callable[[torch.Generator, Worker], Tensor]:
    """The loss that `loop.train` minimises: both pictures of a pair at one noise level, each with its own noise.

    The base, which the margin needs, is the transformer with its adapter off.
    """
    levels = torch.tensor(list(sigmas))

    def loss(generator: torch.Generator, worker: Worker) -> Tensor:
        rows = torch.randint(len(won.clean), (batch,), generator=generator)
        sigma = levels[torch.randint(len(levels), (batch,), generator=generator)].repeat(2)
        clean = torch.cat((won.clean[rows], lost.clean[rows]))
        noise = torch.cat((won.noise[rows], lost.noise[rows]))
        text = won.text.rows(rows.repeat(2))
        transformer.disable_adapters()
        with torch.no_grad():
            base = velocity_errors(transformer, clean, noise, sigma, text)
        transformer.enable_adapters()
        tuned = velocity_errors(transformer, clean, noise, sigma, text)
        return dpo(margin(*tuned.chunk(2), *base.chunk(2)), beta).mean()

    return loss
