"""From a corpus to the table `prompts`, and what share of it is left."""

from __future__ import annotations

import hashlib
import math
from collections import Counter
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from itertools import chain

import numpy as np
import pandas as pd
from numpy.typing import NDArray

from gamelabel.prompts.corpora import Corpus
from gamelabel.prompts.normalisation import normalise
from gamelabel.prompts.word_filter import RULES, Rule, WordFilter
from gamelabel.prompts.word_lists import mask


@dataclass(frozen=True)
class Screened:
    """A corpus after the filter.

    table: the table `prompts`, a row for each distinct prompt, with its reason (rule, matched) where it was rejected;
    times: how often each of its rows stood in the corpus. Counts and shares are of prompts as they came, repeats and
    all, as the paper's are.
    """

    table: pd.DataFrame
    times: NDArray[np.int64]

    @property
    def total(self) -> int:
        """Prompts as they came."""
        return int(self.times.sum())

    @property
    def repeats(self) -> int:
        """How many of them repeat an earlier one, letter for letter."""
        return self.total - len(self.table)

    @property
    def kept(self) -> int:
        """How many of them the filter lets through."""
        return int(self.times[self.table.kept.to_numpy(bool)].sum())

    @property
    def share_kept(self) -> float:
        """Kept of total; NaN for an empty corpus."""
        return self.kept / self.total if self.total else float("nan")


def prompt_id(text: str, corpus: str) -> str:
    """The name of a prompt: the same text in the same corpus has the same, in every run."""
    return "p" + hashlib.sha256(f"{corpus}\0{text}".encode()).hexdigest()[:16]


def screen(corpus: Corpus, terms: Iterable[str], rule: Rule = "whole word") -> Screened:
    """Hold a corpus against a word list under a rule, one of RULES."""
    times = Counter(corpus.texts)
    texts = list(times)
    word_filter = WordFilter(terms, rule)
    matched = [word_filter.match(text) for text in texts]
    kept = [term is None for term in matched]
    table = pd.DataFrame(
        {
            "prompt_id": [prompt_id(text, corpus.name) for text in texts],
            "text": texts,
            "corpus": corpus.name,
            "kept": np.array(kept, bool),
            "rule": [None if good else rule for good in kept],
            "matched": matched,
        }
    )
    return Screened(table, np.array(list(times.values()), np.int64))


def survival(corpora: Sequence[Corpus], lists: Mapping[str, Sequence[str]]) -> pd.DataFrame:
    """What each corpus keeps under each list and rule.

    Columns corpus, word_list, terms, rule, prompts, repeats, kept, share_kept, low, high; the last two are Wilson's
    95 % interval.
    """
    # A prompt without a substring from any list is kept by every list and rule; one without a substring from a list is
    # kept by that list's whole words too. So most filters need to read few prompts.
    everything = WordFilter(chain.from_iterable(lists.values()), "substring")
    filters = {
        name: {rule: WordFilter(terms, rule) for rule in RULES} for name, terms in lists.items()
    }
    rows = []
    for corpus in corpora:
        times = Counter(corpus.texts)
        total = sum(times.values())
        normal = [(normalise(text), count) for text, count in times.items()]
        suspects = _caught(normal, everything)
        for name, terms in lists.items():
            hits = _caught(suspects, filters[name]["substring"])
            rejected = {"substring": hits, "whole word": _caught(hits, filters[name]["whole word"])}
            for rule in RULES:
                kept = total - sum(count for _, count in rejected[rule])
                share = kept / total if total else float("nan")
                row = (corpus.name, name, len(terms), rule, total, total - len(times), kept, share)
                rows.append((*row, *share_interval(kept, total)))
    columns = [
        "corpus",
        "word_list",
        "terms",
        "rule",
        "prompts",
        "repeats",
        "kept",
        "share_kept",
        "low",
        "high",
    ]
    return pd.DataFrame(rows, columns=columns)


def _caught(texts: Sequence[tuple[str, int]], word_filter: WordFilter) -> list[tuple[str, int]]:
    return [(text, count) for text, count in texts if word_filter.find(text) is not None]


def share_interval(k: int, n: int) -> tuple[float, float]:
    """Wilson's 95 % interval of a share k of n (Wilson 1927); NaN for n = 0."""
    if not n:
        return float("nan"), float("nan")
    z2 = 1.959964**2
    middle, half = (
        k / n + z2 / (2 * n),
        math.sqrt(z2 * (k / n * (1 - k / n) / n + z2 / (4 * n * n))),
    )
    return max((middle - half) / (1 + z2 / n), 0.0), min((middle + half) / (1 + z2 / n), 1.0)


def reasons(screened: Screened, top: int = 10) -> pd.DataFrame:
    """The terms that reject most, masked: columns rule, term, letters, prompts, share of all prompts."""
    rejected = screened.table.assign(prompts=screened.times)[~screened.table.kept]
    counts = rejected.groupby(["rule", "matched"], sort=True).prompts.sum().reset_index()
    counts = (
        counts.sort_values("prompts", ascending=False, kind="stable")
        .head(top)
        .reset_index(drop=True)
    )
    counts["letters"], counts["share"] = (
        counts.matched.str.len(),
        counts.prompts / max(screened.total, 1),
    )
    return counts.assign(term=counts.matched.map(mask))[
        ["rule", "term", "letters", "prompts", "share"]
    ]
