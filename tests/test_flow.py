import pytest
import torch
from diffusers import FluxPipeline

from gamelabel.flow import (
    few_step_sigmas,
    integrate,
    noised,
    pack,
    unpack,
    velocity,
    velocity_errors,
)
from gamelabel.images.pipeline import encode_prompts, starting_noise
from tests.images.repositories import untrained_pipeline


@pytest.fixture(scope="module")
def pipe():
    pipe = untrained_pipeline()
    pipe.set_progress_bar_config(disable=True)
    for part in (pipe.transformer, pipe.text_encoder, pipe.text_encoder_2):
        part.eval()
    return pipe


def test_pack_is_flux_own_and_unpack_its_inverse():
    latents = torch.randn(3, 8, 8, 8)
    assert torch.equal(pack(latents), FluxPipeline._pack_latents(latents, 3, 8, 8, 8))
    assert torch.equal(unpack(pack(latents)), latents)


def test_sigmas_of_four_steps_are_those_of_schnell():
    assert few_step_sigmas(4) == [1.0, 0.75, 0.5, 0.25]


def test_noised_runs_from_the_picture_to_the_noise():
    clean, noise = torch.randn(2, 16, 32), torch.randn(2, 16, 32)
    assert torch.equal(noised(clean, noise, torch.zeros(2)), clean)
    assert torch.equal(noised(clean, noise, torch.ones(2)), noise)


@torch.no_grad()
def test_integrate_follows_the_path_of_the_pipeline(pipe):
    text = encode_prompts(pipe, ["a red circle", "two blue stars"])
    latents = integrate(pipe.transformer, starting_noise(pipe, [1, 2]), text, few_step_sigmas(4))
    expected = pipe(
        ["a red circle", "two blue stars"],
        num_inference_steps=4,
        guidance_scale=0,
        height=64,
        width=64,
        max_sequence_length=16,
        generator=[torch.Generator().manual_seed(s) for s in (1, 2)],
        output_type="latent",
    ).images
    assert torch.allclose(latents, expected, atol=1e-4)


@torch.no_grad()
def test_guidance_of_one_half_more_extrapolates(pipe):
    noise, text, empty = (
        starting_noise(pipe, [1]),
        encode_prompts(pipe, ["a red circle"]),
        encode_prompts(pipe, [""]),
    )
    one = torch.ones(1)
    v_text, v_empty = (
        velocity(pipe.transformer, noise, one, text),
        velocity(pipe.transformer, noise, one, empty),
    )
    latents = integrate(pipe.transformer, noise, text, [1.0], 1.5, empty)
    assert torch.allclose(latents, noise - (v_empty + 1.5 * (v_text - v_empty)), atol=1e-5)
    with pytest.raises(ValueError, match="empty"):
        integrate(pipe.transformer, noise, text, [1.0], 1.5)


@torch.no_grad()
def test_the_error_is_a_mean_over_latent_dimensions(pipe):
    text = encode_prompts(pipe, ["a red circle"])
    clean, noise, sigma = torch.randn(1, 16, 32), torch.randn(1, 16, 32), torch.tensor([0.5])
    v = velocity(pipe.transformer, (clean + noise) / 2, sigma, text)
    expected = ((v - (noise - clean)) ** 2).sum() / (16 * 32)
    assert torch.allclose(
        velocity_errors(pipe.transformer, clean, noise, sigma, text), expected.view(1), atol=1e-5
    )
