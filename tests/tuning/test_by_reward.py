"""Methods by a reward: which images each learns from, and how much."""

import numpy as np
import pytest
import torch

from gamelabel.images.pipeline import encode_prompts
from gamelabel.tuning.by_reward import (
    filtering_loss,
    mark_as_weird,
    pretraining_images,
    raft_loss,
    scale_rewards,
    weighted_loss,
)
from gamelabel.tuning.data import concatenate, pretraining_scenes
from gamelabel.tuning.scored import ScoredImages, generate_scored
from gamelabel.tuning.sft import sft_loss
from tests.tuning.tiny_model import PROMPTS, redness, value_of


@pytest.fixture(scope="module")
def scored(pipe, tmp_path_factory) -> ScoredImages:
    return generate_scored(pipe, PROMPTS, 3, redness, "red", tmp_path_factory.mktemp("scored"))


def test_raft_is_supervised_tuning_on_the_best(pipe, scored):
    value = value_of(raft_loss(pipe.transformer, scored, 4))
    assert value == value_of(sft_loss(pipe.transformer, scored.best(), 4))
    assert value != value_of(sft_loss(pipe.transformer, scored.worst(), 4))


def test_bad_images_are_learned_under_a_prompt_that_says_so(pipe, scored, tmp_path):
    best, worst = scored.best(), mark_as_weird(pipe, scored.worst(), PROMPTS)
    assert torch.equal(worst.latents, scored.worst().latents)
    marked = encode_prompts(pipe, [f"Weird image. {prompt}" for prompt in PROMPTS])
    assert torch.equal(worst.text.embeds, marked.embeds)
    scenes = pretraining_scenes(pipe, 4)
    datasets = (best, worst, scenes)
    together = concatenate(datasets)
    assert torch.equal(together.latents, torch.cat([data.latents for data in datasets]))
    assert torch.equal(together.text.pooled, torch.cat([data.text.pooled for data in datasets]))
    loss = filtering_loss(pipe.transformer, *datasets, 8)
    assert value_of(loss) == value_of(sft_loss(pipe.transformer, together, 8))


def test_pretraining_scenes_are_true_drawings_of_unknown_noise(pipe):
    scenes = pretraining_scenes(pipe, 70, seed=3)
    assert scenes.latents.shape == (70, 16, 32)
    assert scenes.latents.isfinite().all() and scenes.noise.isnan().all()
    assert torch.equal(pretraining_scenes(pipe, 70, seed=3).latents, scenes.latents)
    assert np.isfinite(value_of(sft_loss(pipe.transformer, scenes, 4)))


def test_pretraining_scenes_are_of_the_drawn_worlds_size(pipe, monkeypatch):
    monkeypatch.setattr("gamelabel.tuning.data.image_size", lambda pipe: 1024)
    with pytest.raises(ValueError, match="this model generates 1024 x 1024"):
        pretraining_scenes(pipe, 2)


def test_a_model_of_another_size_keeps_what_it_knows_by_its_own_images(pipe, scored, monkeypatch):
    scenes = pretraining_images(pipe, scored, 4, seed=3)
    assert torch.equal(scenes.latents, pretraining_scenes(pipe, 4, seed=3).latents)
    monkeypatch.setattr("gamelabel.tuning.by_reward.image_size", lambda pipe: 1024)
    own = pretraining_images(pipe, scored, 40, seed=3)
    candidates = scored.latents.flatten(0, 1)
    matches = (own.latents[:, None] == candidates[None]).flatten(2).all(2)
    assert matches.sum(1).eq(1).all() and matches.any(0).sum() > 10
    prompts = matches.int().argmax(1) // scored.scores.shape[1]
    assert torch.equal(own.text.pooled, scored.text.rows(prompts).pooled)
    assert not torch.equal(pretraining_images(pipe, scored, 40, seed=4).latents, own.latents)


def test_rewards_weight_errors_from_zero_to_one(pipe, scored):
    scores = torch.tensor([[-1.0, 3.0], [1.0, 0.0]])
    assert scale_rewards(scores).tolist() == [[0.0, 1.0], [0.5, 0.25]]
    with pytest.raises(ValueError, match="same score"):
        scale_rewards(torch.ones(2, 2))
    # the first four prompts have reward 0, the last one 1
    scored = scored._replace(scores=torch.tensor([[0.0] * 3] * 4 + [[1.0] * 3]))
    first, last = (seed_that_draws(prompt) for prompt in (0, 4))
    loss = weighted_loss(pipe.transformer, scored, lambda step: (torch.zeros(()), {}), 1)
    assert value_of(loss, first) == 0.0 < value_of(loss, last)
    loss = weighted_loss(pipe.transformer, scored, lambda step: (torch.ones(()), {}), 1, 0.25)
    assert value_of(loss, first) == 0.25


def seed_that_draws(prompt: int) -> int:
    """A seed whose first random number below 5 is this one."""
    for seed in range(99):
        generator = torch.Generator().manual_seed(seed)
        if torch.randint(5, (1,), generator=generator).item() == prompt:
            return seed
    raise AssertionError(prompt)
