"""Pre-training of the embedded BLIP: which prompt belongs to which image, on drawn scenes.

Three losses (BLIP; Li et al. 2022, arXiv 2201.12086): contrastive, with image and prompt encoded
separately; matching, with the prompt encoded while it attends to the image; and masked words,
predicted from the other words and the image. BLIP generates captions with a second text encoder
instead; masked words need none (ALBEF; Li et al. 2021, arXiv 2107.07651).
"""

from __future__ import annotations

from pathlib import Path

import numpy as np
import torch
from torch import Tensor
from torch.nn.functional import cross_entropy

from gamelabel.models.blip_scenes.matching_data import MatchingData, draw_matching_data
from gamelabel.reward.reward_model import RewardModel
from gamelabel.training import Loss, Metrics, TrainingConfig, TrainingStep, train

TEMPERATURE = 0.07  # of the contrastive loss, CLIP's initial value
# Share of a prompt's words. At BERT's 15 %, most prompts of ten words would have one masked word.
MASKED_SHARE = 0.5
N_SCENES = 40_000  # drawn once; every epoch uses the same
BLIP_TRAINING = TrainingConfig(steps=3000, batch_size=64, learning_rate=1e-3)


def pretrain_blip(
    model: RewardModel,
    config: TrainingConfig,
    folder: Path,
    seed: int = 0,
    n_scenes: int = N_SCENES,
) -> RewardModel:
    """Pre-train the model's BLIP on drawn scenes, in place; an interrupted call resumes.

    Parameters
    ----------
    model : RewardModel
        Its head is not used.
    config : TrainingConfig
        How long and how fast to train.
    folder : Path
        Where the checkpoint and the log go.
    seed : int
        Seed of the scenes and of the batches.
    n_scenes : int
        Scenes to draw.

    Returns
    -------
    RewardModel
        The model, in evaluation mode.

    Raises
    ------
    FloatingPointError
        If the loss or its gradient is not finite; the last good checkpoint is kept.
    """
    data = draw_matching_data(n_scenes, seed)
    loss = pretraining_loss(model, data, config.batch_size)
    train(model.blip, loss, config, folder, seed, f"scenes {n_scenes}")
    return model.eval()


def pretraining_loss(model: RewardModel, data: MatchingData, batch: int) -> Loss:
    """Return the sum of the contrastive, the matching and the masked-words loss.

    Images that do not fit their prompt are used by the matching loss only.

    Parameters
    ----------
    model : RewardModel
        The model to train.
    data : MatchingData
        What to sample batches from.
    batch : int
        Images a step, over all workers.
    """

    def loss(step: TrainingStep) -> tuple[Tensor, Metrics]:
        generator, worker = step.generator, step.worker
        sample = torch.randint(len(data.prompts), (batch,), generator=generator)
        rows = sample[worker.share(batch)].numpy()
        own = [data.prompts[row] for row in rows]
        other = [data.other_prompts[row] for row in rows]
        image_states = model.encode_images(model.load_images(data.images[rows]))
        both_fits = np.stack([data.fits_prompt[rows], data.fits_other[rows]])
        fits = torch.from_numpy(both_fits).to(image_states.device)
        states = model.blip.text_encoder(
            **model.tokenize(own + other), encoder_hidden_states=image_states.repeat(2, 1, 1)
        )
        logits = model.blip.itm_head(states.last_hidden_state[:, 0])
        matching = cross_entropy(logits, fits.flatten().long())
        matched = fits[0]
        matched_states = image_states[matched]
        texts = [text for text, keep in zip(own, matched.tolist(), strict=True) if keep]
        contrast = contrastive_loss(*model.embed_separately(matched_states, texts), texts)
        words = masked_words_loss(model, matched_states, texts, generator)
        return contrast + matching + words, {}

    return loss


def contrastive_loss(images: Tensor, texts: Tensor, prompts: list[str]) -> Tensor:
    """CLIP's loss: each image identifies its prompt, and each prompt its image.

    Rows with the same prompt share the target equally.

    Parameters
    ----------
    images, texts : Tensor
        Unit vectors (n, d).
    prompts : list of str
        The prompt of each row.

    References
    ----------
    Radford et al. 2021, arXiv 2103.00020.
    """
    logits = images @ texts.T / TEMPERATURE
    same = [[first == second for second in prompts] for first in prompts]
    target = torch.tensor(same, device=logits.device).float()
    target = target / target.sum(1, keepdim=True)
    return (cross_entropy(logits, target) + cross_entropy(logits.T, target)) / 2.0


def masked_words_loss(
    model: RewardModel, image_states: Tensor, prompts: list[str], generator: torch.Generator
) -> Tensor:
    """Cross entropy of masked words, predicted from the other words and the image.

    Parameters
    ----------
    model : RewardModel
        The model to train.
    image_states : Tensor
        Output of the image encoder, (n, patches, width).
    prompts : list of str
        The prompt of each image.
    generator : torch.Generator
        Draws which words are masked.
    """
    tokens, tokenizer = model.tokenize(prompts), model.tokenizer
    ids = tokens["input_ids"]
    is_word = ~torch.isin(ids, torch.tensor(tokenizer.all_special_ids, device=ids.device))
    draws = torch.rand(ids.shape, generator=generator).to(ids.device)
    masked = is_word & (draws < MASKED_SHARE)
    masked_tokens = {**tokens, "input_ids": ids.masked_fill(masked, tokenizer.mask_token_id)}
    states = model.blip.text_encoder(**masked_tokens, encoder_hidden_states=image_states)
    word_embeddings = model.blip.text_encoder.get_input_embeddings().weight
    logits = states.last_hidden_state[masked] @ word_embeddings.T
    return cross_entropy(logits, ids[masked])
