"""The published ImageReward checkpoint, by the names of its layers, in the classes of today's `transformers`.

Its file (ImageReward.pt) has the layout of BLIP's own repository; the package that reads it does not import beside
current libraries. Sizes are read from the weights, so that a checkpoint of the layout may be of any size.
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

PUBLISHED = Calibration(
    0.16717362830052426, 1.0333394966054072, "the set that ImageReward was calibrated on"
)
_HEAD_WIDTH = 64  # of each attention head, in BLIP of every size
# Name in the checkpoint -> name in transformers; the text encoder's are the same in both.
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
_LEFT_OUT = "embeddings.position_ids"  # 0, 1, 2, ...: no weights


class NotImageReward(ValueError):
    """A checkpoint that has not the layout of the published one; the message says what is missing or strange."""


def read_published(checkpoint: str | Path, tokenizer: PreTrainedTokenizerBase) -> RewardModel:
    """ImageReward.pt (of huggingface.co/THUDM/ImageReward) as a reward model, calibrated as it is published.

    tokenizer: that of BLIP, such as comes with any BLIP repository. The published model reads 35 tokens, and comes
    without a matching head. Raises FileNotFoundError, or NotImageReward for another layout or another tokenizer.
    """
    path = Path(checkpoint)
    if not path.is_file():
        raise FileNotFoundError(
            f"no file {path}: fetch ImageReward.pt from huggingface.co/THUDM/ImageReward"
        )
    weights = torch.load(path, map_location="cpu", weights_only=True)
    blip_weights, head_weights = _renamed(weights, path)
    config = _config(blip_weights, path)
    text_length = min(TEXT_LENGTH, config.text_config.max_position_embeddings)
    # BLIP's two marks for decoding and encoding are the last of the vocabulary; ImageReward uses neither
    if not 0 <= config.text_config.vocab_size - len(tokenizer) <= 2:
        raise NotImageReward(
            f"{path} knows {config.text_config.vocab_size} tokens, the tokenizer has {len(tokenizer)}: take BLIP's own"
        )
    model = RewardModel(BlipForImageTextRetrieval(config), tokenizer, text_length, PUBLISHED)
    torch.nn.init.zeros_(model.blip.itm_head.weight)
    torch.nn.init.zeros_(model.blip.itm_head.bias)
    wrong = model.blip.load_state_dict(blip_weights, strict=False)
    missing = [name for name in wrong.missing_keys if not name.startswith("itm_head.")]
    if missing or wrong.unexpected_keys:
        raise NotImageReward(
            f"{path} lacks {missing[:3]} and has {wrong.unexpected_keys[:3]} besides"
        )
    try:
        model.head.load_state_dict(head_weights)
    except RuntimeError as error:
        raise NotImageReward(f"{path} has another head than ImageReward's: {error}") from error
    return model.eval()


def _renamed(weights: dict[str, Tensor], path: Path) -> tuple[dict[str, Tensor], dict[str, Tensor]]:
    """The weights of BLIP and of the head, under today's names."""
    blip, head = {}, {}
    for name, value in weights.items():
        if name.endswith(_LEFT_OUT):
            continue
        if name.startswith("mlp.layers."):
            head[name.removeprefix("mlp.layers.")] = value
            continue
        for old, new in _NAMES:
            today, found = re.subn(old, new, name)
            if found:
                blip[today] = value
                break
        else:
            raise NotImageReward(f"{path} is not ImageReward's checkpoint: it has {name!r}")
    if not blip or not head:
        raise NotImageReward(
            f"{path} is not ImageReward's checkpoint: it has no {'head' if blip else 'BLIP'}"
        )
    return blip, head


def _config(weights: dict[str, Tensor], path: Path) -> BlipConfig:
    """The sizes of a BLIP, read from its weights. The two norms' epsilons are those of BLIP's own code."""
    try:
        patches = weights["vision_model.embeddings.patch_embedding.weight"]
        positions = weights["vision_model.embeddings.position_embedding"]
        words = weights["text_encoder.embeddings.word_embeddings.weight"]
        places = weights["text_encoder.embeddings.position_embeddings.weight"]
        vision_mlp = weights["vision_model.encoder.layers.0.mlp.fc1.weight"]
        text_mlp = weights["text_encoder.encoder.layer.0.intermediate.dense.weight"]
        shared = weights["vision_proj.weight"]
    except KeyError as error:
        raise NotImageReward(f"{path} is not ImageReward's checkpoint: it lacks {error}") from error
    patch = patches.shape[-1]
    side = patch * round((positions.shape[1] - 1) ** 0.5)
    vision = BlipVisionConfig(
        hidden_size=len(patches),
        intermediate_size=len(vision_mlp),
        num_hidden_layers=_layers(weights, r"vision_model\.encoder\.layers\.(\d+)\."),
        num_attention_heads=max(1, len(patches) // _HEAD_WIDTH),
        image_size=side,
        patch_size=patch,
        layer_norm_eps=1e-6,
    )
    text = BlipTextConfig(
        vocab_size=len(words),
        hidden_size=words.shape[1],
        encoder_hidden_size=len(patches),
        intermediate_size=len(text_mlp),
        num_hidden_layers=_layers(weights, r"text_encoder\.encoder\.layer\.(\d+)\."),
        num_attention_heads=max(1, words.shape[1] // _HEAD_WIDTH),
        max_position_embeddings=len(places),
        layer_norm_eps=1e-12,
    )
    return BlipConfig(text_config=text, vision_config=vision, image_text_hidden_size=len(shared))


def _layers(weights: dict[str, Tensor], name: str) -> int:
    return 1 + max(
        int(found.group(1)) for found in (re.match(name, key) for key in weights) if found
    )
