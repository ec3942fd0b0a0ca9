"""What an aggregation is worth: arms that differ in their preferences alone."""

import math

import pandas as pd
import pytest
import torch

from gamelabel.images import draw_pairs, make_pairs
from gamelabel.scenes import all_prompts
from gamelabel.tuning.aggregation_arms import aggregation_arms, share_right
from gamelabel.tuning.data import cache_pairs, preference_pairs
from gamelabel.tuning.dpo import pairwise_loss
from tests.tuning.tiny_model import value_of

OPTIONS = {"batch_size": 4, "beta": 100.0}


def test_each_method_is_tuned_on_its_own_table(adapted, tmp_path):
    table = pd.DataFrame({"text": list(all_prompts())[::500]})
    table["prompt_id"] = table["text"]
    pairs = make_pairs(table, 4, 0, "model", seed=3)
    draw_pairs(adapted, pairs, tmp_path)
    first = pd.DataFrame(
        {"pair_id": pairs.pair_id, "chosen": ["a", "b", "b", "a"], "probability": 0.9}
    )
    other_side, less_certain = first.assign(chosen="a"), first.assign(probability=0.6)
    aggregated = {"first": first, "side": other_side, "doubt": less_certain}
    arms = aggregation_arms(adapted, pairs, aggregated, OPTIONS, 1e-3, tmp_path)
    assert list(arms) == list(aggregated) and len({arm.data for arm in arms.values()}) == 3
    assert {arm.learning_rate for arm in arms.values()} == {1e-3}
    for method, preferences in aggregated.items():
        sides = cache_pairs(adapted, preference_pairs(pairs, preferences), tmp_path)
        probabilities = torch.tensor(preferences.probability.to_numpy(), dtype=torch.float32)
        options = {"loss": "soft_dpo", "probabilities": probabilities, **OPTIONS}
        loss = pairwise_loss(adapted.transformer, *sides, **options)
        assert value_of(arms[method].loss) == value_of(loss)


def test_the_share_of_right_preferences_ignores_pairs_without_an_answer():
    names = ["p1", "p2", "p3", "p4", "p5"]
    preferences = pd.DataFrame({"pair_id": names, "chosen": ["a", "b", "b", "a", "a"]})
    adherence = pd.DataFrame(
        {"pair_id": names[:4], "score_a": [1.0, 0.5, 1.0, 0.5], "score_b": [0.5, 1.0, 0.5, 0.5]}
    )
    share = share_right(preferences, adherence)  # right, right, wrong, equal, not known
    assert share.n == 3 and share.value == pytest.approx(2 / 3) and share.low < 2 / 3 < share.high
    assert math.isnan(share_right(preferences, adherence[:0]).value)
