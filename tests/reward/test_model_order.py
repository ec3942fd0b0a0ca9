import numpy as np
import pandas as pd
import pytest
from scipy.stats import spearmanr

from gamelabel.reward.comparison import score_images
from gamelabel.reward.model_order import correlate_with_wins, human_wins, metric_test
from gamelabel.reward.published import published_table
from tests.reward.test_comparison import against, by_number

MODELS = published_table("models")


# "ImageReward: As Metric": Spearman's correlation to people's wins, as the slides print it.
@pytest.mark.parametrize(("scorer", "printed"), [("ImageReward", 1.00), ("CLIP Score", 0.60)])
def test_published_metric_test(scorer, printed):
    assert metric_test([MODELS[scorer]], [MODELS["wins"]]).value == pytest.approx(
        printed, abs=0.005
    )


def test_published_metric_test_on_other_prompts():
    coco = [-0.0455, 0.1553, 0.5387, -0.0857, -0.5485, -0.8510]
    assert metric_test([coco], [MODELS["wins"]]).value == pytest.approx(0.77, abs=0.005)
    fid = [-20.7, -18.8, -10.9, -17.9, -18.4, -26.2]  # less is better
    assert metric_test([fid], [MODELS["wins"]]).value == pytest.approx(0.09, abs=0.005)


def drawn_by_models(n_prompts, noise, seed=0):
    """Scores and wins of six models' images, whose means are in the same order."""
    rng = np.random.default_rng(seed)
    wins = rng.binomial(5, np.linspace(0.2, 0.8, 6), (n_prompts, 6))
    return np.linspace(0, 1, 6) + noise * rng.normal(size=(n_prompts, 6)), wins


def test_the_interval_of_a_correlation_narrows_with_prompts():
    widths = []
    for n_prompts in (10, 40, 160):
        scores, wins = drawn_by_models(n_prompts, noise=1.5)
        estimate = metric_test(scores, wins)
        assert estimate.value == pytest.approx(spearmanr(scores.mean(0), wins.sum(0)).statistic)
        assert estimate.low <= estimate.value <= estimate.high and estimate.n == n_prompts
        widths.append(estimate.high - estimate.low)
    assert widths == sorted(widths, reverse=True)
    assert metric_test(*drawn_by_models(4, noise=1.5)).warning.startswith("the interval")


def test_correlations_are_compared_on_the_same_prompts():
    scores, wins = drawn_by_models(60, noise=0.5)
    worse = scores[:, ::-1]
    gain = metric_test(scores, wins, worse)
    one, other = metric_test(scores, wins), metric_test(worse, wins)
    assert gain.value == pytest.approx(one.value - other.value) and gain.low > 0
    assert metric_test(scores, wins, scores)[:3] == (0, 0, 0)
    assert gain == metric_test(scores, wins, worse, seed=0)


@pytest.mark.parametrize("shape", [(6,), (4, 1), (5, 6)])
def test_a_correlation_needs_a_score_for_each_win(shape):
    with pytest.raises(ValueError, match="a row for each prompt and a column for each model"):
        metric_test(np.zeros(shape), np.zeros((4, 6)))


def test_models_whose_scores_rise_with_their_wins():
    rows = [(p, m, f"{10 * m + i}.png") for i, p in enumerate("pqrstu") for m in range(6)]
    drawn = pd.DataFrame(rows, columns=["prompt_id", "steps", "image"]).assign(prompt="a star")
    drawn = score_images({"rising": by_number, "falling": against}, drawn.assign(wins=drawn.steps))
    assert correlate_with_wins(drawn, "steps", "rising").value == pytest.approx(1)
    gain = correlate_with_wins(drawn, "steps", "rising", "falling")
    assert gain.value == pytest.approx(2) and gain.n == 6


def test_wins_by_hand():
    rankings = pd.DataFrame(
        {
            "player_id": "x",
            "prompt_id": list("pppqq"),
            "image": list("abcde"),
            "rank": [1, 2, 2, 3, 5],
        }
    )
    assert human_wins(rankings).to_dict() == {"a": 2, "b": 0, "c": 0, "d": 1, "e": 0}
    other = rankings.assign(player_id="y", rank=[3, 2, 1, 1, 1])
    assert human_wins(pd.concat([rankings, other])).to_dict() == {
        "a": 2,
        "b": 1,
        "c": 2,
        "d": 1,
        "e": 0,
    }
