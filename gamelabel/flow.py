"""Flow matching as in FLUX: the one place that knows x_t and v.

x_t = (1 - sigma) x0 + sigma noise and v = noise - x0 (Esser et al. 2024, eq. 13), with the noise
level sigma in [0, 1]. Latents are packed, (N, tokens, 4 x latent channels): each token is a 2 x 2
patch, the input of `FluxTransformer2DModel`. Images are square, since tokens do not keep their
shape; others are refused.
"""

from __future__ import annotations

from collections.abc import Sequence
from math import isqrt
from typing import Any, NamedTuple

import torch
from torch import Tensor

# The guidance embedded in models distilled with it, as FLUX.1-dev: the default in diffusers.
DISTILLED_GUIDANCE = 3.5


class Text(NamedTuple):
    """Encoded prompts: T5 embeddings (N, length, width) and CLIP's pooled vectors (N, width)."""

    embeds: Tensor
    pooled: Tensor

    def rows(self, index: Any) -> Text:
        """Return the rows of an index."""
        return Text(self.embeds[index], self.pooled[index])


def pack(latents: Tensor) -> Tensor:
    """Pack latents (N, C, H, W) of square images into tokens (N, H/2 x W/2, 4 C).

    Raises ValueError if H and W differ or are odd.
    """
    n, c, h, w = latents.shape
    if h != w or h % 2:
        raise ValueError(
            f"latents of {h} x {w} are not of square images with an even side: crop the images to "
            "squares whose side is a multiple of twice the autoencoder's scale (16 for FLUX.1)"
        )
    patches = latents.view(n, c, h // 2, 2, w // 2, 2).permute(0, 2, 4, 1, 3, 5)
    return patches.reshape(n, (h // 2) * (w // 2), c * 4)


def unpack(tokens: Tensor) -> Tensor:
    """Unpack tokens of square images (N, S, 4 C) into latents (N, C, 2 sqrt S, 2 sqrt S)."""
    n, s, c = tokens.shape
    side = _side(s)
    patches = tokens.view(n, side, side, c // 4, 2, 2).permute(0, 3, 1, 4, 2, 5)
    return patches.reshape(n, c // 4, 2 * side, 2 * side)


def _side(tokens: int) -> int:
    """Return how many tokens are side by side in a square image."""
    side = isqrt(tokens)
    if side * side != tokens:
        raise ValueError(
            f"{tokens} tokens are not those of a square image: crop the images to squares first"
        )
    return side


def few_step_sigmas(steps: int) -> list[float]:
    """Return FLUX.1-schnell's noise levels (shift 1): 1, 1 - 1/steps, ..., 1/steps.

    >>> few_step_sigmas(4)
    [1.0, 0.75, 0.5, 0.25]
    """
    return [1.0 - i / steps for i in range(steps)]


def noised(x0: Tensor, noise: Tensor, sigma: Tensor) -> Tensor:
    """Compute x_t at the noise levels sigma (N,)."""
    level = sigma.to(x0.device).view(-1, 1, 1)
    return (1.0 - level) * x0 + level * noise


def velocity(transformer: Any, x_t: Tensor, sigma: Tensor, text: Text) -> Tensor:
    """Compute the model's v.

    Parameters
    ----------
    transformer : FluxTransformer2DModel
        The model; inputs are moved to its device and precision.
    x_t : Tensor, shape (N, tokens, channels)
        Packed noised latents.
    sigma : Tensor, shape (N,)
        Noise levels.
    text : Text
        Encoded prompts, N rows.

    Returns
    -------
    Tensor of float32, shape (N, tokens, channels)
        On the model's device.
    """
    # not those of a weight, which may be quantized: packed 4-bit weights are of dtype uint8
    place = {"device": transformer.device, "dtype": transformer.dtype}
    x_t, sigma = x_t.to(**place), sigma.to(**place)
    side = _side(x_t.shape[1])
    rows, columns = torch.meshgrid(torch.arange(side), torch.arange(side), indexing="ij")
    image_ids = torch.stack((torch.zeros_like(rows), rows, columns), -1).view(-1, 3).to(x_t)
    guidance = None
    if transformer.config.guidance_embeds:
        guidance = torch.full_like(sigma, DISTILLED_GUIDANCE)
    v = transformer(
        hidden_states=x_t,
        encoder_hidden_states=text.embeds.to(**place),
        pooled_projections=text.pooled.to(**place),
        timestep=sigma,
        guidance=guidance,
        txt_ids=image_ids.new_zeros(text.embeds.shape[1], 3),
        img_ids=image_ids,
        return_dict=False,
    )[0]
    return v.float()


def velocity_errors(
    transformer: Any, x0: Tensor, noise: Tensor, sigma: Tensor, text: Text
) -> Tensor:
    """Compute the squared error of the model's v, averaged over latent dimensions.

    Parameters
    ----------
    transformer : FluxTransformer2DModel
        The model.
    x0, noise : Tensor, shape (N, tokens, channels)
        Packed latents and noise.
    sigma : Tensor, shape (N,)
        Noise levels.
    text : Text
        Encoded prompts, N rows.

    Returns
    -------
    Tensor, shape (N,)
    """
    v = velocity(transformer, noised(x0, noise, sigma), sigma, text)
    return (v - (noise - x0).to(v)).square().mean((1, 2))


def integrate(
    transformer: Any,
    noise: Tensor,
    text: Text,
    sigmas: Sequence[float],
    guidance: float = 1.0,
    empty: Text | None = None,
    end: float = 0.0,
) -> Tensor:
    """Follow v by Euler steps from the first noise level down to `end`.

    Parameters
    ----------
    transformer : FluxTransformer2DModel
        The model.
    noise : Tensor, shape (N, tokens, channels)
        x_t at the first level: pure noise if that is 1.
    text : Text
        Encoded prompts, N rows.
    sigmas : sequence of float
        Falling noise levels at which v is computed.
    guidance : float
        Scale of classifier-free guidance, with two passes a step; 1 for none.
    empty : Text, optional
        The encoded empty prompt, one row; needed for guidance.
    end : float
        The noise level of the result.

    Returns
    -------
    Tensor, shape (N, tokens, channels)

    Raises
    ------
    ValueError
        For guidance without `empty`.
    """
    x_t, n = noise, len(noise)
    if guidance > 1.0:
        if empty is None:
            raise ValueError("guidance above 1 needs `empty`, the encoded empty prompt")
        pairs = zip(text, empty, strict=True)
        text = Text(*(torch.cat((full, row.expand(n, *row.shape[1:]))) for full, row in pairs))
    for high, low in zip(sigmas, [*sigmas[1:], end], strict=True):
        if guidance > 1.0:
            sigma = torch.full((2 * n,), high, device=x_t.device)
            v_text, v_empty = velocity(transformer, torch.cat((x_t, x_t)), sigma, text).chunk(2)
            v = v_empty + guidance * (v_text - v_empty)
        else:
            v = velocity(transformer, x_t, torch.full((n,), high, device=x_t.device), text)
        x_t = x_t + (low - high) * v.to(x_t.device)  # v is elsewhere if the model is offloaded
    return x_t
