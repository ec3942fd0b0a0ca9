"""The embedded BLIP: BLIP's own classes at a size for two cores, and a tokenizer of few words."""

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

_HEADS = 4
_PROMPT_TOKENS = 20  # the longest prompt has 15 words; [CLS], [SEP], and some for punctuation


def make_blip_scenes(
    seed: int = 0, width: int = 128, layers: int = 6, patch: int = 8
) -> RewardModel:
    """Return an untrained model for images of 64 x 64 pixels, of 2.3 million weights by default.

    Parameters
    ----------
    seed : int
        Seed of the weights.
    width : int
        Hidden size of both encoders.
    layers : int
        Layers of the image encoder; the text encoder has two for every three.
    patch : int
        Side of a patch, in pixels.
    """
    tokenizer = make_blip_tokenizer()
    vision = BlipVisionConfig(
        hidden_size=width,
        intermediate_size=4 * width,
        num_hidden_layers=layers,
        num_attention_heads=_HEADS,
        image_size=SIDE,
        patch_size=patch,
        # of the position embeddings: with the default of 1e-10 all patches look alike for long
        initializer_range=0.02,
    )
    text = BlipTextConfig(
        vocab_size=len(tokenizer),
        hidden_size=width,
        encoder_hidden_size=width,
        intermediate_size=4 * width,
        num_hidden_layers=-(-2 * layers // 3),
        num_attention_heads=_HEADS,
        max_position_embeddings=_PROMPT_TOKENS,
        pad_token_id=tokenizer.pad_token_id,
        bos_token_id=tokenizer.cls_token_id,
        eos_token_id=tokenizer.sep_token_id,
        sep_token_id=tokenizer.sep_token_id,
    )
    with torch.random.fork_rng():
        torch.manual_seed(seed)
        config = BlipConfig(text_config=text, vision_config=vision, image_text_hidden_size=64)
        blip = BlipForImageTextRetrieval(config)
        return RewardModel(blip, tokenizer, _PROMPT_TOKENS, seed=seed)


def make_blip_tokenizer() -> BertTokenizer:
    """Return BLIP's kind of tokenizer over the grammar's words; any other word becomes [UNK]."""
    pieces = ["[PAD]", "[UNK]", "[CLS]", "[SEP]", "[MASK]", ".", ",", *vocabulary()]
    token_ids = {piece: i for i, piece in enumerate(pieces)}
    return BertTokenizer(vocab=token_ids, model_max_length=_PROMPT_TOKENS)
