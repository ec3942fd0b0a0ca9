"""Picture and prompt -> whether the picture fits (exact), how far (by parts), and what is wrong in words.

A picture fits when it shows exactly what its prompt asks for and nothing more; what counts as an object is said in
`see`. Two things are one above the other, or side by side, by whichever of the vertical and horizontal distances of
their centres is larger; "next to" is side by side, with bounding circles at most `NEAR` pixels apart.
"""

from __future__ import annotations

import itertools
from collections.abc import Sequence
from dataclasses import dataclass
from functools import cache
from typing import Any

import numpy as np
from numpy.typing import NDArray

from gamelabel.world.draw import BOUNDING
from gamelabel.world.pictures import Pictures
from gamelabel.world.scenes import COLOURS, RELATIONS, SHAPES, SIZES, STYLES, parse
from gamelabel.world.see import MOST, Seen, see

PARTS = ("count", "shapes", "colours", "sizes", "relation", "style")
NEAR = 16.0  # pixels; `draw` leaves 5 to 9 between the bounding circles of things next to each other
_REACH = np.array([BOUNDING[shape] for shape in SHAPES] + [1.1])  # the last for an unclear shape
_SLOTS = 4  # the most things that a prompt asks for
_NONE = -1


@dataclass(frozen=True)
class Verdict:
    """What the judge says of one picture.

    fits: exactly what the prompt asks for is there. score: the mean of the parts in [0, 1], 1 only where it fits.
    parts: share of each part that the prompt asks for (of PARTS) that is right. wrong: one phrase for each fault.
    """

    fits: bool
    score: float
    parts: dict[str, float]
    wrong: tuple[str, ...]


def verify(image: Any, prompt: str) -> Verdict:
    """Judge one picture: a PIL image or an array, RGB, 64 x 64, uint8.

    Raises UnknownPrompt (a ValueError) outside the grammar, ValueError for a picture of another size, mode or type.
    """
    return verify_batch([image], [prompt])[0]


def verify_batch(images: Pictures, prompts: Sequence[str]) -> list[Verdict]:
    """Judge N pictures, uint8 (N, 64, 64, 3) or a sequence of PIL images or arrays, each against its prompt.

    Raises UnknownPrompt (a ValueError) outside the grammar, ValueError for pictures of another size, mode or type,
    or when there are not as many prompts as pictures.
    """
    seen, parts, chosen = _judge(images, prompts)
    score = _score(parts)
    verdicts = []
    for i, (value, row) in enumerate(zip(score.tolist(), parts.tolist(), strict=True)):
        asked_parts = {name: part for name, part in zip(PARTS, row, strict=True) if part == part}  # nan: not asked
        wrong = () if value == 1.0 else _words(prompts[i], asked_parts, seen, i, chosen[i])
        verdicts.append(Verdict(value == 1.0, value, asked_parts, wrong))
    return verdicts


def adherence(images: Pictures, prompts: Sequence[str]) -> tuple[NDArray[np.bool_], NDArray[np.float64]]:
    """Whether each of N pictures fits its prompt, and its score in [0, 1]: both (N,). Raises as `verify_batch`."""
    score = _score(_judge(images, prompts)[1])
    return score == 1.0, score


def _score(parts: NDArray[np.float64]) -> NDArray[np.float64]:
    return np.nansum(parts, 1) / (~np.isnan(parts)).sum(1)


@cache
def _asked(prompt: str) -> tuple[int, ...]:
    """What a prompt asks for as numbers: things, relation, style, then shapes, colours, sizes; -1 where open."""
    scene = parse(prompt)
    codes = [len(scene.things), _index(RELATIONS, scene.relation), _index(("", *STYLES), scene.style)]
    for names, of in ((SHAPES, "shape"), (COLOURS, "colour"), (SIZES, "size")):
        column = [_index(names, getattr(thing, of)) for thing in scene.things]
        codes += column + [_NONE] * (_SLOTS - len(column))
    return tuple(codes)


def _index(names: tuple[str, ...], name: str) -> int:
    return names.index(name) if name else _NONE


def _judge(images: Pictures, prompts: Sequence[str]) -> tuple[Seen, NDArray[np.float64], NDArray[np.int64]]:
    """What is seen, the parts (N, 6), nan where not asked, and the object taken for each thing (N, 4), -1 for none."""
    if isinstance(prompts, str):
        raise ValueError("got one prompt where a list is expected: give [prompt], or call verify(picture, prompt)")
    rows = np.array([_asked(prompt) for prompt in prompts], np.int64).reshape(-1, 3 + 3 * _SLOTS)
    seen = see(images)
    if len(seen.count) != len(rows):
        raise ValueError(f"{len(seen.count)} pictures but {len(rows)} prompts: give one prompt for each picture")
    number, relation, style = rows[:, 0], rows[:, 1], rows[:, 2]
    asked = rows[:, 3:].reshape(-1, 3, _SLOTS)
    found = np.stack((seen.shape, seen.colour, seen.size), 1)
    there = np.arange(MOST) < seen.count[:, None]
    same = (asked[..., None] == found[:, :, None]) & there[:, None, None]  # picture, part, asked, found
    same &= asked[..., None] != _NONE
    holds = _relations(seen)  # picture, relation, found, found

    parts = np.full((len(rows), len(PARTS)), np.nan)
    chosen = np.full((len(rows), _SLOTS), _NONE)
    for n in range(1, _SLOTS + 1):
        these = np.flatnonzero(number == n)
        if not len(these):
            continue
        ways = np.array(list(itertools.permutations(range(MOST), n)))
        # the best way to take objects for things: most right, then existing, then in the relation, then the largest
        worth = same[these].sum(1) + 0.1 * there[these][:, None]
        total = sum(worth[:, k][:, ways[:, k]] for k in range(n))
        if n == 2:
            total = total + 0.01 * holds[these][np.arange(len(these)), relation[these]][:, ways[:, 0], ways[:, 1]]
        way = ways[total.argmax(1)]
        chosen[these, :n] = np.where(way < seen.count[these, None], way, _NONE)
        for part in range(3):
            open_ = asked[these, part, :n] == _NONE
            right = sum(same[these, part, k, way[:, k]] for k in range(n))
            with np.errstate(invalid="ignore"):
                parts[these, 1 + part] = right / (~open_).sum(1)  # 0 / 0 where nothing is asked
        if n == 2:
            held = holds[these, relation[these], way[:, 0], way[:, 1]]
            parts[these, 4] = np.where(relation[these] == _NONE, np.nan, held)
    parts[:, 0] = np.minimum(number, seen.count) / np.maximum(number, seen.count)
    parts[:, 5] = np.where(style == _NONE, np.nan, style == seen.style)
    return seen, parts, chosen


def _relations(seen: Seen) -> NDArray[np.bool_]:
    """Whether each relation holds from each object to each: (N, relations, MOST, MOST)."""
    there = np.arange(MOST) < seen.count[:, None]
    dx, dy = (v[:, None, :] - v[:, :, None] for v in (seen.x, seen.y))
    reach = _REACH[seen.shape] * seen.r
    gap = np.hypot(dx, dy) - reach[:, :, None] - reach[:, None, :]
    beside = np.abs(dx) > np.abs(dy)
    holds = {"above": ~beside & (dy > 0), "left of": beside & (dx > 0), "next to": beside & (gap <= NEAR)}
    both = there[:, :, None] & there[:, None, :]
    return np.stack([holds[name] & both for name in RELATIONS], 1)


def _words(prompt: str, parts: dict[str, float], seen: Seen, i: int, chosen: NDArray[np.int64]) -> tuple[str, ...]:
    """What is wrong with picture i, one phrase for each fault."""
    scene, objects = parse(prompt), seen.objects(i)
    many = scene.family == "count"
    wrong, besides = [], set(range(len(objects))) - set(chosen.tolist())
    if many:
        shape = scene.things[0].shape
        number = sum(o.shape == shape for o in objects)
        if number != len(scene.things):
            wrong.append(f"{number or 'no'} {shape}{'' if number == 1 else 's'}, not {len(scene.things)}")
        besides = {k for k, o in enumerate(objects) if o.shape != shape}
    for thing, slot in zip(scene.things, chosen.tolist(), strict=False):
        found = objects[slot] if slot != _NONE else None
        if found is None or (many and found.shape != thing.shape):
            wrong += [] if many else [f"there is no {thing.shape}"]
            continue
        if found.shape != thing.shape:
            what = f"a {found.shape}" if found.shape else "an unclear shape"
            wrong.append(f"there is {what}, not a {thing.shape}")
        name = found.shape or "unclear shape"
        article = "a" if many else "the"
        if thing.colour and found.colour != thing.colour:
            wrong.append(f"{article} {name} is {found.colour or 'of mixed colours'}, not {thing.colour}")
        if thing.size and found.size != thing.size:
            wrong.append(f"{article} {name} is {found.size}, not {thing.size}")
    for k in sorted(besides):
        wrong.append(f"there is {_a(objects[k].colour, objects[k].shape or 'unclear shape')} besides")
    if (further := int(seen.count[i]) - len(objects)) > 0:
        wrong.append(f"there are {further} further objects" if further > 1 else "there is a further object")
    if parts.get("relation") == 0 and _NONE not in chosen[:2]:
        first, second = (objects[slot] for slot in chosen[:2])
        wrong.append(f"the {scene.things[0].shape} is {_where(first, second, scene.relation)}")
    if parts.get("style") == 0:
        wrong.append(f"the style is {_style(seen.style_of(i))}, not {_style(scene.style)}")
    return tuple(wrong)


def _a(*words: str) -> str:
    text = " ".join(word for word in words if word)
    return f"{'an' if text[0] in 'aeiou' else 'a'} {text}"


def _style(name: str) -> str:
    return f"that of a {name}" if name else "plain"


def _where(first: Any, second: Any, relation: str) -> str:
    """Where the first of two objects stands, and where it should."""
    dx, dy = second.x - first.x, second.y - first.y
    if abs(dx) > abs(dy):
        side = "left of" if dx > 0 else "right of"
        side = "far from" if relation == "next to" else side
    else:
        side = "above" if dy > 0 else "below"
    return f"{side} the {second.shape or 'other object'}, not {relation} it"
