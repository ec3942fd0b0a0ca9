"""The scorers that ImageReward is compared with, from the same BLIP and the same preferences.

CLIP Score: the cosine of image and prompt, encoded separately. Aesthetic: a linear score of image
features that ignores the prompt. BLIP Score: whether image and prompt match.
"""

from __future__ import annotations

from collections.abc import Sequence
from functools import partial

import numpy as np
import pandas as pd
import torch
from numpy.typing import NDArray
from scipy.optimize import minimize

from gamelabel.reward.reward_model import RewardModel
from gamelabel.reward.scorer import Picture, Scorer, check_prompts, score_batches

_BATCH_SIZE = 32
_RIDGE = 1e-2  # there are as many weights as the image encoder is wide


def baseline_scorers(pretrained: RewardModel, examples: pd.DataFrame) -> dict[str, Scorer]:
    """Return the three baselines by their names in ImageReward's slides.

    Parameters
    ----------
    pretrained : RewardModel
        The model before it is trained on preferences; see `open_blip`.
    examples : DataFrame
        What `reward_examples` returns; the aesthetic score is fitted to it.
    """
    return {
        "CLIP Score": partial(clip_score, pretrained),
        "Aesthetic": fit_aesthetic(pretrained, examples),
        "BLIP Score": partial(match_score, pretrained),
    }


@torch.no_grad()
def clip_score(
    model: RewardModel, images: Sequence[Picture] | NDArray[np.uint8], prompts: Sequence[str]
) -> NDArray[np.float64]:
    """Cosine of the embeddings of each image and its prompt, encoded separately: (N,)."""

    def cosine(batch: Sequence[Picture] | NDArray[np.uint8], texts: Sequence[str]) -> torch.Tensor:
        states = model.encode_images(model.load_images(batch))
        image_embeddings, text_embeddings = model.embed_separately(states, texts)
        return (image_embeddings * text_embeddings).sum(1)

    return score_batches(cosine, images, prompts, _BATCH_SIZE)


@torch.no_grad()
def match_score(
    model: RewardModel, images: Sequence[Picture] | NDArray[np.uint8], prompts: Sequence[str]
) -> NDArray[np.float64]:
    """Log odds that each image matches its prompt, by BLIP's matching head: (N,).

    Raises
    ------
    ValueError
        If the model has no trained matching head, as the published ImageReward.
    """
    head = model.blip.itm_head
    if not head.weight.any():
        raise ValueError("this model has no matching head: use the BLIP that it was trained from")

    def log_odds(
        batch: Sequence[Picture] | NDArray[np.uint8], texts: Sequence[str]
    ) -> torch.Tensor:
        features = model.features(model.load_images(batch), model.tokenize(texts))
        mismatch, match = head(features).unbind(1)
        return match - mismatch

    return score_batches(log_odds, images, prompts, _BATCH_SIZE)


def fit_aesthetic(model: RewardModel, examples: pd.DataFrame) -> Scorer:
    """Fit a linear score of image features to preferences, with the Bradley-Terry loss and a ridge.

    It learns from the same examples as the reward model and never reads a prompt, so it shows how
    much of the preferences can be predicted from the image alone.

    Parameters
    ----------
    model : RewardModel
        Its image encoder gives the features.
    examples : DataFrame
        What `reward_examples` returns.
    """
    files = pd.unique(examples[["first", "second"]].to_numpy().ravel())
    features = pd.DataFrame(_image_features(model, list(files)), index=files)
    first = features.loc[examples["first"]].to_numpy()
    difference = first - features.loc[examples["second"]].to_numpy()
    target, weight = examples["target"].to_numpy(float), examples["weight"].to_numpy(float)
    weight = weight / weight.sum()

    def loss(coefficients: NDArray[np.float64]) -> tuple[float, NDArray[np.float64]]:
        logits = difference @ coefficients
        losses = np.logaddexp(0.0, logits) - target * logits
        probability = 0.5 * (1.0 + np.tanh(logits / 2.0))
        value = float(weight @ losses + _RIDGE * coefficients @ coefficients)
        gradient = difference.T @ (weight * (probability - target)) + 2.0 * _RIDGE * coefficients
        return value, gradient

    start = np.zeros(difference.shape[1])
    coefficients = minimize(loss, start, jac=True, method="L-BFGS-B").x

    def score(
        images: Sequence[Picture] | NDArray[np.uint8], prompts: Sequence[str]
    ) -> NDArray[np.float64]:
        check_prompts(images, prompts)
        return _image_features(model, images) @ coefficients if len(images) else np.zeros(0)

    return score


@torch.no_grad()
def _image_features(
    model: RewardModel, images: Sequence[Picture] | NDArray[np.uint8]
) -> NDArray[np.float64]:
    """Return the pooled output of the image encoder, (N, width)."""
    features = []
    for start in range(0, len(images), _BATCH_SIZE):
        pixels = model.load_images(images[start : start + _BATCH_SIZE])
        features.append(model.blip.vision_model(pixels).pooler_output)
    return torch.cat(features).double().cpu().numpy()
