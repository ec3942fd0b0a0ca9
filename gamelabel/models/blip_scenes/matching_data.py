"""What the embedded BLIP is trained on: drawn scenes, half of them altered, each with two prompts.

The other prompt is the true one with one fact changed; a random prompt would be too easy to
reject. An altered scene has the mistakes that generative models make: an object too many or too
few, another colour, shape, size or place. The judge of the scenes says what fits. No image of a
generative model is among them.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import replace
from typing import NamedTuple

import numpy as np
from numpy.typing import NDArray

from gamelabel.scenes import adherence, parse, sample_prompts, scene_split
from gamelabel.scenes.draw import SIDE, PlacedObject, paint, place_objects
from gamelabel.scenes.grammar import (
    COLOURS,
    RELATIONS,
    SHAPES,
    SIZES,
    STYLES,
    Scene,
    SceneObject,
    all_prompts,
    wordings,
)

# Nominal radius in pixels, from just below the smallest object of the scenes to the largest.
_RADII = (5.0, 18.0)


class MatchingData(NamedTuple):
    """Drawn scenes, each with its prompt and another one, and whether it fits each.

    Attributes
    ----------
    images : array
        uint8 (n, 64, 64, 3).
    prompts : list of str
        The prompts that the scenes were drawn for.
    other_prompts : list of str
        Each prompt with one fact changed.
    fits_prompt, fits_other : array
        bool (n,). `fits_prompt` is false where the scene was altered into something else,
        `fits_other` true where the alteration happens to fit the other prompt.
    """

    images: NDArray[np.uint8]
    prompts: list[str]
    other_prompts: list[str]
    fits_prompt: NDArray[np.bool_]
    fits_other: NDArray[np.bool_]


def draw_matching_data(n: int, seed: int) -> MatchingData:
    """Draw n scenes of the training split, altered with probability one half."""
    rng = np.random.default_rng(seed)
    texts = sample_prompts(n, seed)
    images = [_draw(text, seed * n + i, rng) for i, text in enumerate(texts)]
    others = [alter_prompt(text, rng) for text in texts]
    pixels = np.stack(images)
    fits_prompt, fits_other = adherence(pixels, texts)[0], adherence(pixels, others)[0]
    return MatchingData(pixels, texts, others, fits_prompt, fits_other)


def _draw(prompt: str, seed: int, rng: np.random.Generator) -> NDArray[np.uint8]:
    altered = rng.random() < 0.5
    scene = parse(prompt)
    objects = place_objects(scene, seed)
    return paint(alter_scene(objects, rng) if altered else objects, scene.style, seed)


def alter_scene(objects: list[PlacedObject], rng: np.random.Generator) -> list[PlacedObject]:
    """Return the objects of a scene with one or two mistakes."""
    for _ in range(rng.integers(1, 3)):
        i = int(rng.integers(max(1, len(objects))))
        objects = _MISTAKES[rng.integers(len(_MISTAKES))](objects, i, rng)
    return objects


def _remove(objects: list[PlacedObject], i: int, rng: np.random.Generator) -> list[PlacedObject]:
    return objects[:i] + objects[i + 1 :]


def _add(objects: list[PlacedObject], i: int, rng: np.random.Generator) -> list[PlacedObject]:
    """Add an object anywhere, even on top of another."""
    if objects and rng.random() < 0.5:
        kind = objects[i].object
    else:
        kind = SceneObject(str(rng.choice(SHAPES)), str(rng.choice(COLOURS)))
    radius = objects[i].r if objects else rng.uniform(*_RADII)
    item = PlacedObject(kind, 0.0, 0.0, radius, rng.uniform(-0.14, 0.14))
    return [*objects, _move(item, rng)]


def _mistake(
    change: Callable[[PlacedObject, np.random.Generator], PlacedObject],
) -> Callable[..., list[PlacedObject]]:
    """Return the mistake that changes one object of a scene."""

    def apply(objects: list[PlacedObject], i: int, rng: np.random.Generator) -> list[PlacedObject]:
        return [change(item, rng) if j == i else item for j, item in enumerate(objects)]

    return apply


def _recolor(item: PlacedObject, rng: np.random.Generator) -> PlacedObject:
    return replace(item, object=replace(item.object, colour=str(rng.choice(COLOURS))))


def _reshape(item: PlacedObject, rng: np.random.Generator) -> PlacedObject:
    return replace(item, object=replace(item.object, shape=str(rng.choice(SHAPES))))


def _resize(item: PlacedObject, rng: np.random.Generator) -> PlacedObject:
    return _inside(replace(item, r=rng.uniform(*_RADII)))


def _move(item: PlacedObject, rng: np.random.Generator) -> PlacedObject:
    return _inside(replace(item, x=rng.uniform(0, SIDE), y=rng.uniform(0, SIDE)))


def _inside(item: PlacedObject) -> PlacedObject:
    """Shift an object so that all of it lies in the image."""
    low, high = item.reach + 2.0, SIDE - item.reach - 2.0
    return replace(item, x=float(np.clip(item.x, low, high)), y=float(np.clip(item.y, low, high)))


_MISTAKES = (_remove, _add, *map(_mistake, (_recolor, _reshape, _resize, _move)))


def alter_prompt(prompt: str, rng: np.random.Generator) -> str:
    """Return a prompt of the training split that describes another scene, one fact away."""
    scene, scene_of_prompt = parse(prompt), all_prompts()
    while True:
        changed = _change_fact(scene, rng)
        texts = [text for text in wordings(changed) if text in scene_of_prompt]
        if texts and scene_of_prompt[texts[0]] != scene and scene_split(changed) == "train":
            return texts[rng.integers(len(texts))]


def _change_fact(scene: Scene, rng: np.random.Generator) -> Scene:
    """Change a colour, a shape, a size, the number, the relation or the style, or swap objects."""
    kinds = ["shape", "colour", "style"]
    kinds += ["number"] * 2 if scene.family == "count" else []
    kinds += ["size"] if scene.objects[0].size else []
    kinds += ["relation", "exchange"] if scene.relation else []
    kinds += ["swap"] if scene.family == "binding" else []
    kind = kinds[rng.integers(len(kinds))]
    objects, first = scene.objects, scene.objects[0]
    if kind == "style":
        return replace(scene, style=str(rng.choice(("", *STYLES))))
    if kind == "number":
        return replace(scene, objects=(first,) * int(rng.integers(2, 5)))
    if kind == "relation":
        return replace(scene, relation=str(rng.choice(RELATIONS)))
    if kind == "exchange":
        return replace(scene, objects=objects[::-1])
    if kind == "swap":
        second = objects[1]
        objects = (replace(first, colour=second.colour), replace(second, colour=first.colour))
        return replace(scene, objects=tuple(sorted(objects)))
    return _change_word(scene, kind, rng)


def _change_word(scene: Scene, kind: str, rng: np.random.Generator) -> Scene:
    """Change the colour, shape or size of one object, or of all where they are counted."""
    words = {"shape": SHAPES, "colour": COLOURS, "size": SIZES}[kind]
    i, word = int(rng.integers(len(scene.objects))), str(rng.choice(words))
    if scene.family == "count":
        changed = replace(scene.objects[0], **{kind: word})
        return replace(scene, objects=(changed,) * len(scene.objects))
    objects = list(scene.objects)
    objects[i] = replace(objects[i], **{kind: word})
    in_order = sorted(objects) if scene.family in ("two", "binding") else objects
    return replace(scene, objects=tuple(in_order))
