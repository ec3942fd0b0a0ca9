import sys

import numpy as np
import pandas as pd
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from gamelabel.prompts.diversity import (
    _similarity_graph,
    coverage,
    embed_texts,
    select_diverse,
    tf_idf,
    vote_k,
)
from gamelabel.scenes import sample_prompts


def plainly(vectors: np.ndarray, n: int, k: int) -> list[int]:
    """Compute vote-k as published, one sum at a time (distinct products only)."""
    rows = range(len(vectors))
    alike = vectors @ vectors.T
    votes_for = [
        set(sorted((r for r in rows if r != v and alike[v, r] > 0), key=lambda r: -alike[v, r])[:k])
        for v in rows
    ]
    chosen: list[int] = []
    while len(chosen) < n:
        scores = {}
        for u in rows:
            voters = [v for v in rows if u in votes_for[v] and v not in chosen]
            scores[u] = sum(10.0 ** -len(votes_for[v] & set(chosen)) for v in voters)
        chosen.append(
            max((u for u in rows if u not in chosen), key=lambda u: (round(scores[u], 9), -u))
        )
    return chosen


@settings(deadline=None, max_examples=30)
@given(st.integers(0, 10_000), st.integers(2, 20), st.integers(1, 6))
def test_it_equals_the_published_algorithm(seed, rows, k):
    vectors = np.random.default_rng(seed).normal(size=(rows, 5))
    vectors /= np.linalg.norm(vectors, axis=1, keepdims=True)
    n = max(1, rows // 2)
    assert vote_k(vectors, n, k).tolist() == plainly(vectors, n, min(k, rows - 1))


def test_each_of_many_rows_votes_for_the_nearest():
    vectors = np.random.default_rng(0).normal(size=(600, 20))
    vectors += 1  # so that many are similar
    vectors /= np.linalg.norm(vectors, axis=1, keepdims=True)
    alike = vectors @ vectors.T - 2 * np.eye(600)
    least = np.sort(alike, axis=1)[:, -150:-149]
    assert least.min() > 0
    assert ((_similarity_graph(vectors, 150).toarray() > 0) == (alike >= least)).all()


@pytest.mark.parametrize(("neighbors", "first"), [(1, 1), (2, 0), (3, 0)])
def test_a_row_votes_for_at_most_all_others(neighbors, first):
    """The middle row is nearest to both others; if all vote for all, the first row is chosen."""
    angles = np.array([0.0, 0.6, 1.4])
    assert vote_k(np.stack([np.cos(angles), np.sin(angles)], 1), 1, neighbors) == [first]


def test_one_of_each_group_is_chosen_first():
    angles = np.array([0.0, 0.02, 0.05, 1.0, 1.02, 1.05, 1.5, 1.51, 1.53])
    vectors = np.stack([np.cos(angles), np.sin(angles)], 1)
    assert sorted(vote_k(vectors, 3, 2) // 3) == [0, 1, 2]


def test_all_can_be_chosen_and_each_once():
    vectors = tf_idf(sample_prompts(40, 0))
    assert sorted(vote_k(vectors, 40, 10)) == list(range(40))
    assert vote_k(np.ones((1, 2)) / 2**0.5, 1).tolist() == [0]


def test_tf_idf_by_hand():
    vectors = tf_idf(["Red circle", "red star", ""]).toarray()  # columns circle, red, star
    rare, common = np.log(4 / 2) + 1, np.log(4 / 3) + 1
    length = np.hypot(rare, common)
    np.testing.assert_allclose(
        vectors, [[rare / length, common / length, 0], [0, common / length, rare / length], [0] * 3]
    )


def table(texts, kept=True):
    return pd.DataFrame(
        {"prompt_id": [f"p{i}" for i in range(len(texts))], "text": texts, "kept": kept}
    )


def test_the_choice_represents_all_prompts_better_than_chance():
    prompts = table(list(dict.fromkeys(sample_prompts(400, 0))))
    chosen = select_diverse(prompts, 30)
    assert chosen.text.is_unique and len(chosen) == 30
    vectors = tf_idf(prompts.text)
    rows = prompts.index[prompts.prompt_id.isin(chosen.prompt_id)].to_numpy()
    rng = np.random.default_rng(0)
    by_chance = [coverage(vectors, rng.permutation(len(prompts))[:30]) for _ in range(20)]
    assert coverage(vectors, rows) > max(by_chance)


def test_only_kept_prompts_are_chosen_and_repeats_once():
    prompts = table(
        ["a red circle", "a red circle", "a blue star", "bad"], [True, True, True, False]
    )
    assert sorted(select_diverse(prompts, 2).text) == ["a blue star", "a red circle"]
    with pytest.raises(ValueError, match="cannot choose 3 of 2 distinct prompts"):
        select_diverse(prompts, 3)


def test_the_default_encoder_does_not_depend_on_what_is_installed(monkeypatch):
    monkeypatch.setitem(sys.modules, "sentence_transformers", None)
    texts = sample_prompts(20, 0)
    assert (embed_texts(texts) != tf_idf(texts)).nnz == 0
    with pytest.raises(
        ValueError, match=r"needs sentence-transformers: pip install 'gamelabel\[enc"
    ):
        embed_texts(texts, "all-MiniLM-L6-v2")


def test_an_encoder_is_a_model_of_sentence_transformers(tmp_path):
    pytest.importorskip("sentence_transformers")
    from sentence_transformers import SentenceTransformer
    from sentence_transformers.sentence_transformer.modules import BoW

    SentenceTransformer(modules=[BoW(["red", "star", "circle"])]).save(str(tmp_path / "model"))
    vectors = embed_texts(["red star", "a red star", "circle"], str(tmp_path / "model"))
    np.testing.assert_allclose(vectors @ vectors.T, [[1, 1, 0], [1, 1, 0], [0, 0, 1]], atol=1e-6)


def test_an_encoder_that_is_not_a_model(tmp_path):
    pytest.importorskip("sentence_transformers")
    with pytest.raises(ValueError, match=r"cannot load the encoder .*nowhere.*: give 'tf-idf', or"):
        embed_texts(["a red circle"], str(tmp_path / "nowhere"))
