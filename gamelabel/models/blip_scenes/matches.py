"""What a reward model's BLIP learns to read from: drawn scenes, whole and spoilt, each beside two prompts.

A prompt that does not match is the true one with one fact changed, for anything easier is told apart without reading
closely. A spoilt scene is what models that draw get wrong: a thing too many or too few, another colour or shape, two
things that run into one. The judge says what fits; no picture of a model is ever among them.
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

_RADII = (
    5.0,
    18.0,
)  # nominal, in pixels: from a little less than the smallest thing of the world to the largest


class Matches(NamedTuple):
    """N drawn pictures, uint8 (N, 64, 64, 3); for each the prompt that it was drawn for and another one, and whether it
    fits each, (N,): the first is false where the scene is spoilt, the second true where it fits all the same."""

    pictures: NDArray[np.uint8]
    own: list[str]
    other: list[str]
    fits_own: NDArray[np.bool_]
    fits_other: NDArray[np.bool_]


def draw_matches(n: int, seed: int) -> Matches:
    """Draw n scenes of the training side of the world's split, every other one spoilt, each with another prompt."""
    rng = np.random.default_rng(seed)
    own = sample_prompts(n, seed)
    pictures = np.stack(
        [_drawn(text, seed * n + i, rng, spoilt=rng.random() < 0.5) for i, text in enumerate(own)]
    )
    other = [altered(text, rng) for text in own]
    return Matches(pictures, own, other, adherence(pictures, own)[0], adherence(pictures, other)[0])


def _drawn(prompt: str, seed: int, rng: np.random.Generator, spoilt: bool) -> NDArray[np.uint8]:
    scene = parse(prompt)
    marks = place_objects(scene, seed)
    return paint(spoil(marks, rng) if spoilt else marks, scene.style, seed)


def spoil(marks: list[PlacedObject], rng: np.random.Generator) -> list[PlacedObject]:
    """The marks of a scene with one thing gone wrong, or two."""
    for _ in range(rng.integers(1, 3)):
        i = int(rng.integers(max(1, len(marks))))
        marks = _FAULTS[rng.integers(len(_FAULTS))](marks, i, rng)
    return marks


def _dropped(marks: list[PlacedObject], i: int, rng: np.random.Generator) -> list[PlacedObject]:
    return marks[:i] + marks[i + 1 :]


def _added(marks: list[PlacedObject], i: int, rng: np.random.Generator) -> list[PlacedObject]:
    """One thing more, anywhere, be it upon another."""
    like = (
        marks[i].object
        if marks and rng.random() < 0.5
        else SceneObject(str(rng.choice(SHAPES)), str(rng.choice(COLOURS)))
    )
    mark = PlacedObject(
        like, 0.0, 0.0, marks[i].r if marks else rng.uniform(*_RADII), rng.uniform(-0.14, 0.14)
    )
    return [*marks, _anywhere(mark, rng)]


def _changed(
    change: Callable[[PlacedObject, np.random.Generator], PlacedObject],
) -> Callable[..., list[PlacedObject]]:
    def fault(marks: list[PlacedObject], i: int, rng: np.random.Generator) -> list[PlacedObject]:
        return [change(mark, rng) if j == i else mark for j, mark in enumerate(marks)]

    return fault


def _recoloured(mark: PlacedObject, rng: np.random.Generator) -> PlacedObject:
    return replace(mark, object=replace(mark.object, colour=str(rng.choice(COLOURS))))


def _reshaped(mark: PlacedObject, rng: np.random.Generator) -> PlacedObject:
    return replace(mark, object=replace(mark.object, shape=str(rng.choice(SHAPES))))


def _resized(mark: PlacedObject, rng: np.random.Generator) -> PlacedObject:
    return _within(replace(mark, r=rng.uniform(*_RADII)))


def _anywhere(mark: PlacedObject, rng: np.random.Generator) -> PlacedObject:
    return _within(replace(mark, x=rng.uniform(0, SIDE), y=rng.uniform(0, SIDE)))


def _within(mark: PlacedObject) -> PlacedObject:
    low, high = mark.reach + 2.0, SIDE - mark.reach - 2.0
    return replace(mark, x=float(np.clip(mark.x, low, high)), y=float(np.clip(mark.y, low, high)))


_FAULTS = (_dropped, _added, *map(_changed, (_recoloured, _reshaped, _resized, _anywhere)))


def altered(prompt: str, rng: np.random.Generator) -> str:
    """A prompt of the training side that asks for something else: one fact of the given one is changed."""
    scene, known = parse(prompt), all_prompts()
    while True:
        changed = _change(scene, rng)
        texts = [text for text in wordings(changed) if text in known]
        if texts and known[texts[0]] != scene and scene_split(changed) == "train":
            return texts[rng.integers(len(texts))]


def _change(scene: Scene, rng: np.random.Generator) -> Scene:
    """One fact at random: a colour, a shape, a size, the number, the relation, the style; or two things exchanged."""
    kinds = ["shape", "colour", "style"]
    kinds += ["number"] * 2 if scene.family == "count" else []
    kinds += ["size"] if scene.objects[0].size else []
    kinds += ["relation", "exchange"] if scene.relation else []
    kinds += ["swap"] if scene.family == "binding" else []
    kind = kinds[rng.integers(len(kinds))]
    things, first = scene.objects, scene.objects[0]
    if kind == "style":
        return replace(scene, style=str(rng.choice(("", *STYLES))))
    if kind == "number":
        return replace(scene, objects=(first,) * int(rng.integers(2, 5)))
    if kind == "relation":
        return replace(scene, relation=str(rng.choice(RELATIONS)))
    if kind == "exchange":
        return replace(scene, objects=things[::-1])
    if kind == "swap":
        second = things[1]
        things = (replace(first, colour=second.colour), replace(second, colour=first.colour))
        return replace(scene, objects=tuple(sorted(things)))
    words = {"shape": SHAPES, "colour": COLOURS, "size": SIZES}[kind]
    which, word = int(rng.integers(len(things))), str(rng.choice(words))
    if scene.family == "count":
        return replace(scene, objects=(replace(first, **{kind: word}),) * len(things))
    changed = tuple(
        replace(thing, **{kind: word}) if i == which else thing for i, thing in enumerate(things)
    )
    return replace(
        scene, objects=tuple(sorted(changed)) if scene.family in ("two", "binding") else changed
    )
