"""Preference learning on pairs of pictures, for flow matching: what a loss of `losses` needs, step by step."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from typing import Any

import torch
from torch import Tensor

from gamelabel.flow import few_step_sigmas, velocity_errors
from gamelabel.tuning.data import Pictures
from gamelabel.tuning.loop import Loss, Worker
from gamelabel.tuning.losses import margin


def pairwise_loss(
    transformer: Any,
    won: Pictures,
    lost: Pictures,
    batch: int,
    loss_of: Callable[[Tensor, Tensor], Tensor],
    own_noise: bool = True,
    sigmas: Sequence[float] = tuple(few_step_sigmas(4)),
) -> Loss:
    """The loss that `loop.train` minimises: the mean of `loss_of(h, rows)` over a batch of pairs.

    `loss_of` takes the margins (batch,) and which pairs they are of (batch,), for what differs from pair to pair (a
    share of votes, a player's flip rate). Both pictures of a pair are seen at one noise level out of `sigmas`, with
    `own_noise` each on its own way from the noise it was drawn from, else both with one fresh noise as Diffusion-DPO
    has it. The base, which the margin needs, is the transformer with its adapter off. The log says how the margin
    grows, and for which share of the pairs it is above zero: the accuracy of the model as a judge of its own pairs.
    """
    levels = torch.tensor(list(sigmas))

    def loss(generator: torch.Generator, worker: Worker) -> Tensor:
        rows = torch.randint(len(won.clean), (batch,), generator=generator)
        sigma = levels[torch.randint(len(levels), (batch,), generator=generator)].repeat(2)
        clean = torch.cat((won.clean[rows], lost.clean[rows]))
        if own_noise:
            noise = torch.cat((won.noise[rows], lost.noise[rows]))
        else:
            noise = torch.randn(batch, *won.clean.shape[1:], generator=generator).repeat(2, 1, 1)
        text = won.text.rows(rows.repeat(2))
        transformer.disable_adapters()
        with torch.no_grad():
            base = velocity_errors(transformer, clean, noise, sigma, text)
        transformer.enable_adapters()
        tuned = velocity_errors(transformer, clean, noise, sigma, text)
        h = margin(*tuned.chunk(2), *base.chunk(2))
        worker.tell(rows=rows, accuracy=((h > 0.0) + 0.5 * (h == 0.0)).mean(), margin=h.mean())
        return loss_of(h, rows).mean()

    return loss
