"""Tokenizers of FLUX's two kinds, built offline from the grammar's words: one word, one token."""

from __future__ import annotations

import string

from transformers import CLIPTokenizer, T5TokenizerFast

from gamelabel.scenes.grammar import vocabulary

T5_LENGTH = 16  # the longest prompt has 15 words, plus </s>
CLIP_LENGTH = 17  # one more, for <|startoftext|>


def make_t5_tokenizer() -> T5TokenizerFast:
    """Return a unigram tokenizer over the vocabulary; any other word becomes <unk>."""
    pieces = [("<pad>", 0.0), ("</s>", 0.0), ("<unk>", -20.0)]
    pieces += [(f"▁{word}", -1.0) for word in vocabulary()]
    return T5TokenizerFast(vocab=pieces, extra_ids=0, model_max_length=T5_LENGTH)


def make_clip_tokenizer() -> CLIPTokenizer:
    """Return a byte-pair tokenizer whose merges spell the vocabulary; other words become pieces."""
    characters = string.ascii_lowercase + string.digits
    tokens = ["<|startoftext|>", "<|endoftext|>", *characters, *(f"{c}</w>" for c in characters)]
    token_set = set(tokens)
    merges: dict[tuple[str, str], None] = {}  # a dict keeps the order
    # the longest word first: an earlier merge of a shorter one ("re" of "red") must not split it
    for word in sorted(vocabulary(), key=lambda word: (-len(word), word)):
        head, *rest = [*word[:-1], f"{word[-1]}</w>"]
        for part in rest:
            merges[head, part] = None
            head += part
            if head not in token_set:
                token_set.add(head)
                tokens.append(head)
    return CLIPTokenizer(
        vocab={token: i for i, token in enumerate(tokens)},
        merges=list(merges),
        unk_token="<|endoftext|>",
        model_max_length=CLIP_LENGTH,
    )
