"""Images to latents and back, beside diffusers' own image processor and autoencoder."""

import numpy as np
import pytest
import torch

from gamelabel.flow import pack, unpack
from gamelabel.images.latents import (
    decode_latents,
    decode_pixels,
    decoded_pixels,
    encode_images,
    encoder_input,
    image_size,
    latent_means,
    pixels_to_images,
)
from tests.images.repositories import schnell_pipeline

SHIFT, SCALE = 0.1159, 0.3611  # of FLUX.1's autoencoder


@pytest.fixture(scope="module")
def pipe():
    return schnell_pipeline(side=64)


@pytest.fixture(scope="module")
def images():
    return np.random.default_rng(0).integers(0, 256, (3, 64, 64, 3)).astype(np.uint8)


def test_pixel_values_go_to_the_autoencoders_range_and_back(images):
    assert encoder_input(images).shape == (3, 3, 64, 64)
    assert (encoder_input(images).min(), encoder_input(images).max()) == (-1, 1)
    assert (pixels_to_images(decoded_pixels(encoder_input(images))) == images).all()
    beyond = decoded_pixels(torch.tensor([-3.0, -1.0, 0.0, 1.0, 3.0]))
    assert beyond.tolist() == [0.0, 0.0, 0.5, 1.0, 1.0]


def test_images_are_encoded_as_diffusers_does(pipe, images):
    pixels = pipe.image_processor.preprocess(images / 255).float()
    means = pipe.vae.encode(pixels).latent_dist.mean
    assert torch.allclose(latent_means(pipe, images), means, atol=1e-5)
    assert torch.allclose(encode_images(pipe, images), pack((means - SHIFT) * SCALE), atol=1e-5)


def test_latents_are_decoded_as_diffusers_does(pipe):
    latents = torch.randn(3, 16, 64, generator=torch.Generator().manual_seed(1))
    decoded = pipe.vae.decode(unpack(latents) / SCALE + SHIFT).sample.detach()
    expected = pipe.image_processor.postprocess(decoded, output_type="np")
    assert np.abs(decode_latents(pipe, latents) - expected * 255).max() <= 0.51
    pixels = decode_pixels(pipe, latents).permute(0, 2, 3, 1)
    assert np.abs(pixels.detach().numpy() - expected).max() < 1e-5


def test_gradients_flow_through_decoded_pixels(pipe):
    latents = torch.zeros(1, 16, 64, requires_grad=True)
    decode_pixels(pipe, latents).mean().backward()
    assert latents.grad.abs().sum() > 0


def test_large_images_are_decoded_one_at_a_time(pipe, monkeypatch):
    monkeypatch.setattr("gamelabel.images.latents._DECODED_PIXELS", 2 * image_size(pipe) ** 2)
    calls, decode = [], pipe.vae.decode
    monkeypatch.setattr(
        pipe.vae, "decode", lambda x, **named: (calls.append(len(x)), decode(x, **named))[1]
    )
    latents = torch.randn(3, 16, 64, generator=torch.Generator().manual_seed(2))
    together = decode_latents(pipe, latents)
    assert calls == [2, 1]
    alone = np.concatenate([decode_latents(pipe, latents[i : i + 1]) for i in range(3)])
    assert np.abs(together.astype(int) - alone).max() <= 1
