"""Reward weighted: every picture that was drawn is learned, the better by reward the more, beside pre-training pairs.

E_model[-r log p] + beta E_pre[-log p] (Lee et al. 2023, eq. 4, as Xu et al. 2023, section 4.2, compare it), where the
error of flow matching stands for -log p.
"""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

import torch
from torch import Tensor

from gamelabel.training import Loss, Metrics, Step
from gamelabel.tuning.scored import Scored
from gamelabel.tuning.sft import errors_of

BETA = 0.5  # the weight of pre-training, ImageReward's and Lee et al.'s


def weighted_loss(
    transformer: Any,
    scored: Scored,
    pretraining: Loss,
    batch: int,
    beta: float = BETA,
    own_noise: bool = False,
    sigmas: Sequence[float] = (),
) -> Loss:
    """The loss that `loop.train` minimises: mean of r x error over drawn pictures, plus beta x `pretraining`.

    r: the scores, from 0 of the worst of all pictures to 1 of the best. Noise and noise levels as in `errors_of`.
    Raises ValueError where all pictures score the same.
    """
    reward = scaled(scored.scores).float()

    def loss(step: Step) -> tuple[Tensor, Metrics]:
        generator = step.generator
        prompts = torch.randint(len(reward), (batch,), generator=generator)
        which = torch.randint(reward.shape[1], (batch,), generator=generator)
        errors = errors_of(transformer, scored.pick(prompts, which), generator, own_noise, sigmas)
        before, _ = pretraining(step)
        value = (reward[prompts, which].to(errors) * errors).mean() + beta * before
        return value, {"rows": prompts, "reward": reward[prompts, which].mean()}

    return loss


def scaled(scores: Tensor) -> Tensor:
    """Scores from 0, the worst of all, to 1, the best. Raises ValueError where they are all the same."""
    low, high = scores.min(), scores.max()
    if not bool(high > low):
        raise ValueError("all pictures have the same score: nothing is in them to weigh by")
    return (scores - low) / (high - low)
