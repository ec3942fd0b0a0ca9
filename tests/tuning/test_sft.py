"""Supervised tuning: which noise and which noise levels it learns from."""

import math

import pytest
import torch

from gamelabel.flow import velocity_errors
from gamelabel.images.pipeline import encode_prompts
from gamelabel.training import TrainingStep
from gamelabel.tuning.sft import flow_matching_errors, sft_loss
from tests.tuning.tiny_model import make_dataset, value_of


def test_own_noise_is_the_noise_of_each_image(pipe):
    data = make_dataset(pipe)
    generator = torch.Generator().manual_seed(0)
    with torch.no_grad():
        errors = flow_matching_errors(pipe.transformer, data, generator, True, [0.5])
        sigma = torch.full((5,), 0.5)
        own = velocity_errors(pipe.transformer, data.latents, data.noise, sigma, data.text)
    assert torch.allclose(errors, own)
    unknown = data._replace(noise=torch.full_like(data.noise, math.nan))
    assert math.isnan(value_of(sft_loss(pipe.transformer, unknown, 4, own_noise=True)))


def test_new_noise_is_drawn_for_each_step(pipe):
    data = make_dataset(pipe)
    unknown = data._replace(noise=torch.full_like(data.noise, math.nan))
    loss = sft_loss(pipe.transformer, unknown, 4)
    assert math.isfinite(value_of(loss)) and value_of(loss, seed=0) != value_of(loss, seed=1)


def test_noise_levels_are_those_of_sampling(pipe, monkeypatch):
    levels = []
    monkeypatch.setattr(
        "gamelabel.tuning.sft.velocity_errors",
        lambda transformer, latents, noise, sigma, text: levels.append(sigma) or sigma,
    )
    data = make_dataset(pipe)
    for seed in range(20):
        value_of(sft_loss(pipe.transformer, data, 8, sigmas=[1.0, 0.25]), seed)
    assert set(torch.cat(levels).tolist()) == {1.0, 0.25}


def test_metrics_name_the_rows_of_the_batch(pipe):
    data = make_dataset(pipe)
    with torch.no_grad():
        step = TrainingStep(0, torch.Generator().manual_seed(7))
        _, metrics = sft_loss(pipe.transformer, data, 3)(step)
    rows = torch.randint(5, (3,), generator=torch.Generator().manual_seed(7))
    assert torch.equal(metrics["rows"], rows)


def seen_texts(pipe, monkeypatch, share):
    """The embeddings that 100 images are learned with, and those of the empty prompt."""
    seen = []
    monkeypatch.setattr(
        "gamelabel.tuning.sft.velocity_errors",
        lambda transformer, latents, noise, sigma, text: seen.append(text) or sigma,
    )
    empty = encode_prompts(pipe, [""])
    data = make_dataset(pipe)
    value_of(sft_loss(pipe.transformer, data, 100, caption_dropout=share, empty=empty))
    return seen[0], empty, data


def test_caption_dropout_replaces_a_share_of_the_prompts_by_the_empty_one(pipe, monkeypatch):
    text, empty, data = seen_texts(pipe, monkeypatch, 0.3)
    embeds_dropped = (text.embeds == empty.embeds).all(2).all(1)
    pooled_dropped = (text.pooled == empty.pooled).all(1)
    assert torch.equal(embeds_dropped, pooled_dropped)
    assert 15 <= int(embeds_dropped.sum()) <= 45
    kept = text.pooled[~pooled_dropped]
    assert (kept[:, None] == data.text.pooled[None]).all(2).any(1).all(), "others keep theirs"


@pytest.mark.parametrize(("share", "dropped"), [(0.0, 0), (1.0, 100)])
def test_caption_dropout_of_none_and_all(pipe, monkeypatch, share, dropped):
    text, empty, _ = seen_texts(pipe, monkeypatch, share)
    assert int((text.pooled == empty.pooled).all(1).sum()) == dropped


def test_caption_dropout_needs_the_empty_prompt(pipe):
    with pytest.raises(ValueError, match="caption dropout needs `empty`"):
        sft_loss(pipe.transformer, make_dataset(pipe), 4, caption_dropout=0.1)
