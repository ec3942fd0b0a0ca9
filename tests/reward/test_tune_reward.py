import numpy as np
import pytest
import torch
from hypothesis import given
from hypothesis import strategies as st
from transformers import BlipConfig, BlipForImageTextRetrieval, BlipTextConfig, BlipVisionConfig

from gamelabel import training
from gamelabel.reward import RewardConfig, RewardModel, reward_examples, train_reward, tune_reward
from gamelabel.reward.tune_reward import bradley_terry_loss, freeze_layers
from tests.reward.tiny_data import PROMPTS, ordered_images, tiny_model

SMALL = RewardConfig(
    steps=60, batch_size=12, learning_rate=1e-2, validation_share=0.4, validations=3
)
FOUR_STEPS = RewardConfig(steps=4, batch_size=4, validation_share=0.4, validations=4)


def loss_of(first, second, target, weight=1.0):
    values = (torch.tensor([v], dtype=torch.float64) for v in (first, second, target, weight))
    return bradley_terry_loss(*values).item()


def test_the_loss_by_hand():
    assert loss_of(0.0, 0.0, 1.0) == pytest.approx(np.log(2))
    assert loss_of(2.0, 0.0, 1.0) == pytest.approx(np.log1p(np.exp(-2.0)))
    tie = np.log1p(np.exp(-2.0)) + 1.0  # half of each side's loss
    assert loss_of(2.0, 0.0, 0.5) == pytest.approx(tie)


@given(st.floats(-30, 30), st.floats(-30, 30), st.floats(0, 1))
def test_the_sides_may_be_exchanged(first, second, target):
    exchanged = loss_of(second, first, 1 - target)
    assert loss_of(first, second, target) == pytest.approx(exchanged, abs=1e-9)


@given(st.floats(0.01, 0.99))
def test_the_loss_is_least_at_the_log_odds_of_the_target(share):
    one = torch.ones(1, dtype=torch.float64)
    difference = torch.logit(share * one).requires_grad_()
    loss = bradley_terry_loss(difference, torch.zeros_like(one), share * one, one)
    (gradient,) = torch.autograd.grad(loss, difference)
    assert gradient.item() == pytest.approx(0, abs=1e-9)


def test_pairs_count_by_weight():
    first, zero, target = torch.tensor([1.0, -3.0]), torch.zeros(2), torch.ones(2)
    weighted = bradley_terry_loss(first, zero, target, torch.tensor([3.0, 1.0])).item()
    assert weighted == pytest.approx((3 * loss_of(1.0, 0.0, 1.0) + loss_of(-3.0, 0.0, 1.0)) / 4)


def test_the_lower_layers_are_frozen():
    model = tiny_model()  # three layers of the image encoder, two of the text encoder
    freeze_layers(model, 0.7)
    trained = {name for name, weight in model.named_parameters() if weight.requires_grad}
    frozen = {name for name, _ in model.named_parameters()} - trained
    assert any("vision_model.encoder.layers.2." in name for name in trained)
    assert not any("vision_model.encoder.layers.1." in name for name in trained)
    assert any("text_encoder.encoder.layer.1." in name for name in trained)
    assert not any("text_encoder.encoder.layer.0." in name for name in trained)
    assert {"blip.itm_head.weight", "blip.vision_proj.weight"} < frozen
    assert "blip.vision_model.post_layernorm.weight" in trained
    assert any(name.startswith("head.") for name in trained)
    assert not any("embeddings" in name for name in trained)


def first_trained_layer(layers):
    numbers = [
        name.split(".")[0] for name, weight in layers.named_parameters() if weight.requires_grad
    ]
    return min(int(number) for number in numbers)


def test_of_blip_large_the_layers_that_imagereward_freezes_are_frozen():
    vision = BlipVisionConfig(
        hidden_size=1024, intermediate_size=4096, num_hidden_layers=24, num_attention_heads=16
    )
    text = BlipTextConfig(encoder_hidden_size=1024, num_attention_heads=12)
    config = BlipConfig(text_config=text, vision_config=vision)
    with torch.device("meta"):  # of its size, without its memory
        model = RewardModel(BlipForImageTextRetrieval(config), None)
    freeze_layers(model, RewardConfig().frozen_share)
    assert first_trained_layer(model.blip.text_encoder.encoder.layer) == 8
    assert first_trained_layer(model.blip.vision_model.encoder.layers) == 16
    assert model.head[0].in_features == 768


def test_the_optimizer_is_imagerewards(monkeypatch, tmp_path):
    """Adam, a cosine to zero, no warm-up, no average, the best validation loss."""
    calls = []
    monkeypatch.setattr(tune_reward, "train", lambda *args, **kwargs: calls.append((args, kwargs)))
    pairs, preferences, labels, _ = ordered_images(tmp_path, prompts=10)
    (tmp_path / "log.jsonl").write_text('{"step": 1, "valid_loss": 1.0}\n')
    train_reward(tiny_model(), reward_examples(pairs, preferences, labels, tmp_path), tmp_path)
    (_, _, config, *_), options = calls[0]
    assert (config.schedule, config.warmup_steps, config.ema_decay) == ("cosine", 0, 0.0)
    assert (config.betas, config.weight_decay) == ((0.9, 0.999), 0.0)
    assert (config.steps, config.batch_size, config.log_every) == (400, 64, 40)
    assert options["best_metric"] == "valid_loss"


@pytest.fixture(scope="module")
def trained(tmp_path_factory):
    folder = tmp_path_factory.mktemp("four")
    pairs, preferences, labels, files = ordered_images(folder)
    examples = reward_examples(pairs, preferences, labels, folder)
    model = tiny_model()
    before = {name: weight.clone() for name, weight in model.state_dict().items()}
    log = train_reward(model, examples, folder / "training", SMALL, seed=0)
    return model, examples, log, before, [folder / name for name in files]


def test_it_orders_four_images(trained):
    model, _, log, _, files = trained
    for prompt in PROMPTS:
        scores = model.score(files, [prompt] * 4)
        assert (np.diff(scores) < 0).all(), f"{prompt}: {scores}"
    assert log.valid_accuracy.iloc[-1] == 1 and log.valid_loss.min() < 0.35


def test_frozen_layers_do_not_change(trained):
    model, _, _, before, _ = trained
    weights = model.state_dict()
    changed = {name for name in weights if not torch.equal(weights[name], before[name])}
    upper = ("head.", "blip.vision_model.post_layernorm.")
    others = [name for name in changed if not name.startswith(upper)]
    assert others and all("layers.2" in name or "layer.1" in name for name in others)


def test_the_log_has_a_row_for_each_validation(trained):
    _, _, log, _, _ = trained
    assert log.step.tolist() == [20, 40, 60]
    assert log.best.sum() == 1 and log.valid_loss[log.best].item() == log.valid_loss.min()
    assert log.learning_rate.is_monotonic_decreasing
    assert log.learning_rate.iloc[-1] < 0.01 * SMALL.learning_rate


def test_an_interrupted_training_resumes_to_the_same_weights(trained, tmp_path, monkeypatch):
    model, examples, log, _, files = trained
    validate, calls = tune_reward.validate_reward, []

    def stop_at_the_second(*args):
        calls.append(args)
        if len(calls) == 2:
            raise KeyboardInterrupt
        return validate(*args)

    monkeypatch.setattr(training, "CHECKPOINT_SECONDS", 0.0)
    monkeypatch.setattr(tune_reward, "validate_reward", stop_at_the_second)
    with pytest.raises(KeyboardInterrupt):
        train_reward(tiny_model(), examples, tmp_path, SMALL, seed=0)
    assert torch.load(tmp_path / "checkpoint.pt", weights_only=True)["step"] >= 20
    monkeypatch.setattr(tune_reward, "validate_reward", validate)
    resumed = tiny_model()
    resumed_log = train_reward(resumed, examples, tmp_path, SMALL, seed=0)
    assert resumed_log.drop(columns="seconds").equals(log.drop(columns="seconds"))
    prompts = PROMPTS[:1] * 4
    assert resumed.score(files, prompts).tolist() == model.score(files, prompts).tolist()


def test_other_examples_do_not_resume(trained, tmp_path):
    _, examples, _, _, _ = trained
    train_reward(tiny_model(), examples, tmp_path, FOUR_STEPS)
    reversed_examples = examples.assign(target=1.0 - examples.target)
    log = train_reward(tiny_model(), reversed_examples, tmp_path, FOUR_STEPS)
    fresh = train_reward(tiny_model(), reversed_examples, tmp_path / "fresh", FOUR_STEPS)
    assert log.valid_loss.tolist() == fresh.valid_loss.tolist()


def test_a_loss_that_is_not_finite_names_its_pairs(trained, tmp_path, monkeypatch):
    _, examples, _, _, _ = trained
    calls = []

    def breaks(*args):
        calls.append(args)
        loss = bradley_terry_loss(*args)
        return loss * float("nan") if len(calls) == 5 else loss  # validation calls it as well

    monkeypatch.setattr(tune_reward, "bradley_terry_loss", breaks)
    with pytest.raises(FloatingPointError, match=r"at step 2.*rows \d-\d-\d, ") as error:
        train_reward(tiny_model(), examples, tmp_path, FOUR_STEPS)
    assert "checkpoint.pt" in str(error.value)
    saved = torch.load(tmp_path / "checkpoint.pt", weights_only=True)
    assert saved["step"] == 2
    assert all(torch.isfinite(weight).all() for weight in saved["weights"])


def test_the_best_validation_loss_is_kept_not_the_last(trained, tmp_path, monkeypatch):
    _, examples, _, _, _ = trained
    losses, weights = iter([0.5, 0.1, 0.9, 0.8]), []
    model = tiny_model()

    def validate(*_):
        weights.append(model.head[0].weight.clone())
        return {"valid_loss": next(losses), "valid_accuracy": 0.5}

    monkeypatch.setattr(tune_reward, "validate_reward", validate)
    log = train_reward(model, examples, tmp_path, FOUR_STEPS)
    assert log.best.tolist() == [False, True, False, False]
    assert torch.equal(model.head[0].weight, weights[1])
    assert not torch.equal(weights[1], weights[3])


def test_every_pair_is_used_before_any_repeats(trained):
    model, examples, _, _, _ = trained
    config = RewardConfig(steps=len(examples) // 12, batch_size=12)
    loss = tune_reward.reward_loss(model, examples, config, seed=0)
    generator = torch.Generator()
    rows = []
    for i in range(config.steps):
        rows += loss(training.TrainingStep(i, generator))[1]["rows"]
    assert sorted(rows) == sorted(examples.pair_id)


def test_only_the_head_has_dropout(trained):
    model, examples, _, _, _ = trained
    model.train()
    config = RewardConfig(steps=1, batch_size=4)
    tune_reward.reward_loss(model, examples, config, 0)(training.TrainingStep(0, torch.Generator()))
    assert model.head.training and not model.blip.training
    model.eval()


def test_the_encoders_train_in_bfloat16_and_validate_in_float32(trained, monkeypatch):
    model, examples, _, _, _ = trained
    autocast, features = [], model.features

    def recorded(*args):
        autocast.append(torch.is_autocast_enabled("cpu"))
        return features(*args)

    monkeypatch.setattr(model, "features", recorded)
    config = RewardConfig(steps=1, batch_size=4)
    loss = tune_reward.reward_loss(model, examples, config, 0)
    loss(training.TrainingStep(0, torch.Generator()))
    with torch.no_grad():
        tune_reward.validate_reward(model, examples[:4], 4)
    assert autocast == [True, False]
    model.eval()


def test_validation_accuracy_leaves_out_ties(trained, monkeypatch):
    model, examples, _, _, _ = trained
    scores = iter(
        [(torch.tensor([1.0, 0.0]), torch.tensor([0.0, 1.0])), (torch.ones(1), torch.zeros(1))]
    )
    monkeypatch.setattr(tune_reward, "_raw_scores", lambda *_: next(scores))
    three = examples[:3].assign(target=[1.0, 1.0, 0.5], weight=[1.0, 1.0, 2.0])
    metrics = tune_reward.validate_reward(model, three, 2)
    assert metrics["valid_accuracy"] == 0.5
    losses = np.log1p(np.exp([-1.0, 1.0])), np.log1p(np.exp(-1.0)) + 0.5
    expected = (losses[0].sum() + 2 * losses[1]) / 4
    assert metrics["valid_loss"] == pytest.approx(expected)
