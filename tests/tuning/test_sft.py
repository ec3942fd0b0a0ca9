"""Supervised tuning: which noise and which noise levels it learns from."""

import math

import torch

from gamelabel.flow import velocity_errors
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
