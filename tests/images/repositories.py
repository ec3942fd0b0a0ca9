"""Small FLUX repositories with random weights, in the hub's layout."""

from pathlib import Path

import torch
from diffusers import (
    AutoencoderKL,
    FlowMatchEulerDiscreteScheduler,
    FluxPipeline,
    FluxTransformer2DModel,
)

from gamelabel.models.flux_scenes.autoencoder import make_autoencoder
from gamelabel.models.flux_scenes.teacher import make_transformer
from gamelabel.models.flux_scenes.text_encoders import CLIP_WIDTH, T5_WIDTH, TextEncoders


def untrained_pipeline(seed: int = 0) -> FluxPipeline:
    """The architecture of the shipped model, with random weights."""
    torch.manual_seed(seed)
    return _pipeline(make_autoencoder(), make_transformer())


def schnell_pipeline(side: int = 128, guidance_embeds: bool = False) -> FluxPipeline:
    """FLUX.1-schnell's settings and channels, narrow, with random weights.

    With `guidance_embeds` it embeds the guidance, as FLUX.1-dev does.
    """
    torch.manual_seed(0)
    vae = AutoencoderKL(
        down_block_types=("DownEncoderBlock2D",) * 4,
        up_block_types=("UpDecoderBlock2D",) * 4,
        block_out_channels=(8, 8, 16, 16),
        layers_per_block=2,
        norm_num_groups=8,
        latent_channels=16,
        sample_size=side,
        scaling_factor=0.3611,
        shift_factor=0.1159,
        force_upcast=True,
        use_quant_conv=False,
        use_post_quant_conv=False,
    )
    transformer = FluxTransformer2DModel(
        in_channels=64,
        num_layers=1,
        num_single_layers=2,
        attention_head_dim=32,
        num_attention_heads=3,
        joint_attention_dim=T5_WIDTH,
        pooled_projection_dim=CLIP_WIDTH,
        guidance_embeds=guidance_embeds,
        axes_dims_rope=(4, 14, 14),
    )
    return _pipeline(vae, transformer)


def _pipeline(vae: AutoencoderKL, transformer: FluxTransformer2DModel) -> FluxPipeline:
    encoders = TextEncoders()
    for (
        weight
    ) in transformer.parameters():  # zero-initialised layers too, or it would draw plain noise
        torch.nn.init.normal_(weight, std=0.05)
    return FluxPipeline(
        scheduler=FlowMatchEulerDiscreteScheduler(shift=1.0),
        vae=vae,
        text_encoder=encoders.clip,
        tokenizer=encoders.clip_tokenizer,
        text_encoder_2=encoders.t5,
        tokenizer_2=encoders.t5_tokenizer,
        transformer=transformer,
    )


def untrained_repository(folder: Path, seed: int = 0) -> Path:
    untrained_pipeline(seed).save_pretrained(folder)
    return folder


def schnell_repository(folder: Path, side: int = 128, guidance_embeds: bool = False) -> Path:
    schnell_pipeline(side, guidance_embeds).save_pretrained(folder)
    return folder
