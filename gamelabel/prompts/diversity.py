"""Choosing diverse prompts by vote-k, on the graph of which prompts are similar.

ImageReward chose its 10,000 of 1.8 million prompts in this way: each prompt votes for the prompts
most similar to it, the one with the most votes is chosen, and from then on the votes of those that
voted for it count for less.

References
----------
Su et al., "Selective annotation makes language models better few-shot learners" (2022), 2.2.
Xu et al., "ImageReward" (2023), section 2.1.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Sequence
from typing import Any

import numpy as np
import pandas as pd
from numpy.typing import NDArray
from scipy import sparse

from gamelabel.prompts.normalization import normalize_text

TF_IDF = "tf-idf"
_NEIGHBORS = 150  # as in the paper, which chose one of 30 to 170
_CHUNK = 512  # rows compared with all others at a time
Vectors = Any  # (N, d) of unit length, an array or a SciPy sparse array


def select_diverse(
    prompts: pd.DataFrame, n: int, encoder: str = TF_IDF, neighbors: int | None = None
) -> pd.DataFrame:
    """Choose n diverse prompts. Nothing here is random.

    Parameters
    ----------
    prompts : DataFrame
        Column text; with a column kept, only kept prompts are candidates. Repeats count once.
    n : int
        Number of prompts to choose.
    encoder : str
        What says which prompts are similar; see `embed_texts`.
    neighbors : int, optional
        For how many others each prompt votes. By default as many as there are candidates for each
        chosen prompt, at most the 150 of the paper: with more, every prompt has voted for a chosen
        one early, and the remaining choices are arbitrary.

    Returns
    -------
    DataFrame
        The rows of the chosen prompts, in the order chosen.

    Raises
    ------
    ValueError
        If there are fewer than n candidates.

    Examples
    --------
    >>> texts = ["a red star", "a red circle", "two blue squares", "three blue squares"]
    >>> select_diverse(pd.DataFrame({"text": texts}), 2).text.tolist()
    ['a red star', 'two blue squares']
    """
    if "kept" in prompts:
        prompts = prompts[prompts["kept"].astype(bool)]
    prompts = prompts.drop_duplicates("text")
    if not 1 <= n <= len(prompts):
        raise ValueError(
            f"cannot choose {n} of {len(prompts)} distinct prompts: ask for 1 to {len(prompts)}"
        )
    vectors = embed_texts(prompts["text"].tolist(), encoder)
    if neighbors is None:
        neighbors = min(_NEIGHBORS, -(-len(prompts) // n))
    return prompts.iloc[vote_k(vectors, n, neighbors)].reset_index(drop=True)


def embed_texts(texts: Sequence[str], encoder: str = TF_IDF) -> Vectors:
    """Return vectors of unit length, whose products say how similar the texts are.

    Parameters
    ----------
    texts : sequence of str
        N texts.
    encoder : str
        "tf-idf", or a model of sentence-transformers: a name on the hub, or a folder.

    Returns
    -------
    array or SciPy sparse array, float (N, d)
        One row for each text.

    Raises
    ------
    ValueError
        If sentence-transformers is not installed, or cannot load the model.

    Examples
    --------
    >>> embed_texts(["a red star", "a blue star"]).shape
    (2, 4)
    """
    if encoder == TF_IDF:
        return tf_idf(texts)
    try:
        from sentence_transformers import SentenceTransformer
    except ImportError as error:
        raise ValueError(
            f"the encoder {encoder!r} needs sentence-transformers: pip install "
            f"'gamelabel[encoders]', or use the encoder {TF_IDF!r}"
        ) from error
    try:
        model = SentenceTransformer(encoder, device="cpu")
    except (OSError, ValueError) as error:
        raise ValueError(
            f"cannot load the encoder {encoder!r}: give {TF_IDF!r}, or a sentence-transformers "
            f"model, a folder or a name on the hub ({error})"
        ) from error
    return model.encode(list(texts), normalize_embeddings=True, show_progress_bar=False)


def tf_idf(texts: Sequence[str]) -> sparse.csr_array:
    """Return words weighted by count times log((1 + N) / (1 + texts with the word)) + 1.

    Rows have unit length; columns are words in alphabetical order.

    >>> tf_idf(["Red circle", "red star"]).toarray().round(2)
    array([[0.81, 0.58, 0.  ],
           [0.  , 0.58, 0.81]])
    """
    counts = [Counter(normalize_text(text).split()) for text in texts]
    words = {word: i for i, word in enumerate(sorted(set().union(*counts)))}
    rows = np.repeat(np.arange(len(counts)), [len(count) for count in counts])
    columns = np.array([words[word] for count in counts for word in count], np.int64)
    times = np.array([number for count in counts for number in count.values()], float)
    rarity = np.log((1 + len(texts)) / (1 + np.bincount(columns, minlength=len(words)))) + 1
    shape = (len(texts), len(words))
    table = sparse.csr_array((times * rarity[columns], (rows, columns)), shape=shape)
    length = np.sqrt(table.multiply(table).sum(1))
    return sparse.csr_array(table.multiply(1 / np.where(length > 0, length, 1.0)[:, None]))


def vote_k(
    vectors: Vectors, n: int, neighbors: int = _NEIGHBORS, discount: float = 10.0
) -> NDArray[np.int64]:
    """Choose n rows by vote-k.

    The score of a row is the sum of the votes of the unchosen rows that voted for it; a vote is
    worth discount^-(number of chosen rows that its voter voted for). Of equal scores the first row
    is chosen; rows without anything in common do not vote for each other.

    Parameters
    ----------
    vectors : array or SciPy sparse array, float (N, d)
        Vectors of unit length.
    n : int
        Number of rows to choose.
    neighbors : int
        For how many rows each row votes.
    discount : float
        Factor by which a vote loses worth.

    Returns
    -------
    int64 (n,)
        Rows, in the order chosen.

    References
    ----------
    Su et al. (2022), equation 1.

    Examples
    --------
    >>> angles = np.array([0.0, 0.1, 0.2, 1.5, 1.6])
    >>> vote_k(np.stack([np.cos(angles), np.sin(angles)], 1), n=2, neighbors=1)
    array([1, 3])
    """
    graph = _similarity_graph(vectors, neighbors)
    voters = graph.tocsc()
    worth = np.ones(graph.shape[0])
    score = np.asarray(graph.sum(0), float).ravel()
    chosen = np.empty(n, np.int64)
    for i in range(n):
        # rounded, so that the order of summation does not break ties
        row = chosen[i] = np.round(score, 9).argmax()
        changed = np.append(voters.indices[voters.indptr[row] : voters.indptr[row + 1]], row)
        new_worth = worth[changed] / discount
        new_worth[-1] = 0.0  # a chosen row does not vote
        score -= graph[changed].T @ (worth[changed] - new_worth)
        worth[changed] = new_worth
        score[row] = -np.inf
    return chosen


def _similarity_graph(vectors: Vectors, neighbors: int) -> sparse.csr_array:
    """Return who votes for whom: (N, N), 1 where the column is among the row's most similar."""
    n = vectors.shape[0]
    k = min(neighbors, n - 1)
    if k < 1:
        return sparse.csr_array((n, n))
    rows, columns = [], []
    for start in range(0, n, _CHUNK):
        similarity = _dense(vectors[start : start + _CHUNK] @ vectors.T)
        own = np.arange(start, start + len(similarity))
        similarity[np.arange(len(similarity)), own] = -np.inf
        nearest = np.argpartition(-similarity, k - 1, axis=1)[:, :k]
        similar = np.take_along_axis(similarity, nearest, 1) > 0
        rows.append(np.repeat(own, k)[similar.ravel()])
        columns.append(nearest.ravel()[similar.ravel()])
    edges = np.concatenate(rows), np.concatenate(columns)
    return sparse.csr_array((np.ones(len(edges[0])), edges), shape=(n, n))


def coverage(vectors: Vectors, rows: NDArray[np.int64]) -> float:
    """Return the mean similarity of each vector to the most similar one of the given rows.

    >>> coverage(np.eye(2), np.array([0]))
    0.5
    """
    return float(_dense(vectors[rows] @ vectors.T).max(0).mean())


def _dense(product: Any) -> NDArray[np.float64]:
    return product.toarray() if sparse.issparse(product) else np.array(product)
