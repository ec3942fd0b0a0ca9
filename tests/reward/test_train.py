from pathlib import Path

import numpy as np
import pytest
import torch
from hypothesis import given
from hypothesis import strategies as st
from transformers import BlipConfig, BlipForImageTextRetrieval, BlipTextConfig, BlipVisionConfig

from gamelabel.reward import RewardModel, Settings, bradley_terry, examples, train_reward
from gamelabel.reward import tune_reward as module
from gamelabel.reward.tune_reward import freeze
from tests.reward.worlds import PROMPTS, four_in_order, tiny

SMALL = Settings(steps=60, batch=12, rate=1e-2, aside=0.4, checks=3)


def loss_of(first, second, target, weight=1.0):
    values = (torch.tensor([v], dtype=torch.float64) for v in (first, second, target, weight))
    return bradley_terry(*values).item()


def test_the_loss_by_hand():
    assert loss_of(0.0, 0.0, 1.0) == pytest.approx(np.log(2))
    assert loss_of(2.0, 0.0, 1.0) == pytest.approx(np.log1p(np.exp(-2.0)))
    assert loss_of(2.0, 0.0, 0.5) == pytest.approx(
        np.log1p(np.exp(-2.0)) + 1.0
    )  # a tie: half of each


@given(st.floats(-30, 30), st.floats(-30, 30), st.floats(0, 1))
def test_the_sides_may_be_exchanged(first, second, target):
    assert loss_of(first, second, target) == pytest.approx(
        loss_of(second, first, 1 - target), abs=1e-9
    )


@given(st.floats(0.01, 0.99))
def test_the_loss_is_least_where_the_odds_are_those_of_the_votes(share):
    gap = torch.logit(torch.tensor([share], dtype=torch.float64)).requires_grad_()
    one = torch.ones(1, dtype=torch.float64)
    (slope,) = torch.autograd.grad(bradley_terry(gap, torch.zeros_like(one), share * one, one), gap)
    assert slope.item() == pytest.approx(0, abs=1e-9)


def test_pairs_count_by_weight():
    first, zero, target = torch.tensor([1.0, -3.0]), torch.zeros(2), torch.ones(2)
    weighted = bradley_terry(first, zero, target, torch.tensor([3.0, 1.0])).item()
    assert weighted == pytest.approx((3 * loss_of(1.0, 0.0, 1.0) + loss_of(-3.0, 0.0, 1.0)) / 4)


def test_seven_layers_of_ten_are_fixed():
    model = tiny()
    free = freeze(model, 0.7)
    names = {name for name, weight in model.named_parameters() if weight.requires_grad}
    assert len(names) == len(free)
    fixed = {name for name, _ in model.named_parameters()} - names
    assert any(
        "vision_model.encoder.layers.2." in n for n in names
    )  # of three, the lower two are fixed
    assert not any("vision_model.encoder.layers.1." in n for n in names)
    assert any("text_encoder.encoder.layer.1." in n for n in names)  # of two, the lower one
    assert not any("text_encoder.encoder.layer.0." in n for n in names)
    assert {"blip.itm_head.weight", "blip.vision_proj.weight"} < fixed
    assert any(n.startswith("head.") for n in names) and not any("embeddings" in n for n in names)


def test_of_blip_large_the_layers_that_imagereward_fixes_are_fixed():
    vision = BlipVisionConfig(
        hidden_size=1024, intermediate_size=4096, num_hidden_layers=24, num_attention_heads=16
    )
    text = BlipTextConfig(encoder_hidden_size=1024, num_attention_heads=12)
    with torch.device("meta"):  # of its size, without its memory
        model = RewardModel(
            BlipForImageTextRetrieval(BlipConfig(text_config=text, vision_config=vision)), None
        )
    freeze(model, 0.7)
    free = {
        part: min(int(layer) for layer, weight in numbered(layers) if weight.requires_grad)
        for part, layers in (
            ("text", model.blip.text_encoder.encoder.layer),
            ("vision", model.blip.vision_model.encoder.layers),
        )
    }
    assert free == {"text": 8, "vision": 16} and model.head[0].in_features == 768


def numbered(layers):
    return [(name.split(".")[0], weight) for name, weight in layers.named_parameters()]


@pytest.fixture(scope="module")
def trained(tmp_path_factory):
    folder = tmp_path_factory.mktemp("four")
    pairs, labels, files = four_in_order(folder)
    frame = examples(pairs, labels, folder)
    model = tiny()
    before = {name: weight.clone() for name, weight in model.state_dict().items()}
    log = train_reward(model, frame, folder / "whole", SMALL, seed=0)
    return model, frame, log, before, [folder / name for name in files]


def test_it_orders_four_pictures(trained):
    model, _, log, _, files = trained
    for prompt in PROMPTS:
        scores = model.score(files, [prompt] * 4)
        assert (np.diff(scores) < 0).all(), f"{prompt}: {scores}"
    assert log.valid_accuracy.iloc[-1] == 1 and log.valid_loss.min() < 0.35


def test_the_fixed_layers_are_as_they_were(trained):
    model, _, _, before, _ = trained
    changed = {
        name for name, weight in model.state_dict().items() if not torch.equal(weight, before[name])
    }
    assert changed and all(
        name.startswith("head.") or "layers.2" in name or "layer.1" in name
        for name in changed
        - {"blip.vision_model.post_layernorm.weight", "blip.vision_model.post_layernorm.bias"}
    )


def test_the_log_says_how_it_went(trained):
    _, _, log, _, _ = trained
    assert log.step.tolist() == [20, 40, 60]
    assert log.best.sum() == 1 and log.valid_loss[log.best].item() == log.valid_loss.min()
    assert (
        log.rate.is_monotonic_decreasing and log.rate.iloc[-1] < 0.01 * SMALL.rate
    )  # along a cosine, to zero


def test_interrupted_it_goes_on_to_the_same_weights(trained, tmp_path, monkeypatch):
    model, frame, log, _, files = trained
    real, calls = module._validate, []

    def stop_after_the_first(*args):
        if calls:
            raise KeyboardInterrupt
        calls.append(1)
        return real(*args)

    again = tiny()
    monkeypatch.setattr(module, "_validate", stop_after_the_first)
    with pytest.raises(KeyboardInterrupt):
        train_reward(again, frame, tmp_path, SMALL, seed=0)
    monkeypatch.setattr(module, "_validate", real)
    again = tiny()
    went_on = train_reward(again, frame, tmp_path, SMALL, seed=0)
    assert went_on.drop(columns="seconds").equals(log.drop(columns="seconds"))
    prompts = PROMPTS[:1] * 4
    assert again.score(files, prompts).tolist() == model.score(files, prompts).tolist()


def test_a_loss_that_is_no_number_stops_it_and_keeps_what_was_good(trained, tmp_path, monkeypatch):
    _, frame, _, _, _ = trained
    settings = Settings(steps=4, batch=4, aside=0.4, checks=4)
    real, calls = module.bradley_terry, []

    def breaks(*args):
        calls.append(1)
        loss = real(*args)
        return loss * float("nan") if len(calls) == 5 else loss  # validation calls it too

    monkeypatch.setattr(module, "bradley_terry", breaks)
    with pytest.raises(FloatingPointError, match=r"at step 2.*pairs \d-\d-\d, ") as error:
        train_reward(tiny(), frame, tmp_path, settings)
    assert "checkpoint.pt" in str(error.value)
    kept = torch.load(tmp_path / "checkpoint.pt", weights_only=True)
    assert kept["step"] >= 1 and all(torch.isfinite(weight).all() for weight in kept["weights"])
    assert not list(Path(tmp_path).glob("*.part"))


def test_the_best_validation_loss_is_kept_not_the_last(trained, tmp_path, monkeypatch):
    _, frame, _, _, _ = trained
    losses, seen = iter([0.5, 0.1, 0.9]), []
    model = tiny()

    def judged(model, valid, batch):
        seen.append(model.head[0].weight.clone())
        return {"valid_loss": next(losses), "valid_accuracy": 0.5}

    monkeypatch.setattr(module, "_validate", judged)
    log = train_reward(model, frame, tmp_path, Settings(steps=3, batch=4, aside=0.4, checks=3))
    assert log.best.tolist() == [False, True, False]
    assert torch.equal(model.head[0].weight, seen[1]) and not torch.equal(seen[1], seen[2])
