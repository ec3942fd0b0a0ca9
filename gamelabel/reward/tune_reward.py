"""Train the reward model on preferences: Bradley-Terry loss, most layers frozen, best weights kept.

The settings are ImageReward's (Xu et al. 2023, section 3.2): Adam at a small learning rate that
falls along a cosine, no warm-up, 70 % of the layers of both encoders frozen, batches of 64 pairs,
the weights with the best validation loss. Unlike ImageReward, ties are learned from, and a pair
weighs one over the number of pairs of its prompt (PickScore).
"""

from __future__ import annotations

import hashlib
import json
from dataclasses import dataclass
from pathlib import Path

import numpy as np
import pandas as pd
import torch
from torch import Tensor
from torch.nn.functional import logsigmoid

from gamelabel.reward.examples import split_by_prompt
from gamelabel.reward.reward_model import RewardModel
from gamelabel.training import Loss, Metrics, TrainingConfig, TrainingStep, train


@dataclass(frozen=True)
class RewardConfig:
    """How the reward model is trained.

    Attributes
    ----------
    steps : int
        Steps of the optimizer.
    batch_size : int
        Pairs a step.
    learning_rate : float
        The initial learning rate; it falls to zero along a cosine. The default suits the embedded
        BLIP; ImageReward's BLIP-large takes 1e-5.
    frozen_share : float
        Share of the layers of each encoder, from the input on, that are not trained.
    validation_share : float
        Share of the prompts that validate.
    validations : int
        How often the validation loss is computed.
    """

    steps: int = 400
    batch_size: int = 64
    learning_rate: float = 3e-4
    frozen_share: float = 0.7
    validation_share: float = 0.1
    validations: int = 10


def bradley_terry_loss(first: Tensor, second: Tensor, target: Tensor, weight: Tensor) -> Tensor:
    """Weighted mean of -t log sigma(r_1 - r_2) - (1 - t) log sigma(r_2 - r_1).

    Parameters
    ----------
    first, second : Tensor
        Raw scores r_1 and r_2 of the first and of the second images, (n,).
    target : Tensor
        Probability t that the first image is the better one, (n,): one half for a tie.
    weight : Tensor
        Weight of each pair, (n,).
    """
    difference = first - second
    losses = -target * logsigmoid(difference) - (1.0 - target) * logsigmoid(-difference)
    return (losses * weight).sum() / weight.sum()


def freeze_layers(model: RewardModel, share: float) -> None:
    """Freeze the embeddings and a share of each encoder's layers, from the input on.

    What only pre-training used (the projections, the matching head) is frozen as well.
    """
    model.requires_grad_(False)
    model.head.requires_grad_(True)
    model.blip.vision_model.post_layernorm.requires_grad_(True)
    for layers in (model.blip.vision_model.encoder.layers, model.blip.text_encoder.encoder.layer):
        for layer in layers[int(share * len(layers)) :]:
            layer.requires_grad_(True)


def train_reward(
    model: RewardModel,
    examples: pd.DataFrame,
    folder: Path,
    config: RewardConfig | None = None,
    seed: int = 0,
) -> pd.DataFrame:
    """Train the model in place; it keeps the weights of the best validation loss.

    Parameters
    ----------
    model : RewardModel
        A pre-trained BLIP with a new head; see `open_blip`.
    examples : DataFrame
        What `reward_examples` returns.
    folder : Path
        Where checkpoint and log are written. An interrupted call with the same initial model,
        examples, config and seed resumes there.
    config : RewardConfig, optional
        The settings.
    seed : int
        Seed of the validation split, of the batches and of dropout.

    Returns
    -------
    DataFrame
        A row for each validation: `step`, `loss`, `valid_loss`, `valid_accuracy` (on pairs that are
        not ties), `learning_rate`, `seconds`, and `best`.

    Raises
    ------
    FloatingPointError
        If the loss is not finite; the message names the step and its pairs.
    """
    config = config or RewardConfig()
    train_part, validation_part = split_by_prompt(examples, config.validation_share, seed)
    freeze_layers(model, config.frozen_share)
    train(
        model,
        reward_loss(model, train_part, config, seed),
        TrainingConfig(
            steps=config.steps,
            batch_size=config.batch_size,
            learning_rate=config.learning_rate,
            schedule="cosine",
            warmup_steps=0,
            ema_decay=0.0,
            bf16=False,  # see `_raw_scores`
            betas=(0.9, 0.999),
            weight_decay=0.0,
            log_every=max(1, config.steps // config.validations),
        ),
        folder,
        seed,
        data=f"{config} {_fingerprint(model, examples)}",
        validate=lambda: validate_reward(model, validation_part, config.batch_size),
        best_metric="valid_loss",
    )
    lines = (folder / "log.jsonl").read_text().splitlines()
    log = pd.DataFrame([json.loads(line) for line in lines])
    return log.assign(best=log["valid_loss"] == log["valid_loss"].min())


def reward_loss(
    model: RewardModel, examples: pd.DataFrame, config: RewardConfig, seed: int
) -> Loss:
    """Return the Bradley-Terry loss of batches of pairs; every pair is used before any repeats."""
    rng, n_rows = np.random.default_rng(seed), config.steps * config.batch_size
    n_epochs = -(-n_rows // len(examples))
    order = np.concatenate([rng.permutation(len(examples)) for _ in range(n_epochs)])
    batches = np.split(order[:n_rows], config.steps)

    def loss(step: TrainingStep) -> tuple[Tensor, Metrics]:
        batch = examples.iloc[batches[step.index]]
        model.blip.eval()  # dropout is used in the head only
        value = bradley_terry_loss(*_raw_scores(model, batch), *_targets(model, batch))
        return value, {"rows": batch["pair_id"].tolist()}

    return loss


def validate_reward(
    model: RewardModel, examples: pd.DataFrame, batch_size: int
) -> dict[str, float]:
    """Return loss and accuracy on validation examples."""
    firsts, seconds = [], []
    for start in range(0, len(examples), batch_size):
        first, second = _raw_scores(model, examples.iloc[start : start + batch_size])
        firsts.append(first)
        seconds.append(second)
    scores_first, scores_second = torch.cat(firsts), torch.cat(seconds)
    target, weight = _targets(model, examples)
    loss = bradley_terry_loss(scores_first, scores_second, target, weight)
    correct = (scores_first - scores_second).sign() == (target - 0.5).sign()
    accuracy = correct[target != 0.5].float().mean()
    return {"valid_loss": loss.item(), "valid_accuracy": accuracy.item()}


def _raw_scores(model: RewardModel, batch: pd.DataFrame) -> tuple[Tensor, Tensor]:
    """Return raw scores (n,) of the first and of the second images.

    In training the encoders run in bfloat16, which takes half the time. The head does not: its
    scores differ by little at first. Without gradient nothing does, because rounding would make
    scores equal that the saved model distinguishes.
    """
    pixels = model.load_images([*batch["first"], *batch["second"]])
    tokens = model.tokenize([*batch["prompt"], *batch["prompt"]])
    with torch.autocast(model.device.type, torch.bfloat16, enabled=torch.is_grad_enabled()):
        features = model.features(pixels, tokens)
    first, second = model.head(features.float()).squeeze(-1).chunk(2)
    return first, second


def _targets(model: RewardModel, batch: pd.DataFrame) -> tuple[Tensor, Tensor]:
    values = torch.tensor(batch[["target", "weight"]].to_numpy(float), dtype=torch.float32)
    target, weight = values.to(model.device).unbind(1)
    return target, weight


def _fingerprint(model: RewardModel, examples: pd.DataFrame) -> str:
    """Return a short hash of the model's weights and of the examples."""
    digest = hashlib.sha256(str(model.text_length).encode())
    for weight in model.state_dict().values():
        digest.update(weight.detach().cpu().contiguous().numpy().tobytes())
    digest.update(pd.util.hash_pandas_object(examples, index=False).to_numpy().tobytes())
    return digest.hexdigest()[:16]
