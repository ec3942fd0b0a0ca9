"""Names of FLUX's layers in the files of other trainers, as diffusers names them.

Black Forest Labs' own code, whose names ComfyUI and kohya's scripts use, has one layer for the
queries, keys and values that are three in diffusers. Some trainers write the dots of a name as
underscores, and put a prefix of their own before it.
"""

from __future__ import annotations

import re
from collections.abc import Iterable

_PREFIX = re.compile(
    r"^(lora_(unet|transformer)_"
    r"|(base_model\.model\.)?(transformer\.|(model\.)?diffusion_model\.|unet\.)?)"
)
_ATTENTION = ("attn.to_q", "attn.to_k", "attn.to_v")
_TEXT_ATTENTION = ("attn.add_q_proj", "attn.add_k_proj", "attn.add_v_proj")
_DOUBLE_BLOCK = {
    "img_attn.qkv": _ATTENTION,
    "img_attn.proj": ("attn.to_out.0",),
    "img_mlp.0": ("ff.net.0.proj",),
    "img_mlp.2": ("ff.net.2",),
    "img_mod.lin": ("norm1.linear",),
    "txt_attn.qkv": _TEXT_ATTENTION,
    "txt_attn.proj": ("attn.to_add_out",),
    "txt_mlp.0": ("ff_context.net.0.proj",),
    "txt_mlp.2": ("ff_context.net.2",),
    "txt_mod.lin": ("norm1_context.linear",),
}
_SINGLE_BLOCK = {
    "linear1": (*_ATTENTION, "proj_mlp"),
    "linear2": ("proj_out",),
    "modulation.lin": ("norm.linear",),
}
# XLabs' names beside those of Black Forest Labs
_DOUBLE_BLOCK_OF_XLABS = {
    "processor.qkv_lora1": _ATTENTION,
    "processor.proj_lora1": ("attn.to_out.0",),
    "processor.qkv_lora2": _TEXT_ATTENTION,
    "processor.proj_lora2": ("attn.to_add_out",),
}
_SINGLE_BLOCK_OF_XLABS = {"processor.qkv_lora": _ATTENTION, "processor.proj_lora": ("proj_out",)}
# the layers outside the blocks; rows of the last one are shift and scale, in diffusers the reverse
SWAPPED_LAYER = "norm_out.linear"
_OUTSIDE = {
    "img_in": "x_embedder",
    "txt_in": "context_embedder",
    "time_in.in_layer": "time_text_embed.timestep_embedder.linear_1",
    "time_in.out_layer": "time_text_embed.timestep_embedder.linear_2",
    "vector_in.in_layer": "time_text_embed.text_embedder.linear_1",
    "vector_in.out_layer": "time_text_embed.text_embedder.linear_2",
    "guidance_in.in_layer": "time_text_embed.guidance_embedder.linear_1",
    "guidance_in.out_layer": "time_text_embed.guidance_embedder.linear_2",
    "final_layer.linear": "proj_out",
    "final_layer.adaLN_modulation.1": SWAPPED_LAYER,
}


def original_names(blocks: int) -> dict[str, tuple[str, ...]]:
    """Return the layers of Black Forest Labs' code -> the layers of diffusers that they hold."""
    names: dict[str, tuple[str, ...]] = {name: (other,) for name, other in _OUTSIDE.items()}
    names |= _of_blocks(blocks, "double_blocks", "transformer_blocks", _DOUBLE_BLOCK)
    return names | _of_blocks(blocks, "single_blocks", "single_transformer_blocks", _SINGLE_BLOCK)


def _of_blocks(
    blocks: int, original: str, here: str, layers: dict[str, tuple[str, ...]]
) -> dict[str, tuple[str, ...]]:
    return {
        f"{original}.{i}.{name}": tuple(f"{here}.{i}.{part}" for part in parts)
        for i in range(blocks)
        for name, parts in layers.items()
    }


def translate_names(layers: Iterable[str]) -> dict[str, tuple[str, ...]]:
    """Return the layers of a file -> the layers of diffusers that each holds.

    Names that are not known from elsewhere are taken to be diffusers' own.

    >>> translate_names(["lora_unet_double_blocks_0_img_attn_proj", "transformer.x_embedder"])
    {'lora_unet_double_blocks_0_img_attn_proj': ('transformer_blocks.0.attn.to_out.0',), \
'transformer.x_embedder': ('x_embedder',)}
    """
    layers = list(layers)
    numbers = [int(number) for layer in layers for number in re.findall(r"blocks[._](\d+)", layer)]
    blocks = 1 + max(numbers, default=0)
    names = original_names(blocks)
    own = {part: (part,) for parts in names.values() for part in parts}
    names |= _of_blocks(blocks, "double_blocks", "transformer_blocks", _DOUBLE_BLOCK_OF_XLABS)
    names |= _of_blocks(
        blocks, "single_blocks", "single_transformer_blocks", _SINGLE_BLOCK_OF_XLABS
    )
    known = {name.replace(".", "_"): parts for name, parts in (names | own).items()}
    translated = {}
    for layer in layers:
        bare = _PREFIX.sub("", layer)
        translated[layer] = known.get(bare.replace(".", "_"), (bare,))
    return translated
