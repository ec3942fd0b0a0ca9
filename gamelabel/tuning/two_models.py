"""People compare two models: images of both for the labelling game, and who wins by their labels.

The pool of pairs is served like any other (`gamelabel serve --compare BASE ADAPTER`), and its
labels are exported like any others (`gamelabel export`).
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from pathlib import Path

import numpy as np
import pandas as pd
from diffusers import FluxPipeline
from numpy.typing import NDArray

from gamelabel.images.pairs import draw_files, make_pairs
from gamelabel.reliability.estimate import Estimate
from gamelabel.reward.scorer import Scorer
from gamelabel.scenes import sample_prompts
from gamelabel.tables import count_votes, write_table
from gamelabel.tuning.adapter import load_adapter
from gamelabel.tuning.versus import outcomes_by_score, win_matrix

_MODELS = ("base", "tuned")
_BESIDE = " beside "  # in the column `model` of a pair: the models of its two images


def draw_two_models(
    pipe: FluxPipeline,
    adapter: Path,
    prompts: Sequence[str],
    folder: Path,
    points: int,
    comparisons: int = 20,
    seed: int = 0,
    steps: int = 4,
) -> pd.DataFrame:
    """Draw pairs of images of one prompt and noise, by the base and with an adapter.

    Parameters
    ----------
    pipe : FluxPipeline
        The base.
    adapter : Path
        The adapter's file.
    prompts : sequence of str
        More than `points` + 2 `comparisons` different prompts, of which both models learned
        nothing: the other prompt of a comparison point shares no word with its own.
    folder : Path
        The folder of the pool: images and the table `pairs` are written there. Images of an
        interrupted call are kept.
    points : int
        Number of pairs. The sides of the models are random.
    comparisons : int
        Number of comparison points, with images of the base and a known answer: the game judges
        its players by them.
    seed : int
        Seed of the choice of prompts, of the sides, and of the images.
    steps : int
        Sampling steps.

    Returns
    -------
    DataFrame
        The table `pairs`. Its column `model` names the models of both images.

    Raises
    ------
    ValueError
        If there are too few prompts, or they are too alike.
    """
    texts = list(dict.fromkeys(prompts))
    ids = [f"held-out-{i:06d}" for i in range(len(texts))]
    table = pd.DataFrame({"prompt_id": ids, "text": texts})
    plan = make_pairs(table, points, comparisons, _MODELS[0], seed)
    is_point = plan["kind"] == "preference"
    plan["seed_b"] = plan["seed_b"].where(~is_point, plan["seed_a"])  # the same noise for both
    tuned_is_b = np.random.default_rng(seed).random(len(plan)) < 0.5
    sides = np.where(tuned_is_b, _BESIDE.join(_MODELS), _BESIDE.join(_MODELS[::-1]))
    plan["model"] = plan["model"].where(~is_point, sides)
    files: dict[bool, list[tuple[Path, str, int]]] = {False: [], True: []}
    for row, b in zip(plan.to_dict("records"), tuned_is_b, strict=True):
        for side in "ab":
            is_tuned = row["kind"] == "preference" and (side == "b") == b
            image = (folder / row[f"image_{side}"], row[f"drawn_{side}"], row[f"seed_{side}"])
            files[is_tuned].append(image)
    draw_files(pipe, files[False], steps)
    load_adapter(pipe, adapter)
    try:
        draw_files(pipe, files[True], steps)
    finally:
        pipe.unload_lora_weights()
    pairs = plan.drop(columns=["drawn_a", "drawn_b"])
    write_table(pairs, folder, "pairs")
    return pairs


def held_out_texts(n: int, seed: int) -> list[str]:
    """Return n different prompts of the drawn world that no model was trained on."""
    texts = list(dict.fromkeys(sample_prompts(20 * n, seed, "held-out")))
    if len(texts) < n:
        raise ValueError(f"the drawn world has {len(texts)} held-out prompts, {n} are needed")
    return texts[:n]


def outcomes_by_people(pairs: pd.DataFrame, labels: pd.DataFrame) -> NDArray[np.float64]:
    """Return how people judged each pair of `draw_two_models`.

    Parameters
    ----------
    pairs : DataFrame
        The table `pairs` of the pool.
    labels : DataFrame
        The table `labels` of its players.

    Returns
    -------
    ndarray, shape (N, 2, 2)
        An outcome for each pair, of the models "base" and "tuned": the share of its labels, where a
        tie is half a label; NaN without labels. See `win_matrix`.

    Raises
    ------
    ValueError
        If the pairs are not of two models.
    """
    points = _points(pairs)
    votes = count_votes(labels).set_index("pair_id").reindex(points["pair_id"])
    n_labels = labels.groupby("pair_id").size().reindex(points["pair_id"])
    of_tuned = votes["votes_a"].where((points["tuned"] == "a").to_numpy(), votes["votes_b"])
    ties = n_labels - votes["votes_a"] - votes["votes_b"]
    share = ((of_tuned + ties / 2) / n_labels).to_numpy(float)
    outcomes = np.full((len(points), 2, 2), 0.5)
    outcomes[:, 1, 0], outcomes[:, 0, 1] = share, 1.0 - share
    return outcomes


def people_win_rate(pairs: pd.DataFrame, labels: pd.DataFrame) -> Estimate:
    """Estimate how often people prefer the tuned model's image; see `outcomes_by_people`."""
    return _tuned_wins(outcomes_by_people(pairs, labels))


def scorer_win_rates(
    pairs: pd.DataFrame, folder: Path, scorers: Mapping[str, Scorer]
) -> pd.DataFrame:
    """Let scorers judge the pairs of `draw_two_models`, such as ImageReward and BLIP's matching.

    Parameters
    ----------
    pairs : DataFrame
        The table `pairs` of the pool.
    folder : Path
        The folder of the pool.
    scorers : mapping of str to Scorer
        The scorers by name, such as `load_imagereward(...).score`.

    Returns
    -------
    DataFrame
        A row a scorer: `scorer`, and `value`, `low`, `high`, `n` of the share of pairs in which the
        tuned model's image has the higher score; equal scores are half a win.

    Raises
    ------
    ValueError
        If the pairs are not of two models, or scores are not finite.
    """
    points = _points(pairs)
    is_a = (points["tuned"] == "a").to_numpy()
    images = {"a": points["image_a"].to_numpy(), "b": points["image_b"].to_numpy()}
    files = {
        "base": [folder / name for name in np.where(is_a, images["b"], images["a"])],
        "tuned": [folder / name for name in np.where(is_a, images["a"], images["b"])],
    }
    prompts, rows = points["prompt"].tolist(), []
    for name, score in scorers.items():
        scores = {model: score(files[model], prompts) for model in _MODELS}
        rows.append({"scorer": name, **_tuned_wins(outcomes_by_score(scores))._asdict()})
    return pd.DataFrame(rows, columns=["scorer", "value", "low", "high", "n"])


def _points(pairs: pd.DataFrame) -> pd.DataFrame:
    """Return the pairs of two models, with the side of the tuned one in the column `tuned`."""
    points = pairs[pairs["kind"] == "preference"]
    orders = {_BESIDE.join(_MODELS): "b", _BESIDE.join(_MODELS[::-1]): "a"}
    tuned = points["model"].map(orders)
    if tuned.isna().any():
        raise ValueError(
            f"{int(tuned.isna().sum())} of {len(points)} pairs do not show a base beside a tuned "
            "model: give a pool that `gamelabel serve --compare` made"
        )
    return points.assign(tuned=tuned)


def _tuned_wins(outcomes: NDArray[np.float64]) -> Estimate:
    matrix = win_matrix(outcomes, _MODELS).set_index(["first", "second"])
    row = matrix.loc[("tuned", "base")]
    return Estimate(float(row["value"]), float(row["low"]), float(row["high"]), int(row["n"]))
