"""Load the published ImageReward checkpoint into the BLIP classes of current `transformers`.

The file (ImageReward.pt) has the layout of BLIP's own repository, and the package that reads it
does not import with current libraries. Sizes are read from the weights, so that a checkpoint of
this layout may be of any size.
"""

from __future__ import annotations

import re
from pathlib import Path

import torch
from torch import Tensor
from transformers import (
    BlipConfig,
    BlipForImageTextRetrieval,
    BlipTextConfig,
    BlipVisionConfig,
    PreTrainedTokenizerBase,
)

from gamelabel.reward.calibration import Calibration
from gamelabel.reward.reward_model import TEXT_LENGTH, RewardModel

IMAGEREWARD_CALIBRATION = Calibration(
    0.16717362830052426, 1.0333394966054072, "the images that ImageReward was calibrated on"
)
_ATTENTION_WIDTH = 64  # of each attention head, in BLIP of every size
# Name in the checkpoint -> name in transformers.
_NAMES = (
    (r"^blip\.visual_encoder\.cls_token$", "vision_model.embeddings.class_embedding"),
    (r"^blip\.visual_encoder\.pos_embed$", "vision_model.embeddings.position_embedding"),
    (r"^blip\.visual_encoder\.patch_embed\.proj\.", "vision_model.embeddings.patch_embedding."),
    (r"^blip\.visual_encoder\.norm\.", "vision_model.post_layernorm."),
    (
        r"^blip\.visual_encoder\.blocks\.(\d+)\.attn\.qkv\.",
        r"vision_model.encoder.layers.\1.self_attn.qkv.",
    ),
    (
        r"^blip\.visual_encoder\.blocks\.(\d+)\.attn\.proj\.",
        r"vision_model.encoder.layers.\1.self_attn.projection.",
    ),
    (
        r"^blip\.visual_encoder\.blocks\.(\d+)\.norm([12])\.",
        r"vision_model.encoder.layers.\1.layer_norm\2.",
    ),
    (r"^blip\.visual_encoder\.blocks\.(\d+)\.mlp\.", r"vision_model.encoder.layers.\1.mlp."),
    (r"^blip\.text_encoder\.", "text_encoder."),
    (r"^blip\.(vision|text)_proj\.", r"\1_proj."),
)
_BUFFER = "embeddings.position_ids"  # 0, 1, 2, ...: not weights


class NotImageReward(ValueError):
    """A checkpoint of another layout; the message says what is missing or unexpected."""


def load_imagereward(checkpoint: str | Path, tokenizer: PreTrainedTokenizerBase) -> RewardModel:
    """Open ImageReward.pt (huggingface.co/THUDM/ImageReward) as a reward model.

    It has the published calibration, reads 35 tokens, and has no matching head.

    Parameters
    ----------
    checkpoint : str or Path
        The file.
    tokenizer : PreTrainedTokenizerBase
        BLIP's tokenizer, which comes with any BLIP repository.

    Raises
    ------
    FileNotFoundError
        If the file does not exist.
    NotImageReward
        If the file has another layout, or the tokenizer another vocabulary.
    """
    path = Path(checkpoint).absolute()
    if not path.is_file():
        raise FileNotFoundError(
            f"no file {path}: download ImageReward.pt from huggingface.co/THUDM/ImageReward"
        )
    weights = torch.load(path, map_location="cpu", weights_only=True)
    blip_weights, head_weights = _rename(weights, path)
    config = _config(blip_weights, path)
    # BLIP's tokens for decoding and encoding are the last two; ImageReward uses neither
    if not 0 <= config.text_config.vocab_size - len(tokenizer) <= 2:
        raise NotImageReward(
            f"{path} has {config.text_config.vocab_size} tokens, the tokenizer {len(tokenizer)}: "
            "use BLIP's own tokenizer"
        )
    text_length = min(TEXT_LENGTH, config.text_config.max_position_embeddings)
    blip = BlipForImageTextRetrieval(config)
    model = RewardModel(blip, tokenizer, text_length, IMAGEREWARD_CALIBRATION)
    torch.nn.init.zeros_(model.blip.itm_head.weight)
    torch.nn.init.zeros_(model.blip.itm_head.bias)
    keys = model.blip.load_state_dict(blip_weights, strict=False)
    missing = [name for name in keys.missing_keys if not name.startswith("itm_head.")]
    if missing or keys.unexpected_keys:
        raise NotImageReward(
            f"{path}: missing weights {missing[:3]}, unexpected weights {keys.unexpected_keys[:3]}"
        )
    try:
        model.head.load_state_dict(head_weights)
    except RuntimeError as error:
        raise NotImageReward(f"{path} has another head than ImageReward: {error}") from error
    return model.eval()


def _rename(weights: dict[str, Tensor], path: Path) -> tuple[dict[str, Tensor], dict[str, Tensor]]:
    """Return the weights of BLIP and of the head under their current names."""
    blip, head = {}, {}
    for name, value in weights.items():
        if name.endswith(_BUFFER):
            continue
        if name.startswith("mlp.layers."):
            head[name.removeprefix("mlp.layers.")] = value
        else:
            blip[_current_name(name, path)] = value
    if not blip or not head:
        part = "head" if blip else "BLIP"
        raise NotImageReward(f"{path} is not ImageReward's checkpoint: it has no {part}")
    return blip, head


def _current_name(name: str, path: Path) -> str:
    for pattern, replacement in _NAMES:
        renamed, matches = re.subn(pattern, replacement, name)
        if matches:
            return renamed
    raise NotImageReward(f"{path} is not ImageReward's checkpoint: it has {name!r}")


def _config(weights: dict[str, Tensor], path: Path) -> BlipConfig:
    """Read the sizes of a BLIP from its weights; the norms' epsilons are those of BLIP's code."""
    try:
        patches = weights["vision_model.embeddings.patch_embedding.weight"]
        positions = weights["vision_model.embeddings.position_embedding"]
        token_embeddings = weights["text_encoder.embeddings.word_embeddings.weight"]
        text_positions = weights["text_encoder.embeddings.position_embeddings.weight"]
        vision_mlp = weights["vision_model.encoder.layers.0.mlp.fc1.weight"]
        text_mlp = weights["text_encoder.encoder.layer.0.intermediate.dense.weight"]
        shared = weights["vision_proj.weight"]
    except KeyError as error:
        raise NotImageReward(
            f"{path} is not ImageReward's checkpoint: {error} is missing"
        ) from error
    patch = patches.shape[-1]
    image_size = patch * round((positions.shape[1] - 1) ** 0.5)
    vision = BlipVisionConfig(
        hidden_size=len(patches),
        intermediate_size=len(vision_mlp),
        num_hidden_layers=_layers(weights, r"vision_model\.encoder\.layers\.(\d+)\."),
        num_attention_heads=max(1, len(patches) // _ATTENTION_WIDTH),
        image_size=image_size,
        patch_size=patch,
        layer_norm_eps=1e-6,
    )
    text = BlipTextConfig(
        vocab_size=len(token_embeddings),
        hidden_size=token_embeddings.shape[1],
        encoder_hidden_size=len(patches),
        intermediate_size=len(text_mlp),
        num_hidden_layers=_layers(weights, r"text_encoder\.encoder\.layer\.(\d+)\."),
        num_attention_heads=max(1, token_embeddings.shape[1] // _ATTENTION_WIDTH),
        max_position_embeddings=len(text_positions),
        layer_norm_eps=1e-12,
    )
    return BlipConfig(text_config=text, vision_config=vision, image_text_hidden_size=len(shared))


def _layers(weights: dict[str, Tensor], pattern: str) -> int:
    matches = [re.match(pattern, name) for name in weights]
    return 1 + max(int(match.group(1)) for match in matches if match)
