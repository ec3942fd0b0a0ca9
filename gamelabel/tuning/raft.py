"""RAFT: of several pictures of each prompt the best by reward is kept and tuned on, and again with what that made.

Reward-ranked fine-tuning (Dong et al. 2023, algorithm 1), as ImageReward compares it (Xu et al. 2023, section 4.2).
"""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

from gamelabel.training import Loss
from gamelabel.tuning.scored import Scored
from gamelabel.tuning.sft import sft_loss


def raft_loss(
    transformer: Any,
    scored: Scored,
    batch: int,
    own_noise: bool = False,
    sigmas: Sequence[float] = (),
) -> Loss:
    """`sft_loss` on the best picture of each prompt: the loss of one round, which `tune_in_rounds` repeats."""
    return sft_loss(transformer, scored.best(), batch, own_noise, sigmas)
