"""From trained parts to a FLUX repository: the folder that stock `FluxPipeline.from_pretrained` opens."""

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

from gamelabel.models.flux_scenes.text_encoders import Readers


def assemble(trained: Path, transformer: str, folder: Path) -> None:
    """Write the repository made of a recipe's folder and its "refined" (the teacher) or "student" transformer.

    Weights are stored as bfloat16 (half the size); FluxPipeline loads them as float32.
    """
    readers = Readers()
    readers.load_state_dict(torch.load(trained / "text/readers.pt", weights_only=True))
    pipe = FluxPipeline(
        scheduler=FlowMatchEulerDiscreteScheduler(shift=1.0),
        vae=AutoencoderKL.from_pretrained(trained / "codec/model"),
        text_encoder=readers.clip,
        tokenizer=readers.clip_tokenizer,
        text_encoder_2=readers.t5,
        tokenizer_2=readers.t5_tokenizer,
        transformer=FluxTransformer2DModel.from_pretrained(trained / transformer / "model"),
    )
    pipe.to(torch.bfloat16).save_pretrained(folder)
    for config in folder.glob("*/config.json"):
        settings = json.loads(config.read_text())
        settings.pop("_name_or_path", None)  # where the part lay on the machine that trained it
        if config.parent.name.startswith("text_encoder"):
            # diffusers loads its parts as float32, transformers loads its own as their config says
            settings["dtype"] = "float32"
        config.write_text(json.dumps(settings, indent=2) + "\n")
