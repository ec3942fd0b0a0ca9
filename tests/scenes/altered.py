"""Scenes altered in one attribute, and an oracle of whether they fit their prompt."""

from __future__ import annotations

import io
import itertools
from collections.abc import Iterator
from dataclasses import dataclass, replace

import numpy as np
from PIL import Image

from gamelabel.scenes.draw import SIDE, SIZE_THRESHOLD, PlacedObject, paint, place_objects
from gamelabel.scenes.grammar import (
    COLOURS,
    SHAPES,
    SIZES,
    STYLES,
    Scene,
    SceneObject,
    parse,
)
from gamelabel.scenes.prompt_split import sample_prompts
from gamelabel.scenes.verify import NEXT_TO_GAP


@dataclass(frozen=True)
class Altered:
    prompt: str
    kind: str
    fits: bool  # by the oracle: an attribute that the prompt leaves open may change
    picture: np.ndarray


def oracle(marks: list[PlacedObject], style: str, scene: Scene) -> bool:
    """Return whether marks match a scene, computed from their coordinates."""
    if len(marks) != len(scene.objects) or scene.style not in ("", style):
        return False
    return any(
        all(_is(mark, thing) for mark, thing in zip(order, scene.objects, strict=True))
        and _related(scene.relation, order[0], order[-1])
        for order in itertools.permutations(marks)
    )


def _is(mark: PlacedObject, thing: SceneObject) -> bool:
    size = "small" if mark.r < SIZE_THRESHOLD else "large"
    same_size = thing.size in ("", size)
    return (
        mark.object.shape == thing.shape and thing.colour in ("", mark.object.colour) and same_size
    )


def _related(relation: str, a: PlacedObject, b: PlacedObject) -> bool:
    dx, dy = b.x - a.x, b.y - a.y
    gap = np.hypot(dx, dy) - a.reach - b.reach
    return {
        "": True,
        "above": dy >= abs(dx),
        "left of": dx > abs(dy),
        "next to": abs(dx) > abs(dy) and gap <= NEXT_TO_GAP,
    }[relation]


def altered(n: int, seed: int) -> Iterator[Altered]:
    """Draw n pictures that depart from their prompt in one attribute, the attributes in turn."""
    prompts = sample_prompts(n, seed, "train", style_share=0.5) + sample_prompts(
        n, seed, "held-out", style_share=0.5
    )
    rng = np.random.default_rng(seed)
    kinds = itertools.cycle(_ALTER)
    n_altered = 0
    for i, prompt in enumerate(rng.permutation(prompts).tolist()):
        scene, kind = parse(prompt), next(kinds)
        changed = _ALTER[kind](scene, rng, i)
        if changed is None:
            continue
        marks, style = changed
        yield Altered(prompt, kind, oracle(marks, style, scene), paint(marks, style, i))
        n_altered += 1
        if n_altered == n:
            return


def _other(rng, values, value):
    return str(rng.choice([v for v in values if v != value]))


def _colour(scene, rng, seed):
    marks = place_objects(scene, seed)
    k = rng.integers(len(marks))
    thing = marks[k].object
    marks[k] = replace(marks[k], object=replace(thing, colour=_other(rng, COLOURS, thing.colour)))
    return marks, scene.style


def _shape(scene, rng, seed):
    things = list(scene.objects)
    k = rng.integers(len(things))
    things[k] = replace(things[k], shape=_other(rng, SHAPES, things[k].shape))
    return place_objects(replace(scene, objects=tuple(things)), seed), scene.style


def _size(scene, rng, seed):
    if scene.family != "single":
        return None
    thing = scene.objects[0]
    size = _other(rng, SIZES, thing.size) if thing.size else str(rng.choice(SIZES))
    return place_objects(replace(scene, objects=(replace(thing, size=size),)), seed), scene.style


def _number(scene, rng, seed):
    marks = place_objects(scene, seed)
    if len(marks) > 1 and rng.random() < 0.5:
        del marks[rng.integers(len(marks))]
        return marks, scene.style
    for _ in range(200):  # one more, where there is room for it
        thing = SceneObject(
            str(rng.choice(SHAPES)) if rng.random() < 0.5 else scene.objects[0].shape,
            marks[0].object.colour,
        )
        more = PlacedObject(thing, *rng.uniform(11, SIDE - 11, 2).tolist(), 7.0, 0.0)
        if all(np.hypot(m.x - more.x, m.y - more.y) >= m.reach + more.reach + 5.0 for m in marks):
            return [*marks, more], scene.style
    return None


def _relation(scene, rng, seed):
    if not scene.relation:
        return None
    turned = replace(scene, objects=scene.objects[::-1])
    relation = _other(rng, ("above", "left of", "next to"), scene.relation)
    return place_objects(
        turned if rng.random() < 0.5 else replace(scene, relation=relation), seed
    ), scene.style


def _style(scene, rng, seed):
    return place_objects(scene, seed), _other(rng, ("", *STYLES), scene.style)


_ALTER = {
    "colour": _colour,
    "shape": _shape,
    "size": _size,
    "number": _number,
    "relation": _relation,
    "style": _style,
}


def jpeg(picture: np.ndarray, quality: int = 80) -> np.ndarray:
    buffer = io.BytesIO()
    Image.fromarray(picture).save(buffer, "JPEG", quality=quality)
    return np.asarray(Image.open(buffer))


def noisy(pictures: np.ndarray, sigma: float, seed: int) -> np.ndarray:
    noise = np.random.default_rng(seed).normal(0.0, sigma, pictures.shape)
    return (pictures + noise).round().clip(0, 255).astype(np.uint8)
