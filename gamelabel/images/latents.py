"""Images to latents and back: the one place that knows the autoencoder's scaling and value ranges.

Images are uint8 arrays (N, H, W, 3). Pixels are float tensors (N, 3, H, W) in [0, 1]. Latents are
packed as the transformer takes them, (N, tokens, channels); see `gamelabel.flow`.
"""

from __future__ import annotations

import numpy as np
import torch
from diffusers import FluxPipeline
from numpy.typing import NDArray
from torch import Tensor

from gamelabel.flow import pack, unpack

_DECODED_PIXELS = 2**15  # decoded at once, at least one image: what a processor's cache holds


def image_size(pipe: FluxPipeline) -> int:
    """Return the width and height, in pixels, of the images that a model was trained on."""
    return int(pipe.vae.config.sample_size)


def encoder_input(images: NDArray[np.uint8]) -> Tensor:
    """Convert images (N, H, W, 3) to the autoencoder's input (N, 3, H, W), float in [-1, 1]."""
    return torch.from_numpy(images).permute(0, 3, 1, 2).float().div(127.5).sub(1.0)


def decoded_pixels(decoded: Tensor) -> Tensor:
    """Convert the autoencoder's output, about [-1, 1], to pixels; gradients flow through."""
    return decoded.float().div(2.0).add(0.5).clamp(0.0, 1.0)


def pixels_to_images(pixels: Tensor) -> NDArray[np.uint8]:
    """Round pixels (N, 3, H, W) in [0, 1] to images (N, H, W, 3)."""
    rounded = pixels.detach().mul(255.0).round().to(torch.uint8)
    return np.ascontiguousarray(rounded.permute(0, 2, 3, 1).cpu().numpy())


@torch.no_grad()
def latent_means(pipe: FluxPipeline, images: NDArray[np.uint8]) -> Tensor:
    """Encode images as the autoencoder's posterior means, neither scaled nor packed.

    Parameters
    ----------
    pipe : FluxPipeline
        The model.
    images : ndarray of uint8, shape (N, H, W, 3)

    Returns
    -------
    Tensor, shape (N, C, H / 8, W / 8)
        On the model's device and in its precision.
    """
    pixels = encoder_input(images).to(pipe.vae.device, pipe.vae.dtype)
    means: Tensor = pipe.vae.encode(pixels).latent_dist.mean
    return means


def encode_images(pipe: FluxPipeline, images: NDArray[np.uint8]) -> Tensor:
    """Encode images as packed latents, scaled as the transformer knows them.

    Parameters
    ----------
    pipe : FluxPipeline
        The model.
    images : ndarray of uint8, shape (N, H, W, 3)

    Returns
    -------
    Tensor of float32, shape (N, tokens, channels)
    """
    config = pipe.vae.config
    return pack((latent_means(pipe, images) - config.shift_factor) * config.scaling_factor).float()


def decode_pixels(pipe: FluxPipeline, latents: Tensor) -> Tensor:
    """Decode packed latents (N, tokens, channels) to pixels; gradients flow through.

    Returns
    -------
    Tensor of float32, shape (N, 3, H, W), in [0, 1]
    """
    vae = pipe.vae
    scaled = unpack(latents) / vae.config.scaling_factor + vae.config.shift_factor
    return decoded_pixels(vae.decode(scaled.to(vae.device, vae.dtype), return_dict=False)[0])


@torch.no_grad()
def decode_latents(pipe: FluxPipeline, latents: Tensor) -> NDArray[np.uint8]:
    """Decode packed latents (N, tokens, channels) to images (N, H, W, 3), as FluxPipeline does."""
    return pixels_to_images(decode_batches(pipe, latents))


def decode_batches(pipe: FluxPipeline, latents: Tensor) -> Tensor:
    """Decode packed latents to pixels (N, 3, H, W), as many at once as a cache holds."""
    batch_size = max(1, _DECODED_PIXELS // image_size(pipe) ** 2)
    return torch.cat([decode_pixels(pipe, part) for part in latents.split(batch_size)])
