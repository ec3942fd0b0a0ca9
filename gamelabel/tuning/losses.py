"""Losses of preference learning, as pure functions of the margin h of each pair; all return one value a pair.

h says how much more the model than its base favours the preferred picture (`margin`); z = beta / 2 h is what the
sigmoid takes. `flip` is the share of pairs whose label is wrong, in [0, .5): one number, or one a pair.
"""

from __future__ import annotations

import torch
from torch import Tensor
from torch.nn.functional import logsigmoid


def margin(won: Tensor, lost: Tensor, won_base: Tensor, lost_base: Tensor) -> Tensor:
    """h = (e_l - e_l_base) - (e_w - e_w_base), of errors that are means over latent dimensions: (pairs,)."""
    return (lost - lost_base) - (won - won_base)


def dpo(h: Tensor, beta: float) -> Tensor:
    """-log sigma(z): Diffusion-DPO (Wallace et al. 2023, eq. 14)."""
    return soft(h, beta, 1.0)


def cdpo(h: Tensor, beta: float, flip: float | Tensor) -> Tensor:
    """-(1 - flip) log sigma(z) - flip log sigma(-z): conservative DPO (Mitchell 2023), which stops at a finite margin.

    Raises ValueError where a flip rate is outside [0, .5).
    """
    _check(flip)
    return soft(h, beta, 1.0 - flip)


def rdpo(h: Tensor, beta: float, flip: float | Tensor) -> Tensor:
    """(-(1 - flip) log sigma(z) + flip log sigma(-z)) / (1 - 2 flip): robust DPO (Chowdhury et al. 2024, eq. 12).

    Without bias: over labels flipped at that rate its mean is the DPO loss of the true labels. It can be negative.
    Raises ValueError where a flip rate is outside [0, .5).
    """
    _check(flip)
    z = beta / 2.0 * h
    return (flip * logsigmoid(-z) - (1.0 - flip) * logsigmoid(z)) / (1.0 - 2.0 * flip)


def ipo(h: Tensor, beta: float) -> Tensor:
    """(h - 1 / (2 beta))^2: identity preference optimisation (Azar et al. 2023, eq. 17), a margin to reach."""
    return (h - 1.0 / (2.0 * beta)).square()


def soft(h: Tensor, beta: float, share: float | Tensor) -> Tensor:
    """-share log sigma(z) - (1 - share) log sigma(-z), where `share` of the votes were for the preferred picture."""
    z = beta / 2.0 * h
    return -share * logsigmoid(z) - (1.0 - share) * logsigmoid(-z)


def _check(flip: float | Tensor) -> None:
    rate = torch.as_tensor(flip).flatten()
    bad = rate[~((rate >= 0.0) & (rate < 0.5))].tolist()
    if bad:
        raise ValueError(
            f"a flip rate must be at least 0 and below .5, not {bad[0]:g} ({len(bad)} of {len(rate)} are not): at one "
            "half a label says nothing of its pair; leave such pairs out, or take one rate for all from `flip_rate`"
        )
