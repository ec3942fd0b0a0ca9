"""What this machine has: the corpus that a notebook names, and every published set and list that is at hand."""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path

import pandas as pd

from gamelabel.prompts.corpora import OUTSIDE, Corpus, csv_corpus, origin, outside_corpus
from gamelabel.prompts.scene_corpus import WORLD, world_corpus
from gamelabel.prompts.word_lists import WORD_LISTS, word_list
from gamelabel.sources import NoData

ALL_LISTS = "all lists"


def candidates(
    corpus: str,
    n: int = 100_000,
    seed: int = 0,
    terms: Sequence[str] = (),
    planted: float = 0.02,
    csv_column: str = "prompt",
    fetch: bool = False,
) -> Corpus:
    """The corpus of a name: "world" (n, seed, terms, planted), one of OUTSIDE, or the path of a CSV file (csv_column).

    Raises ValueError for another name; else as `world_corpus`, `csv_corpus` and `outside_corpus` do.
    """
    if corpus == WORLD:
        return world_corpus(n, seed, terms, planted)
    if corpus.lower().endswith(".csv"):
        return csv_corpus(corpus, csv_column, Path(corpus).stem)
    if corpus not in OUTSIDE:
        known = ", ".join((WORLD, *OUTSIDE))
        raise ValueError(
            f"no corpus is called {corpus!r}: there are {known}; or give the path of a file NAME.csv"
        )
    return outside_corpus(corpus, fetch)


def published(fetch: bool = False) -> tuple[list[Corpus], pd.DataFrame]:
    """Every published set of prompts that can be had, and those that cannot: columns corpus, licence, address, why.

    fetch: whether to download those that are not at hand; after one that fails no other is tried.
    """
    found, missing = [], []
    for name in OUTSIDE:
        try:
            found.append(outside_corpus(name, fetch))
        except NoData as error:
            missing.append((name, *origin(name), str(error)))
            fetch = False
    return found, pd.DataFrame(missing, columns=["corpus", "licence", "address", "why"])


def word_lists(fetch: bool = False) -> dict[str, list[str]]:
    """Every word list that can be had by name, and all of them together where there are several; `fetch` as above."""
    found = {}
    for name in WORD_LISTS:
        try:
            found[name] = word_list(name, fetch)
        except NoData:
            fetch = False
    if len(found) > 1:
        found[ALL_LISTS] = list(dict.fromkeys(term for terms in found.values() for term in terms))
    return found
