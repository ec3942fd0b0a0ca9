import pytest
import torch

from gamelabel.flow import velocity_errors
from gamelabel.images import encode
from gamelabel.tuning.adapter import add_adapter, remove_adapter
from gamelabel.tuning.data import Pictures
from gamelabel.tuning.loop import Fit, Worker, train
from gamelabel.tuning.losses import dpo, margin
from gamelabel.tuning.pairwise import pairwise_loss
from tests.test_flow import pipe  # noqa: F401  (a fixture)


@pytest.mark.parametrize("own_noise", [True, False])
def test_tuning_raises_the_margin_of_its_pairs(pipe, tmp_path, own_noise):  # noqa: F811
    generator = torch.Generator().manual_seed(0)
    won, lost, won_noise, lost_noise = (torch.randn(4, 16, 32, generator=generator) for _ in range(4))
    if not own_noise:
        lost_noise = won_noise
    text = encode(pipe, ["a red circle", "two blue stars", "a red circle and a blue star", "a small green square"])
    transformer, sigma = pipe.transformer, torch.full((4,), 0.5)

    @torch.no_grad()
    def errors():
        return [velocity_errors(transformer, x, n, sigma, text) for x, n in ((won, won_noise), (lost, lost_noise))]

    base = errors()
    add_adapter(transformer, rank=4)
    try:
        assert all(torch.allclose(a, b, atol=1e-6) for a, b in zip(errors(), base, strict=True)), "starts as the base"
        pairs = Pictures(won, won_noise, text), Pictures(lost, lost_noise, text)
        loss = pairwise_loss(transformer, *pairs, 4, lambda h, rows: dpo(h, 100.0), own_noise)
        fit = Fit(steps=20, batch=4, rate=1e-3, warm_up=1, low_precision=False)
        train(transformer, loss, fit, tmp_path, Worker(), seed=0)
        assert margin(*errors(), *base).mean() > 0.01
        transformer.disable_adapters()
        assert all(torch.allclose(a, b, atol=1e-6) for a, b in zip(errors(), base, strict=True)), (
            "the base is untouched"
        )
    finally:
        remove_adapter(transformer)
