"""The reward model: BLIP encodes an image together with its prompt, a small head gives the score.

The architecture is ImageReward's (Xu et al. 2023, section 3): an image encoder, a text encoder that
attends to the image, the first token ([CLS]) of its last layer, and a head without activations. The
class works with a BLIP of any size.
"""

from __future__ import annotations

import warnings
from collections.abc import Sequence
from itertools import pairwise
from pathlib import Path
from typing import Any

import numpy as np
import torch
from numpy.typing import NDArray
from torch import Tensor, nn
from torch.nn.functional import interpolate, normalize
from transformers import BlipForImageTextRetrieval, PreTrainedTokenizerBase

from gamelabel.images.judge import read_image
from gamelabel.reward.calibration import Calibration
from gamelabel.reward.scorer import Picture, score_batches

TEXT_LENGTH = 35  # tokens of a prompt that ImageReward reads, [CLS] and [SEP] included
IMAGE_SIZE = 224  # width and height of the images that ImageReward reads, pixels
_HEAD_WIDTHS = (1024, 128, 64, 16)  # hidden layers, for a text encoder of width 768
_HEAD_DROPOUT = (0.2, 0.2, 0.1)  # after the first three of them
# CLIP's normalization of RGB values
_CHANNEL_MEAN = (0.48145466, 0.4578275, 0.40821073)
_CHANNEL_STD = (0.26862954, 0.26130258, 0.27577711)


class RewardModel(nn.Module):
    """Images and prompts -> scores.

    Parameters
    ----------
    blip : BlipForImageTextRetrieval
        Both encoders, with the matching head and the projections of pre-training.
    tokenizer : PreTrainedTokenizerBase
        BLIP's tokenizer.
    text_length : int
        Tokens of a prompt that are read.
    calibration : Calibration, optional
        What the scores mean; raw scores by default.
    seed : int
        Seed of the head's weights.

    Raises
    ------
    ValueError
        If `text_length` exceeds the positions of the text encoder.
    """

    def __init__(
        self,
        blip: BlipForImageTextRetrieval,
        tokenizer: PreTrainedTokenizerBase,
        text_length: int = TEXT_LENGTH,
        calibration: Calibration | None = None,
        seed: int = 0,
    ) -> None:
        super().__init__()
        positions = blip.config.text_config.max_position_embeddings
        if not 2 < text_length <= positions:
            raise ValueError(
                f"prompts of {text_length} tokens do not fit a text encoder with {positions} "
                f"positions: set the text length from 3 to {positions}"
            )
        self.blip, self.tokenizer, self.text_length = blip, tokenizer, text_length
        self.calibration = calibration or Calibration()
        self.head = make_head(blip.config.text_config.hidden_size, seed)
        self.eval()

    @property
    def device(self) -> torch.device:
        """The device of the weights."""
        return self.blip.device

    @property
    def image_size(self) -> int:
        """Width and height of the images that the image encoder takes, in pixels."""
        return int(self.blip.config.vision_config.image_size)

    def forward(self, pixels: Tensor, tokens: dict[str, Tensor]) -> Tensor:
        """Return raw scores (N,), whose differences are log odds.

        Parameters
        ----------
        pixels : Tensor
            Preprocessed images (N, 3, image_size, image_size).
        tokens : dict
            Tokenized prompts.
        """
        return self.head(self.features(pixels, tokens)).squeeze(-1)

    def features(self, pixels: Tensor, tokens: dict[str, Tensor]) -> Tensor:
        """Encode prompts while attending to their images: the [CLS] state, (N, width)."""
        states = self.encode_images(pixels)
        output = self.blip.text_encoder(**tokens, encoder_hidden_states=states)
        return output.last_hidden_state[:, 0]

    def encode_images(self, pixels: Tensor) -> Tensor:
        """Encode preprocessed images (N, 3, image_size, image_size): (N, 1 + patches, width)."""
        return self.blip.vision_model(pixels).last_hidden_state

    def embed_separately(
        self, image_states: Tensor, prompts: Sequence[str]
    ) -> tuple[Tensor, Tensor]:
        """Project encoded images and prompts, each encoded alone, to unit vectors (N, d)."""
        text_states = self.blip.text_encoder(**self.tokenize(prompts)).last_hidden_state
        image_embeddings = normalize(self.blip.vision_proj(image_states[:, 0]), dim=-1)
        return image_embeddings, normalize(self.blip.text_proj(text_states[:, 0]), dim=-1)

    def tokenize(self, prompts: Sequence[str]) -> dict[str, Tensor]:
        """Return token ids and their mask; warns of prompts cut off and of unknown words."""
        tokens = self.tokenizer(
            list(prompts),
            padding=True,
            truncation=True,
            max_length=self.text_length,
            return_tensors="pt",
        )
        full = tokens.attention_mask.sum(1) == self.text_length
        unknown = (tokens.input_ids == self.tokenizer.unk_token_id).any(1)
        candidates = [prompts[i] for i in full.nonzero().flatten().tolist()]
        cut = [
            text for text in candidates if len(self.tokenizer(text).input_ids) > self.text_length
        ]
        strange = [prompts[i] for i in unknown.nonzero().flatten().tolist()]
        if cut:
            warnings.warn(
                f"{len(cut)} of {len(prompts)} prompts have more than {self.text_length} tokens; "
                f"only their beginning is read, as of {cut[0]!r}",
                stacklevel=2,
            )
        if strange:
            warnings.warn(
                f"{len(strange)} of {len(prompts)} prompts have words that are not in the model's "
                f"vocabulary, such as {strange[0]!r}",
                stacklevel=2,
            )
        return {
            "input_ids": tokens.input_ids.to(self.device),
            "attention_mask": tokens.attention_mask.to(self.device),
        }

    def preprocess(self, images: Tensor) -> Tensor:
        """Scale the shorter edge to the image encoder's, crop the center and normalize, as CLIP.

        Gradients reach the images.

        Parameters
        ----------
        images : Tensor
            (N, 3, H, W) in [0, 1].

        Returns
        -------
        Tensor
            (N, 3, image_size, image_size).
        """
        size = self.image_size
        height, width = images.shape[2:]
        if min(height, width) != size:
            scale = size / min(height, width)
            new_size = [max(size, round(edge * scale)) for edge in (height, width)]
            images = interpolate(images, new_size, mode="bicubic", antialias=True).clamp(0.0, 1.0)
        top, left = ((edge - size) // 2 for edge in images.shape[2:])
        images = images[:, :, top : top + size, left : left + size]
        mean = images.new_tensor(_CHANNEL_MEAN).view(3, 1, 1)
        return (images - mean) / images.new_tensor(_CHANNEL_STD).view(3, 1, 1)

    def load_images(self, images: Sequence[Picture] | NDArray[np.uint8]) -> Tensor:
        """Read and preprocess files, or RGB arrays (H, W, 3) of uint8, of any sizes.

        Returns
        -------
        Tensor
            (N, 3, image_size, image_size).
        """
        arrays = [_to_array(image) for image in images]
        rows_by_shape: dict[tuple[int, ...], list[int]] = {}
        for row, array in enumerate(arrays):
            rows_by_shape.setdefault(array.shape, []).append(row)
        size = self.image_size
        pixels = torch.empty(len(arrays), 3, size, size, device=self.device)
        for rows in rows_by_shape.values():
            stack = torch.from_numpy(np.stack([arrays[row] for row in rows])).to(self.device)
            pixels[rows] = self.preprocess(stack.permute(0, 3, 1, 2).float() / 255.0)
        return pixels

    def reward(self, images: Tensor, prompts: Sequence[str]) -> Tensor:
        """Return calibrated scores (N,); gradients reach the images.

        Parameters
        ----------
        images : Tensor
            (N, 3, H, W) in [0, 1].
        prompts : sequence of str
            The prompt of each image.
        """
        return self.calibration.scaled(self(self.preprocess(images), self.tokenize(prompts)))

    @torch.no_grad()
    def score(
        self,
        images: Sequence[Picture] | NDArray[np.uint8],
        prompts: Sequence[str],
        batch_size: int = 32,
    ) -> NDArray[np.float64]:
        """Return calibrated scores (N,); higher is better, `calibration` says by how much.

        Parameters
        ----------
        images : sequence of array or path
            RGB uint8 (H, W, 3), or files.
        prompts : sequence of str
            The prompt of each image.
        batch_size : int
            Images scored at once.

        Raises
        ------
        ValueError
            If there is not one prompt for each image.
        OSError
            If a file cannot be read as an image.
        """

        def raw_scores(
            batch: Sequence[Picture] | NDArray[np.uint8], texts: Sequence[str]
        ) -> Tensor:
            return self(self.load_images(batch), self.tokenize(texts))

        return self.calibration.scaled(score_batches(raw_scores, images, prompts, batch_size))


def make_head(width: int, seed: int = 0) -> nn.Sequential:
    """Return ImageReward's head: width-1024-128-64-16-1 at width 768, dropout, no activations.

    Weights are drawn from a normal distribution of variance 1 / (width + 1). (With this number as
    the standard deviation, the loss stays at log 2 for hundreds of steps.) At another width the
    hidden layers are scaled in proportion: on a width of 96, layers of the original widths would
    make untrained scores a hundred times as large, and dropout alone would change them by 1, as
    much as the log odds to be learned.
    """
    generator = torch.Generator().manual_seed(seed)
    hidden = [max(1, round(units * width / 768)) for units in _HEAD_WIDTHS]
    layers: list[nn.Module] = []
    for i, (n_inputs, n_outputs) in enumerate(pairwise([width, *hidden, 1])):
        linear = nn.Linear(n_inputs, n_outputs)
        nn.init.normal_(linear.weight, std=(width + 1) ** -0.5, generator=generator)
        nn.init.zeros_(linear.bias)
        layers.append(linear)
        if i < len(_HEAD_DROPOUT):
            layers.append(nn.Dropout(_HEAD_DROPOUT[i]))
    return nn.Sequential(*layers)


def _to_array(image: Any) -> NDArray[np.uint8]:
    if isinstance(image, str | Path):
        return read_image(Path(image))
    array = np.asarray(image)
    if array.dtype != np.uint8 or array.ndim != 3 or array.shape[-1] != 3:
        raise ValueError(f"an image is RGB, uint8 (H, W, 3), not {array.dtype} {array.shape}")
    return array
