"""The reward model: BLIP reads a picture together with its prompt, and a small head makes one number of what it read.

As ImageReward has it (Xu et al. 2023, section 3): an image encoder, a text encoder that attends to the picture, the
first token of its last layer ([CLS]), and a head without activations. One class serves a BLIP of any size.
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
from torch.nn.functional import interpolate
from transformers import BlipForImageTextRetrieval, PreTrainedTokenizerBase

from gamelabel.images.judge import read_image
from gamelabel.reward.calibration import Calibration

Picture = NDArray[np.uint8] | Path | str
TEXT_LENGTH = 35  # tokens of a prompt that ImageReward reads, the first and the last being marks
_WIDTHS = (1024, 128, 64, 16)  # of the head's hidden layers, under a text encoder of width 768
_DROPOUT = (0.2, 0.2, 0.1)  # after the first of them
_MEAN, _SPREAD = (
    (0.48145466, 0.4578275, 0.40821073),
    (0.26862954, 0.26130258, 0.27577711),
)  # of CLIP's pictures


class RewardModel(nn.Module):
    """Pictures and prompts -> scores. `blip` and `tokenizer` are Hugging Face's; `calibration` says what scores mean.

    Raises ValueError where `text_length` is more tokens than the text encoder has places for.
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
        places = blip.config.text_config.max_position_embeddings
        if not 2 < text_length <= places:
            raise ValueError(
                f"prompts of {text_length} tokens do not go into a text encoder with places for {places}: set the "
                f"text length from 3 to {places}"
            )
        self.blip, self.tokenizer, self.text_length = blip, tokenizer, text_length
        self.calibration = calibration or Calibration()
        self.head = make_head(blip.config.text_config.hidden_size, seed)
        self.eval()

    @property
    def device(self) -> torch.device:
        """Where the weights are."""
        return self.blip.device

    @property
    def side(self) -> int:
        """Width and height, in pixels, of the pictures that the image encoder takes."""
        return int(self.blip.config.vision_config.image_size)

    def forward(self, pixels: Tensor, tokens: dict[str, Tensor]) -> Tensor:
        """Raw scores (N,) of `prepare`d pictures (N, 3, side, side) with `read` prompts; differences are log odds."""
        return self.head(self.together(pixels, tokens)).squeeze(-1)

    def together(self, pixels: Tensor, tokens: dict[str, Tensor]) -> Tensor:
        """What the text encoder makes of each prompt while it looks at its picture: the first token, (N, width)."""
        seen = self.blip.vision_model(pixels).last_hidden_state
        return self.blip.text_encoder(**tokens, encoder_hidden_states=seen).last_hidden_state[:, 0]

    def read(self, prompts: Sequence[str]) -> dict[str, Tensor]:
        """Prompts -> tokens and their mask. Warns of prompts that are cut off, and of words that it does not know."""
        tokens = self.tokenizer(
            list(prompts),
            padding=True,
            truncation=True,
            max_length=self.text_length,
            return_tensors="pt",
        )
        ids = tokens.input_ids
        full = [
            prompts[i]
            for i in (tokens.attention_mask.sum(1) == self.text_length).nonzero().flatten().tolist()
        ]
        if cut := [
            prompt for prompt in full if len(self.tokenizer(prompt).input_ids) > self.text_length
        ]:
            warnings.warn(
                f"{len(cut)} of {len(prompts)} prompts have more than {self.text_length} tokens and are judged by "
                f"their beginning, such as {cut[0]!r}",
                stacklevel=2,
            )
        if strange := (ids == self.tokenizer.unk_token_id).any(1).nonzero().flatten().tolist():
            warnings.warn(
                f"{len(strange)} of {len(prompts)} prompts have words that the reward model was not trained on, such "
                f"as {prompts[strange[0]]!r}",
                stacklevel=2,
            )
        return {
            "input_ids": ids.to(self.device),
            "attention_mask": tokens.attention_mask.to(self.device),
        }

    def prepare(self, pictures: Tensor) -> Tensor:
        """Pictures (N, 3, H, W) with values in [0, 1] -> the image encoder's (N, 3, side, side); gradients go through.

        The shorter edge is scaled to the encoder's, the middle is kept, as CLIP and BLIP have it.
        """
        height, width = pictures.shape[2:]
        if min(height, width) != self.side:
            scale = self.side / min(height, width)
            size = [max(self.side, round(edge * scale)) for edge in (height, width)]
            pictures = interpolate(pictures, size, mode="bicubic", antialias=True).clamp(0.0, 1.0)
        top, left = ((edge - self.side) // 2 for edge in pictures.shape[2:])
        pictures = pictures[:, :, top : top + self.side, left : left + self.side]
        mean, spread = (pictures.new_tensor(values).view(3, 1, 1) for values in (_MEAN, _SPREAD))
        return (pictures - mean) / spread

    def look(self, pictures: Sequence[Picture] | NDArray[np.uint8]) -> Tensor:
        """Files, or RGB arrays (H, W, 3) of uint8, of any sizes -> the image encoder's (N, 3, side, side)."""
        arrays = [
            read_image(Path(p)) if isinstance(p, str | Path) else _checked(p) for p in pictures
        ]
        by_size: dict[tuple[int, ...], list[int]] = {}
        for row, array in enumerate(arrays):
            by_size.setdefault(array.shape, []).append(row)
        pixels = torch.empty(len(arrays), 3, self.side, self.side, device=self.device)
        for rows in by_size.values():
            stack = torch.from_numpy(np.stack([arrays[row] for row in rows])).to(self.device)
            pixels[rows] = self.prepare(stack.permute(0, 3, 1, 2).float() / 255.0)
        return pixels

    def reward(self, pictures: Tensor, prompts: Sequence[str]) -> Tensor:
        """Calibrated scores (N,) of pictures (N, 3, H, W) in [0, 1], through which gradients reach the pictures."""
        return self.calibration.scaled(self(self.prepare(pictures), self.read(prompts)))

    @torch.no_grad()
    def score(
        self,
        pictures: Sequence[Picture] | NDArray[np.uint8],
        prompts: Sequence[str],
        batch: int = 32,
    ) -> NDArray[np.float64]:
        """Calibrated scores (N,) of N pictures, each with its prompt; higher is better, `calibration` says how much.

        Raises ValueError for other than one prompt a picture, OSError for a file that is no whole picture.
        """
        raw = in_batches(
            lambda some, texts: self(self.look(some), self.read(texts)), pictures, prompts, batch
        )
        return self.calibration.scaled(raw)


def in_batches(
    of: Any, pictures: Sequence[Picture] | NDArray[np.uint8], prompts: Sequence[str], batch: int
) -> NDArray[np.float64]:
    """`of(pictures, prompts)` (n,) on so many rows at a time, one after another: (N,)."""
    if isinstance(prompts, str) or len(pictures) != len(prompts):
        given = "one" if isinstance(prompts, str) else str(len(prompts))
        raise ValueError(
            f"{len(pictures)} pictures but {given} prompts: give a list with one prompt for each picture"
        )
    starts = range(0, len(prompts), batch)
    parts = [
        of(pictures[i : i + batch], prompts[i : i + batch]).double().cpu().numpy() for i in starts
    ]
    return np.concatenate(parts) if parts else np.zeros(0)


def make_head(width: int, seed: int = 0) -> nn.Sequential:
    """width-1024-128-64-16-1 at width 768, dropout between, no activations, weights from N(0, 1 / (width + 1)).

    That is a variance: with it as the standard deviation the loss stays at log 2 for hundreds of steps. The hidden
    widths are to the text encoder's as ImageReward's are to 768: with all of them on a width of 96, untrained scores
    would be a hundred times as large, and dropout alone would move each by 1, as much as the log odds to be learned.
    """
    generator = torch.Generator().manual_seed(seed)
    widths = (width, *(max(1, round(hidden * width / 768)) for hidden in _WIDTHS), 1)
    layers: list[nn.Module] = []
    for i, (inner, outer) in enumerate(pairwise(widths)):
        linear = nn.Linear(inner, outer)
        nn.init.normal_(linear.weight, std=(width + 1) ** -0.5, generator=generator)
        nn.init.zeros_(linear.bias)
        layers += [linear, *(nn.Dropout(share) for share in _DROPOUT[i : i + 1])]
    return nn.Sequential(*layers)


def _checked(picture: Any) -> NDArray[np.uint8]:
    array = np.asarray(picture)
    if array.dtype != np.uint8 or array.ndim != 3 or array.shape[-1] != 3:
        raise ValueError(f"a picture is RGB, uint8 (H, W, 3), not {array.dtype} {array.shape}")
    return array
