"""Known answers made of preference points: two points that swap a picture.

Two points of entirely different prompts swap one picture each. Then each shows a picture of its own
prompt beside one of the other's, which is a comparison point (see `gamelabel.games.pairs.decoys`).
No picture is in two points, so what players have seen of other points says nothing about the
answer. Decoys drawn anew for each player would: a picture that comes back beside the same prompt is
the right one.
"""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np

from gamelabel.games.pairs.decoys import content_words


def pair_for_swaps(
    prompts: Sequence[str], count: int, rng: np.random.Generator
) -> list[tuple[int, int]]:
    """Choose pairs of prompts that share no content word, at random, each prompt at most once.

    Parameters
    ----------
    prompts : sequence of str
        The prompts.
    count : int
        How many pairs to choose.
    rng : numpy.random.Generator
        Source of randomness.

    Returns
    -------
    list of (int, int)
        Indices of prompts; fewer than `count` pairs if no more can be found.

    Examples
    --------
    >>> prompts = ["a red cat", "two cats", "a boat"]
    >>> [sorted(pair) for pair in pair_for_swaps(prompts, 5, np.random.default_rng(0))]
    [[0, 2]]
    """
    waiting: list[tuple[int, frozenset[str]]] = []
    chosen: list[tuple[int, int]] = []
    for i in rng.permutation(len(prompts)).tolist():
        if len(chosen) == count:
            break
        words = content_words(prompts[i])
        partner = next((p for p, (_, other) in enumerate(waiting) if not words & other), None)
        if partner is None:
            waiting.append((i, words))
        else:
            chosen.append((waiting.pop(partner)[0], i))
    return chosen
