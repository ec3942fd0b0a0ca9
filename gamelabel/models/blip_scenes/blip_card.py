"""The model card of the embedded BLIP: what it learned from, how long and where, how well it reads, what it misses."""

from __future__ import annotations

import json
import platform
from collections.abc import Sequence
from dataclasses import asdict
from pathlib import Path

import numpy as np
import pandas as pd
import torch
from numpy.typing import NDArray

from gamelabel.images import generate, load_pipeline
from gamelabel.models.blip_scenes.pretraining import SCENES
from gamelabel.reward.baselines import clip_score, match_score
from gamelabel.reward.metrics import auc, preference_accuracy
from gamelabel.reward.reward_model import RewardModel
from gamelabel.scenes import adherence, parse, sample_prompts
from gamelabel.training import TrainingConfig

_EACH = 8  # pictures of a prompt, as annotators of ImageReward's test set saw them
_SEED = 500_000_000  # of the pictures that the card measures on, far from those of a run


def write_card(
    model: RewardModel, config: TrainingConfig, seed: int, trained: Path, folder: Path, prompts: int
) -> dict[str, float]:
    """Measure the pre-trained model on pictures that the embedded model draws of so many held-out prompts; write the
    folder's README.md. `trained` holds the training's log. Returns the numbers by their names in the card."""
    pictures, texts, fits = _drawn(prompts)
    scores = {
        "match": match_score(model, list(pictures), texts),
        "contrast": clip_score(model, list(pictures), texts),
    }
    numbers = {
        f"{name}, {what}": value
        for name, s in scores.items()
        for what, value in _told(s, texts, fits).items()
    }
    families = np.array([parse(text).family for text in texts])
    rows = [
        (
            family,
            auc(scores["match"][families == family], fits[families == family]),
            (families == family).sum(),
        )
        for family in dict.fromkeys(families)
    ]
    last = json.loads((trained / "log.jsonl").read_text().splitlines()[-1])
    table = [f"| {name} | {value:.3f} |" for name, value in numbers.items()]
    text = _CARD.format(
        n=len(texts),
        prompts=prompts,
        each=_EACH,
        fit=f"{fits.mean():.3f}",
        table="\n".join(table),
        families="\n".join(f"| {family} | {value:.3f} | {n} |" for family, value, n in rows),
        weakest=min(rows, key=lambda row: row[1])[0],
        settings=", ".join(
            f"{name.replace('_', ' ')} {value}" for name, value in asdict(config).items()
        ),
        scenes=SCENES,
        seed=seed,
        minutes=f"{last['seconds'] / 60:.1f}",
        loss=f"{last['loss']:.3f}",
        machine=f"one process on {model.device.type}, {platform.machine()}, torch {torch.__version__}",
        weights=f"{sum(weight.numel() for weight in model.blip.parameters()) / 1e6:.1f}",
    )
    (folder / "README.md").write_text(text)
    return numbers


def _drawn(prompts: int) -> tuple[NDArray[np.uint8], list[str], NDArray[np.bool_]]:
    """Pictures of held-out prompts by the embedded model, their prompts, whether each fits."""
    distinct = list(dict.fromkeys(sample_prompts(4 * prompts, _SEED, "held-out")))[:prompts]
    texts = [text for text in distinct for _ in range(_EACH)]
    seeds = [_SEED + i for i in range(len(texts))]
    pictures = np.concatenate(
        list(generate(load_pipeline(), texts, seeds, progress="pictures to be read"))
    )
    return pictures, texts, adherence(pictures, texts)[0]


def _told(
    scores: NDArray[np.float64], texts: Sequence[str], fits: NDArray[np.bool_]
) -> dict[str, float]:
    """How well scores tell pictures that fit from those that do not, over all and within each prompt."""
    first, second = (np.concatenate(side) for side in zip(*_every_two(texts), strict=True))
    target = 0.5 + 0.5 * (fits[first].astype(float) - fits[second])
    return {
        "area under the curve": auc(scores, fits),
        "accuracy of pairs of which one fits": preference_accuracy(
            scores[first], scores[second], target
        ).value,
    }


def _every_two(texts: Sequence[str]) -> list[tuple[NDArray[np.int64], NDArray[np.int64]]]:
    """Of each prompt the rows of every two of its pictures."""
    groups = pd.Series(range(len(texts))).groupby(list(texts), sort=False)
    twos = []
    for _, rows in groups:
        first, second = np.triu_indices(len(rows), 1)
        twos.append((np.asarray(rows)[first], np.asarray(rows)[second]))
    return twos


_CARD = """---
license: apache-2.0
library_name: transformers
pipeline_tag: image-text-to-text
---
# scenes-blip: a BLIP that reads a world of coloured shapes

BLIP's own classes (`BlipForImageTextRetrieval`: an image encoder, a text encoder that attends to the picture, a
matching head) with {weights} million weights, trained from nothing on drawn scenes, 64 x 64 pixels. It knows no
preference and no picture of any model: it is what a reward model starts from (`gamelabel.reward.open_blip`), and two of
the scores that one is compared with. Weights are stored as float16 and run as float32.

```python
from gamelabel import reward

model = reward.open_blip("data/models/scenes-blip")
reward.match_score(model, ["picture.png"], ["a red circle above a blue star"])  # log odds that they belong together
```

## How well it reads

On {n} pictures that the embedded model drew, {each} of each of {prompts} prompts of combinations that were never drawn
in training; {fit} of them fit exactly, says the world's judge. Measured on the weights as they are stored.

| score | value |
| --- | --- |
{table}

## Known failures

It is weakest on prompts of the family `{weakest}`. Area under the curve of the match score by family:

| family | area | pictures |
| --- | --- | --- |
{families}

It has seen clean drawings only, so that what a model of pictures does to shapes (soft edges, half things) is new to it.
Words outside the grammar it does not know, pictures of another size are scaled to 64 x 64.

## Recipe

`gamelabel world train-reader --out DIR`, seed {seed}: {scenes} drawn scenes, half of them spoilt (a thing too many or
too few, another colour, shape, size or place), each with the prompt that it was drawn for and one that differs in a
fact. Contrast, matching and masked words (`gamelabel.models.blip_scenes.pretraining`), with these settings:

{settings}.
{minutes} minutes, on a machine shared with other work; {machine}. Loss at the end: {loss}.
"""
