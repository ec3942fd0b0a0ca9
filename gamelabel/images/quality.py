"""Image quality apart from adherence: distance from drawings, and changes of appearance.

The distance is the kernel inception distance (Binkowski et al. 2018): the unbiased squared maximum
mean discrepancy (MMD) with the kernel (x y / d + 1)^3. It is computed in the latent space of the
model's own autoencoder instead of an Inception network's features. That space was trained to keep
everything visible in the drawn world, while Inception was trained on photographs. Both sets
answer the same prompts, so only how a scene is drawn counts, not what the prompts ask for.
"""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

import numpy as np
import pandas as pd
from numpy.typing import NDArray

from gamelabel.images.appearance import MEASURES, Appearance
from gamelabel.reliability import Estimate

Features = NDArray[np.floating[Any]]


def kernel_distance(
    features: Features, reference: Features, replicates: int = 200, seed: int = 0
) -> NDArray[np.float64]:
    """Compute the unbiased squared MMD between two sets of features, with bootstrap replicates.

    Parameters
    ----------
    features, reference : ndarrays of float, shapes (N, d) and (M, d)
        At least two rows each.
    replicates : int
        Number of bootstrap replicates; each resamples the rows of both sets.
    seed : int
        Seed of the resampling. For equal N, M and seed the same rows are drawn, so two distances
        to one reference can be compared replicate by replicate.

    Returns
    -------
    ndarray, shape (1 + replicates,)
        The distance, then its replicates.

    Raises
    ------
    ValueError
        If a set has fewer than two rows.

    Examples
    --------
    >>> rng = np.random.default_rng(0)
    >>> x, y = rng.normal(size=(50, 4)), rng.normal(size=(50, 4))
    >>> float(kernel_distance(x, y + 1)[0].round(2)) > float(kernel_distance(x, y)[0].round(2))
    True
    """
    n, m = len(features), len(reference)
    if min(n, m) < 2:
        raise ValueError(
            f"a distance between sets needs at least two images in each, not {n} and {m}"
        )
    kernels = (
        _kernel(features, features),
        _kernel(reference, reference),
        _kernel(features, reference),
    )
    rng = np.random.default_rng(seed)
    counts: list[tuple[NDArray[Any], NDArray[Any]]] = [(np.ones(n), np.ones(m))]
    counts += [
        (rng.multinomial(n, [1 / n] * n), rng.multinomial(m, [1 / m] * m))
        for _ in range(replicates)
    ]
    return np.array([_discrepancy(u, v, *kernels) for u, v in counts])


def quality_change(
    features: Features, base: Features, drawings: Features, replicates: int = 200
) -> Estimate:
    """Estimate how much closer to the drawings a tuned model's images are than its base model's.

    Parameters
    ----------
    features, base : ndarrays of float, shape (N, d)
        Features of the images of the tuned model and of its base model, for the same prompts in the
        same order.
    drawings : ndarray of float, shape (M, d)
        Features of drawings of these prompts.
    replicates : int
        Number of bootstrap replicates.

    Returns
    -------
    Estimate
        The decrease of the kernel distance in thousandths, with a paired 95 % bootstrap interval;
        below 0 the tuned model is worse.
    """
    change = 1000.0 * (
        kernel_distance(base, drawings, replicates)
        - kernel_distance(features, drawings, replicates)
    )
    low, high = np.quantile(change[1:], (0.025, 0.975))
    return Estimate(float(change[0]), float(low), float(high), len(features))


def _kernel(x: Features, y: Features) -> Features:
    return (x @ y.T / x.shape[1] + 1.0) ** 3


def _discrepancy(
    u: NDArray[Any],
    v: NDArray[Any],
    kernel_u: Features,
    kernel_v: Features,
    kernel_uv: Features,
) -> float:
    """Return the estimate in which rows count u and v times, without pairs of a row with itself."""

    def mean(weights: NDArray[Any], kernel: Features) -> float:
        diagonal = (weights * weights) @ np.diag(kernel)
        pairs = weights.sum() ** 2 - (weights * weights).sum()
        return float((weights @ kernel @ weights - diagonal) / pairs)

    across = float(u @ kernel_uv @ v) / float(u.sum() * v.sum())
    return mean(u, kernel_u) + mean(v, kernel_v) - 2.0 * across


def appearance_change(tuned: Appearance | Sequence[Appearance], base: Appearance) -> pd.DataFrame:
    """Estimate what tuning changed in how pictures are drawn.

    Parameters
    ----------
    tuned, base : Appearance or sequence of Appearance
        The measures of both models' pictures, paired by prompt and noise. Of a method that was
        trained from several seeds pass those of all its models: a prompt counts once, as their
        mean.

    Returns
    -------
    DataFrame
        A row a measure: `measure`, `unit`, `base` (mean of the base), the change with its paired
        normal 95 % interval in `value`, `low` and `high`, `n` prompts on which every model shows an
        object, and `worse`, the sign of a change for the worse.

    Raises
    ------
    ValueError
        If the numbers of pictures differ.
    """
    models = [tuned] if isinstance(tuned, Appearance) else tuned
    if unequal := {len(model.artefacts) for model in models} - {len(base.artefacts)}:
        raise ValueError(
            f"{unequal.pop()} tuned pictures but {len(base.artefacts)} of the base: generate both "
            "for the same prompts"
        )
    rows = []
    for name, (unit, worse) in MEASURES.items():
        before = getattr(base, name)
        difference = np.mean([getattr(model, name) for model in models], axis=0) - before
        paired = np.isfinite(difference)
        change = _paired_mean(difference[paired])
        mean = float(before[paired].mean()) if paired.any() else float("nan")
        rows.append({"measure": name, "unit": unit, "base": mean, **change._asdict()})
        rows[-1]["worse"] = worse
    return pd.DataFrame(rows)


def _paired_mean(difference: NDArray[np.float64]) -> Estimate:
    """Estimate the mean of paired differences; NaN if there are fewer than two."""
    n = len(difference)
    if n < 2:
        return Estimate(float("nan"), float("nan"), float("nan"), n)
    value = float(difference.mean())
    margin = 1.96 * float(difference.std(ddof=1)) / n**0.5
    return Estimate(value, value - margin, value + margin, n)
