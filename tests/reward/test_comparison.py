from pathlib import Path

import numpy as np
import pandas as pd
import pytest

from gamelabel.reward import cached_scorer
from gamelabel.reward.comparison import (
    compare_on_pairs,
    compare_on_rankings,
    gain_by_test,
    gain_on_pairs,
    gain_on_rankings,
    gain_table,
    score_pairs,
)
from gamelabel.reward.published import compare_with_published, published_table


def by_number(pictures, prompts):
    """The number in a file's name; a scorer that needs no picture."""
    return np.array([float(picture.stem) for picture in pictures])


def against(pictures, prompts):
    return -by_number(pictures, prompts)


SCORERS = {"ImageReward": by_number, "BLIP Score": against}


def test_scorers_on_the_same_pairs():
    pairs = pd.DataFrame(
        {
            "pair_id": ["1", "2", "3", "4"],
            "prompt_id": ["p", "p", "q", "q"],
            "prompt": "a red circle",
            "image_a": ["4.png", "2.png", "9.png", "1.png"],
            "image_b": ["1.png", "3.png", "5.png", "2.png"],
        }
    )
    numbers, scores = compare_on_pairs(SCORERS, pairs, pd.Series({"3": 0.4, "1": 1.0, "2": 0.2}))
    assert numbers["ImageReward"]["accuracy"].value == pytest.approx(2 / 3)
    assert numbers["BLIP Score"]["accuracy"].value == pytest.approx(1 / 3)
    assert scores["ImageReward"].score_a.tolist() == [4, 2, 9]  # the fourth has no target
    gain = gain_on_pairs(scores, "ImageReward", pairs, pd.Series({"3": 0.4, "1": 1.0, "2": 0.2}))
    assert gain.keys() == {"BLIP Score"} and gain["BLIP Score"].value == pytest.approx(1 / 3)
    targets = pd.Series({"3": 0.4, "1": 1.0, "2": 0.2})
    assert gain_by_test({"people": (pairs, targets, scores)}, "ImageReward") == {"people": gain}


def test_scorers_on_the_same_rankings_beside_the_slides():
    images = pd.DataFrame({"prompt_id": np.repeat(["p", "q"], 5), "prompt": "a red circle"})
    images = images.assign(
        image=[f"{i}.png" for i in range(10)], rank=[5, 4, 3, 2, 1, 1, 2, 3, 4, 5]
    )
    numbers = compare_on_rankings(SCORERS, images)
    assert list(numbers["ImageReward"]) == published_table("accuracy").columns[1:].tolist()
    assert all(
        estimate.value == 0.5 and estimate.n == 2 for estimate in numbers["ImageReward"].values()
    )
    table = compare_with_published(numbers)
    assert table.slides[0] == 39.62 and table.ours[0] == 50


def test_gains_on_rankings_and_in_several_tests():
    images = pd.DataFrame({"prompt_id": np.repeat(["p", "q"], 5), "prompt": "a red circle"})
    images = images.assign(image=[f"{i}.png" for i in range(10)], rank=[5, 4, 3, 2, 1] * 2)
    gains = gain_on_rankings(SCORERS, "ImageReward", images)
    numbers = compare_on_rankings(SCORERS, images)
    for number, by_scorer in gains.items():
        ours, other = (numbers[name][number].value for name in SCORERS)
        assert by_scorer.keys() == {"BLIP Score"}
        assert by_scorer["BLIP Score"].value == ours - other and by_scorer["BLIP Score"].n == 2
    assert list(gains) == list(numbers["ImageReward"])
    table = gain_table(gains)
    assert table.test.tolist() == list(gains) and table.over.unique().tolist() == ["BLIP Score"]


def test_a_picture_of_several_pairs_is_scored_once_for_each_prompt():
    pairs = pd.DataFrame({"pair_id": ["1", "2", "3"], "prompt": ["x", "x", "y"]})
    pairs = pairs.assign(image_a=["4.png", "2.png", "4.png"], image_b=["2.png", "3.png", "1.png"])
    calls = []

    def scorer(pictures, prompts):
        calls.extend(zip([picture.name for picture in pictures], prompts, strict=True))
        return by_number(pictures, prompts) + 10 * (np.array(prompts) == "y")

    table = score_pairs(scorer, pairs)
    assert table.score_a.tolist() == [4, 2, 14] and table.score_b.tolist() == [2, 3, 11]
    assert sorted(calls) == [
        ("1.png", "y"),
        ("2.png", "x"),
        ("3.png", "x"),
        ("4.png", "x"),
        ("4.png", "y"),
    ]


def test_a_cached_scorer_scores_each_file_and_prompt_once():
    calls = []

    def scorer(pictures, prompts):
        calls.extend(zip([picture.name for picture in pictures], prompts, strict=True))
        return by_number(pictures, prompts)

    again = cached_scorer(scorer)
    assert again([Path("1.png"), "2.png", "1.png"], ["x", "x", "x"]).tolist() == [1, 2, 1]
    assert again(["1.png", "2.png"], ["y", "x"]).tolist() == [1, 2]
    assert calls == [("1.png", "x"), ("2.png", "x"), ("1.png", "y")]
    with pytest.raises(ValueError, match="2 images but 1 prompts"):
        again(["1.png", "2.png"], ["x"])


def test_a_cached_scorer_refuses_more_scores_than_images():
    scorer = cached_scorer(lambda images, prompts: np.zeros(len(images) + 1))
    with pytest.raises(ValueError, match="longer"):
        scorer(["1.png", "2.png"], ["x", "x"])
