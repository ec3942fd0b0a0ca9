"""Stages 4 and 6, the teacher: a small FLUX transformer trained with flow matching."""

from __future__ import annotations

import torch
from diffusers import FluxTransformer2DModel
from torch import Tensor, nn

from gamelabel.flow import Text, velocity_errors
from gamelabel.models.flux_scenes.autoencoder import CHANNELS
from gamelabel.models.flux_scenes.text_encoders import CLIP_WIDTH, T5_WIDTH
from gamelabel.training import Loss, Metrics, TrainingStep

CAPTION_DROPOUT = 0.08  # share of captions replaced by the empty prompt, for guidance


def make_transformer() -> FluxTransformer2DModel:
    """Return a FLUX transformer of 4.6 million weights; modulations and output are 0 at first."""
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
    transformer: nn.Module, clean: Tensor, prompt_rows: Tensor, text: Text, batch: int
) -> Loss:
    """Return the flow-matching loss on drawn scenes.

    The noise level is the sigmoid of N(0.3, 1): the middle levels, at which the layout of a scene
    is decided, are sampled most.

    Parameters
    ----------
    transformer : FluxTransformer2DModel
        The model to train.
    clean : Tensor
        Packed latents (n_images, tokens, channels).
    prompt_rows : Tensor
        The row of `text` of each image, (n_images,).
    text : Text
        Encoded prompts; row 0 is the empty prompt.
    batch : int
        Images a step, over all workers.
    """

    def loss(step: TrainingStep) -> tuple[Tensor, Metrics]:
        generator, worker = step.generator, step.worker
        rows = worker.share(batch)
        sample = torch.randint(len(clean), (batch,), generator=generator)[rows]
        noise = torch.randn(batch, *clean.shape[1:], generator=generator)[rows]
        sigma = torch.sigmoid(torch.randn(batch, generator=generator) + 0.3)[rows]
        keep_caption = torch.rand(batch, generator=generator)[rows] >= CAPTION_DROPOUT
        prompts = prompt_rows[sample] * keep_caption
        x0, noise, sigma = (t.to(worker.device) for t in (clean[sample].float(), noise, sigma))
        return velocity_errors(transformer, x0, noise, sigma, text.rows(prompts)).mean(), {}

    return loss
