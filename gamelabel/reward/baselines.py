"""Scores to compare a reward model with, of the same encoders, the same pictures and, where they learn, the same votes.

They are the slides' three: how near a picture and a prompt lie when each is read by itself (CLIP's score), how well the
picture looks whatever was asked (an aesthetic score, a line on what the image encoder sees), and whether they match
(BLIP's score). Each is a function of pictures and prompts, as `RewardModel.score` is.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from functools import partial
from pathlib import Path

import numpy as np
import pandas as pd
import torch
from numpy.typing import NDArray
from scipy.optimize import minimize

from gamelabel.models.blip_scenes.pretraining import towers
from gamelabel.reward.reward_model import Picture, RewardModel, in_batches

Scorer = Callable[[Sequence[Picture], Sequence[str]], NDArray[np.float64]]
_BATCH = 32
_RIDGE = 1e-2  # keeps the line short: there are as many weights as the encoder is wide


@torch.no_grad()
def clip_score(
    model: RewardModel, pictures: Sequence[Picture], prompts: Sequence[str]
) -> NDArray[np.float64]:
    """Cosine of what the image encoder and the text encoder make of picture and prompt, apart from each other: (N,)."""

    def of(some: Sequence[Picture], texts: Sequence[str]) -> torch.Tensor:
        seen = model.blip.vision_model(model.look(some)).last_hidden_state
        first, second = towers(model, seen, list(texts))
        return (first * second).sum(1)

    return in_batches(of, pictures, prompts, _BATCH)


@torch.no_grad()
def match_score(
    model: RewardModel, pictures: Sequence[Picture], prompts: Sequence[str]
) -> NDArray[np.float64]:
    """Log odds that picture and prompt belong together, by BLIP's matching head: (N,).

    Raises ValueError for a model that came without that head, as the published ImageReward does.
    """
    head = model.blip.itm_head
    if not head.weight.any():
        raise ValueError("this model has no matching head: take the BLIP that it was trained from")

    def of(some: Sequence[Picture], texts: Sequence[str]) -> torch.Tensor:
        no, yes = head(model.together(model.look(some), model.read(texts))).unbind(1)
        return yes - no

    return in_batches(of, pictures, prompts, _BATCH)


@torch.no_grad()
def _seen(model: RewardModel, pictures: Sequence[Picture]) -> NDArray[np.float64]:
    """What the image encoder makes of each picture, (N, width)."""
    starts = range(0, len(pictures), _BATCH)
    parts = [
        model.blip.vision_model(model.look(pictures[i : i + _BATCH])).pooler_output for i in starts
    ]
    return torch.cat(parts).double().cpu().numpy()


def fit_quality(model: RewardModel, frame: pd.DataFrame) -> Scorer:
    """A text-free quality score: the line on the image encoder's output that best tells the preferred picture.

    It learns from the same `examples` as the reward model, by Bradley and Terry's loss with a small ridge, and never
    reads a prompt: what it gets right can be had without one.
    """
    files = pd.unique(frame[["first", "second"]].to_numpy().ravel())
    seen = pd.DataFrame(_seen(model, list(files)), index=files)
    gap = seen.loc[frame["first"]].to_numpy() - seen.loc[frame["second"]].to_numpy()
    target, weight = frame["target"].to_numpy(float), frame["weight"].to_numpy(float)
    weight = weight / weight.sum()

    def loss(line: NDArray[np.float64]) -> tuple[float, NDArray[np.float64]]:
        odds = gap @ line
        each = np.logaddexp(0.0, odds) - target * odds
        slope = weight * (0.5 * (1.0 + np.tanh(odds / 2.0)) - target)
        return float(weight @ each + _RIDGE * line @ line), gap.T @ slope + 2.0 * _RIDGE * line

    line = minimize(loss, np.zeros(gap.shape[1]), jac=True, method="L-BFGS-B").x

    def quality(pictures: Sequence[Picture], prompts: Sequence[str]) -> NDArray[np.float64]:
        if len(pictures) != len(prompts):
            raise ValueError(
                f"{len(pictures)} pictures but {len(prompts)} prompts: give one prompt for each picture"
            )
        return _seen(model, pictures) @ line if len(pictures) else np.zeros(0)

    return quality


def baselines(pretrained: RewardModel, frame: pd.DataFrame) -> dict[str, Scorer]:
    """The three by their names in the slides: CLIP Score, Aesthetic, BLIP Score; `frame` is what `examples` gives."""
    return {
        "CLIP Score": partial(clip_score, pretrained),
        "Aesthetic": fit_quality(pretrained, frame),
        "BLIP Score": partial(match_score, pretrained),
    }


def score_pairs(scorer: Scorer, pairs: pd.DataFrame, folder: str | Path = ".") -> pd.DataFrame:
    """Both pictures of each pair under a scorer: pair_id, score_a, score_b, in the order of `pairs`.

    A picture that stands in several pairs of its prompt is scored once.
    """
    sides = {side: pd.MultiIndex.from_frame(pairs[[f"image_{side}", "prompt"]]) for side in "ab"}
    distinct = sides["a"].append(sides["b"]).unique()
    files, prompts = (distinct.get_level_values(level).tolist() for level in (0, 1))
    score = pd.Series(scorer([Path(folder) / file for file in files], prompts), distinct)
    scores = {f"score_{side}": score.loc[both].to_numpy() for side, both in sides.items()}
    return pd.DataFrame({"pair_id": pairs["pair_id"].to_numpy(), **scores})
