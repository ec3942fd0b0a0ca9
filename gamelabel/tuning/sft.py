"""Supervised tuning on chosen pictures, as GameLabel-10K does it: flow matching on the adapter's weights alone."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from typing import Any

import torch
from torch import Tensor

from gamelabel.flow import velocity_errors
from gamelabel.tuning.data import Pictures
from gamelabel.tuning.loop import Worker


def sft_loss(
    transformer: Any, pictures: Pictures, batch: int, own_noise: bool = False, sigmas: Sequence[float] = ()
) -> Callable[[torch.Generator, Worker], Tensor]:
    """The loss that `loop.train` minimises.

    The published recipe draws fresh noise and a uniform noise level. With `own_noise` each picture keeps the noise it
    was drawn from, and with `sigmas` the level is one of these: the model's own paths at its own few steps.
    """
    levels = torch.tensor(list(sigmas))

    def loss(generator: torch.Generator, worker: Worker) -> Tensor:
        rows = torch.randint(len(pictures.clean), (batch,), generator=generator)
        fresh = torch.randn(batch, *pictures.clean.shape[1:], generator=generator)
        sigma = torch.rand(batch, generator=generator)
        if len(levels):
            sigma = levels[(sigma * len(levels)).long()]
        chosen = pictures.rows(rows)
        noise = chosen.noise if own_noise else fresh
        return velocity_errors(transformer, chosen.clean, noise, sigma, chosen.text).mean()

    return loss
