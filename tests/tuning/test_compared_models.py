"""Models compared on prompts of the labels that were held out from tuning."""

import numpy as np
import pandas as pd
import pytest

from gamelabel.images.judge import read_image
from gamelabel.images.pipeline import generate
from gamelabel.tuning.adapter import load_adapter, tune_adapter
from gamelabel.tuning.compared_models import compare_models, draw_models, hold_out_prompts
from gamelabel.tuning.sft import sft_loss
from tests.tuning.tiny_model import SHORT, make_dataset


def test_no_pair_of_a_held_out_prompt_is_learned():
    texts = [f"prompt {i % 20}" for i in range(50)]  # some prompts have several pairs
    preferred = pd.DataFrame({"pair_id": range(50), "prompt": texts})
    learned, held_out = hold_out_prompts(preferred, 0.1, 0)
    assert len(held_out) == len(set(held_out)) == 2
    assert set(learned.prompt) == set(texts) - set(held_out)
    assert hold_out_prompts(preferred, 0.1, 0)[1] == held_out
    shuffled = preferred.sample(frac=1.0, random_state=1)
    assert hold_out_prompts(shuffled, 0.1, 0)[1] == held_out
    assert len(hold_out_prompts(preferred, 0.001, 0)[1]) == 1
    everything, none = hold_out_prompts(preferred, 0.0, 0)
    assert len(everything) == 50 and none == []
    with pytest.raises(ValueError, match="none would be left to learn from"):
        hold_out_prompts(preferred, 1.0, 0)


def test_all_models_draw_the_same_prompts_and_noise(pipe, tmp_path):
    loss = sft_loss(pipe.transformer, make_dataset(pipe), 4)
    adapter = tune_adapter(pipe.transformer, loss, SHORT, tmp_path / "adapter", "", 4)
    prompts = ["a red circle", "two blue\nsquares"]
    files = draw_models(pipe, {"one, tuned": adapter}, prompts, tmp_path / "compared", 3)
    assert list(files) == ["base", "one, tuned"]
    assert (tmp_path / "compared/prompts.txt").read_text() == "a red circle\ntwo blue squares\n"
    for name in files:
        if name != "base":
            load_adapter(pipe, adapter)
        (expected,) = generate(pipe, prompts, [3_000_009, 3_000_010])
        drawn = np.stack([read_image(file) for file in files[name]])
        assert np.abs(drawn.astype(int) - expected).max() <= 1
    pipe.unload_lora_weights()


def test_every_two_models_are_compared_by_every_scorer():
    values = {"base": [1, 5, 3], "control": [2, 4, 3], "preferred": [3, 6, 2]}
    files = {name: [(name, i) for i in range(3)] for name in values}

    def value(paths, prompts):
        assert prompts == ["x", "y", "z"]
        return np.array([values[name][i] for name, i in paths], float)

    rates = compare_models(files, ["x", "y", "z"], {"value": value, "same": lambda f, p: [0.0] * 3})
    rates = rates.set_index(["judge", "model", "over"])
    assert rates.value["value", "control", "base"] == pytest.approx(0.5)
    assert rates.value["value", "preferred", "base"] == pytest.approx(2 / 3)
    assert rates.value["value", "preferred", "control"] == pytest.approx(2 / 3)
    assert (rates.value["same"] == 0.5).all()
    assert len(rates) == 6 and (rates.n == 3).all()


def test_without_prompts_nothing_is_estimated():
    rates = compare_models({"base": [], "tuned": []}, [], {"none": lambda f, p: np.zeros(0)})
    assert np.isnan(rates.value[0]) and rates.n[0] == 0
