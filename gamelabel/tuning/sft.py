"""Supervised tuning on chosen pictures, as GameLabel-10K does it: flow matching on the adapter's weights alone."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

import torch
from torch import Tensor

from gamelabel.flow import velocity_errors
from gamelabel.training import Loss, Metrics, Step
from gamelabel.tuning.data import Pictures


def sft_loss(
    transformer: Any,
    pictures: Pictures,
    batch: int,
    own_noise: bool = False,
    sigmas: Sequence[float] = (),
) -> Loss:
    """The loss that `loop.train` minimises: the mean of `errors_of` over a batch of the pictures."""

    def loss(step: Step) -> tuple[Tensor, Metrics]:
        rows = torch.randint(len(pictures.clean), (batch,), generator=step.generator)
        errors = errors_of(transformer, pictures.rows(rows), step.generator, own_noise, sigmas)
        return errors.mean(), {"rows": rows}

    return loss


def errors_of(
    transformer: Any,
    chosen: Pictures,
    generator: torch.Generator,
    own_noise: bool,
    sigmas: Sequence[float],
) -> Tensor:
    """The error of flow matching of each picture, (n,), at noise and a noise level drawn for it.

    The published recipe draws fresh noise and a uniform noise level. With `own_noise` each picture keeps the noise it
    was drawn from, and with `sigmas` the level is one of these: the model's own paths at its own few steps.
    """
    fresh = torch.randn(chosen.clean.shape, generator=generator)
    sigma = torch.rand(len(fresh), generator=generator)
    if sigmas:
        sigma = torch.tensor(list(sigmas))[(sigma * len(sigmas)).long()]
    noise = chosen.noise if own_noise else fresh
    return velocity_errors(transformer, chosen.clean, noise, sigma, chosen.text)
