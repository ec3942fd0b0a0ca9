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


def kernel_distance(
    ours: Features, theirs: Features, replicates: int = 200, seed: int = 0
) -> NDArray[np.float64]:
    """Unbiased squared MMD between features (N, d) and (M, d), and its bootstrap replicates: (1 + replicates,).

    Replicates resample the pictures of both sets; for equal N, M and seed they are the same pictures, so that two
    distances to one reference can be compared replicate by replicate. Raises ValueError for fewer than two pictures.
    """
    n, m = len(ours), len(theirs)
    if min(n, m) < 2:
        raise ValueError("a distance between sets of pictures needs at least two in each")
    kernels = _kernel(ours, ours), _kernel(theirs, theirs), _kernel(ours, theirs)
    rng = np.random.default_rng(seed)
    counts: list[tuple[NDArray[Any], NDArray[Any]]] = [(np.ones(n), np.ones(m))]
    counts += [
        (rng.multinomial(n, [1 / n] * n), rng.multinomial(m, [1 / m] * m))
        for _ in range(replicates)
    ]
    return np.array([_discrepancy(u, v, *kernels) for u, v in counts])


def quality_change(
    ours: Features, base: Features, scenes: Features, replicates: int = 200
) -> dict[str, Any]:
    """How much nearer to the scenes `ours` lies than `base`, in thousandths: {value, low, high, n}; below 0 is worse.

    `ours` and `base` answer the same prompts in the same order; the interval is a paired 95 % bootstrap.
    """
    nearer = 1000.0 * (
        kernel_distance(base, scenes, replicates) - kernel_distance(ours, scenes, replicates)
    )
    low, high = np.quantile(nearer[1:], (0.025, 0.975))
    return {"value": float(nearer[0]), "low": float(low), "high": float(high), "n": len(ours)}


def _kernel(x: Features, y: Features) -> Features:
    return (x @ y.T / x.shape[1] + 1.0) ** 3


def _discrepancy(
    u: NDArray[Any], v: NDArray[Any], within: Features, beyond: Features, across: Features
) -> float:
    """The estimate with pictures counted u and v times; pairs of a picture with itself do not count."""

    def mean(w: NDArray[Any], kernel: Features) -> float:
        squares = (w * w) @ np.diag(kernel)
        return float((w @ kernel @ w - squares) / (w.sum() ** 2 - (w * w).sum()))

    return (
        mean(u, within) + mean(v, beyond) - 2.0 * float(u @ across @ v) / float(u.sum() * v.sum())
    )
