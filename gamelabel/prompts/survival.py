"""What the content filter keeps: the table `prompts`, and shares by corpus, word list and rule."""

from __future__ import annotations

import hashlib
from collections import Counter
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from itertools import chain

import numpy as np
import pandas as pd
from numpy.typing import NDArray

from gamelabel.prompts.corpora import Corpus
from gamelabel.prompts.normalization import normalize_text
from gamelabel.prompts.word_filter import MATCH_RULES, MatchRule, WordFilter
from gamelabel.prompts.word_lists import mask_term
from gamelabel.reliability.estimate import Estimate, proportion, wilson


@dataclass(frozen=True)
class FilteredPrompts:
    """A corpus after the filter.

    Counts and shares are of prompts as they came, repeats included, as the paper's are.

    Attributes
    ----------
    table : DataFrame
        The table `prompts`: a row for each distinct prompt, with the rule and the matched term if
        it was rejected.
    counts : int64 (rows,)
        Occurrences of each row's prompt in the corpus.
    """

    table: pd.DataFrame
    counts: NDArray[np.int64]

    @property
    def total(self) -> int:
        """Number of prompts."""
        return int(self.counts.sum())

    @property
    def repeats(self) -> int:
        """Number of prompts that repeat an earlier one, letter for letter."""
        return self.total - len(self.table)

    @property
    def kept(self) -> int:
        """Number of prompts that the filter keeps."""
        return int(self.counts[self.table.kept.to_numpy(bool)].sum())

    @property
    def share_kept(self) -> float:
        """Share of prompts that the filter keeps; NaN for an empty corpus."""
        return self.estimate.value

    @property
    def estimate(self) -> Estimate:
        """Share of prompts that the filter keeps, with its 95 % Wilson interval."""
        return proportion(self.kept, self.total)


def prompt_id(text: str, corpus: str) -> str:
    """Return the id of a prompt, which depends on its text and corpus alone.

    >>> prompt_id("a cat", "toy")
    'p06b9344bea786f9a'
    """
    return "p" + hashlib.sha256(f"{corpus}\0{text}".encode()).hexdigest()[:16]


def filter_prompts(
    corpus: Corpus, terms: Iterable[str], rule: MatchRule = "whole word"
) -> FilteredPrompts:
    """Filter a corpus by a word list.

    Parameters
    ----------
    corpus : Corpus
        Candidate prompts.
    terms : iterable of str
        The word list.
    rule : {"whole word", "substring"}
        What counts as containing a term; see `WordFilter`.

    Returns
    -------
    FilteredPrompts
        The table `prompts` and the counts of its rows.

    Examples
    --------
    >>> corpus = Corpus("toy", ["a cat", "a darn cat", "a cat", "darning"])
    >>> filter_prompts(corpus, ["darn"]).kept
    3
    """
    counts = Counter(corpus.texts)
    texts = list(counts)
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
    return FilteredPrompts(table, np.array(list(counts.values()), np.int64))


def survival_table(
    corpora: Sequence[Corpus], word_lists: Mapping[str, Sequence[str]]
) -> pd.DataFrame:
    """Return what each corpus keeps under each word list and rule.

    Columns: corpus, word_list, terms, rule, prompts, repeats, kept, share_kept, and low and high of
    its 95 % Wilson interval.

    >>> corpus = Corpus("toy", ["a cat", "darn", "darning", "heck"])
    >>> survival_table([corpus], {"short": ["darn"]})[["rule", "kept", "share_kept"]]
             rule  kept  share_kept
    0  whole word     3        0.75
    1   substring     2        0.50
    """
    # A prompt without a substring from any list is kept by every list and rule, and one without a
    # substring from a list is kept by its whole words, so most filters need to read few prompts.
    any_term = WordFilter(chain.from_iterable(word_lists.values()), "substring")
    filters = {
        name: {rule: WordFilter(terms, rule) for rule in MATCH_RULES}
        for name, terms in word_lists.items()
    }
    rows = []
    for corpus in corpora:
        counts = Counter(corpus.texts)
        total = sum(counts.values())
        normalized = [(normalize_text(text), count) for text, count in counts.items()]
        suspects = _matching(normalized, any_term)
        for name, terms in word_lists.items():
            substring = _matching(suspects, filters[name]["substring"])
            whole_word = _matching(substring, filters[name]["whole word"])
            for rule, rejected in zip(MATCH_RULES, (whole_word, substring), strict=True):
                row = {"corpus": corpus.name, "word_list": name, "terms": len(terms), "rule": rule}
                kept = total - sum(count for _, count in rejected)
                row |= {"prompts": total, "repeats": total - len(counts), "kept": kept}
                rows.append(row)
    table = pd.DataFrame(rows)
    table["share_kept"] = (table.kept / table.prompts).astype(float)
    table["low"], table["high"] = wilson(table.kept, table.prompts)
    return table


def _matching(texts: Sequence[tuple[str, int]], word_filter: WordFilter) -> list[tuple[str, int]]:
    return [(text, n) for text, n in texts if word_filter.match_normalized(text) is not None]


def rejection_reasons(filtered: FilteredPrompts, top: int = 10) -> pd.DataFrame:
    """Return the terms that reject the most prompts, masked.

    Columns: rule, term, letters, prompts, share of all prompts.

    >>> corpus = Corpus("toy", ["a cat", "a darn cat", "heck", "what the heck"])
    >>> rejection_reasons(filter_prompts(corpus, ["darn", "heck"]))
             rule  term  letters  prompts  share
    0  whole word  h***        4        2   0.50
    1  whole word  d***        4        1   0.25
    """
    rejected = filtered.table.assign(prompts=filtered.counts)[~filtered.table.kept]
    reasons = rejected.groupby(["rule", "matched"], sort=True).prompts.sum().reset_index()
    reasons = reasons.sort_values("prompts", ascending=False, kind="stable").head(top)
    reasons["letters"] = reasons.matched.map(len)
    reasons["share"] = reasons.prompts / filtered.total
    reasons["term"] = reasons.matched.map(mask_term)
    columns = ["rule", "term", "letters", "prompts", "share"]
    return reasons[columns].reset_index(drop=True)
