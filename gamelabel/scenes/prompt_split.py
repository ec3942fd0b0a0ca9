"""The fixed split of the grammar into training and held-out scenes, and prompts drawn from a side.

The split "latin-6" holds a combination out where the indices of its attributes sum to 0 modulo 6,
so that every color, shape, size and number is held out equally often, and each occurs in training
in five combinations of six.
"""

from __future__ import annotations

import itertools
from collections.abc import Sequence
from functools import cache
from typing import Literal

import numpy as np

from gamelabel.scenes.grammar import COLOURS, FAMILIES, SHAPES, SIZES, Scene, all_prompts

SplitName = Literal["train", "held-out"]


def _is_held_out(colour: str, shape: str, other: int) -> bool:
    if not colour:
        return False
    return (COLOURS.index(colour) + SHAPES.index(shape) + 2 * other) % len(COLOURS) == 0


def scene_split(scene: Scene) -> SplitName:
    """Return the side of the split "latin-6" to which a scene belongs.

    Held out are combinations of (size, color, shape), of (number, color, shape), and of (color,
    shape, shape of the other object). Style and wording play no part. `draw` never draws a
    held-out combination for a training scene, not even where its prompt leaves a color or a size
    open.

    >>> from gamelabel.scenes.grammar import parse
    >>> scene_split(parse("a small red circle"))
    'held-out'
    >>> scene_split(parse("a large red circle"))
    'train'
    """
    first, n = scene.objects[0], len(scene.objects)
    if n == 1:
        sized = bool(first.size)
        held_out = sized and _is_held_out(first.colour, first.shape, SIZES.index(first.size))
    elif scene.family == "count":
        # "three circles" leaves colors open: only objects that are all alike are a combination
        held_out = len(set(scene.objects)) == 1 and _is_held_out(first.colour, first.shape, n)
    else:
        pairs = itertools.permutations(scene.objects)
        held_out = any(_is_held_out(a.colour, a.shape, SHAPES.index(b.shape)) for a, b in pairs)
    return "held-out" if held_out else "train"


def sample_prompts(
    n: int,
    seed: int,
    side: SplitName = "train",
    families: Sequence[str] = FAMILIES,
    style_share: float = 0.4,
) -> list[str]:
    """Draw prompts from one side of the split, with repeats, the families in turn.

    Every family is equally frequent, so a mean over prompts is a mean over families.

    Parameters
    ----------
    n : int
        Number of prompts.
    seed : int
        Seed of the draw; the same seed gives the same prompts.
    side : {"train", "held-out"}
        Side of the split.
    families : sequence of str
        Families of `FAMILIES` to draw from.
    style_share : float
        Expected share of prompts that ask for a style, 0 to 1.

    Returns
    -------
    list of str
        The prompts, in the order drawn.

    Examples
    --------
    >>> sample_prompts(2, seed=0, side="held-out", style_share=0.0)
    ['a large yellow triangle', 'an orange square and a triangle']
    """
    rng = np.random.default_rng(seed)
    pools = _pools(side)
    prompts = []
    for i in range(n):
        plain, styled = pools[families[i % len(families)]]
        pool = styled if rng.random() < style_share else plain
        prompts.append(pool[rng.integers(len(pool))])
    return prompts


@cache
def _pools(side: SplitName) -> dict[str, tuple[list[str], list[str]]]:
    """Prompts of each family on one side of the split, those without a style and those with one."""
    pools: dict[str, tuple[list[str], list[str]]] = {family: ([], []) for family in FAMILIES}
    for text, scene in all_prompts().items():
        if scene_split(scene) == side:
            pools[scene.family][bool(scene.style)].append(text)
    return pools
