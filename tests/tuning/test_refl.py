"""ReFL: the image that is scored is the one that would be generated, and its reward rises."""

import numpy as np
import pytest
import torch

from gamelabel.flow import few_step_sigmas, integrate
from gamelabel.images.latents import decode_latents, decode_pixels, image_size
from gamelabel.images.pipeline import encode_prompts, starting_noise
from gamelabel.training import TrainingConfig, TrainingStep, train
from gamelabel.tuning import refl
from gamelabel.tuning.data import pretraining_scenes
from gamelabel.tuning.refl import refl_loss
from gamelabel.tuning.sft import sft_loss
from tests.tuning.tiny_model import PROMPTS, make_dataset, value_of


def test_latents_decode_with_gradient_to_the_images_that_are_generated(pipe):
    latents = make_dataset(pipe).latents.requires_grad_()
    pixels = decode_pixels(pipe, latents)
    images = decode_latents(pipe, latents.detach())
    assert np.abs(pixels.detach().permute(0, 2, 3, 1).numpy() * 255 - images).max() < 0.51
    pixels.sum().backward()
    assert latents.grad.abs().sum() > 0


def test_the_last_step_ends_in_the_generated_image(pipe):
    text, calls = encode_prompts(pipe, PROMPTS), []

    def reward(pixels, prompts):
        calls.append((pixels.detach(), prompts))
        return pixels.mean((1, 2, 3))

    loss = refl_loss(pipe, PROMPTS, text, reward, 2, last_steps=1)
    value, metrics = loss(TrainingStep(0, torch.Generator().manual_seed(3)))
    generator = torch.Generator().manual_seed(3)
    rows = torch.randint(len(PROMPTS), (2,), generator=generator)
    seeds = torch.randint(2**31, (2,), generator=generator).tolist()
    with torch.no_grad():
        noise = starting_noise(pipe, seeds)
        latents = integrate(pipe.transformer, noise, text.rows(rows), few_step_sigmas(4))
    ((pixels, prompts),) = calls
    assert torch.allclose(pixels, decode_pixels(pipe, latents), atol=1e-4)
    assert prompts == [PROMPTS[row] for row in rows.tolist()]
    assert torch.equal(metrics["rows"], rows)
    assert value.item() == pytest.approx(1e-3 * (2 - pixels.mean((1, 2, 3))).mean().item())


def test_large_images_are_decoded_one_after_another_with_the_same_gradient(adapted, monkeypatch):
    text, sizes = encode_prompts(adapted, PROMPTS), []

    def reward(pixels, prompts):
        sizes.append((len(pixels), len(prompts)))
        return pixels.square().mean((1, 2, 3))

    weights = [weight for weight in adapted.transformer.parameters() if weight.requires_grad]

    def gradients():
        loss = refl_loss(adapted, PROMPTS, text, reward, 3, last_steps=1)
        value, _ = loss(TrainingStep(0, torch.Generator().manual_seed(3)))
        return value, torch.autograd.grad(value, weights)

    value, expected = gradients()
    assert sizes == [(3, 3)]
    sizes.clear()
    monkeypatch.setattr(refl, "_DECODED_PIXELS", image_size(adapted) ** 2)
    middle, in_steps = adapted.vae.decoder.mid_block, []
    spy = middle.register_forward_pre_hook(
        lambda *_: in_steps.append(middle.gradient_checkpointing)
    )
    split_value, split = gradients()
    spy.remove()
    assert sizes == [(1, 1)] * 6  # each is decoded once more for its gradient
    assert in_steps and all(in_steps), "the backward pass decodes as the forward pass did"
    adapted.vae.disable_gradient_checkpointing()
    assert split_value.item() == pytest.approx(value.item(), rel=1e-5)
    for ours, theirs in zip(split, expected, strict=True):
        assert torch.allclose(ours, theirs, rtol=1e-3, atol=1e-8)


@pytest.mark.parametrize("last_steps", [0, 5])
def test_the_step_with_gradient_is_one_of_the_sampling_steps(pipe, last_steps):
    text = encode_prompts(pipe, PROMPTS)
    with pytest.raises(ValueError, match="from 1 to 4"):
        refl_loss(pipe, PROMPTS, text, lambda pixels, prompts: pixels, 2, last_steps=last_steps)


def test_refl_raises_the_reward(adapted, tmp_path):
    def redness(pixels, prompts):
        return pixels[:, 0].mean((1, 2))

    text = encode_prompts(adapted, PROMPTS)
    loss = refl_loss(adapted, PROMPTS, text, redness, 8, weight=1.0)
    pretraining = sft_loss(adapted.transformer, pretraining_scenes(adapted, 8), 4)
    before = value_of(loss)

    def still(step: TrainingStep):
        value, metrics = pretraining(step)
        return 0.0 * value, metrics

    config = TrainingConfig(24, 8, 5e-3, warmup_steps=1, ema_decay=0.5, bf16=False)
    train(adapted.transformer, [still, loss], config, tmp_path)
    assert value_of(loss) < before - 0.02
    assert not any(weight.grad is not None for weight in adapted.vae.parameters())
