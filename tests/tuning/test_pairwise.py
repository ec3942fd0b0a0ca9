import json
import math

import pytest
import torch

from gamelabel.flow import velocity_errors
from gamelabel.images.pipeline import encode_prompts
from gamelabel.training import TrainingConfig, train
from gamelabel.tuning.adapter import add_adapter, remove_adapter
from gamelabel.tuning.data import Pictures
from gamelabel.tuning.losses import cdpo, dpo, ipo, margin, rdpo
from gamelabel.tuning.pairwise import pairwise_loss
from tests.test_flow import pipe  # noqa: F401  (a fixture)


@pytest.mark.parametrize("noise", ["own", "shared", "fresh"])
def test_tuning_raises_the_margin_of_its_pairs(pipe, tmp_path, noise):  # noqa: F811
    generator = torch.Generator().manual_seed(0)
    won, lost, won_noise, lost_noise = (
        torch.randn(4, 16, 32, generator=generator) for _ in range(4)
    )
    if noise == "fresh":
        lost_noise = won_noise
    text = encode_prompts(
        pipe,
        ["a red circle", "two blue stars", "a red circle and a blue star", "a small green square"],
    )
    transformer, sigma = pipe.transformer, torch.full((4,), 0.5)

    @torch.no_grad()
    def errors():
        return [
            velocity_errors(transformer, x, n, sigma, text)
            for x, n in ((won, won_noise), (lost, lost_noise))
        ]

    base = errors()
    add_adapter(transformer, rank=4)
    try:
        assert all(torch.allclose(a, b, atol=1e-6) for a, b in zip(errors(), base, strict=True)), (
            "starts as the base"
        )
        pairs = Pictures(won, won_noise, text), Pictures(lost, lost_noise, text)
        loss = pairwise_loss(transformer, *pairs, 4, lambda h, rows: dpo(h, 100.0), noise)
        fit = TrainingConfig(steps=20, batch_size=4, learning_rate=1e-3, warmup_steps=1, bf16=False)
        train(transformer, loss, fit, tmp_path)
        assert margin(*errors(), *base).mean() > 0.01
        transformer.disable_adapters()
        assert all(torch.allclose(a, b, atol=1e-6) for a, b in zip(errors(), base, strict=True)), (
            "the base is untouched"
        )
    finally:
        remove_adapter(transformer)


BETA = 40.0


@pytest.fixture
def two_images(pipe, tmp_path):  # noqa: F811
    """A world of one prompt with two pictures: tune by a loss, and see the margin, step by step."""
    clean, noise = torch.randn(2, 2, 16, 32, generator=torch.Generator().manual_seed(1))
    text = encode_prompts(pipe, ["a red circle"])
    won, lost = (Pictures(clean[i : i + 1], noise[i : i + 1], text) for i in range(2))

    def tune(loss_of, name, steps=60, anchor=0.0):
        add_adapter(pipe.transformer, rank=4)
        fit = TrainingConfig(
            steps=steps,
            batch_size=1,
            learning_rate=2e-3,
            decay_start=0.3,
            warmup_steps=1,
            ema_decay=0.5,
            bf16=False,
        )
        seen = []

        def remembered(h, rows):
            seen.append(h.item())
            return loss_of(h)

        try:
            loss = pairwise_loss(
                pipe.transformer, won, lost, 1, remembered, sigmas=[0.5], anchor=anchor
            )
            train(pipe.transformer, loss, fit, tmp_path, data=name)
        finally:
            remove_adapter(pipe.transformer)
        return seen

    return tune


def test_dpo_raises_the_margin_of_two_images_and_the_log_tells(two_images, tmp_path):
    seen = two_images(lambda h: dpo(h, BETA), "dpo", steps=50)
    assert abs(seen[0]) < 1e-6, "it begins at the base"
    assert seen[-1] > 0.2
    (row,) = [json.loads(line) for line in (tmp_path / "log.jsonl").read_text().splitlines()]
    assert row["margin"] == pytest.approx(sum(seen) / 50, abs=1e-5)
    assert row["accuracy"] == pytest.approx(sum(0.5 if h == 0 else float(h > 0) for h in seen) / 50)


def test_each_loss_comes_to_rest_where_its_formula_is_least(two_images):
    """IPO at 1 / (2 beta), conservative DPO where it believes as many flips; robust DPO goes on, as DPO does."""
    flip = 0.2
    rest = 2.0 / BETA * math.log((1 - flip) / flip)
    assert two_images(lambda h: ipo(h, BETA / 10.0), "ipo")[-1] == pytest.approx(
        10.0 / (2.0 * BETA), rel=0.1
    )
    assert two_images(lambda h: cdpo(h, BETA, flip), "cdpo")[-1] == pytest.approx(rest, rel=0.1)
    assert two_images(lambda h: rdpo(h, BETA, flip), "rdpo")[-1] > 2 * rest


def test_an_anchor_keeps_the_model_on_the_paths_of_its_base(two_images, tmp_path):
    """The margin still grows, by less than a tenth of the way that it goes without."""
    away = {}
    for anchor in (0.0, 100.0):
        seen = two_images(lambda h: dpo(h, BETA), f"anchor {anchor}", steps=50, anchor=anchor)
        away[anchor] = json.loads((tmp_path / "log.jsonl").read_text())["away"]
        assert seen[-1] > 0.001
    assert 0 < away[100.0] < away[0.0] / 10


def test_fresh_noise_has_no_paths_to_keep_to():
    with pytest.raises(ValueError, match="with fresh noise none is"):
        pairwise_loss(None, None, None, 1, lambda h, rows: h, "fresh", anchor=1.0)
