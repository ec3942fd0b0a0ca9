"""A LoRA adapter on a FLUX transformer: put on, saved so that stock `FluxPipeline.load_lora_weights` takes it."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import torch
from diffusers import FluxPipeline
from peft import LoraConfig, get_peft_model_state_dict

# The linear layers of diffusers' own Flux LoRA script, in double and single blocks alike.
TARGETS = [
    "attn.to_k",
    "attn.to_q",
    "attn.to_v",
    "attn.to_out.0",
    "attn.add_k_proj",
    "attn.add_q_proj",
    "attn.add_v_proj",
    "attn.to_add_out",
    "ff.net.0.proj",
    "ff.net.2",
    "ff_context.net.0.proj",
    "ff_context.net.2",
    "proj_mlp",
    "proj_out",
]


def add_adapter(transformer: Any, rank: int = 16, seed: int = 0) -> list[torch.nn.Parameter]:
    """Put a LoRA adapter (alpha = rank) on the frozen transformer, which it leaves unchanged at first.

    Returns the adapter's weights. `transformer.disable_adapters()` gives the base back.
    """
    transformer.requires_grad_(False)
    torch.manual_seed(seed)
    # the output head is outside the blocks and has the name of the single blocks' own projection
    targets = [
        name
        for name, module in transformer.named_modules()
        if isinstance(module, torch.nn.Linear) and any(name.endswith(f".{target}") for target in TARGETS)
    ]
    transformer.add_adapter(LoraConfig(r=rank, lora_alpha=rank, init_lora_weights="gaussian", target_modules=targets))
    return [weight for weight in transformer.parameters() if weight.requires_grad]


def remove_adapter(transformer: Any) -> None:
    """Take the adapter off again."""
    transformer.delete_adapters("default")


def save_adapter(transformer: Any, folder: Path) -> Path:
    """Write `pytorch_lora_weights.safetensors` with the metadata without which alpha would be read as the rank."""
    FluxPipeline.save_lora_weights(
        folder,
        transformer_lora_layers=get_peft_model_state_dict(transformer),
        transformer_lora_adapter_metadata=transformer.peft_config["default"].to_dict(),
    )
    return folder / "pytorch_lora_weights.safetensors"
