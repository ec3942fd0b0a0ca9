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

from gamelabel.scenes.draw import BOUNDING
from gamelabel.scenes.faults import faults
from gamelabel.scenes.grammar import COLOURS, RELATIONS, SHAPES, SIZES, STYLES, parse
from gamelabel.scenes.pictures import Pictures
from gamelabel.scenes.see import MOST, Seen, see

PARTS = ("count", "shapes", "colours", "sizes", "relation", "style")
NEAR = (
    16.0  # pixels; `draw` leaves 5 to 9 between the bounding circles of things next to each other
)
_REACH = np.array([BOUNDING[shape] for shape in SHAPES] + [1.1])  # the last for an unclear shape
_MOST_ASKED = 4  # things, by any prompt


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
    seen, parts, taken = _judge(images, prompts)
    verdicts = []
    for i, (score, row) in enumerate(zip(_score(parts).tolist(), parts.tolist(), strict=True)):
        named = {
            name: part for name, part in zip(PARTS, row, strict=True) if part == part
        }  # nan where not asked
        wrong: tuple[str, ...] = ()
        if score < 1.0:
            scene, objects = parse(prompts[i]), seen.objects(i)
            for_things = [
                objects[slot] if slot >= 0 else None for slot in taken[i, : len(scene.things)]
            ]
            style, related = seen.style_of(i), named.get("relation") != 0.0
            wrong = faults(scene, objects, for_things, style, int(seen.count[i]), related)
        verdicts.append(Verdict(score == 1.0, score, named, wrong))
    return verdicts


def adherence(
    images: Pictures, prompts: Sequence[str]
) -> tuple[NDArray[np.bool_], NDArray[np.float64]]:
    """Whether each of N pictures fits its prompt, and its score in [0, 1]: both (N,). Raises as `verify_batch`."""
    score = _score(_judge(images, prompts)[1])
    return score == 1.0, score


def _score(parts: NDArray[np.float64]) -> NDArray[np.float64]:
    return np.nansum(parts, 1) / (~np.isnan(parts)).sum(1)


@cache
def _asked(prompt: str) -> tuple[int, ...]:
    """What a prompt asks for as numbers: things, relation, style, then shapes, colours, sizes; -1 where open."""
    scene = parse(prompt)
    codes = [
        len(scene.things),
        _index(RELATIONS, scene.relation),
        _index(("", *STYLES), scene.style),
    ]
    for names, of in ((SHAPES, "shape"), (COLOURS, "colour"), (SIZES, "size")):
        column = [_index(names, getattr(thing, of)) for thing in scene.things]
        codes += column + [-1] * (_MOST_ASKED - len(column))
    return tuple(codes)


def _index(names: tuple[str, ...], name: str) -> int:
    return names.index(name) if name else -1


def _judge(
    images: Pictures, prompts: Sequence[str]
) -> tuple[Seen, NDArray[np.float64], NDArray[np.int64]]:
    """What is seen, the parts (N, 6), nan where not asked, and the object taken for each thing (N, 4), -1 for none."""
    if isinstance(prompts, str):
        raise ValueError(
            "got one prompt where several are expected: give [prompt], or call verify(picture, prompt)"
        )
    rows = np.array([_asked(prompt) for prompt in prompts], np.int64).reshape(
        -1, 3 + 3 * _MOST_ASKED
    )
    seen = see(images)
    if len(seen.count) != len(rows):
        raise ValueError(
            f"{len(seen.count)} pictures but {len(rows)} prompts: give one prompt for each picture"
        )
    number, relation, style = rows[:, 0], rows[:, 1], rows[:, 2]
    asked = rows[:, 3:].reshape(-1, 3, _MOST_ASKED)  # shapes, colours, sizes
    found = np.stack((seen.shape, seen.colour, seen.size), 1)
    same = (asked[..., None] == found[:, :, None]) & (
        asked[..., None] >= 0
    )  # picture, part, thing, object

    taken = np.full((len(rows), _MOST_ASKED), -1)
    for n in range(1, _MOST_ASKED + 1):
        these = number == n
        taken[these, :n] = _take(same[these, :, :n], seen, these, relation[these])
    exists = (taken >= 0) & (taken < seen.count[:, None])
    right = (
        np.take_along_axis(same, np.maximum(taken, 0)[:, None, :, None], 3)[..., 0]
        & exists[:, None]
    )
    sought = (asked >= 0).sum(2)

    parts = np.full((len(rows), len(PARTS)), np.nan)
    parts[:, 0] = np.minimum(number, seen.count) / np.maximum(number, seen.count)
    np.divide(right.sum(2), sought, out=parts[:, 1:4], where=sought > 0)
    held = _holds(seen, np.arange(len(rows)), relation, taken[:, 0], taken[:, 1])
    parts[:, 4] = np.where(relation >= 0, held, np.nan)
    parts[:, 5] = np.where(style >= 0, style == seen.style, np.nan)
    return seen, parts, np.where(exists, taken, -1)


def _take(
    same: NDArray[np.bool_], seen: Seen, these: NDArray[np.bool_], relation: NDArray[np.int64]
) -> NDArray[np.int64]:
    """The best way to take objects for n things: slots (K, n), from what agrees, (K, 3, n, MOST)."""
    n, rows = same.shape[2], np.flatnonzero(these)
    ways = np.array(list(itertools.permutations(range(MOST), n)))
    exists = np.arange(MOST) < seen.count[rows, None]
    # most that is right, then most that exists, then in the relation, then the largest, which come first
    worth = same.sum(1) + 0.1 * exists[:, None]
    total = sum(worth[:, k][:, ways[:, k]] for k in range(n))
    if n == 2:
        total = total + 0.01 * _holds(
            seen, rows[:, None], relation[:, None], ways[:, 0], ways[:, 1]
        )
    return ways[np.argmax(total, 1)]


def _holds(
    seen: Seen,
    i: NDArray[np.int64],
    relation: NDArray[np.int64],
    first: NDArray[np.int64],
    second: NDArray[np.int64],
) -> NDArray[np.bool_]:
    """Whether a relation, an index into RELATIONS or -1 for none, holds from the first object to the second."""
    dx, dy = seen.x[i, second] - seen.x[i, first], seen.y[i, second] - seen.y[i, first]
    reach = _REACH[seen.shape] * seen.r
    near = np.hypot(dx, dy) <= reach[i, first] + reach[i, second] + NEAR
    beside = np.abs(dx) > np.abs(dy)
    holds = {"above": ~beside & (dy > 0), "left of": beside & (dx > 0), "next to": beside & near}
    both = np.maximum(first, second) < seen.count[i]
    return both & np.select(
        [relation == k for k in range(len(RELATIONS))], [holds[name] for name in RELATIONS], False
    )
