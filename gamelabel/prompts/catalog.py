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
