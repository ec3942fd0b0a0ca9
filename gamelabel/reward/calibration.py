"""What a score means: how it compares with a set of reference pictures, as numbers and in a sentence.

Raw scores differ by log odds and start anywhere. A calibrated score counts standard deviations above the mean of a
reference set, so that 0 is an average picture of that set, and its percentile says how many of them are worse.
"""

from __future__ import annotations

import math
from dataclasses import dataclass
from typing import Any

import numpy as np
from numpy.typing import ArrayLike

_PERCENTILES = 101  # the smallest, each hundredth, the largest


@dataclass(frozen=True)
class Calibration:
    """Mean and spread of raw scores on a reference set, and its percentiles (101 calibrated scores), if known.

    reference says what the set is, in words that fit after "pictures of". Without a set, scores stay raw.
    """

    mean: float = 0.0
    spread: float = 1.0
    reference: str = ""
    pictures: int = 0
    percentiles: tuple[float, ...] = ()

    def __post_init__(self) -> None:
        if not (math.isfinite(self.mean) and math.isfinite(self.spread) and self.spread > 0):
            raise ValueError(
                f"a calibration needs a finite mean and a spread above 0, not {self.mean}, {self.spread}"
            )

    def scaled(self, raw: Any) -> Any:
        """Raw scores, an array or a tensor -> calibrated ones."""
        return (raw - self.mean) / self.spread

    def percentile(self, score: ArrayLike) -> Any:
        """Share of the reference pictures with a lower score, 0 to 1, by calibrated score; of its shape.

        Raises ValueError where the calibration has no percentiles.
        """
        if not self.percentiles:
            raise ValueError(
                "this reward model has no percentiles: calibrate it on pictures of your own"
            )
        return np.interp(
            np.asarray(score, float), self.percentiles, np.linspace(0.0, 1.0, len(self.percentiles))
        )

    def preferred(self, first: ArrayLike, second: ArrayLike) -> Any:
        """The chance that people prefer the first of two pictures of one prompt, by their calibrated scores."""
        gap = self.spread * (np.asarray(first, float) - np.asarray(second, float))
        return 0.5 * (1.0 + np.tanh(gap / 2.0))  # the logistic function, safe for large gaps

    def meaning(self, score: float) -> str:
        """A score in a plain sentence."""
        if not self.reference:
            return f"A raw score of {score:.2f}: it says nothing until the model is calibrated on a set of pictures."
        side = "above" if score >= 0 else "below"
        than = f"{abs(score):.1f} standard deviations {side} the average of pictures of {self.reference}"
        share = (
            f", better than {100 * float(self.percentile(score)):.0f} % of them"
            if self.percentiles
            else ""
        )
        odds = 100 * float(self.preferred(score, 0.0))
        return f"A score of {score:.2f}: {than}{share}; put beside an average one, {odds:.0f} % would prefer it."


def calibrate(raw: ArrayLike, reference: str) -> Calibration:
    """The calibration by raw scores (N,) of reference pictures.

    Raises ValueError for fewer than two scores, one that is not finite, or scores that are all the same.
    """
    scores = np.asarray(raw, float)
    if len(scores) < 2 or not np.isfinite(scores).all() or scores.std() == 0:
        raise ValueError(
            f"{len(scores)} scores calibrate nothing: a reference set needs at least two, finite and not all the same"
        )
    mean, spread = float(scores.mean()), float(scores.std())
    percentiles = np.quantile((scores - mean) / spread, np.linspace(0.0, 1.0, _PERCENTILES))
    return Calibration(mean, spread, reference, len(scores), tuple(percentiles.tolist()))
