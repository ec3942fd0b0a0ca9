"""The grammar of the image world: which scenes exist, and every way to ask for one.

The families follow GenEval (Ghosh et al. 2023): one object, two objects, counting, position, and two objects with
colour binding. The grammar is finite, so enumerating it *is* the parser: `prompts()` maps each prompt to its scene.
"""

from __future__ import annotations

import itertools
import re
from collections import Counter
from collections.abc import Sequence
from dataclasses import dataclass, replace
from functools import cache
from typing import Literal

import numpy as np

SHAPES = ("circle", "square", "triangle", "star")
COLOURS = ("red", "orange", "yellow", "green", "blue", "purple")
SIZES = ("small", "large")
STYLES = ("crayon drawing", "chalk drawing", "comic book")
RELATIONS = ("above", "left of", "next to")
FAMILIES = ("single", "two", "count", "position", "binding")

Split = Literal["train", "held-out"]

_SIZE_WORDS = {"small": ("small", "little"), "large": ("large", "big")}
_NUMBERS = {2: "two", 3: "three", 4: "four"}
# How a relation is said, and how it is said with its two things exchanged.
_PHRASES = {
    "above": (("above", "over"), ("below", "under")),
    "left of": (("left of",), ("right of",)),
    "next to": (("next to", "beside"), ("next to", "beside")),
}


class UnknownPrompt(ValueError):
    """A prompt outside the grammar; `nearest` is the closest prompt inside it."""

    def __init__(self, prompt: str):
        known = vocabulary()
        strange = [word for word in re.findall(r"[^\W_]+", prompt.lower()) if word not in known]
        self.prompt, self.nearest = prompt, nearest(prompt)
        reason = (
            f"unknown words: {', '.join(strange)}"
            if strange
            else "its words are known, their order is not"
        )
        super().__init__(
            f"cannot judge {prompt!r}: {reason}; the nearest prompt is {self.nearest!r}"
        )


@dataclass(frozen=True, order=True)
class Thing:
    """An object that a prompt asks for; an empty colour or size leaves it open."""

    shape: str
    colour: str = ""
    size: str = ""


@dataclass(frozen=True)
class Scene:
    """What a prompt asks for: exactly these things, in this relation (things[0] to things[1]) and style, if any."""

    family: str
    things: tuple[Thing, ...]
    relation: str = ""
    style: str = ""


def _noun(thing: Thing, size_word: str = "") -> str:
    words = " ".join(word for word in (size_word, thing.colour, thing.shape) if word)
    return f"{'an' if words[0] in 'aeiou' else 'a'} {words}"


def wordings(scene: Scene) -> list[str]:
    """Every prompt that asks for `scene`; the first is the canonical one."""
    first, second = scene.things[0], scene.things[-1]
    if scene.family == "single":
        bodies = [_noun(first, word) for word in _SIZE_WORDS.get(first.size, ("",))]
    elif scene.family == "count":
        plural = f"{first.colour} {first.shape}s".strip()
        bodies = [f"{_NUMBERS[len(scene.things)]} {plural}"]
    elif scene.family == "position":
        straight, exchanged = _PHRASES[scene.relation]
        bodies = [f"{_noun(first)} {phrase} {_noun(second)}" for phrase in straight]
        bodies += [f"{_noun(second)} {phrase} {_noun(first)}" for phrase in exchanged]
    else:
        bodies = [f"{_noun(first)} and {_noun(second)}", f"{_noun(second)} and {_noun(first)}"]
    ending = f" in the style of a {scene.style}" if scene.style else ""
    return [body + ending for body in bodies]


def write(scene: Scene) -> str:
    """The canonical prompt of a scene; `parse(write(scene)) == scene`."""
    return wordings(scene)[0]


def _plain_scenes() -> list[Scene]:
    coloured = [Thing(shape, colour) for shape in SHAPES for colour in COLOURS]
    bare = [Thing(shape) for shape in SHAPES]
    scenes = [Scene("single", (replace(t, size=size),)) for t in coloured for size in ("", *SIZES)]
    scenes += [Scene("count", (t,) * n) for n in _NUMBERS for t in coloured + bare]
    for a, b in itertools.product(coloured + bare, repeat=2):
        if a.shape == b.shape:
            continue
        both, none = bool(a.colour and b.colour), not (a.colour or b.colour)
        if a < b and not both:
            scenes.append(Scene("two", (a, b)))
        if a < b and both and a.colour != b.colour:
            scenes.append(Scene("binding", (a, b)))
        if both or none:
            relations = RELATIONS if a < b else RELATIONS[:2]  # "next to" is symmetric
            scenes += [Scene("position", (a, b), relation) for relation in relations]
    return scenes


@cache
def all_scenes() -> tuple[Scene, ...]:
    """Every scene of the grammar, in a fixed order."""
    return tuple(
        replace(scene, style=style) for scene in _plain_scenes() for style in ("", *STYLES)
    )


@cache
def prompts() -> dict[str, Scene]:
    """Every prompt of the grammar -> its scene."""
    return {text: scene for scene in all_scenes() for text in wordings(scene)}


@cache
def vocabulary() -> tuple[str, ...]:
    """Every word of the grammar, sorted."""
    return tuple(sorted({word for text in prompts() for word in text.split()}))


def normalise(prompt: str) -> str:
    """Lower case, single spaces, no full stop: what parsing forgives."""
    return " ".join(prompt.lower().split()).rstrip(".").rstrip()


def parse(prompt: str) -> Scene:
    """The scene that a prompt asks for. Raises UnknownPrompt (with the nearest known prompt) outside the grammar."""
    scene = prompts().get(normalise(prompt))
    if scene is None:
        raise UnknownPrompt(prompt)
    return scene


def nearest(prompt: str) -> str:
    """The prompt of the grammar closest to `prompt` in edit distance."""
    from rapidfuzz import process
    from rapidfuzz.distance import Levenshtein

    return process.extractOne(normalise(prompt), prompts().keys(), scorer=Levenshtein.distance)[0]


# The split "latin-6": a combination is held out where its indices sum to 0 modulo 6, so that every colour, shape,
# size and number is held out equally often, and each is seen in training in five combinations of six.


def _held_out(colour: str, shape: str, other: int) -> bool:
    return (
        bool(colour)
        and (COLOURS.index(colour) + SHAPES.index(shape) + 2 * other) % len(COLOURS) == 0
    )


def split(scene: Scene) -> Split:
    """Name the side of the fixed split "latin-6" on which a scene falls; style and wording play no part.

    Held out are (size, colour, shape), (number, colour, shape) and (colour, shape, shape beside it): `draw` never
    draws these together for a training scene, not even where the prompt leaves a colour or a size open.
    """
    first, n = scene.things[0], len(scene.things)
    if n == 1:
        out = bool(first.size) and _held_out(first.colour, first.shape, SIZES.index(first.size))
    elif scene.family == "count":
        # the colours of "three circles" are open: held out is only what is one combination throughout
        out = len(set(scene.things)) == 1 and _held_out(first.colour, first.shape, n)
    else:
        pairs = itertools.permutations(scene.things)
        out = any(_held_out(a.colour, a.shape, SHAPES.index(b.shape)) for a, b in pairs)
    return "held-out" if out else "train"


@cache
def _prompts_by_family(side: Split) -> dict[str, tuple[str, ...]]:
    rows: dict[str, list[str]] = {family: [] for family in FAMILIES}
    for text, scene in prompts().items():
        if split(scene) == side:
            rows[scene.family].append(text)
    return {family: tuple(texts) for family, texts in rows.items()}


def sample_prompts(
    n: int,
    seed: int,
    side: Split = "train",
    families: Sequence[str] = FAMILIES,
    styled: float = 0.4,
) -> list[str]:
    """Draw n prompts with repeats: the families in turn, a share `styled` of them with a style.

    With FAMILIES each is equally frequent, so that a mean over prompts is a mean over families.
    """
    rng = np.random.default_rng(seed)
    pools = _pools(side)
    chosen = []
    for i in range(n):
        plain, with_style = pools[families[i % len(families)]]
        pool = with_style if rng.random() < styled else plain
        chosen.append(pool[rng.integers(len(pool))])
    return chosen


@cache
def _pools(side: Split) -> dict[str, tuple[list[str], list[str]]]:
    known = prompts()
    by_family = _prompts_by_family(side).items()
    return {
        family: ([t for t in texts if not known[t].style], [t for t in texts if known[t].style])
        for family, texts in by_family
    }


def family_counts(side: Split) -> Counter[str]:
    """Distinct prompts of each family on one side of the split."""
    return Counter({family: len(texts) for family, texts in _prompts_by_family(side).items()})
