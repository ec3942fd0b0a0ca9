"""Pairwise losses: their formulas, and that tuning on pairs does what each formula says."""

import json
import math

import pytest
import torch
from hypothesis import given
from hypothesis import strategies as st
from torch.nn.functional import logsigmoid

from gamelabel.flow import noised, velocity, velocity_errors
from gamelabel.images.pipeline import encode_prompts
from gamelabel.training import TrainingConfig, TrainingStep, train
from gamelabel.tuning import dpo
from gamelabel.tuning.adapter import add_adapter, remove_adapter
from gamelabel.tuning.data import LatentDataset
from gamelabel.tuning.dpo import (
    cdpo_loss,
    dpo_loss,
    ipo_loss,
    pairwise_loss,
    preference_margin,
    robust_dpo_loss,
    soft_dpo_loss,
)
from tests.tuning.tiny_model import make_dataset, value_of

BETA = 100.0
z_values = st.floats(-20, 20)
flip_rates = st.floats(0, 0.49)


def margin_of(z: float) -> torch.Tensor:
    return torch.tensor(2 * z / BETA, dtype=torch.float64)


# Published check values: z, then the losses of DPO, cDPO and robust DPO at a flip rate of 0.1.
@pytest.mark.parametrize(
    ("z", "plain", "conservative", "robust"),
    [
        (0.7, 0.403186, 0.473186, 0.315686),
        (3.0, 0.048587, 0.348587, -0.326413),
        (-1.5, 1.701413, 1.551413, 1.888913),
    ],
)
def test_published_values(z, plain, conservative, robust):
    h = margin_of(z)
    losses = [dpo_loss(h, BETA), cdpo_loss(h, BETA, 0.1), robust_dpo_loss(h, BETA, 0.1)]
    values = [loss.item() for loss in losses]
    assert values == pytest.approx([plain, conservative, robust], abs=1e-6)


def test_the_margin_is_zero_at_the_reference_and_grows_as_the_chosen_error_falls():
    chosen, rejected = torch.tensor([0.3]), torch.tensor([0.4])
    reference = (chosen, rejected)
    assert preference_margin(chosen, rejected, *reference).item() == 0
    assert preference_margin(chosen - 0.1, rejected, *reference).item() == pytest.approx(0.1)
    assert preference_margin(chosen, rejected + 0.1, *reference).item() == pytest.approx(0.1)


@given(z_values, flip_rates)
def test_robust_dpo_over_flipped_labels_is_dpo_over_true_ones(z, flip_rate):
    right = robust_dpo_loss(margin_of(z), BETA, flip_rate)
    wrong = robust_dpo_loss(margin_of(-z), BETA, flip_rate)
    mean = (1 - flip_rate) * right + flip_rate * wrong
    assert mean.item() == pytest.approx(dpo_loss(margin_of(z), BETA).item(), abs=1e-9)


@given(z_values)
def test_without_wrong_labels_all_are_dpo(z):
    h = margin_of(z)
    expected = -logsigmoid(BETA / 2 * h)
    assert dpo_loss(h, BETA) == expected
    assert cdpo_loss(h, BETA, 0.0) == robust_dpo_loss(h, BETA, 0.0) == expected
    assert soft_dpo_loss(h, BETA, 1.0) == expected


@given(z_values, st.floats(0, 1))
def test_a_soft_label_for_one_side_is_the_rest_for_the_other(z, probability):
    loss = soft_dpo_loss(margin_of(z), BETA, probability).item()
    mirrored = soft_dpo_loss(margin_of(-z), BETA, 1 - probability).item()
    assert loss == pytest.approx(mirrored, abs=1e-9)


@given(st.floats(0.01, 0.49))
def test_conservative_dpo_is_minimal_at_the_margin_of_its_flip_rate(flip_rate):
    z = float(torch.logit(torch.tensor(1 - flip_rate, dtype=torch.float64)))
    h = margin_of(z).requires_grad_()
    (slope,) = torch.autograd.grad(cdpo_loss(h, BETA, flip_rate), h)
    assert slope.item() == pytest.approx(0, abs=1e-6)


def test_ipo_is_minimal_at_half_over_beta():
    assert ipo_loss(torch.tensor(1 / (2 * BETA)), BETA).item() == 0
    values = ipo_loss(torch.tensor([0.0, 2 / (2 * BETA)]), BETA)
    assert values.tolist() == pytest.approx([2.5e-5, 2.5e-5])


def test_flip_rates_may_differ_from_pair_to_pair():
    h, flip_rate = torch.tensor([0.01, -0.02]), torch.tensor([0.1, 0.3])
    separate = [robust_dpo_loss(h[i], BETA, float(flip_rate[i])).item() for i in range(2)]
    assert robust_dpo_loss(h, BETA, flip_rate).tolist() == pytest.approx(separate)


@pytest.mark.parametrize("loss", [cdpo_loss, robust_dpo_loss])
@pytest.mark.parametrize("rate", [-0.1, 0.5, 0.9, float("nan"), torch.tensor([0.1, 0.5])])
def test_a_flip_rate_of_one_half_or_more_is_refused(loss, rate):
    with pytest.raises(ValueError, match=r"below 0\.5"):
        loss(torch.zeros(2), BETA, rate)


@pytest.mark.parametrize("noise", ["own", "shared", "fresh"])
def test_tuning_raises_the_margin_of_its_pairs(pipe, tmp_path, noise):
    chosen, rejected = make_dataset(pipe, 0), make_dataset(pipe, 1)
    if noise == "fresh":
        rejected = rejected._replace(noise=chosen.noise)
    transformer, sigma = pipe.transformer, torch.full((5,), 0.5)

    @torch.no_grad()
    def errors() -> list[torch.Tensor]:
        return [
            velocity_errors(transformer, data.latents, data.noise, sigma, data.text)
            for data in (chosen, rejected)
        ]

    def same(values, expected) -> bool:
        return all(torch.allclose(a, b, atol=1e-6) for a, b in zip(values, expected, strict=True))

    reference = errors()
    add_adapter(transformer, rank=4)
    try:
        assert same(errors(), reference), "a new adapter changes nothing"
        loss = pairwise_loss(transformer, chosen, rejected, 4, beta=100.0, noise=noise)
        train(transformer, loss, TrainingConfig(20, 4, 1e-3, warmup_steps=1, bf16=False), tmp_path)
        assert preference_margin(*errors(), *reference).mean() > 0.01
        transformer.disable_adapters()
        assert same(errors(), reference), "the reference is unchanged"
    finally:
        remove_adapter(transformer)


@pytest.fixture
def tune_pair(pipe, tmp_path):
    """Tune on two images of one prompt; the margin before each step."""
    generator = torch.Generator().manual_seed(1)
    latents, noise = torch.randn(2, 2, 16, 32, generator=generator)
    text = encode_prompts(pipe, ["a red circle"])
    chosen, rejected = (LatentDataset(latents[[i]], noise[[i]], text) for i in range(2))

    def tune(loss: str, beta: float = 40.0, steps: int = 60, **options) -> list[float]:
        margins: list[float] = []

        def recording(step: TrainingStep):
            value, metrics = pair_loss(step)
            margins.append(metrics["margin"].item())
            return value, metrics

        schedule = {"decay_start": 0.3, "warmup_steps": 1, "ema_decay": 0.5, "bf16": False}
        config = TrainingConfig(steps, 1, 2e-3, **schedule)
        add_adapter(pipe.transformer, rank=4)
        options = {"sigmas": [0.5], "loss": loss, "beta": beta, **options}
        pair_loss = pairwise_loss(pipe.transformer, chosen, rejected, 1, **options)
        try:
            train(pipe.transformer, recording, config, tmp_path, data=f"{options}")
        finally:
            remove_adapter(pipe.transformer)
        return margins

    return tune


def test_dpo_raises_the_margin_of_two_images_and_logs_it(tune_pair, tmp_path):
    margins = tune_pair("dpo", steps=50)
    assert abs(margins[0]) < 1e-6, "training begins at the reference"
    assert margins[-1] > 0.2
    (row,) = [json.loads(line) for line in (tmp_path / "log.jsonl").read_text().splitlines()]
    assert row["margin"] == pytest.approx(sum(margins) / 50, abs=1e-5)
    above = [0.5 if h == 0 else float(h > 0) for h in margins]
    assert row["accuracy"] == pytest.approx(sum(above) / 50)


def test_each_loss_converges_to_the_minimum_of_its_formula(tune_pair):
    """IPO at 1 / (2 beta), cDPO and soft labels at the believed margin; robust DPO goes past it."""
    flip_rate = 0.2
    rest = 2.0 / 40.0 * math.log((1 - flip_rate) / flip_rate)
    assert tune_pair("ipo", beta=4.0)[-1] == pytest.approx(1 / 8, rel=0.1)
    assert tune_pair("cdpo", flip_rate=flip_rate)[-1] == pytest.approx(rest, rel=0.1)
    soft = tune_pair("soft_dpo", probabilities=torch.tensor([1 - flip_rate]))
    assert soft[-1] == pytest.approx(rest, rel=0.1)
    assert tune_pair("robust_dpo", flip_rate=torch.tensor([flip_rate]))[-1] > 2 * rest


def test_an_anchor_keeps_the_model_on_the_paths_of_its_reference(tune_pair, tmp_path):
    """The margin still grows, with less than a tenth of the drift."""
    drift = {}
    for anchor in (0.0, 100.0):
        margins = tune_pair("dpo", steps=50, anchor=anchor)
        drift[anchor] = json.loads((tmp_path / "log.jsonl").read_text())["drift"]
        assert margins[-1] > 0.001
    assert 0 < drift[100.0] < drift[0.0] / 10


@torch.no_grad()
def perturb(transformer) -> None:
    """Move the adapter away from the reference."""
    for name, weight in transformer.named_parameters():
        if "lora_B" in name:
            weight.fill_(0.02)


@torch.no_grad()
def test_pairs_are_seen_at_the_noise_levels_of_four_sampling_steps(adapted, monkeypatch):
    levels = set()

    def recording(transformer, x_t, sigma, text):
        levels.update(sigma.tolist())
        return velocity(transformer, x_t, sigma, text)

    monkeypatch.setattr(dpo, "velocity", recording)
    value_of(pairwise_loss(adapted.transformer, make_dataset(adapted), make_dataset(adapted), 40))
    assert levels == {1.0, 0.75, 0.5, 0.25}


@torch.no_grad()
def test_drift_counts_images_at_their_own_noise_only(adapted):
    """With shared noise that is one image of each pair."""
    transformer = adapted.transformer
    perturb(transformer)
    chosen, rejected = make_dataset(adapted, 0), make_dataset(adapted, 1)
    loss = pairwise_loss(transformer, chosen, rejected, 6, sigmas=[0.5], anchor=2.0)
    value, metrics = loss(TrainingStep(0, torch.Generator().manual_seed(5)))
    plain = pairwise_loss(transformer, chosen, rejected, 6, sigmas=[0.5])

    generator = torch.Generator().manual_seed(5)
    rows = torch.randint(5, (6,), generator=generator)
    torch.randint(1, (6,), generator=generator)  # the noise levels
    is_rejected = torch.randint(2, (6,), generator=generator).bool().view(-1, 1, 1)
    latents = torch.where(is_rejected, rejected.latents[rows], chosen.latents[rows])
    noise = torch.where(is_rejected, rejected.noise[rows], chosen.noise[rows])
    sigma, text = torch.full((6,), 0.5), chosen.text.rows(rows)
    x_t = noised(latents, noise, sigma)
    tuned = velocity(transformer, x_t, sigma, text)
    transformer.disable_adapters()
    reference = velocity(transformer, x_t, sigma, text)
    transformer.enable_adapters()
    expected = (tuned - reference).square().mean()
    assert metrics["drift"].item() == pytest.approx(expected.item(), rel=1e-4)
    assert value.item() == pytest.approx(value_of(plain, 5) + 2.0 * expected.item(), rel=1e-4)


def test_missing_arguments_of_a_loss_are_named():
    with pytest.raises(ValueError, match="an anchor needs images at their own noise"):
        pairwise_loss(None, None, None, 1, noise="fresh", anchor=1.0)
    with pytest.raises(ValueError, match="unknown loss 'kto': choose one of dpo, cdpo"):
        pairwise_loss(None, None, None, 1, loss="kto")
    with pytest.raises(ValueError, match="'robust_dpo' needs flip_rate"):
        pairwise_loss(None, None, None, 1, loss="robust_dpo")
    with pytest.raises(ValueError, match="'soft_dpo' needs probabilities"):
        pairwise_loss(None, None, None, 1, loss="soft_dpo", flip_rate=0.1)


@pytest.mark.parametrize("seed", [0, 1, 2])
def test_labels_are_those_of_the_pairs_in_the_batch(adapted, seed):
    perturb(adapted.transformer)
    datasets = make_dataset(adapted, 0), make_dataset(adapted, 1)
    rates = torch.tensor([0.0, 0.1, 0.2, 0.3, 0.4])
    (row,) = torch.randint(5, (1,), generator=torch.Generator().manual_seed(seed)).tolist()
    for loss, option in (("robust_dpo", "flip_rate"), ("soft_dpo", "probabilities")):
        values = [
            value_of(
                pairwise_loss(adapted.transformer, *datasets, 1, loss, **{option: label}), seed
            )
            for label in (rates, torch.full((5,), rates[row].item()), torch.full((5,), 0.45))
        ]
        assert values[0] == values[1] != values[2]
