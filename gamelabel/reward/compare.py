"""Scorers side by side on held-out prompts: accuracy on pairs, recall and filter of several pictures."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from pathlib import Path

import numpy as np
import pandas as pd
from numpy.typing import NDArray

from gamelabel.reliability import Estimate
from gamelabel.reward.baselines import Scorer, score_pairs
from gamelabel.reward.metrics import accuracy_gain, filter_at, preference_accuracy, recall_at
from gamelabel.reward.reward_model import Picture

Numbers = dict[str, dict[str, Estimate]]  # scorer -> number -> its estimate


def remembered(scorer: Scorer) -> Scorer:
    """The same scorer, of files, that looks at each picture with each prompt once, however often it is asked."""
    known: dict[tuple[str, str], float] = {}

    def score(pictures: Sequence[Picture], prompts: Sequence[str]) -> NDArray[np.float64]:
        asked = [(str(picture), prompt) for picture, prompt in zip(pictures, prompts, strict=True)]
        new = [key for key in dict.fromkeys(asked) if key not in known]
        scores = scorer([Path(file) for file, _ in new], [prompt for _, prompt in new])
        known.update(zip(new, scores.tolist(), strict=True))
        return np.array([known[key] for key in asked], float)

    return score


def compare_on_pairs(
    scorers: Mapping[str, Scorer], pairs: pd.DataFrame, targets: pd.Series, folder: str | Path = "."
) -> tuple[Numbers, dict[str, pd.DataFrame]]:
    """Accuracy of each scorer on pairs whose target (share of people for the first, by pair_id) is known.

    Returns the numbers, {scorer: {"accuracy": Estimate}}, and what each scorer said, as `score_pairs` has it.
    """
    known = pairs[pairs["pair_id"].isin(targets.index)]
    target, said = targets.loc[known["pair_id"]].to_numpy(float), {}
    numbers: Numbers = {}
    for name, scorer in scorers.items():
        table = said[name] = score_pairs(scorer, known, folder)
        found = preference_accuracy(
            table["score_a"], table["score_b"], target, known["prompt_id"].to_numpy()
        )
        numbers[name] = {"accuracy": found}
    return numbers, said


def gain_on_pairs(
    said: Mapping[str, pd.DataFrame], ours: str, pairs: pd.DataFrame, targets: pd.Series
) -> dict[str, Estimate]:
    """By how much the accuracy of `ours` exceeds that of each other scorer, on the pairs that `compare_on_pairs` asked.

    said: what that returned; pairs, targets: what it was given. Paired, so that the intervals can be held to zero.
    """
    asked = said[ours]["pair_id"]
    target, prompts = targets.loc[asked], pairs.set_index("pair_id").loc[asked, "prompt_id"]
    scores = {name: (table["score_a"], table["score_b"]) for name, table in said.items()}
    return {
        name: accuracy_gain(scores[ours], scores[name], target, prompts)
        for name in said
        if name != ours
    }


def compare_on_rankings(
    scorers: Mapping[str, Scorer],
    images: pd.DataFrame,
    folder: str | Path = ".",
    ks: tuple[int, ...] = (1, 2, 4),
) -> Numbers:
    """Recall and filter of each scorer on ranked pictures: prompt_id, prompt, image, rank (1 the best by people).

    Returns {scorer: {"recall@1": Estimate, ..., "filter@4": Estimate}}.
    """
    files = [Path(folder) / image for image in images["image"]]
    numbers: Numbers = {}
    for name, scorer in scorers.items():
        scored = images.assign(score=scorer(files, images["prompt"].tolist()))
        groups = [group for _, group in scored.groupby("prompt_id", sort=False)]
        scores, ranks = (
            [group[column].to_numpy(float) for group in groups] for column in ("score", "rank")
        )
        numbers[name] = {f"recall@{k}": recall_at(scores, ranks, k) for k in ks}
        numbers[name] |= {f"filter@{k}": filter_at(scores, ranks, k) for k in ks}
    return numbers
