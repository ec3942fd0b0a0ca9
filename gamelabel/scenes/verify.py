"""Picture and prompt -> whether the picture fits exactly, how far, and what is wrong in words.

A picture fits if it shows exactly what its prompt asks for and nothing more; `detection` says what
counts as an object. Two objects are one above the other, or side by side, by the larger of the
vertical and the horizontal distance of their centres; "next to" is side by side, with bounding
circles at most `NEXT_TO_GAP` pixels apart.
"""

from __future__ import annotations

import itertools
from collections.abc import Sequence
from dataclasses import dataclass
from functools import cache
from typing import Any

import numpy as np
from numpy.typing import NDArray

from gamelabel.scenes.detection import MAX_OBJECTS, Detections, detect_objects
from gamelabel.scenes.draw import BOUNDING_RADII
from gamelabel.scenes.faults import describe_faults
from gamelabel.scenes.grammar import COLOURS, RELATIONS, SHAPES, SIZES, STYLES, parse
from gamelabel.scenes.image_checks import Images

ADHERENCE_PARTS = ("count", "shapes", "colours", "sizes", "relation", "style")
NEXT_TO_GAP = 16.0  # pixels; `draw` leaves 5 to 9 between objects next to each other
_REACH = np.array([BOUNDING_RADII[shape] for shape in SHAPES] + [1.1])  # the last: unclear shape
_MAX_REQUESTED = 4  # objects in any prompt

_Ints = NDArray[np.int64]
_Bools = NDArray[np.bool_]


@dataclass(frozen=True)
class Verdict:
    """The judgement of one picture.

    Attributes
    ----------
    fits : bool
        Whether exactly what the prompt asks for is there.
    score : float
        Mean of the parts, 0 to 1; 1 only if the picture fits.
    parts : dict of str to float
        Share that is right of each part of `ADHERENCE_PARTS` that the prompt asks for.
    faults : tuple of str
        One phrase for each fault.
    """

    fits: bool
    score: float
    parts: dict[str, float]
    faults: tuple[str, ...]


def verify(image: Any, prompt: str) -> Verdict:
    """Judge one picture: a PIL image or an array, RGB, 64 x 64, uint8.

    Raises `UnknownPrompt` (a ValueError) for a prompt outside the grammar, and ValueError for a
    picture of another size, mode or type.

    >>> from gamelabel.scenes.draw import draw
    >>> picture = draw(parse("a large blue circle"), seed=0)
    >>> verify(picture, "a large blue circle").fits
    True
    >>> verify(picture, "a large red circle").faults
    ('the circle is blue, not red',)
    """
    return verify_batch([image], [prompt])[0]


def verify_batch(images: Images, prompts: Sequence[str]) -> list[Verdict]:
    """Judge N pictures, each against its prompt.

    `images` is an array, uint8 (N, 64, 64, 3), or a sequence of PIL images or arrays. Raises
    `UnknownPrompt` (a ValueError) for a prompt outside the grammar, and ValueError for pictures of
    another size, mode or type, or if the number of prompts differs from that of the pictures.

    >>> from gamelabel.scenes.draw import draw
    >>> prompts = ["two red stars", "a circle left of a square"]
    >>> pictures = [draw(parse(prompt), seed=0) for prompt in prompts]
    >>> [verdict.score for verdict in verify_batch(pictures, prompts)]
    [1.0, 1.0]
    """
    detections, parts, matched = _judge(images, prompts)
    scores = _mean_of_parts(parts).tolist()
    verdicts = []
    for i, (score, row) in enumerate(zip(scores, parts.tolist(), strict=True)):
        named = dict(zip(ADHERENCE_PARTS, row, strict=True))
        named = {name: part for name, part in named.items() if part == part}  # NaN: not requested
        faults: tuple[str, ...] = ()
        if score < 1.0:
            faults = _faults(prompts[i], detections, i, matched[i], named)
        verdicts.append(Verdict(score == 1.0, score, named, faults))
    return verdicts


def adherence(images: Images, prompts: Sequence[str]) -> tuple[_Bools, NDArray[np.float64]]:
    """Judge N pictures without words, which is faster than `verify_batch`.

    Returns whether each picture fits its prompt, bool (N,), and its score in [0, 1], float (N,).
    Raises as `verify_batch` does.

    >>> from gamelabel.scenes.draw import draw
    >>> fits, score = adherence([draw(parse("two stars"), 0)], ["three stars"])
    >>> fits.tolist(), score.round(2).tolist()
    ([False], [0.67])
    """
    score = _mean_of_parts(_judge(images, prompts)[1])
    return score == 1.0, score


def _faults(
    prompt: str, detections: Detections, i: int, slots: _Ints, parts: dict[str, float]
) -> tuple[str, ...]:
    """Faults of picture i; slots: the object matched to each object of the scene, -1 for none."""
    scene, objects = parse(prompt), detections.objects(i)
    matched = [objects[k] if k >= 0 else None for k in slots[: len(scene.objects)]]
    style, count = detections.style_name(i), int(detections.count[i])
    return describe_faults(scene, objects, matched, style, count, parts.get("relation") != 0.0)


def _mean_of_parts(parts: NDArray[np.float64]) -> NDArray[np.float64]:
    return np.asarray(np.nansum(parts, 1) / (~np.isnan(parts)).sum(1))


@cache
def _scene_codes(prompt: str) -> tuple[int, ...]:
    """Encode a scene: count, relation, style, then shapes, colours, sizes; -1 where open."""
    scene = parse(prompt)
    styles = ("", *STYLES)
    codes = [len(scene.objects), _index(RELATIONS, scene.relation), _index(styles, scene.style)]
    for names, attribute in ((SHAPES, "shape"), (COLOURS, "colour"), (SIZES, "size")):
        column = [_index(names, getattr(item, attribute)) for item in scene.objects]
        codes += column + [-1] * (_MAX_REQUESTED - len(column))
    return tuple(codes)


def _index(names: tuple[str, ...], name: str) -> int:
    return names.index(name) if name else -1


def _judge(images: Images, prompts: Sequence[str]) -> tuple[Detections, NDArray[np.float64], _Ints]:
    """Compare pictures with their prompts.

    Returns
    -------
    detections : Detections
        What the pictures show.
    parts : float64 (N, 6)
        Share of each part that is right, NaN if the prompt does not ask for it.
    matched : int64 (N, 4)
        Slot of the object matched to each requested object, -1 for none.
    """
    if isinstance(prompts, str):
        raise ValueError(
            "got one prompt where several are expected: give [prompt], "
            "or call verify(picture, prompt)"
        )
    codes = [_scene_codes(prompt) for prompt in prompts]
    rows = np.array(codes, np.int64).reshape(-1, 3 + 3 * _MAX_REQUESTED)
    detections = detect_objects(images)
    if len(detections.count) != len(rows):
        raise ValueError(
            f"{len(detections.count)} pictures but {len(rows)} prompts: "
            "give one prompt for each picture"
        )
    number, relation, style = rows[:, 0], rows[:, 1], rows[:, 2]
    requested = rows[:, 3:].reshape(-1, 3, _MAX_REQUESTED)  # shapes, colours, sizes
    detected = np.stack((detections.shape, detections.colour, detections.size), 1)
    # picture, attribute, requested object, detected object
    same = (requested[..., None] == detected[:, :, None]) & (requested[..., None] >= 0)

    slots = np.full((len(rows), _MAX_REQUESTED), -1)
    for n in range(1, _MAX_REQUESTED + 1):
        of_n = number == n
        slots[of_n, :n] = _best_matching(same[of_n, :, :n], detections, of_n, relation[of_n])
    exists = (slots >= 0) & (slots < detections.count[:, None])
    at_slot = np.take_along_axis(same, np.maximum(slots, 0)[:, None, :, None], 3)[..., 0]
    right = at_slot & exists[:, None]
    n_requested = (requested >= 0).sum(2)

    parts = np.full((len(rows), len(ADHERENCE_PARTS)), np.nan)
    parts[:, 0] = np.minimum(number, detections.count) / np.maximum(number, detections.count)
    np.divide(right.sum(2), n_requested, out=parts[:, 1:4], where=n_requested > 0)
    held = _relation_holds(detections, np.arange(len(rows)), relation, slots[:, 0], slots[:, 1])
    parts[:, 4] = np.where(relation >= 0, held, np.nan)
    parts[:, 5] = np.where(style >= 0, style == detections.style, np.nan)
    return detections, parts, np.where(exists, slots, -1)


def _best_matching(
    same: _Bools, detections: Detections, pictures: _Bools, relation: _Ints
) -> _Ints:
    """Match detected objects to n requested ones.

    Parameters
    ----------
    same : bool (K, 3, n, 6)
        Whether an attribute of a requested and of a detected object agrees, in K pictures.
    detections : Detections
        What all N pictures show.
    pictures : bool (N,)
        Which K of the N pictures these are.
    relation : int64 (K,)
        Requested relation, an index into `RELATIONS`, -1 for none.

    Returns
    -------
    int64 (K, n)
        The slot of the object matched to each requested one.
    """
    n, rows = same.shape[2], np.flatnonzero(pictures)
    ways = np.array(list(itertools.permutations(range(MAX_OBJECTS), n)))
    exists = np.arange(MAX_OBJECTS) < detections.count[rows, None]
    # first what agrees, then what exists, then what is in the relation, then the largest objects
    worth = same.sum(1) + 0.1 * exists[:, None]
    total = np.sum([worth[:, k][:, ways[:, k]] for k in range(n)], axis=0)
    if n == 2:
        held = _relation_holds(detections, rows[:, None], relation[:, None], ways[:, 0], ways[:, 1])
        total = total + 0.01 * held
    return np.asarray(ways[np.argmax(total, 1)])


def _relation_holds(
    detections: Detections, i: _Ints, relation: _Ints, first: _Ints, second: _Ints
) -> _Bools:
    """Whether a relation holds from the first to the second object of picture i.

    `relation` is an index into `RELATIONS`, -1 for none; `first` and `second` are slots.
    """
    dx = detections.x[i, second] - detections.x[i, first]
    dy = detections.y[i, second] - detections.y[i, first]
    reach = _REACH[detections.shape] * detections.r
    near = np.hypot(dx, dy) <= reach[i, first] + reach[i, second] + NEXT_TO_GAP
    beside = np.abs(dx) > np.abs(dy)
    holds = {"above": ~beside & (dy > 0), "left of": beside & (dx > 0), "next to": beside & near}
    both_exist = np.maximum(first, second) < detections.count[i]
    cases = [relation == k for k in range(len(RELATIONS))]
    return np.asarray(both_exist & np.select(cases, [holds[name] for name in RELATIONS], False))
