"""The reward model of the embedded world: BLIP's own classes at a size for two cores, a tokenizer of its words."""

from __future__ import annotations

import torch
from transformers import (
    BertTokenizer,
    BlipConfig,
    BlipForImageTextRetrieval,
    BlipTextConfig,
    BlipVisionConfig,
)

from gamelabel.reward.reward_model import RewardModel
from gamelabel.scenes.draw import SIDE
from gamelabel.scenes.grammar import vocabulary

HEADS = 4
TEXT_LENGTH = 20  # the longest prompt has 15 words; [CLS], [SEP], and some for punctuation


def make_embedded(seed: int = 0, width: int = 128, layers: int = 6, patch: int = 8) -> RewardModel:
    """An untrained reward model for pictures of 64 x 64, of 2.3 million weights as it is by default.

    layers: those of the image encoder; the text encoder has two for each three. patch: in pixels. A smoke run takes
    fewer, and half the width.
    """
    tokenizer = make_tokenizer()
    vision = BlipVisionConfig(
        hidden_size=width,
        intermediate_size=4 * width,
        num_hidden_layers=layers,
        num_attention_heads=HEADS,
        image_size=SIDE,
        patch_size=patch,
        initializer_range=0.02,  # of the positions: with the class's own 1e-10 all patches look the same for long
    )
    text = BlipTextConfig(
        vocab_size=len(tokenizer),
        hidden_size=width,
        encoder_hidden_size=width,
        intermediate_size=4 * width,
        num_hidden_layers=-(-2 * layers // 3),
        num_attention_heads=HEADS,
        max_position_embeddings=TEXT_LENGTH,
        pad_token_id=tokenizer.pad_token_id,
        bos_token_id=tokenizer.cls_token_id,
        eos_token_id=tokenizer.sep_token_id,
        sep_token_id=tokenizer.sep_token_id,
    )
    with torch.random.fork_rng():
        torch.manual_seed(seed)
        config = BlipConfig(text_config=text, vision_config=vision, image_text_hidden_size=64)
        blip = BlipForImageTextRetrieval(config)
        return RewardModel(blip, tokenizer, TEXT_LENGTH, seed=seed)


def make_tokenizer() -> BertTokenizer:
    """BLIP's kind of tokenizer over the grammar's words: one word, one token; any other word becomes [UNK]."""
    pieces = ["[PAD]", "[UNK]", "[CLS]", "[SEP]", "[MASK]", ".", ",", *vocabulary()]
    return BertTokenizer(
        vocab={piece: i for i, piece in enumerate(pieces)}, model_max_length=TEXT_LENGTH
    )
