"""The image world's own grammar as a corpus: prompts drawn with repeats, and word-list terms planted in a share."""

from __future__ import annotations

import re
from collections.abc import Callable, Sequence

import numpy as np

from gamelabel.prompts.corpora import Corpus
from gamelabel.scenes.prompt_split import SplitName, sample_prompts

WORLD = "world"

# How a planted term is written, each of which the filter must see through.
_ACCENTED = str.maketrans("aeou", "áèöû")
_LEET = str.maketrans("aeos", "@30$")
_SPELLINGS: tuple[Callable[[str], str], ...] = (
    str,
    str.upper,
    str.title,
    lambda term: term.translate(_ACCENTED),
    lambda term: (
        term.translate(_LEET) if re.search("[^\\W\\d_aeos]", term) and term.isalpha() else term
    ),
)


def world_corpus(
    n: int = 100_000,
    seed: int = 0,
    terms: Sequence[str] = (),
    planted: float = 0.02,
    side: SplitName = "train",
) -> Corpus:
    """Draw n prompts of the grammar; a share `planted` of them, at random, has a term of a word list put in.

    terms: the word list; planted: a share from 0 to 1 (as whole words, the lists reject 1 to 3 % of Pick-a-Pic's
    prompts); side: of the grammar's fixed split, "train" by default, so that what is held out stays unseen. A planted
    term stands as a word of its own, so both rules reject it; what they let through is the grammar's, word for word.
    Raises ValueError for a share outside 0 to 1.
    """
    if not 0 <= planted <= 1:
        raise ValueError(f"planted is a share from 0 to 1, not {planted}")
    texts = sample_prompts(n, seed, side)
    rng = np.random.default_rng([seed, n])
    rows = np.flatnonzero(rng.random(n) < planted) if terms else np.array([], int)
    for row in rows:
        term = terms[int(rng.integers(len(terms)))]
        words = texts[row].split()
        spelling = _SPELLINGS[int(rng.integers(len(_SPELLINGS)))]
        words.insert(int(rng.integers(len(words) + 1)), spelling(term))
        texts[row] = " ".join(words)
    return Corpus(WORLD, texts)
