from copy import deepcopy

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


@pytest.mark.parametrize(("height", "width"), [(16, 24), (8, 32), (7, 7)])
def test_images_that_are_not_square_are_refused(height, width):
    """128 x 192 pixels have no square number of tokens; 64 x 256 have one, and wrong positions."""
    with pytest.raises(ValueError, match=rf"latents of {height} x {width} .* crop the images"):
        pack(torch.zeros(1, 16, height, width))


def test_tokens_of_no_square_image_are_refused(pipe):
    with pytest.raises(ValueError, match="96 tokens are not those of a square image"):
        unpack(torch.zeros(1, 96, 64))
    text = encode_prompts(pipe, ["a red circle"])
    with pytest.raises(ValueError, match="12 tokens are not those of a square image"):
        velocity(pipe.transformer, torch.zeros(1, 12, 32), torch.ones(1), text)


class PackedLinear(torch.nn.Linear):
    """A layer whose weight is packed in 8-bit integers, as bitsandbytes packs NF4."""

    def __init__(self, layer: torch.nn.Linear) -> None:
        torch.nn.Module.__init__(self)
        self.in_features, self.out_features = layer.in_features, layer.out_features
        self.shape, self.kept, self.bias = layer.weight.shape, layer.weight.detach(), layer.bias
        self.weight = torch.nn.Parameter(
            torch.zeros(layer.weight.numel() // 2, 1, dtype=torch.uint8), requires_grad=False
        )

    def forward(self, input: torch.Tensor) -> torch.Tensor:
        assert input.is_floating_point(), "values were rounded to the integers of the weight"
        return torch.nn.functional.linear(input, self.kept, self.bias)


@torch.no_grad()
def test_inputs_of_a_quantized_model_are_not_rounded_to_its_integers(pipe):
    text = encode_prompts(pipe, ["a red circle"])
    x_t, sigma = starting_noise(pipe, [1]), torch.tensor([0.5])
    expected = velocity(pipe.transformer, x_t, sigma, text)
    packed = deepcopy(pipe.transformer)
    for name, layer in list(packed.named_modules()):
        if isinstance(layer, torch.nn.Linear):
            parent, _, child = name.rpartition(".")
            setattr(packed.get_submodule(parent), child, PackedLinear(layer))
    assert packed.x_embedder.weight.dtype == torch.uint8
    assert torch.allclose(velocity(packed, x_t, sigma, text), expected, atol=1e-6)


def test_a_noise_level_may_be_elsewhere_than_the_latents():
    latents = torch.zeros(2, 4, 8, device="meta")
    assert noised(latents, latents, torch.ones(2)).device.type == "meta"


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
