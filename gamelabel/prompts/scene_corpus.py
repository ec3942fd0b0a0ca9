"""The grammar of the drawn world as a corpus: sampled prompts, some with a planted term."""

from __future__ import annotations

import re
from collections.abc import Callable, Sequence

import numpy as np

from gamelabel.prompts.corpora import Corpus
from gamelabel.scenes.prompt_split import SplitName, sample_prompts

WORLD = "world"

_ACCENTED = str.maketrans("aeou", "áèöû")
_LEET = str.maketrans("aeos", "@30$")


def _in_leetspeak(term: str) -> str:
    """Spell a term in leetspeak, unless the filter could not read it."""
    readable = term.isalpha() and re.search(r"[^\W\d_aeos]", term)
    return term.translate(_LEET) if readable else term


# The spellings of a planted term that the filter must recognize.
_SPELLINGS: tuple[Callable[[str], str], ...] = (
    str,
    str.upper,
    str.title,
    lambda term: term.translate(_ACCENTED),
    _in_leetspeak,
)


def world_corpus(
    n: int = 100_000,
    seed: int = 0,
    terms: Sequence[str] = (),
    planted_share: float = 0.02,
    side: SplitName = "train",
) -> Corpus:
    """Sample prompts of the grammar and plant terms of a word list in some of them.

    A planted term stands as a word of its own, so both rules of the filter reject its prompt. What
    they keep is the grammar's, word for word.

    Parameters
    ----------
    n : int
        Number of prompts; they repeat.
    seed : int
        Seed of the sample.
    terms : sequence of str
        The word list; without terms nothing is planted.
    planted_share : float
        Expected share of prompts with a planted term, 0 to 1. (As whole words, the published lists
        reject 1 to 3 % of Pick-a-Pic's prompts.)
    side : {"train", "held-out"}
        Side of the grammar's fixed split. "train" keeps the held-out scenes unseen.

    Returns
    -------
    Corpus
        A corpus named "world".

    Raises
    ------
    ValueError
        For a share outside 0 to 1.

    Examples
    --------
    >>> len(world_corpus(5).texts)
    5
    """
    if not 0 <= planted_share <= 1:
        raise ValueError(f"planted_share must be from 0 to 1, not {planted_share}")
    texts = sample_prompts(n, seed, side)
    rng = np.random.default_rng([seed, n])
    rows = np.flatnonzero(rng.random(n) < planted_share) if terms else np.array([], int)
    for row in rows:
        term = terms[int(rng.integers(len(terms)))]
        words = texts[row].split()
        spelling = _SPELLINGS[int(rng.integers(len(_SPELLINGS)))]
        words.insert(int(rng.integers(len(words) + 1)), spelling(term))
        texts[row] = " ".join(words)
    return Corpus(WORLD, texts)
