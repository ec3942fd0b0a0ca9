"""Preference learning on pairs of pictures, for flow matching: what a loss of `losses` needs, step by step."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from typing import Any, Literal

import torch
from torch import Tensor

from gamelabel.flow import few_step_sigmas, noised, velocity
from gamelabel.training import Loss, Metrics, Step
from gamelabel.tuning.adapter import reference
from gamelabel.tuning.data import Pictures
from gamelabel.tuning.losses import margin


def pairwise_loss(
    transformer: Any,
    won: Pictures,
    lost: Pictures,
    batch: int,
    loss_of: Callable[[Tensor, Tensor], Tensor],
    noise: Literal["own", "shared", "fresh"] = "shared",
    sigmas: Sequence[float] = tuple(few_step_sigmas(4)),
    anchor: float = 0.0,
) -> Loss:
    """The loss that `loop.train` minimises: the mean of `loss_of(h, rows)` over a batch of pairs.

    `loss_of` takes the margins (batch,) and which pairs they are of (batch,), for what differs from pair to pair (a
    share of votes, a player's flip rate). Both pictures of a pair are seen at one noise level out of `sigmas`, with
    `noise`: "own", each with the one that it was drawn from; "shared", both with one that either of them was drawn
    from, where the one picture is held against the other; "fresh", both with a new one, as Diffusion-DPO has it. The
    base, which the margin needs, is what `reference` gives: the transformer with its adapter off, or with the one that
    training goes on from. The log says how the margin grows, and for which share of the pairs it is above zero: the
    accuracy of the model as a judge of its own pairs.

    anchor: weight of a second term, |v - v_base|^2 as a mean over latent dimensions where a picture is seen at its own
    noise, on the base's own paths: up to a factor the divergence that Flow-GRPO penalises (Liu et al. 2025). A margin
    alone also grows by leaving those paths, which costs quality. Raises ValueError for an anchor with "fresh" noise,
    where no picture is seen at its own.
    """
    if anchor and noise == "fresh":
        raise ValueError(
            "an anchor holds pictures at their own noise, and with fresh noise none is: leave it at 0"
        )
    levels = torch.tensor(list(sigmas))

    def loss(step: Step) -> tuple[Tensor, Metrics]:
        generator = step.generator
        rows = torch.randint(len(won.clean), (batch,), generator=generator)
        sigma = levels[torch.randint(len(levels), (batch,), generator=generator)].repeat(2)
        clean = torch.cat((won.clean[rows], lost.clean[rows]))
        start = torch.cat((won.noise[rows], lost.noise[rows]))
        own = torch.ones(2 * batch, dtype=torch.bool)
        if noise == "shared":
            of = torch.arange(batch) + batch * torch.randint(2, (batch,), generator=generator)
            own = torch.zeros_like(own).index_fill(0, of, True)
            start = start[of].repeat(2, 1, 1)
        if noise == "fresh":
            start = torch.randn(batch, *won.clean.shape[1:], generator=generator).repeat(2, 1, 1)
        seen, text = noised(clean, start, sigma), won.text.rows(rows.repeat(2))
        with reference(transformer):
            base = velocity(transformer, seen, sigma, text)
        tuned = velocity(transformer, seen, sigma, text)
        target = (start - clean).to(tuned)
        h = margin(*_mean(tuned - target).chunk(2), *_mean(base - target).chunk(2))
        away = _mean(tuned - base)[own].mean()
        accuracy = ((h > 0.0) + 0.5 * (h == 0.0)).mean()
        metrics = {"rows": rows, "accuracy": accuracy, "margin": h.mean(), "away": away}
        value = loss_of(h, rows).mean()
        return value + anchor * away if anchor else value, metrics

    return loss


def _mean(difference: Tensor) -> Tensor:
    """Squared, averaged over latent dimensions: (n,)."""
    return difference.square().mean((1, 2))
