"""FLUX repositories made on the spot, of the layout that the hub has."""

from pathlib import Path

import torch
from diffusers import FlowMatchEulerDiscreteScheduler, FluxPipeline

from gamelabel.images.base.codec import make_codec
from gamelabel.images.base.teacher import make_transformer
from gamelabel.images.base.text import Readers


def untrained_pipeline(seed: int = 0) -> FluxPipeline:
    """The embedded model's make with random weights (its zero-initialised layers too, or it would draw plain noise)."""
    torch.manual_seed(seed)
    readers, transformer = Readers(), make_transformer()
    for weight in transformer.parameters():
        torch.nn.init.normal_(weight, std=0.05)
    return FluxPipeline(
        scheduler=FlowMatchEulerDiscreteScheduler(shift=1.0),
        vae=make_codec(),
        text_encoder=readers.clip,
        tokenizer=readers.clip_tokenizer,
        text_encoder_2=readers.t5,
        tokenizer_2=readers.t5_tokenizer,
        transformer=transformer,
    )


def untrained_repository(folder: Path, seed: int = 0) -> Path:
    untrained_pipeline(seed).save_pretrained(folder)
    return folder
