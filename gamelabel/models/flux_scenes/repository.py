"""From trained parts to a repository that stock `FluxPipeline.from_pretrained` opens."""

from __future__ import annotations

import json
from pathlib import Path

import torch
from diffusers import (
    AutoencoderKL,
    FlowMatchEulerDiscreteScheduler,
    FluxPipeline,
    FluxTransformer2DModel,
)

from gamelabel.models.flux_scenes.text_encoders import TextEncoders


def assemble_repository(training_folder: Path, transformer: str, repository: Path) -> None:
    """Write a FLUX repository; weights are stored as bfloat16 and load as float32.

    Parameters
    ----------
    training_folder : Path
        The folder of `train_flux_scenes`.
    transformer : str
        The stage whose transformer to take: "refined" or "student".
    repository : Path
        The folder to write.
    """
    encoders = TextEncoders()
    weights = torch.load(training_folder / "text/weights.pt", weights_only=True)
    encoders.load_state_dict(weights)
    pipe = FluxPipeline(
        scheduler=FlowMatchEulerDiscreteScheduler(shift=1.0),
        vae=AutoencoderKL.from_pretrained(training_folder / "codec/model"),
        text_encoder=encoders.clip,
        tokenizer=encoders.clip_tokenizer,
        text_encoder_2=encoders.t5,
        tokenizer_2=encoders.t5_tokenizer,
        transformer=FluxTransformer2DModel.from_pretrained(training_folder / transformer / "model"),
    )
    pipe.to(torch.bfloat16).save_pretrained(repository)
    for config in repository.glob("*/config.json"):
        settings = json.loads(config.read_text())
        settings.pop("_name_or_path", None)  # a path of the machine that trained it
        if config.parent.name.startswith("text_encoder"):
            # diffusers loads its parts as float32, transformers loads its own as their config says
            settings["dtype"] = "float32"
        config.write_text(json.dumps(settings, indent=2) + "\n")
