"""Scorers compared on held-out prompts: accuracy on pairs, recall and filter of several images."""

from __future__ import annotations

from collections.abc import Mapping
from pathlib import Path

import numpy as np
import pandas as pd
from numpy.typing import NDArray

from gamelabel.reliability import Estimate
from gamelabel.reward.metrics import (
    accuracy_gain,
    filter_at_k,
    filter_gain,
    preference_accuracy,
    recall_at_k,
    recall_gain,
)
from gamelabel.reward.scorer import Scorer

ScorerMetrics = dict[str, dict[str, Estimate]]  # scorer -> metric -> its estimate


def score_pairs(scorer: Scorer, pairs: pd.DataFrame, folder: str | Path = ".") -> pd.DataFrame:
    """Score both images of each pair; an image in several pairs of a prompt is scored once.

    Parameters
    ----------
    scorer : Scorer
        Scores image files.
    pairs : DataFrame
        `pair_id`, `prompt`, `image_a`, `image_b`.
    folder : path
        Where the images are.

    Returns
    -------
    DataFrame
        `pair_id`, `score_a`, `score_b`, in the order of `pairs`.
    """
    key_a = pd.MultiIndex.from_frame(pairs[["image_a", "prompt"]])
    key_b = pd.MultiIndex.from_frame(pairs[["image_b", "prompt"]])
    distinct = key_a.append(key_b).unique()
    files = [Path(folder) / image for image in distinct.get_level_values(0)]
    scores = pd.Series(scorer(files, distinct.get_level_values(1).tolist()), distinct)
    return pd.DataFrame(
        {
            "pair_id": pairs["pair_id"].to_numpy(),
            "score_a": scores.loc[key_a].to_numpy(),
            "score_b": scores.loc[key_b].to_numpy(),
        }
    )


def compare_on_pairs(
    scorers: Mapping[str, Scorer], pairs: pd.DataFrame, targets: pd.Series, folder: str | Path = "."
) -> tuple[ScorerMetrics, dict[str, pd.DataFrame]]:
    """Measure the preference accuracy of each scorer.

    Parameters
    ----------
    scorers : mapping
        Scorers by name.
    pairs : DataFrame
        `pair_id`, `prompt_id`, `prompt`, `image_a`, `image_b`.
    targets : Series
        Share of people who prefer the first image, by pair_id; pairs without one are skipped.
    folder : path
        Where the images are.

    Returns
    -------
    metrics : dict
        {scorer: {"accuracy": Estimate}}.
    scores : dict
        {scorer: table of `score_pairs`}.
    """
    known = pairs[pairs["pair_id"].isin(targets.index)]
    target = targets.loc[known["pair_id"]].to_numpy(float)
    prompt_ids = known["prompt_id"].to_numpy()
    metrics: ScorerMetrics = {}
    scores = {}
    for name, scorer in scorers.items():
        table = score_pairs(scorer, known, folder)
        accuracy = preference_accuracy(table["score_a"], table["score_b"], target, prompt_ids)
        metrics[name] = {"accuracy": accuracy}
        scores[name] = table
    return metrics, scores


def gain_on_pairs(
    scores: Mapping[str, pd.DataFrame], model: str, pairs: pd.DataFrame, targets: pd.Series
) -> dict[str, Estimate]:
    """By how much the accuracy of one scorer exceeds that of each other scorer, paired.

    Parameters
    ----------
    scores : mapping
        What `compare_on_pairs` returned.
    model : str
        The scorer that is compared with the others.
    pairs, targets
        What `compare_on_pairs` was called with.
    """
    pair_ids = scores[model]["pair_id"]
    target = targets.loc[pair_ids]
    prompt_ids = pairs.set_index("pair_id").loc[pair_ids, "prompt_id"]
    both = {name: (table["score_a"], table["score_b"]) for name, table in scores.items()}
    return {
        name: accuracy_gain(both[model], both[name], target, prompt_ids)
        for name in scores
        if name != model
    }


def compare_on_rankings(
    scorers: Mapping[str, Scorer],
    images: pd.DataFrame,
    folder: str | Path = ".",
    ks: tuple[int, ...] = (1, 2, 4),
) -> ScorerMetrics:
    """Measure recall@k and filter@k of each scorer on ranked images.

    Parameters
    ----------
    scorers : mapping
        Scorers by name.
    images : DataFrame
        `prompt_id`, `prompt`, `image`, `rank` (by people, 1 the best).
    folder : path
        Where the images are.
    ks : tuple of int
        The values of k.

    Returns
    -------
    dict
        {scorer: {"recall@1": Estimate, ..., "filter@4": Estimate}}.
    """
    ranks = _by_prompt(images["rank"], images)
    metrics: ScorerMetrics = {}
    for name, scorer in scorers.items():
        scores = _by_prompt(_image_scores(scorer, images, folder), images)
        metrics[name] = {f"recall@{k}": recall_at_k(scores, ranks, k) for k in ks}
        metrics[name] |= {f"filter@{k}": filter_at_k(scores, ranks, k) for k in ks}
    return metrics


def gain_on_rankings(
    scorers: Mapping[str, Scorer],
    model: str,
    images: pd.DataFrame,
    folder: str | Path = ".",
    ks: tuple[int, ...] = (1, 2, 4),
) -> ScorerMetrics:
    """By how much recall@k and filter@k of one scorer exceed those of each other scorer, paired.

    Parameters
    ----------
    scorers, images, folder, ks
        As in `compare_on_rankings`.
    model : str
        The scorer that is compared with the others.

    Returns
    -------
    dict
        {"recall@1": {other scorer: Estimate}, ..., "filter@4": {other scorer: Estimate}}.
    """
    ranks = _by_prompt(images["rank"], images)
    scores = {
        name: _by_prompt(_image_scores(scorer, images, folder), images)
        for name, scorer in scorers.items()
    }
    gains: ScorerMetrics = {}
    for number, gain in (("recall", recall_gain), ("filter", filter_gain)):
        for k in ks:
            gains[f"{number}@{k}"] = {
                name: gain(scores[model], scores[name], ranks, k)
                for name in scorers
                if name != model
            }
    return gains


def gain_by_test(
    tests: Mapping[str, tuple[pd.DataFrame, pd.Series, Mapping[str, pd.DataFrame]]], model: str
) -> ScorerMetrics:
    """By how much the accuracy of one scorer exceeds that of each other one, in several tests.

    Parameters
    ----------
    tests : mapping
        By the name of the test: `pairs` and `targets` that `compare_on_pairs` was called with, and
        the scores that it returned.
    model : str
        The scorer that is compared with the others.

    Returns
    -------
    dict
        {test: {other scorer: Estimate}}; see `gain_on_pairs`.
    """
    return {
        name: gain_on_pairs(scores, model, pairs, targets)
        for name, (pairs, targets, scores) in tests.items()
    }


def gain_table(gains: ScorerMetrics) -> pd.DataFrame:
    """Return gains {test: {other scorer: Estimate}} as a table: test, over, value, low, high, n."""
    rows = [
        {"test": test, "over": name, **gain._asdict()}
        for test, by_scorer in gains.items()
        for name, gain in by_scorer.items()
    ]
    return pd.DataFrame(rows)


def score_images(
    scorers: Mapping[str, Scorer], images: pd.DataFrame, folder: str | Path = "."
) -> pd.DataFrame:
    """Return a table of images (`image`, `prompt`) with a column of scores for each scorer."""
    scores = {name: _image_scores(scorer, images, folder) for name, scorer in scorers.items()}
    return images.assign(**scores)


def _image_scores(scorer: Scorer, images: pd.DataFrame, folder: str | Path) -> pd.Series:
    files = [Path(folder) / image for image in images["image"]]
    return pd.Series(scorer(files, images["prompt"].tolist()), images.index)


def _by_prompt(values: pd.Series, images: pd.DataFrame) -> list[NDArray[np.float64]]:
    """Return the values of each prompt's images."""
    groups = values.groupby(images["prompt_id"], sort=False)
    return [group.to_numpy(float) for _, group in groups]
