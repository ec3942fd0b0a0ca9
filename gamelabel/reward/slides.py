"""The tables of ImageReward's slides (Xu et al. 2023), to stand beside ours."""

from __future__ import annotations

from collections.abc import Mapping

import pandas as pd

from gamelabel.reliability import Estimate

SCORERS = ("CLIP Score", "Aesthetic", "BLIP Score", "ImageReward")
# "Preference Accuracy", percent: accuracy, then recall and filter at 1, 2, 4 of 8 pictures.
ACCURACY = pd.DataFrame(
    [
        [54.82, 27.22, 48.52, 78.17, 29.65, 51.75, 76.82],
        [57.35, 30.73, 53.91, 75.74, 32.08, 54.45, 76.55],
        [57.76, 30.73, 50.67, 77.63, 33.42, 56.33, 80.59],
        [65.14, 39.62, 63.07, 90.84, 49.06, 70.89, 88.95],
    ],
    SCORERS,
    ["accuracy", "recall@1", "recall@2", "recall@4", "filter@1", "filter@2", "filter@4"],
)
# "Agreement Analysis", percent, each with its spread; an empty cell is one that could not be read; it is symmetric.
AGREEMENT = pd.DataFrame(
    [
        [
            "71.2 ± 11.1",
            "65.3 ± 8.5",
            "73.4 ± 6.2",
            "57.8 ± 3.6",
            "55.6 ± 3.1",
            "57.0 ± 3.0",
            "64.5 ± 2.5",
        ],
        ["65.3 ± 8.5", "65.3 ± 5.6", "53.9 ± 5.8", "54.3 ± 3.2", "55.9 ± 3.1", "", "65.3 ± 3.7"],
        ["73.4 ± 6.2", "53.9 ± 5.8", "-", "54.4 ± 21.1", "57.5 ± 15.9", "", "70.5 ± 18.6"],
    ],
    ["researcher", "annotator", "annotator ensemble"],
    ["researcher", "annotator", "annotator ensemble", *SCORERS],
)
# "As Metric": wins in people's eyes, and mean scores, on real users' prompts.
MODELS = pd.DataFrame(
    [
        [507, 0.2614, 0.2726],
        [463, 0.2458, 0.2683],
        [390, 0.2114, 0.2684],
        [362, 0.1344, 0.2763],
        [340, -0.2470, 0.2606],
        [74, -1.2376, 0.2044],
    ],
    [
        "Openjourney",
        "Stable Diffusion 2.1-base",
        "DALL-E 2",
        "Stable Diffusion 1.4",
        "Versatile Diffusion",
        "CogView 2",
    ],
    ["wins", "ImageReward", "CLIP Score"],
)


def beside(ours: Mapping[str, Mapping[str, Estimate]]) -> pd.DataFrame:
    """Each scorer's numbers beside the slides': scorer, number, slides, ours, low, high (percent), n.

    ours: {scorer: {number: Estimate}}, the numbers named as in ACCURACY; what the slides lack has no number there.
    """
    rows = []
    for scorer, numbers in ours.items():
        for name, found in numbers.items():
            known = scorer in ACCURACY.index and name in ACCURACY.columns
            theirs = ACCURACY.loc[scorer, name] if known else float("nan")
            rows.append((scorer, name, theirs, *(100.0 * value for value in found[:3]), found.n))
    return pd.DataFrame(rows, columns=["scorer", "number", "slides", "ours", "low", "high", "n"])
