import numpy as np
import pandas as pd
import pytest
from PIL import Image

from gamelabel.images.pairs import content_words, draw_pairs, is_whole, make_pairs
from gamelabel.images.pipeline import load
from gamelabel.world.scenes import prompts
from tests.images.repositories import untrained_repository


@pytest.fixture(scope="module")
def kept():
    texts = list(prompts())[::7]
    return pd.DataFrame({"prompt_id": [f"w{i:05d}" for i in range(len(texts))], "text": texts})


def test_decoys_share_no_word_and_serve_nowhere_else(kept):
    pairs = make_pairs(kept, 300, 100, "model", seed=1)
    comparisons = pairs[pairs.kind == "comparison"]
    assert len(pairs) == 400 and len(comparisons) == 100
    decoys = [row.drawn_b if row.gold == "a" else row.drawn_a for row in comparisons.itertuples()]
    truths = [row.drawn_a if row.gold == "a" else row.drawn_b for row in comparisons.itertuples()]
    assert truths == comparisons.prompt.tolist()
    assert not any(content_words(a) & content_words(b) for a, b in zip(truths, decoys, strict=True))
    assert len(set(decoys)) == 100 and not set(decoys) & set(pairs.prompt)


def test_the_side_of_the_answer_is_balanced_and_ids_do_not_tell(kept):
    pairs = make_pairs(kept, 300, 100, "model", seed=1)
    assert pairs.gold.value_counts().to_dict() == {"a": 50, "b": 50}
    comparison = (pairs.kind == "comparison").to_numpy()
    order = np.argsort(pairs.pair_id.to_numpy())
    assert comparison[order][:200].mean() == pytest.approx(comparison[order][200:].mean(), abs=0.1)
    assert pairs.pair_id.is_unique and pd.concat([pairs.seed_a, pairs.seed_b]).is_unique


def test_the_same_seed_plans_the_same_pairs(kept):
    assert make_pairs(kept, 30, 10, "model", 1).equals(make_pairs(kept, 30, 10, "model", 1))
    assert not make_pairs(kept, 30, 10, "model", 1).equals(make_pairs(kept, 30, 10, "model", 2))


def test_too_few_prompts_say_how_many_are_needed(kept):
    with pytest.raises(ValueError, match="need 50 distinct prompts, 20 are kept"):
        make_pairs(kept.head(20), 30, 10, "model", 1)
    same = pd.DataFrame({"prompt_id": list("abcd"), "text": ["a red circle", "two red circles"] * 2})
    with pytest.raises(ValueError, match="2 are kept"):
        make_pairs(same, 3, 0, "model", 1)
    alike = pd.DataFrame({"prompt_id": list("abc"), "text": ["a red circle", "two red circles", "a red star"]})
    with pytest.raises(ValueError, match="shares no word"):
        make_pairs(alike, 1, 1, "model", 1)


def test_only_what_is_missing_or_broken_is_drawn(kept, tmp_path):
    pipe = load(untrained_repository(tmp_path / "flux"), device="cpu")
    pairs = make_pairs(kept, 3, 1, "model", 1)
    assert draw_pairs(pipe, pairs, tmp_path, batch=3) == 8
    files = sorted((tmp_path / "images").iterdir())
    assert len(files) == 8 and all(is_whole(file) for file in files)
    first = {file.name: file.read_bytes() for file in files}
    assert draw_pairs(pipe, pairs, tmp_path) == 0

    files[0].unlink()
    files[1].write_bytes(files[1].read_bytes()[:50])  # a disk that was full
    files[2].write_bytes(b"not a picture")
    assert draw_pairs(pipe, pairs, tmp_path) == 3
    for file in files:  # another batch may turn the rounding of a value by one
        with Image.open(file) as image:
            again = np.asarray(image).astype(int)
        file.write_bytes(first[file.name])
        with Image.open(file) as image:
            assert np.abs(np.asarray(image).astype(int) - again).max() <= 1
