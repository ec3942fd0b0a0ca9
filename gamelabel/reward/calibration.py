"""What a score means: how it compares with the scores of a set of reference images.

Differences of raw scores are log odds; their zero is arbitrary. A calibrated score counts standard
deviations above the mean of a reference set, and its percentile is the share of that set with a
lower score.
"""

from __future__ import annotations

import math
from dataclasses import dataclass
from typing import Any

import numpy as np
from numpy.typing import ArrayLike

_PERCENTILES = 101  # the minimum, every hundredth, the maximum


@dataclass(frozen=True)
class Calibration:
    """Mean and spread of raw scores on a reference set; without one, scores stay raw.

    Attributes
    ----------
    mean, spread : float
        Mean and standard deviation of the raw scores.
    reference : str
        What the set is, such as "the 1,000 images that players rated".
    pictures : int
        Number of reference images.
    percentiles : tuple of float
        The 101 percentiles of the calibrated scores, if known.
    """

    mean: float = 0.0
    spread: float = 1.0
    reference: str = ""
    pictures: int = 0
    percentiles: tuple[float, ...] = ()

    def __post_init__(self) -> None:
        if not (math.isfinite(self.mean) and math.isfinite(self.spread) and self.spread > 0):
            raise ValueError(
                "a calibration needs a finite mean and a spread above 0, "
                f"not {self.mean}, {self.spread}"
            )

    def scaled(self, raw: Any) -> Any:
        """Return calibrated scores of raw scores, an array or a tensor."""
        return (raw - self.mean) / self.spread

    def percentile(self, score: ArrayLike) -> Any:
        """Return the share of the reference images with a lower calibrated score, 0 to 1.

        Raises
        ------
        ValueError
            If the calibration has no percentiles.
        """
        if not self.percentiles:
            raise ValueError(
                "this reward model has no percentiles: calibrate it on images of your own"
            )
        shares = np.linspace(0.0, 1.0, len(self.percentiles))
        return np.interp(np.asarray(score, float), self.percentiles, shares)

    def preference_probability(self, first: ArrayLike, second: ArrayLike) -> Any:
        """Return the probability that the first of two images of a prompt is preferred.

        Both are calibrated scores.
        """
        log_odds = self.spread * (np.asarray(first, float) - np.asarray(second, float))
        return 0.5 * (1.0 + np.tanh(log_odds / 2.0))  # the logistic function, without overflow

    def describe(self, score: float) -> str:
        """Return a sentence that says what a calibrated score means."""
        if not self.reference:
            return f"A raw score of {score:.2f}: calibrate the model to give it a meaning."
        side = "above" if score >= 0 else "below"
        distance = f"{abs(score):.1f} standard deviations {side} the mean of {self.reference}"
        share = ""
        if self.percentiles:
            share = f", better than {100 * float(self.percentile(score)):.0f} % of them"
        probability = 100 * float(self.preference_probability(score, 0.0))
        return (
            f"A score of {score:.2f}: {distance}{share}; "
            f"preferred to an average image with probability {probability:.0f} %."
        )


def calibrate(raw: ArrayLike, reference: str) -> Calibration:
    """Return the calibration by raw scores (N,) of reference images.

    Raises
    ------
    ValueError
        For fewer than two scores, scores that are not finite, or scores that are all the same.
    """
    scores = np.asarray(raw, float)
    if len(scores) < 2 or not np.isfinite(scores).all() or scores.std() == 0:
        raise ValueError(
            f"{len(scores)} scores do not give a calibration: a reference set needs at least two "
            "scores, finite and not all the same"
        )
    mean, spread = float(scores.mean()), float(scores.std())
    percentiles = np.quantile((scores - mean) / spread, np.linspace(0.0, 1.0, _PERCENTILES))
    return Calibration(mean, spread, reference, len(scores), tuple(percentiles.tolist()))
