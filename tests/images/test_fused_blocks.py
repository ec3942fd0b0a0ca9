"""Fused blocks beside diffusers' own: the same values, nothing left behind."""

import numpy as np
import pytest
import torch

from gamelabel.images.fused_blocks import fused_blocks
from gamelabel.images.latents import decode_latents
from gamelabel.images.pipeline import encode_prompts, generate, load_pipeline
from gamelabel.tuning.adapter import add_adapter, remove_adapter
from tests.images.repositories import schnell_pipeline

PROMPTS = ["a red circle", "two blue stars", "a star above a green square"]


@pytest.fixture(scope="module")
def pipe(repository):
    return load_pipeline(repository, device="cpu")


def sampled(pipe, **settings):
    text = encode_prompts(pipe, PROMPTS)
    generators = [torch.Generator().manual_seed(seed) for seed in range(len(PROMPTS))]
    return pipe(
        prompt_embeds=text.embeds,
        pooled_prompt_embeds=text.pooled,
        num_inference_steps=4,
        height=64,
        width=64,
        generator=generators,
        output_type="latent",
        **settings,
    ).images


def replaced(pipe):
    modules = (*pipe.transformer.modules(), *pipe.vae.modules())
    return [module for module in modules if "forward" in vars(module)]


@pytest.mark.parametrize("guidance_embeds", [False, True])
def test_latents_and_pictures_are_those_of_diffusers_blocks(guidance_embeds):
    pipe = schnell_pipeline(side=64, guidance_embeds=guidance_embeds)
    plain = sampled(pipe)
    with fused_blocks(pipe):
        assert replaced(pipe)
        fused = sampled(pipe)
        pictures = decode_latents(pipe, plain)
    assert torch.allclose(plain, fused, atol=1e-4)
    assert np.abs(pictures.astype(int) - decode_latents(pipe, plain)).max() <= 1


def test_an_adapter_takes_part(pipe):
    base = sampled(pipe)
    add_adapter(pipe.transformer, rank=4)
    try:
        with torch.no_grad():
            for weight in (w for w in pipe.transformer.parameters() if w.requires_grad):
                weight += 0.05 * torch.randn(
                    weight.shape, generator=torch.Generator().manual_seed(weight.numel())
                )
        plain = sampled(pipe)
        with fused_blocks(pipe):
            fused = sampled(pipe)
    finally:
        remove_adapter(pipe.transformer)
    assert torch.allclose(plain, fused, atol=1e-4)
    assert (plain - base).abs().max() > 0.01


def test_true_guidance_takes_part(pipe):
    text = encode_prompts(pipe, [""])
    empty = [x.expand(len(PROMPTS), *x.shape[1:]) for x in text]
    guided = {
        "negative_prompt_embeds": empty[0],
        "negative_pooled_prompt_embeds": empty[1],
        "true_cfg_scale": 2.0,
    }
    with fused_blocks(pipe):
        fused = sampled(pipe, **guided)
    assert torch.allclose(sampled(pipe, **guided), fused, atol=1e-4)


def test_diffusers_blocks_are_back_afterwards_also_after_an_error(pipe):
    next(generate(pipe, PROMPTS[:1], [0]))
    assert not replaced(pipe)
    with pytest.raises(RuntimeError, match="stop"), fused_blocks(pipe):
        raise RuntimeError("stop")
    assert not replaced(pipe)


def test_a_forward_pass_that_somebody_replaced_is_left_alone(pipe):
    block = pipe.transformer.transformer_blocks[0]
    calls, own = [], block.forward

    def counted(*inputs, **named):
        calls.append(len(named))
        return own(*inputs, **named)

    block.forward = counted
    try:
        next(generate(pipe, PROMPTS[:1], [0]))
        assert len(calls) == 4 and block.forward is counted
    finally:
        del block.forward


def test_other_precisions_keep_diffusers_blocks():
    pipe = schnell_pipeline(side=64).to(torch.bfloat16)
    with fused_blocks(pipe):
        assert not replaced(pipe)
