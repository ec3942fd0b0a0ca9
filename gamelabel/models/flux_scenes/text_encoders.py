"""Stage 2, the text encoders: each token learns to predict what its prompt describes.

They are trained on text alone and then fixed. Every T5 token predicts the object that it belongs
to, the other object, the relation between the two, the number and the style; CLIP's pooled vector
predicts the same for the object that is named first.
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
from gamelabel.training import Loss, Metrics, TrainingStep

T5_WIDTH, CLIP_WIDTH = 96, 96
_INVERSES = ("below", "right of")
_RELATIONS = ("", *RELATIONS, *_INVERSES)
# For each fact the number of classes; class 0 is "not in the prompt".
FACTS = {
    "colour": len(COLOURS) + 1,
    "shape": len(SHAPES) + 1,
    "size": len(SIZES) + 1,
    "other colour": len(COLOURS) + 1,
    "other shape": len(SHAPES) + 1,
    "relation": len(_RELATIONS),
    "number": 5,
    "style": len(STYLES) + 1,
}


class TextEncoders(nn.Module):
    """Both text encoders, and the heads that predict facts in training."""

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
        self.t5_head = nn.Linear(T5_WIDTH, sum(FACTS.values()))
        self.clip_head = nn.Linear(CLIP_WIDTH, sum(FACTS.values()))

    def tokenize(self, texts: list[str]) -> tuple[Tensor, Tensor]:
        """Return token ids as FluxPipeline makes them: T5 (N, 16) and CLIP (N, 17)."""
        settings = {"padding": "max_length", "truncation": True, "return_tensors": "pt"}
        t5 = self.t5_tokenizer(texts, max_length=T5_LENGTH, **settings).input_ids
        return t5, self.clip_tokenizer(texts, max_length=CLIP_LENGTH, **settings).input_ids

    def forward(self, t5_ids: Tensor, clip_ids: Tensor) -> tuple[Tensor, Tensor]:
        """Return embeddings (N, 16, width) and pooled vectors (N, width), without masks as FLUX."""
        return self.t5(t5_ids)[0], self.clip(clip_ids).pooler_output


def token_facts(text: str) -> list[list[int]]:
    """Return the class of every fact at every token, (16, len(FACTS)).

    The words of the second object have the facts as seen from it, all other words those as seen
    from the object that is named first.
    """
    facts, end = _first_object_facts(text)
    words = text.split()
    style_start = words.index("in") if "in" in words else len(words)
    articles = [i for i in range(end, style_start) if words[i] in ("a", "an")]
    second = articles[0] if articles else style_start
    other = _other_object_facts(facts)
    return [other if second <= i < style_start else facts for i in range(T5_LENGTH)]


def _first_object_facts(text: str) -> tuple[list[int], int]:
    """Return the facts seen from the object named first, and the number of words up to its noun."""
    scene = parse(text)
    words = text.split()
    objects, relation = list(scene.objects), scene.relation
    noun = next(word for word in words if word.rstrip("s") in SHAPES)
    if noun.rstrip("s") != objects[0].shape:
        objects.reverse()
        inverse = dict(zip(RELATIONS, (*_INVERSES, "next to"), strict=True))
        relation = inverse.get(relation, "")
    first = objects[0]
    other = objects[1] if scene.family in ("two", "position", "binding") else None
    facts = [
        _class_of(first.colour, COLOURS),
        _class_of(first.shape, SHAPES),
        _class_of(first.size, SIZES),
        _class_of(other.colour, COLOURS) if other else 0,
        _class_of(other.shape, SHAPES) if other else 0,
        _RELATIONS.index(relation),
        len(objects),
        _class_of(scene.style, STYLES),
    ]
    return facts, words.index(noun) + 1


def _class_of(word: str, choices: tuple[str, ...]) -> int:
    return choices.index(word) + 1 if word else 0


def _other_object_facts(facts: list[int]) -> list[int]:
    """Return the same facts as seen from the other object."""
    colour, shape, size, other_colour, other_shape, relation, number, style = facts
    inverse = {0: 0, 1: 4, 2: 5, 3: 3, 4: 1, 5: 2}[relation]
    return [other_colour, other_shape, size, colour, shape, inverse, number, style]


def text_loss(encoders: TextEncoders, batch: int) -> Loss:
    """Return the loss: mean cross entropy of the facts, at all tokens and at the pooled vector."""

    def loss(step: TrainingStep) -> tuple[Tensor, Metrics]:
        generator, worker = step.generator, step.worker
        seed = int(torch.randint(2**31, (), generator=generator))
        texts = sample_prompts(batch, seed)[worker.share(batch)]
        facts = torch.tensor([token_facts(text) for text in texts], device=worker.device)
        t5_ids, clip_ids = (ids.to(worker.device) for ids in encoders.tokenize(texts))
        embeddings, pooled = encoders(t5_ids, clip_ids)
        sizes = list(FACTS.values())
        token_logits = encoders.t5_head(embeddings).split(sizes, -1)
        pooled_logits = encoders.clip_head(pooled).split(sizes, -1)
        losses = []
        for i, logits in enumerate(token_logits):
            losses.append(cross_entropy(logits.flatten(0, 1).float(), facts[..., i].flatten()))
        for i, logits in enumerate(pooled_logits):
            losses.append(cross_entropy(logits.float(), facts[:, 0, i]))
        return torch.stack(losses).mean(), {}

    return loss
