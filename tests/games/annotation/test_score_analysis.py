"""Scores, issues and words: what goes together, and nothing where nothing is known."""

import numpy as np
import pandas as pd
import pytest

from gamelabel.games.annotation import score_analysis as analysis
from gamelabel.games.annotation.task_agreement import agreement_by_question
from gamelabel.readers.picture_ratings import GENEVAL_ISSUES, shipped_rankings


def table(effect: float, seed: int = 0) -> pd.DataFrame:
    """Judgements of 200 pictures, of which every other one is blurry."""
    rng = np.random.default_rng(seed)
    blurry = np.repeat(np.arange(200) % 2, 2).astype(float)
    quality = np.clip(4 + rng.normal(0, 1, 400) + effect * blurry, 1, 7)
    columns = {"picture": np.repeat(np.arange(200), 2), "blurry": blurry, "quality": quality}
    return pd.DataFrame(columns).assign(category="x")


@pytest.mark.parametrize("effect", [0.0, -1.0])
def test_the_cost_of_an_issue_is_found_only_if_there_is_one(effect: float) -> None:
    gaps = analysis.scores_with_issues(table(effect), ["blurry"], {"quality": (1.0, 7.0)})
    (row,) = gaps.itertuples()
    assert row.low < effect < row.high
    assert (row.low < 0 < row.high) == (effect == 0)


def test_an_issue_that_was_not_asked_is_no_absence() -> None:
    judged = table(0.0)
    judged.loc[judged["picture"] >= 100, "blurry"] = np.nan
    (share,) = analysis.issue_shares(judged, ["blurry"]).itertuples()
    assert (share.value, share.n) == (0.5, 200)
    assert len(analysis.issue_shares(judged.assign(blurry=np.nan), ["blurry"])) == 0


def test_without_data_every_analysis_is_empty() -> None:
    empty = pd.DataFrame(columns=["picture", "category", "quality", *GENEVAL_ISSUES])
    assert analysis.issue_shares(empty, GENEVAL_ISSUES).empty
    assert analysis.scores_with_issues(empty, GENEVAL_ISSUES, {"quality": (1, 4)}).empty
    assert analysis.score_shares(empty[["quality"]]).empty
    words = pd.DataFrame(columns=["prompt", "adjectives", "quality"])
    assert analysis.adjective_effects(words, ["top view"], ["quality"], (0, 5)).empty
    nothing = analysis.correlation_interval(words.assign(x=0.0), "quality", "x", "prompt")
    assert np.isnan(nothing.value) and nothing[1:] == (-1.0, 1.0, 0)
    ratings = pd.DataFrame(columns=["picture", "rater", "quality"])
    assert agreement_by_question({"quality": (ratings, "quality", "ordinal")}).empty


def test_a_correlation_covers_what_it_was_drawn_with() -> None:
    rng = np.random.default_rng(0)
    x = rng.normal(size=400)
    scores = pd.DataFrame({"x": x, "y": x + rng.normal(size=400), "prompt": np.arange(400) // 2})
    estimate = analysis.correlation_interval(scores, "x", "y", "prompt", 200)
    assert estimate.low < 0.69 < estimate.high and estimate.n == 200  # 6/π arcsin(√½ / 2)


def test_ties_of_the_rankings_that_ship() -> None:
    ranked = shipped_rankings()
    sizes = ranked.pairs.groupby("prompt_id").size()
    assert sizes.between(6, 36).all() and len(sizes) == 465
    gap = analysis.ties_by_words(ranked)
    assert gap.low < gap.value < gap.high
