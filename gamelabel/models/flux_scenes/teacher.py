"""Stages 4 and 6, the teacher: a small FLUX transformer that learns to draw by flow matching."""

from __future__ import annotations

import torch
from diffusers import FluxTransformer2DModel
from torch import Tensor, nn

from gamelabel.flow import Text, velocity_errors
from gamelabel.models.flux_scenes.codec import CHANNELS
from gamelabel.models.flux_scenes.text_encoders import CLIP_WIDTH, T5_WIDTH
from gamelabel.training import Loss, Metrics, Step

DROP = 0.08  # share of captions replaced by the empty prompt, for guidance


def make_transformer() -> FluxTransformer2DModel:
    """A FLUX transformer of 4.6 million weights, its modulations and its output starting at zero (as DiT does)."""
    transformer = FluxTransformer2DModel(
        patch_size=1,
        in_channels=4 * CHANNELS,
        num_layers=2,
        num_single_layers=3,
        attention_head_dim=32,
        num_attention_heads=6,
        joint_attention_dim=T5_WIDTH,
        pooled_projection_dim=CLIP_WIDTH,
        guidance_embeds=False,
        axes_dims_rope=(4, 14, 14),
    )
    for name, layer in transformer.named_modules():
        if isinstance(layer, nn.Linear) and ("norm" in name or name == "proj_out"):
            nn.init.zeros_(layer.weight)
            nn.init.zeros_(layer.bias)
    return transformer


def teacher_loss(
    transformer: nn.Module, clean: Tensor, prompt_of: Tensor, text: Text, batch: int
) -> Loss:
    """Flow matching on drawn scenes.

    `clean` is (pictures, tokens, channels), `prompt_of` (pictures,) a row of `text`, whose row 0 is the empty prompt.
    The noise level is the sigmoid of N(0.3, 1): the middle levels, where the scene is decided, are seen most.
    """

    def loss(step: Step) -> tuple[Tensor, Metrics]:
        generator, worker = step.generator, step.worker
        rows = worker.share(batch)
        chosen = torch.randint(len(clean), (batch,), generator=generator)[rows]
        noise = torch.randn(batch, *clean.shape[1:], generator=generator)[rows]
        sigma = torch.sigmoid(torch.randn(batch, generator=generator) + 0.3)[rows]
        told = torch.rand(batch, generator=generator)[rows] >= DROP
        prompts = prompt_of[chosen] * told
        x, z, s = (t.to(worker.device) for t in (clean[chosen].float(), noise, sigma))
        return velocity_errors(transformer, x, z, s, text.rows(prompts)).mean(), {}

    return loss
