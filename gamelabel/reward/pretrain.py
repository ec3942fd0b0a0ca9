"""Before any preference: BLIP learns which prompt belongs to which picture, on scenes drawn for it.

Two of BLIP's three losses (Li et al. 2022): contrast, picture against prompt without looking at each other, and
matching, which reads the prompt while it looks at the picture. A prompt that does not match is the true one with one
fact changed, for anything easier is told apart without reading closely; the judge says whether it really does not.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import replace
from pathlib import Path
from typing import NamedTuple

import numpy as np
import torch
from numpy.typing import NDArray
from torch import Tensor
from torch.nn.functional import cross_entropy, normalize

from gamelabel.reward.model import RewardModel
from gamelabel.tuning.loop import Fit, Worker, train
from gamelabel.world import adherence, draw, parse, sample_prompts, split
from gamelabel.world.scenes import COLOURS, RELATIONS, SHAPES, SIZES, STYLES, Scene, prompts, wordings

TEMPERATURE = 0.07  # of the contrast, as CLIP starts with
SCENES = 20_000  # drawn once and learned from again and again


class Matches(NamedTuple):
    """N drawn pictures, uint8 (N, 64, 64, 3); for each the prompt that it was drawn for, one that is not its own, and
    whether it fits that one all the same (N,)."""

    pictures: NDArray[np.uint8]
    own: list[str]
    other: list[str]
    fits_other: NDArray[np.bool_]


def draw_matches(n: int, seed: int) -> Matches:
    """Draw n scenes of the training side of the world's split, each with a prompt that differs in one fact."""
    rng = np.random.default_rng(seed)
    own = sample_prompts(n, seed)
    pictures = np.stack([draw(parse(text), seed * n + i) for i, text in enumerate(own)])
    other = [altered(text, rng) for text in own]
    return Matches(pictures, own, other, adherence(pictures, other)[0])


def altered(prompt: str, rng: np.random.Generator) -> str:
    """A prompt of the training side that asks for something else: one fact of the given one is changed."""
    scene, known = parse(prompt), prompts()
    while True:
        changed = _change(scene, rng)
        texts = [text for text in wordings(changed) if text in known]
        if texts and known[texts[0]] != scene and split(changed) == "train":
            return texts[rng.integers(len(texts))]


def _change(scene: Scene, rng: np.random.Generator) -> Scene:
    """One fact at random: a colour, a shape, a size, the number, the relation, the style; or two things exchanged."""
    kinds = ["shape", "colour", "style"]
    kinds += ["number"] * 2 if scene.family == "count" else []
    kinds += ["size"] if scene.things[0].size else []
    kinds += ["relation", "exchange"] if scene.relation else []
    kinds += ["swap"] if scene.family == "binding" else []
    kind = kinds[rng.integers(len(kinds))]
    things, first = scene.things, scene.things[0]
    if kind == "style":
        return replace(scene, style=str(rng.choice(("", *STYLES))))
    if kind == "number":
        return replace(scene, things=(first,) * int(rng.integers(2, 5)))
    if kind == "relation":
        return replace(scene, relation=str(rng.choice(RELATIONS)))
    if kind == "exchange":
        return replace(scene, things=things[::-1])
    if kind == "swap":
        second = things[1]
        things = (replace(first, colour=second.colour), replace(second, colour=first.colour))
        return replace(scene, things=tuple(sorted(things)))
    words = {"shape": SHAPES, "colour": COLOURS, "size": SIZES}[kind]
    which, word = int(rng.integers(len(things))), str(rng.choice(words))
    if scene.family == "count":
        return replace(scene, things=(replace(first, **{kind: word}),) * len(things))
    changed = tuple(replace(thing, **{kind: word}) if i == which else thing for i, thing in enumerate(things))
    return replace(scene, things=tuple(sorted(changed)) if scene.family in ("two", "binding") else changed)


def matching_loss(model: RewardModel, data: Matches, batch: int) -> Callable[[torch.Generator, Worker], Tensor]:
    """The loss that `loop.train` minimises: contrast within the batch, and matching of both prompts of each picture."""

    def loss(generator: torch.Generator, worker: Worker) -> Tensor:
        rows = torch.randint(len(data.own), (batch,), generator=generator)[worker.share(batch)].tolist()
        own, other = [data.own[row] for row in rows], [data.other[row] for row in rows]
        seen = model.blip.vision_model(model.look(data.pictures[rows])).last_hidden_state
        contrast = contrastive_loss(*towers(model, seen, own), own)
        fits = torch.tensor([True] * len(rows) + data.fits_other[rows].tolist(), device=model.device)
        read = model.blip.text_encoder(**model.read(own + other), encoder_hidden_states=seen.repeat(2, 1, 1))
        return contrast + cross_entropy(model.blip.itm_head(read.last_hidden_state[:, 0]), fits.long())

    return loss


def towers(model: RewardModel, seen: Tensor, texts: list[str]) -> tuple[Tensor, Tensor]:
    """What the encoder saw, and texts, each by itself: unit vectors (N, d) of pictures and of prompts."""
    told = model.blip.text_encoder(**model.read(texts)).last_hidden_state[:, 0]
    return normalize(model.blip.vision_proj(seen[:, 0]), dim=-1), normalize(model.blip.text_proj(told), dim=-1)


def contrastive_loss(pictures: Tensor, texts: Tensor, names: list[str]) -> Tensor:
    """CLIP's loss (Radford et al. 2021) on unit vectors (N, d): each picture finds its prompt, each prompt its picture.

    Rows with the same prompt share the blame: their target is an equal part of each.
    """
    logits = pictures @ texts.T / TEMPERATURE
    same = torch.tensor([[a == b for b in names] for a in names], device=logits.device).float()
    target = same / same.sum(1, keepdim=True)
    return (cross_entropy(logits, target) + cross_entropy(logits.T, target)) / 2.0


def pretrain(model: RewardModel, fit: Fit, folder: Path, seed: int = 0, scenes: int = SCENES) -> RewardModel:
    """Pre-train the model's BLIP on drawn scenes, in place; an interrupted call goes on where it was.

    Raises FloatingPointError where a gradient is not finite; the last good checkpoint in `folder` is kept.
    """
    data = draw_matches(scenes, seed)
    worker = Worker(device=str(model.device))
    train(model.blip, matching_loss(model, data, fit.batch), fit, folder, worker, seed, f"scenes {scenes}")
    return model.eval()
