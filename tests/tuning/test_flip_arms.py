"""The sweep of wrong labels: which arms there are, and what they learn from."""

import numpy as np
import pytest

from gamelabel.tuning.dpo import pairwise_loss
from gamelabel.tuning.evaluate import HeldOutImages
from gamelabel.tuning.flip_arms import flip_arms, flip_changes, flip_gains
from gamelabel.tuning.pair_sides import flip_labels
from gamelabel.tuning.scored import ANNOTATORS, generate_scored, make_annotators
from tests.tuning.tiny_model import PROMPTS, value_of

OPTIONS = {"batch_size": 4, "beta": 100.0}


def images_with(fits: list[int]) -> HeldOutImages:
    n = len(fits)
    return HeldOutImages(np.zeros((n, 1)), np.array(fits, bool), np.zeros((n, 1), np.float32))


def test_each_share_has_three_losses_and_none_wrong_has_one(adapted, tmp_path):
    arms = flip_arms(adapted, PROMPTS, 4, [0.0, 0.4], OPTIONS, 1e-3, tmp_path, seed=2)
    assert list(arms) == [(0.0, "DPO"), (0.4, "DPO"), (0.4, "cDPO"), (0.4, "robust DPO")]
    assert {arm.learning_rate for arm in arms.values()} == {1e-3}
    assert len({arm.data for arm in arms.values()}) == 2

    annotators = make_annotators(seed=2)
    ranked = generate_scored(adapted, PROMPTS, 4, annotators, ANNOTATORS, tmp_path / "b", seed=2)
    sides = flip_labels(*ranked.best_and_worst(), 0.4, seed=2)
    for name, loss in {"DPO": "dpo", "cDPO": "cdpo", "robust DPO": "robust_dpo"}.items():
        flipped = pairwise_loss(adapted.transformer, *sides, loss=loss, flip_rate=0.4, **OPTIONS)
        assert value_of(arms[0.4, name].loss) == value_of(flipped)


def test_without_shares_or_prompts_of_the_drawn_world_nothing_is_generated(pipe, tmp_path):
    prompts = ["an astronaut"]
    assert flip_arms(pipe, PROMPTS, 4, [], OPTIONS, 1e-3, tmp_path / "none") == {}
    with pytest.warns(UserWarning, match="none of the prompts is of the drawn world"):
        assert flip_arms(pipe, prompts, 4, [0.1], OPTIONS, 1e-3, tmp_path / "none") == {}
    assert not (tmp_path / "none").exists()


def test_own_prompts_among_those_of_the_drawn_world_are_left_out(adapted, tmp_path):
    mixed = [PROMPTS[0], "an astronaut", *PROMPTS[1:]]
    arms = [
        flip_arms(adapted, prompts, 4, [0.4], OPTIONS, 1e-3, tmp_path)
        for prompts in (PROMPTS, mixed)
    ]
    assert len({arm.data for by_loss in arms for arm in by_loss.values()}) == 1


def test_changes_are_against_the_base_and_gains_over_dpo_at_the_same_share():
    generated = {
        (0.0, "DPO"): [images_with([1, 1, 1, 0])],
        (0.3, "DPO"): [images_with([1, 0, 0, 0])],
        (0.3, "cDPO"): [images_with([1, 1, 0, 0])],
    }
    changes = flip_changes(generated, images_with([1, 0, 0, 0]))
    assert changes[["flip", "loss", "value"]].to_numpy().tolist() == [
        [0.0, "DPO", 0.5],
        [0.3, "DPO", 0.0],
        [0.3, "cDPO", 0.25],
    ]
    gains = flip_gains(generated)
    assert gains[["flip", "loss", "value", "n"]].to_numpy().tolist() == [[0.3, "cDPO", 0.25, 4]]
    assert flip_gains({}).empty and flip_changes({}, images_with([1])).empty
