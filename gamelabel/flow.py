"""Flow matching as FLUX has it: the one place that knows x_t and v.

x_t = (1 - sigma) x0 + sigma noise and v = noise - x0 (Esser et al. 2024, eq. 13), sigma in [0, 1]. Latents are packed:
(N, tokens, 4 x latent channels), each token a 2 x 2 patch, as `FluxTransformer2DModel` takes them.
"""

from __future__ import annotations

from collections.abc import Sequence
from math import isqrt
from typing import Any, NamedTuple

import torch
from torch import Tensor

# The guidance embedded in models distilled with guidance, as FLUX.1-dev; its default in diffusers.
DISTILLED_GUIDANCE = 3.5


class Text(NamedTuple):
    """Encoded prompts: T5 embeddings (N, length, width) and CLIP's pooled vectors (N, width)."""

    embeds: Tensor
    pooled: Tensor

    def rows(self, index: Any) -> Text:
        """The given rows."""
        return Text(self.embeds[index], self.pooled[index])


def pack(latents: Tensor) -> Tensor:
    """(N, C, H, W) -> tokens (N, H/2 x W/2, 4 C)."""
    n, c, h, w = latents.shape
    patches = latents.view(n, c, h // 2, 2, w // 2, 2).permute(0, 2, 4, 1, 3, 5)
    return patches.reshape(n, (h // 2) * (w // 2), c * 4)


def unpack(tokens: Tensor) -> Tensor:
    """Tokens of a square picture (N, S, 4 C) -> (N, C, 2 sqrt S, 2 sqrt S)."""
    n, s, c = tokens.shape
    side = isqrt(s)
    patches = tokens.view(n, side, side, c // 4, 2, 2).permute(0, 3, 1, 4, 2, 5)
    return patches.reshape(n, c // 4, 2 * side, 2 * side)


def few_step_sigmas(steps: int) -> list[float]:
    """FLUX.1-schnell's noise levels (shift 1): 1, 1 - 1/steps, ..., 1/steps."""
    return [1.0 - i / steps for i in range(steps)]


def noised(clean: Tensor, noise: Tensor, sigma: Tensor) -> Tensor:
    """x_t at noise level sigma (N,)."""
    level = sigma.view(-1, 1, 1)
    return (1.0 - level) * clean + level * noise


def velocity(transformer: Any, x: Tensor, sigma: Tensor, text: Text) -> Tensor:
    """The model's v at x_t, float32 on the model's device, of x's shape; sigma is (N,)."""
    own = (
        transformer.x_embedder.weight
    )  # its device and precision, which what it is given must have
    x, sigma, text = x.to(own), sigma.to(own), Text(*(each.to(own) for each in text))
    side = isqrt(x.shape[1])
    rows, columns = torch.meshgrid(torch.arange(side), torch.arange(side), indexing="ij")
    places = torch.stack((torch.zeros_like(rows), rows, columns), -1).view(-1, 3).to(x)
    guidance = None
    if transformer.config.guidance_embeds:
        guidance = torch.full_like(sigma, DISTILLED_GUIDANCE)
    v = transformer(
        hidden_states=x,
        encoder_hidden_states=text.embeds,
        pooled_projections=text.pooled,
        timestep=sigma,
        guidance=guidance,
        txt_ids=places.new_zeros(text.embeds.shape[1], 3),
        img_ids=places,
        return_dict=False,
    )[0]
    return v.float()


def velocity_errors(
    transformer: Any, clean: Tensor, noise: Tensor, sigma: Tensor, text: Text
) -> Tensor:
    """Squared error of the model's v, averaged over latent dimensions: (N,), one per picture."""
    v = velocity(transformer, noised(clean, noise, sigma), sigma, text)
    return (v - (noise - clean).to(v)).square().mean((1, 2))


def integrate(
    transformer: Any,
    noise: Tensor,
    text: Text,
    sigmas: Sequence[float],
    guidance: float = 1.0,
    empty: Text | None = None,
    end: float = 0.0,
) -> Tensor:
    """Follow v from the first of the given levels, pure noise at 1, down them to `end` by Euler steps; packed latents.

    With `guidance` above 1, classifier-free guidance against `empty`, the encoded empty prompt (one row).
    """
    x, n = noise, len(noise)
    if guidance > 1.0:
        if empty is None:
            raise ValueError("guidance above 1 needs `empty`, the encoded empty prompt")
        text = Text(
            *(
                torch.cat((full, bare.expand(n, *bare.shape[1:])))
                for full, bare in zip(text, empty, strict=True)
            )
        )
    for high, low in zip(sigmas, [*sigmas[1:], end], strict=True):
        if guidance > 1.0:
            level = torch.full((2 * n,), high, device=x.device)
            told, bare = velocity(transformer, torch.cat((x, x)), level, text).chunk(2)
            v = bare + guidance * (told - bare)
        else:
            v = velocity(transformer, x, torch.full((n,), high, device=x.device), text)
        x = x + (low - high) * v
    return x
