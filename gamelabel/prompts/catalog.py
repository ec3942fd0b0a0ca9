"""Corpora by name: the drawn world, the published sets that are available, CSV files."""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path

import pandas as pd

from gamelabel.prompts.corpora import (
    PUBLISHED_CORPORA,
    Corpus,
    csv_corpus,
    origin,
    published_corpus,
    text_corpus,
)
from gamelabel.prompts.scene_corpus import WORLD, world_corpus
from gamelabel.prompts.word_lists import ALL_LISTS, WORD_LISTS
from gamelabel.sources import DataNotFound


def load_corpus(
    name: str,
    n: int = 100_000,
    seed: int = 0,
    terms: Sequence[str] = (),
    planted_share: float = 0.02,
    csv_column: str = "prompt",
    fetch: bool = False,
) -> Corpus:
    """Return a corpus by name.

    Parameters
    ----------
    name : str
        "world", one of `PUBLISHED_CORPORA`, or the path of a CSV file (NAME.csv) or of a text file
        with one prompt a line (NAME.txt).
    n, seed, terms, planted_share
        Parameters of `world_corpus`; ignored for other names.
    csv_column : str
        The column with the prompts of a CSV file.
    fetch : bool
        Whether a published set that is not available may be downloaded.

    Returns
    -------
    Corpus
        The candidate prompts.

    Raises
    ------
    ValueError
        For another name; otherwise as the functions that read the corpora do.

    Examples
    --------
    >>> len(load_corpus("world", n=5).texts)
    5
    """
    if name == WORLD:
        return world_corpus(n, seed, terms, planted_share)
    if name.lower().endswith(".csv"):
        return csv_corpus(name, csv_column, Path(name).stem)
    if name.lower().endswith(".txt"):
        return text_corpus(name)
    if name not in PUBLISHED_CORPORA:
        known = ", ".join((WORLD, *PUBLISHED_CORPORA))
        raise ValueError(
            f"no corpus {name!r}: the corpora are {known}; or give the path of a file NAME.csv or "
            "NAME.txt"
        )
    return published_corpus(name, fetch)


def corpus_source(name: str) -> str:
    """Return where the prompts of `load_corpus` come from: simulated, published or own.

    >>> corpus_source("world"), corpus_source("parti"), corpus_source("mine.csv")
    ('simulated', 'published', 'own')
    """
    if name == WORLD:
        return "simulated"
    return "published" if name in PUBLISHED_CORPORA else "own"


def published_rows(survival: pd.DataFrame, least_prompts: int = 1000) -> pd.DataFrame:
    """Return the rows of published sets of prompts under published word lists.

    A user's own prompts and lists are left out, and so are sets of few prompts.

    Parameters
    ----------
    survival : DataFrame
        The table of `gamelabel.prompts.survival_table`.
    least_prompts : int
        The smallest set that counts.

    Returns
    -------
    DataFrame
        These rows.

    Examples
    --------
    >>> from gamelabel.prompts import survival_table
    >>> lists = {"better-profanity": ["darn"], "mine.txt": ["a"]}
    >>> survival = survival_table([Corpus("parti", ["a cat"]), Corpus("mine", ["a cat"])], lists)
    >>> published_rows(survival, least_prompts=1)[["corpus", "word_list", "rule"]]
      corpus         word_list        rule
    0  parti  better-profanity  whole word
    1  parti  better-profanity   substring
    """
    published = survival.corpus.isin(PUBLISHED_CORPORA)
    published &= survival.word_list.isin((*WORD_LISTS, ALL_LISTS))
    return survival[published & (survival.prompts >= least_prompts)]


def load_published(fetch: bool = False) -> tuple[list[Corpus], pd.DataFrame]:
    """Return every published corpus that is available, and a table of those that are not.

    The table has columns corpus, licence, address, why. With `fetch`, those that are not available
    are downloaded; after a failure no other is tried.

    >>> corpora, missing = load_published()
    >>> len(corpora) + len(missing) == len(PUBLISHED_CORPORA)
    True
    """
    corpora, missing = [], []
    for name in PUBLISHED_CORPORA:
        try:
            corpora.append(published_corpus(name, fetch))
        except DataNotFound as error:
            missing.append((name, *origin(name), str(error)))
            fetch = False
    return corpora, pd.DataFrame(missing, columns=["corpus", "licence", "address", "why"])
