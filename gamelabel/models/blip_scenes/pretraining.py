"""Before any preference: BLIP learns which prompt belongs to which picture, on scenes drawn for it.

Three losses, as BLIP has them (Li et al. 2022): contrast, picture against prompt without looking at each other;
matching, which reads the prompt while it looks at the picture; and words, put back where they are masked, which tells
at every word what is to be seen. BLIP writes them one after another with a second text encoder; masked, they need none
(ALBEF, Li et al. 2021).
"""

from __future__ import annotations

from pathlib import Path

import numpy as np
import torch
from torch import Tensor
from torch.nn.functional import cross_entropy, normalize

from gamelabel.models.blip_scenes.matches import Matches, draw_matches
from gamelabel.reward.reward_model import RewardModel
from gamelabel.training import Loss, Metrics, Step, TrainingConfig, train

TEMPERATURE = 0.07  # of the contrast, as CLIP starts with
MASKED = 0.5  # share of a prompt's words; with 15 %, as texts alone have it, most prompts of ten words would have one
SCENES = 40_000  # drawn once and learned from again and again
RECIPE = TrainingConfig(steps=3000, batch_size=64, learning_rate=1e-3)


def pretraining_loss(model: RewardModel, data: Matches, batch: int) -> Loss:
    """The loss that `loop.train` minimises: contrast within the batch, matching of both prompts, and masked words.

    Pictures that do not fit the prompt that they were drawn for teach matching only.
    """

    def loss(step: Step) -> tuple[Tensor, Metrics]:
        generator, worker = step.generator, step.worker
        rows = torch.randint(len(data.own), (batch,), generator=generator)[
            worker.share(batch)
        ].numpy()
        own, other = ([texts[row] for row in rows] for texts in (data.own, data.other))
        seen = model.blip.vision_model(model.look(data.pictures[rows])).last_hidden_state
        fits = torch.from_numpy(np.stack([data.fits_own[rows], data.fits_other[rows]])).to(
            seen.device
        )
        read = model.blip.text_encoder(
            **model.read(own + other), encoder_hidden_states=seen.repeat(2, 1, 1)
        )
        matching = cross_entropy(
            model.blip.itm_head(read.last_hidden_state[:, 0]), fits.flatten().long()
        )
        true = [text for text, fit in zip(own, fits[0].tolist(), strict=True) if fit]
        contrast = contrastive_loss(*towers(model, seen[fits[0]], true), true)
        return contrast + matching + masked_words_loss(model, seen[fits[0]], true, generator), {}

    return loss


def masked_words_loss(
    model: RewardModel, seen: Tensor, prompts: list[str], generator: torch.Generator
) -> Tensor:
    """Cross entropy of masked words of prompts, told from the others and from what was seen, (N, patches, width)."""
    tokens = model.read(prompts)
    ids, tokenizer = tokens["input_ids"], model.tokenizer
    word = ~torch.isin(ids, torch.tensor(tokenizer.all_special_ids, device=ids.device))
    masked = word & (torch.rand(ids.shape, generator=generator).to(ids.device) < MASKED)
    hidden = {**tokens, "input_ids": ids.masked_fill(masked, tokenizer.mask_token_id)}
    told = model.blip.text_encoder(**hidden, encoder_hidden_states=seen).last_hidden_state[masked]
    return cross_entropy(
        told @ model.blip.text_encoder.get_input_embeddings().weight.T, ids[masked]
    )


def towers(model: RewardModel, seen: Tensor, texts: list[str]) -> tuple[Tensor, Tensor]:
    """What the encoder saw, and texts, each by itself: unit vectors (N, d) of pictures and of prompts."""
    told = model.blip.text_encoder(**model.read(texts)).last_hidden_state[:, 0]
    return normalize(model.blip.vision_proj(seen[:, 0]), dim=-1), normalize(
        model.blip.text_proj(told), dim=-1
    )


def contrastive_loss(pictures: Tensor, texts: Tensor, names: list[str]) -> Tensor:
    """CLIP's loss (Radford et al. 2021) on unit vectors (N, d): each picture finds its prompt, each prompt its picture.

    Rows with the same prompt share the blame: their target is an equal part of each.
    """
    logits = pictures @ texts.T / TEMPERATURE
    same = torch.tensor([[a == b for b in names] for a in names], device=logits.device).float()
    target = same / same.sum(1, keepdim=True)
    return (cross_entropy(logits, target) + cross_entropy(logits.T, target)) / 2.0


def pretrain(
    model: RewardModel, config: TrainingConfig, folder: Path, seed: int = 0, scenes: int = SCENES
) -> RewardModel:
    """Pre-train the model's BLIP on drawn scenes, in place; an interrupted call goes on where it was.

    Raises FloatingPointError where a gradient is not finite; the last good checkpoint in `folder` is kept.
    """
    data = draw_matches(scenes, seed)
    loss = pretraining_loss(model, data, config.batch_size)
    train(model.blip, loss, config, folder, seed, f"scenes {scenes}")
    return model.eval()
