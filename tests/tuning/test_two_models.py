import numpy as np
import pandas as pd
import pytest
import torch
from PIL import Image

from gamelabel.images.judge import read_image
from gamelabel.images.pipeline import generate
from gamelabel.reward.published_scorers import published_scorers
from gamelabel.tables import read_table
from gamelabel.tuning.adapter import load_adapter, tune_adapter
from gamelabel.tuning.sft import sft_loss
from gamelabel.tuning.two_models import (
    draw_two_models,
    held_out_texts,
    outcomes_by_people,
    people_win_rate,
    scorer_win_rates,
)
from tests.reward.test_imagereward_checkpoint import layout
from tests.tuning.tiny_model import SHORT, make_dataset


def test_both_models_draw_the_same_prompts_and_noise_on_random_sides(pipe, tmp_path):
    loss = sft_loss(pipe.transformer, make_dataset(pipe), 4)
    adapter = tune_adapter(pipe.transformer, loss, SHORT, tmp_path / "adapter", "", 4)
    prompts = held_out_texts(100, 0)
    pairs = draw_two_models(pipe, adapter, prompts, tmp_path, points=8, comparisons=4)
    assert read_table(tmp_path, "pairs").pair_id.tolist() == pairs.pair_id.tolist()
    points = pairs[pairs.kind == "preference"]
    assert len(points) == 8 and set(points.prompt) <= set(prompts)
    assert set(points.model) == {"base beside tuned", "tuned beside base"}
    assert set(pairs.model[pairs.kind == "comparison"]) == {"base"}
    assert (points.seed_a == points.seed_b).all()
    images = {}
    for name in ("base", "tuned"):
        if name == "tuned":
            load_adapter(pipe, adapter)
        (images[name],) = generate(pipe, points.prompt.tolist(), points.seed_a.tolist())
    pipe.unload_lora_weights()
    for row, (_, pair) in enumerate(points.iterrows()):
        for side, name in zip("ab", pair.model.split(" beside "), strict=True):
            drawn = read_image(tmp_path / pair[f"image_{side}"]).astype(int)
            assert np.abs(drawn - images[name][row]).max() <= 1


def test_scorers_judge_the_files_of_both_models(tmp_path):
    """A judge of brightness, matching by the shipped BLIP, and a small file of ImageReward's."""
    pairs = PAIRS[PAIRS.kind == "preference"].assign(prompt="a red circle")
    for side, model in (("a", 0), ("b", 1)):
        names = pairs.pair_id + f"-{side}.png"
        for name, order in zip(names, pairs.model, strict=True):
            value = 200 if order.split(" beside ")[model] == "tuned" else 100
            Image.fromarray(np.full((64, 64, 3), value, np.uint8)).save(tmp_path / name)
        pairs[f"image_{side}"] = names

    def brightness(files, prompts):
        return np.array([read_image(file).mean() for file in files])

    torch.save(layout(), tmp_path / "ImageReward.pt")
    published = published_scorers(imagereward=tmp_path / "ImageReward.pt", device="cpu")
    scorers = {"brightness": brightness, **published}
    rates = scorer_win_rates(pairs, tmp_path, scorers).set_index("scorer")
    assert rates.value["brightness"] == 1.0
    for name in ("BLIP", "ImageReward"):
        assert rates.value[name] in (0.0, 1.0)  # all pairs show the same two images
    assert rates.n.tolist() == [4, 4, 4]


PAIRS = pd.DataFrame(
    {
        "pair_id": ["p1", "p2", "p3", "p4", "c1"],
        "kind": ["preference"] * 4 + ["comparison"],
        "model": ["base beside tuned", "tuned beside base", "base beside tuned"] * 1
        + ["tuned beside base", "base"],
    }
)
LABELS = pd.DataFrame(
    {
        "pair_id": ["p1", "p1", "p2", "p3", "c1"],
        "choice": ["b", "a", "a", "tie", "a"],
    }
)


def test_people_decide_by_the_side_of_each_model():
    outcomes = outcomes_by_people(PAIRS, LABELS)
    assert outcomes[:3, 1, 0].tolist() == [0.5, 1.0, 0.5]
    assert np.isnan(outcomes[3, 1, 0])
    assert outcomes[:3, 0, 1].tolist() == [0.5, 0.0, 0.5]
    rate = people_win_rate(PAIRS, LABELS)
    assert rate.value == pytest.approx(2 / 3)
    assert rate.low < rate.value < rate.high
    assert rate.n == 3


def test_a_pool_of_one_model_is_an_error():
    with pytest.raises(ValueError, match="4 of 4 pairs do not show a base beside a tuned model"):
        outcomes_by_people(PAIRS.assign(model="scenes-flux"), LABELS)


def test_prompts_of_a_comparison_differ_and_are_enough():
    assert len(set(held_out_texts(40, 1))) == 40
    with pytest.raises(ValueError, match="held-out prompts"):
        held_out_texts(10**5, 1)
