"""Stage 2, the text encoders: before any picture, each token learns to tell what its prompt says.

Trained on text alone and then frozen. Every T5 token predicts the thing it belongs to, the other thing, how the two
stand, the number and the style; CLIP's pooled vector predicts the same from the first thing's side.
"""

from __future__ import annotations

import torch
from torch import Tensor, nn
from torch.nn.functional import cross_entropy
from transformers import CLIPTextConfig, CLIPTextModel, T5Config, T5EncoderModel

from gamelabel.models.flux_scenes.tokenizers import (
    CLIP_LENGTH,
    T5_LENGTH,
    make_clip_tokenizer,
    make_t5_tokenizer,
)
from gamelabel.scenes.grammar import (
    COLOURS,
    RELATIONS,
    SHAPES,
    SIZES,
    STYLES,
    parse,
)
from gamelabel.scenes.prompt_split import sample_prompts
from gamelabel.training import Loss, Metrics, Step

T5_WIDTH, CLIP_WIDTH = 96, 96
# What a token is asked, and how many answers there are ("not said" is answer 0).
_INVERSES = ("below", "right of")
_STANDS = ("", *RELATIONS, *_INVERSES)
FACTS = {
    "colour": len(COLOURS) + 1,
    "shape": len(SHAPES) + 1,
    "size": len(SIZES) + 1,
    "other colour": len(COLOURS) + 1,
    "other shape": len(SHAPES) + 1,
    "stands": len(_STANDS),
    "number": 5,
    "style": len(STYLES) + 1,
}


class Readers(nn.Module):
    """Both text encoders, and the heads that ask them for facts (the heads are thrown away)."""

    def __init__(self) -> None:
        super().__init__()
        self.t5_tokenizer, self.clip_tokenizer = make_t5_tokenizer(), make_clip_tokenizer()
        self.t5 = T5EncoderModel(
            T5Config(
                vocab_size=len(self.t5_tokenizer),
                d_model=T5_WIDTH,
                d_kv=24,
                d_ff=2 * T5_WIDTH,
                num_layers=2,
                num_heads=4,
                relative_attention_num_buckets=16,
                relative_attention_max_distance=T5_LENGTH,
                dropout_rate=0.0,
                feed_forward_proj="gated-gelu",
            )
        )
        self.clip = CLIPTextModel(
            CLIPTextConfig(
                vocab_size=len(self.clip_tokenizer),
                hidden_size=CLIP_WIDTH,
                intermediate_size=2 * CLIP_WIDTH,
                num_hidden_layers=2,
                num_attention_heads=4,
                max_position_embeddings=CLIP_LENGTH,
                projection_dim=CLIP_WIDTH,
                bos_token_id=0,
                eos_token_id=1,
                pad_token_id=1,
            )
        )
        self.ask_t5 = nn.Linear(T5_WIDTH, sum(FACTS.values()))
        self.ask_clip = nn.Linear(CLIP_WIDTH, sum(FACTS.values()))

    def tokens(self, texts: list[str]) -> tuple[Tensor, Tensor]:
        """Token ids as FluxPipeline makes them: T5 (N, 16), CLIP (N, 17)."""
        settings = {"padding": "max_length", "truncation": True, "return_tensors": "pt"}
        t5 = self.t5_tokenizer(texts, max_length=T5_LENGTH, **settings).input_ids
        return t5, self.clip_tokenizer(texts, max_length=CLIP_LENGTH, **settings).input_ids

    def forward(self, t5_ids: Tensor, clip_ids: Tensor) -> tuple[Tensor, Tensor]:
        """Embeddings (N, 16, width) and pooled vectors (N, width), without masks, as FLUX uses them."""
        return self.t5(t5_ids)[0], self.clip(clip_ids).pooler_output


def _spoken(text: str) -> tuple[list[int], int]:
    """Facts as answers (one per FACTS) about the thing named first, and the number of words that belong to it."""
    scene = parse(text)
    words = text.split()
    things, stands = list(scene.objects), scene.relation
    named = [next(w for w in words if w.rstrip("s") in SHAPES)]
    if named[0].rstrip("s") != things[0].shape:
        things.reverse()
        stands = dict(zip(RELATIONS, (*_INVERSES, "next to"), strict=True)).get(stands, "")
    first = things[0]
    other = things[1] if scene.family in ("two", "position", "binding") else None
    facts = [
        _answer(first.colour, COLOURS),
        _answer(first.shape, SHAPES),
        _answer(first.size, SIZES),
        _answer(other.colour, COLOURS) if other else 0,
        _answer(other.shape, SHAPES) if other else 0,
        _STANDS.index(stands),
        len(things),
        _answer(scene.style, STYLES),
    ]
    return facts, words.index(named[0]) + 1


def _answer(word: str, choices: tuple[str, ...]) -> int:
    return choices.index(word) + 1 if word else 0


def _turned(facts: list[int]) -> list[int]:
    """The same facts from the other thing's side."""
    colour, shape, size, other_colour, other_shape, stands, number, style = facts
    back = {0: 0, 1: 4, 2: 5, 3: 3, 4: 1, 5: 2}[stands]
    return [other_colour, other_shape, size, colour, shape, back, number, style]


def token_facts(text: str) -> list[list[int]]:
    """Answers (16 tokens x FACTS): up to the first noun from its side, the second noun's words from its own."""
    facts, end = _spoken(text)
    words = text.split()
    tail = words.index("in") if "in" in words else len(words)
    second = next((i for i in range(end, tail) if words[i] in ("a", "an")), tail)
    turned = _turned(facts)
    return [turned if second <= i < tail else facts for i in range(T5_LENGTH)]


def text_loss(readers: Readers, batch: int) -> Loss:
    """Mean cross-entropy of every fact at every token, and of every fact at the pooled vector."""

    def loss(step: Step) -> tuple[Tensor, Metrics]:
        generator, worker = step.generator, step.worker
        seed = int(torch.randint(2**31, (), generator=generator))
        texts = sample_prompts(batch, seed)[worker.share(batch)]
        facts = torch.tensor([token_facts(text) for text in texts], device=worker.device)
        t5_ids, clip_ids = (ids.to(worker.device) for ids in readers.tokens(texts))
        embeds, pooled = readers(t5_ids, clip_ids)
        sizes = list(FACTS.values())
        told = readers.ask_t5(embeds).split(sizes, -1)
        pooled_told = readers.ask_clip(pooled).split(sizes, -1)
        losses = [
            cross_entropy(a.flatten(0, 1).float(), facts[..., i].flatten())
            for i, a in enumerate(told)
        ]
        losses += [cross_entropy(a.float(), facts[:, 0, i]) for i, a in enumerate(pooled_told)]
        return torch.stack(losses).mean(), {}

    return loss
