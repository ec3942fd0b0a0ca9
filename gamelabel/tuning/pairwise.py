"""Preference learning on pairs of pictures, for flow matching: what a loss of `losses` needs, step by step."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from typing import Any, Literal

import torch
from torch import Tensor

from gamelabel.flow import few_step_sigmas, velocity_errors
from gamelabel.tuning.adapter import reference
from gamelabel.tuning.data import Pictures
from gamelabel.tuning.loop import Loss, Worker
from gamelabel.tuning.losses import margin


def pairwise_loss(
    transformer: Any,
    won: Pictures,
    lost: Pictures,
    batch: int,
    loss_of: Callable[[Tensor, Tensor], Tensor],
    noise: Literal["own", "shared", "fresh"] = "shared",
    sigmas: Sequence[float] = tuple(few_step_sigmas(4)),
) -> Loss:
    """The loss that `loop.train` minimises: the mean of `loss_of(h, rows)` over a batch of pairs.

    `loss_of` takes the margins (batch,) and which pairs they are of (batch,), for what differs from pair to pair (a
    share of votes, a player's flip rate). Both pictures of a pair are seen at one noise level out of `sigmas`, with
    `noise`: "own", each with the one that it was drawn from; "shared", both with one that either of them was drawn
    from, where the one picture is held against the other; "fresh", both with a new one, as Diffusion-DPO has it. The
    base, which the margin needs, is what `reference` gives: the transformer with its adapter off, or with the one that
    training goes on from. The log says how the margin grows, and for which share of the pairs it is above zero: the
    accuracy of the model as a judge of its own pairs.
    """
    levels = torch.tensor(list(sigmas))

    def loss(generator: torch.Generator, worker: Worker) -> Tensor:
        rows = torch.randint(len(won.clean), (batch,), generator=generator)
        sigma = levels[torch.randint(len(levels), (batch,), generator=generator)].repeat(2)
        clean = torch.cat((won.clean[rows], lost.clean[rows]))
        start = torch.cat((won.noise[rows], lost.noise[rows]))
        if noise == "shared":
            start = start[torch.arange(batch) + batch * torch.randint(2, (batch,), generator=generator)].repeat(2, 1, 1)
        if noise == "fresh":
            start = torch.randn(batch, *won.clean.shape[1:], generator=generator).repeat(2, 1, 1)
        text = won.text.rows(rows.repeat(2))
        with reference(transformer):
            base = velocity_errors(transformer, clean, start, sigma, text)
        tuned = velocity_errors(transformer, clean, start, sigma, text)
        h = margin(*tuned.chunk(2), *base.chunk(2))
        worker.tell(rows=rows, accuracy=((h > 0.0) + 0.5 * (h == 0.0)).mean(), margin=h.mean())
        return loss_of(h, rows).mean()

    return loss
