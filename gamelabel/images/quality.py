"""Image quality apart from adherence: how far pictures lie from freshly drawn scenes of the same prompts.

The distance is the kernel inception distance's (Binkowski et al. 2018: the unbiased squared maximum mean discrepancy
with the kernel (x y / d + 1)^3), in the latent space of the model's own autoencoder instead of an Inception network:
that space was trained to keep everything that is to be seen in this world and nothing else, while Inception's
photographs know nothing of it. Both sets answer the same prompts, so that what is asked does not count, only how it is
drawn.
"""

from __future__ import annotations

from typing import Any

import numpy as np
from numpy.typing import NDArray

Features = NDArray[np.floating[Any]]


def kernel_distance(ours: Features, theirs: Features, replicates: int = 200, seed: int = 0) -> dict[str, Any]:
    """Unbiased squared MMD between features (N, d) and (M, d): {value, low, high, n}, 95 % bootstrap interval.

    The interval resamples the pictures of both sets. Raises ValueError for fewer than two pictures in a set.
    """
    if min(len(ours), len(theirs)) < 2:
        raise ValueError("a distance between sets of pictures needs at least two in each")
    within, beyond, across = _kernel(ours, ours), _kernel(theirs, theirs), _kernel(ours, theirs)
    n, m = len(ours), len(theirs)
    value = _discrepancy(np.ones(n), np.ones(m), within, beyond, across)
    rng = np.random.default_rng(seed)
    draws = [
        _discrepancy(
            rng.multinomial(n, np.full(n, 1 / n)), rng.multinomial(m, np.full(m, 1 / m)), within, beyond, across
        )
        for _ in range(replicates)
    ]
    low, high = np.quantile(draws, (0.025, 0.975))
    return {"value": float(value), "low": float(low), "high": float(high), "n": n}


def _kernel(x: Features, y: Features) -> Features:
    return (x @ y.T / x.shape[1] + 1.0) ** 3


def _discrepancy(u: NDArray[Any], v: NDArray[Any], within: Features, beyond: Features, across: Features) -> float:
    """The estimate with pictures counted u and v times; pairs of a picture with itself do not count."""

    def mean(w: NDArray[Any], kernel: Features) -> float:
        squares = (w * w) @ np.diag(kernel)
        return float((w @ kernel @ w - squares) / (w.sum() ** 2 - (w * w).sum()))

    return mean(u, within) + mean(v, beyond) - 2.0 * float(u @ across @ v) / float(u.sum() * v.sum())
