"""The grammar of the drawn world: which scenes exist, and every prompt that asks for each.

The families follow GenEval (Ghosh et al. 2023): one object, two objects, counting, position, and
two objects with color binding. The grammar is finite, so its enumeration is also the parser:
`all_prompts` maps each prompt to its scene.
"""

from __future__ import annotations

import itertools
import re
from dataclasses import dataclass, replace
from functools import cache

SHAPES = ("circle", "square", "triangle", "star")
COLOURS = ("red", "orange", "yellow", "green", "blue", "purple")
SIZES = ("small", "large")
STYLES = ("crayon drawing", "chalk drawing", "comic book")
RELATIONS = ("above", "left of", "next to")
FAMILIES = ("single", "two", "count", "position", "binding")

_SIZE_WORDS = {"small": ("small", "little"), "large": ("large", "big")}
_NUMBERS = {2: "two", 3: "three", 4: "four"}
# The phrases of each relation, and its phrases with the two objects exchanged.
_PHRASES = {
    "above": (("above", "over"), ("below", "under")),
    "left of": (("left of",), ("right of",)),
    "next to": (("next to", "beside"), ("next to", "beside")),
}


class UnknownPrompt(ValueError):
    """A prompt outside the grammar.

    Attributes
    ----------
    prompt : str
        The prompt that could not be parsed.
    nearest : str
        The prompt of the grammar closest to it in edit distance.
    """

    def __init__(self, prompt: str):
        known = vocabulary()
        unknown = [word for word in re.findall(r"[^\W_]+", prompt.lower()) if word not in known]
        self.prompt, self.nearest = prompt, nearest_prompt(prompt)
        reason = "its words are known, their order is not"
        if unknown:
            reason = f"unknown words: {', '.join(unknown)}"
        super().__init__(
            f"{prompt!r} is not in the grammar: {reason}; the nearest prompt is {self.nearest!r}"
        )


@dataclass(frozen=True, order=True)
class SceneObject:
    """An object that a prompt asks for; an empty colour or size leaves it open.

    Examples
    --------
    >>> SceneObject("circle", "red")
    SceneObject(shape='circle', colour='red', size='')
    """

    shape: str
    colour: str = ""
    size: str = ""


@dataclass(frozen=True)
class Scene:
    """What a prompt asks for: these objects and no others.

    Attributes
    ----------
    family : str
        One of `FAMILIES`.
    objects : tuple of SceneObject
        One to four objects.
    relation : str
        One of `RELATIONS`, from the first object to the second; "" for none.
    style : str
        One of `STYLES`; "" for a plain picture.

    Examples
    --------
    >>> Scene("count", (SceneObject("star", "blue"),) * 3).objects[0].colour
    'blue'
    """

    family: str
    objects: tuple[SceneObject, ...]
    relation: str = ""
    style: str = ""


def _noun(item: SceneObject, size_word: str = "") -> str:
    words = " ".join(word for word in (size_word, item.colour, item.shape) if word)
    return f"{'an' if words[0] in 'aeiou' else 'a'} {words}"


def wordings(scene: Scene) -> list[str]:
    """Return every prompt that asks for a scene, the canonical one first.

    >>> wordings(parse("a star under a circle"))[:2]
    ['a circle above a star', 'a circle over a star']
    """
    first, second = scene.objects[0], scene.objects[-1]
    if scene.family == "single":
        bodies = [_noun(first, word) for word in _SIZE_WORDS.get(first.size, ("",))]
    elif scene.family == "count":
        plural = f"{first.colour} {first.shape}s".strip()
        bodies = [f"{_NUMBERS[len(scene.objects)]} {plural}"]
    elif scene.family == "position":
        straight, exchanged = _PHRASES[scene.relation]
        bodies = [f"{_noun(first)} {phrase} {_noun(second)}" for phrase in straight]
        bodies += [f"{_noun(second)} {phrase} {_noun(first)}" for phrase in exchanged]
    else:
        bodies = [f"{_noun(first)} and {_noun(second)}", f"{_noun(second)} and {_noun(first)}"]
    ending = f" in the style of a {scene.style}" if scene.style else ""
    return [body + ending for body in bodies]


def scene_prompt(scene: Scene) -> str:
    """Return the canonical prompt of a scene, the inverse of `parse`.

    >>> scene_prompt(parse("a big red star"))
    'a large red star'
    """
    return wordings(scene)[0]


def _plain_scenes() -> list[Scene]:
    coloured = [SceneObject(shape, colour) for shape in SHAPES for colour in COLOURS]
    bare = [SceneObject(shape) for shape in SHAPES]
    sized = [replace(item, size=size) for item in coloured for size in ("", *SIZES)]
    scenes = [Scene("single", (item,)) for item in sized]
    scenes += [Scene("count", (item,) * n) for n in _NUMBERS for item in coloured + bare]
    for a, b in itertools.product(coloured + bare, repeat=2):
        if a.shape == b.shape:
            continue
        both, neither = bool(a.colour and b.colour), not (a.colour or b.colour)
        if a < b and not both:
            scenes.append(Scene("two", (a, b)))
        if a < b and both and a.colour != b.colour:
            scenes.append(Scene("binding", (a, b)))
        if both or neither:
            relations = RELATIONS if a < b else RELATIONS[:2]  # "next to" is symmetric
            scenes += [Scene("position", (a, b), relation) for relation in relations]
    return scenes


@cache
def all_scenes() -> tuple[Scene, ...]:
    """Return every scene of the grammar, in a fixed order.

    >>> len(all_scenes())
    6096
    """
    plain = _plain_scenes()
    return tuple(replace(scene, style=style) for scene in plain for style in ("", *STYLES))


@cache
def all_prompts() -> dict[str, Scene]:
    """Return every prompt of the grammar with its scene.

    >>> len(all_prompts())
    17088
    """
    return {text: scene for scene in all_scenes() for text in wordings(scene)}


@cache
def vocabulary() -> tuple[str, ...]:
    """Return every word of the grammar, sorted.

    >>> vocabulary()[:4]
    ('a', 'above', 'an', 'and')
    """
    return tuple(sorted({word for text in all_prompts() for word in text.split()}))


def normalize_prompt(prompt: str) -> str:
    """Convert a prompt to lower case with single spaces and without its full stop.

    >>> normalize_prompt("A red  circle.")
    'a red circle'
    """
    return " ".join(prompt.lower().split()).rstrip(".").rstrip()


def parse(prompt: str) -> Scene:
    """Return the scene that a prompt asks for.

    Case, spaces and a full stop at the end make no difference. Raises `UnknownPrompt` (a
    ValueError), which names the nearest known prompt, for a prompt outside the grammar.

    >>> parse("A small red circle.").objects
    (SceneObject(shape='circle', colour='red', size='small'),)
    """
    scene = all_prompts().get(normalize_prompt(prompt))
    if scene is None:
        raise UnknownPrompt(prompt)
    return scene


def nearest_prompt(prompt: str) -> str:
    """Return the prompt of the grammar that is closest in edit distance.

    >>> nearest_prompt("a purpel circle")
    'a purple circle'
    """
    from rapidfuzz import process
    from rapidfuzz.distance import Levenshtein

    known = all_prompts().keys()
    best = process.extractOne(normalize_prompt(prompt), known, scorer=Levenshtein.distance)
    return str(best[0])
