import pytest
import torch

from gamelabel.flow import velocity_errors
from gamelabel.images import encode
from gamelabel.tuning.adapter import add_adapter, remove_adapter
from gamelabel.tuning.data import Pictures
from gamelabel.tuning.dpo import dpo, dpo_loss, margin
from gamelabel.tuning.loop import Fit, Worker, train
from tests.test_flow import pipe  # noqa: F401  (a fixture)


@pytest.mark.parametrize(("z", "loss"), [(0.7, 0.403186), (3.0, 0.048587), (-1.5, 1.701413)])
def test_published_values_of_the_loss(z, loss):
    beta = 100.0
    assert dpo(torch.tensor(2 * z / beta), beta).item() == pytest.approx(loss, abs=1e-6)


def test_the_margin_is_zero_at_the_base_and_grows_as_the_preferred_error_falls():
    won, lost = torch.tensor([0.3]), torch.tensor([0.4])
    assert margin(won, lost, won, lost).item() == 0
    assert margin(won - 0.1, lost, won, lost).item() == pytest.approx(0.1)
    assert margin(won, lost + 0.1, won, lost).item() == pytest.approx(0.1)


def test_tuning_raises_the_margin_of_its_pairs(pipe, tmp_path):  # noqa: F811
    generator = torch.Generator().manual_seed(0)
    won, lost, won_noise, lost_noise = (torch.randn(4, 16, 32, generator=generator) for _ in range(4))
    text = encode(pipe, ["a red circle", "two blue stars", "a red circle and a blue star", "a small green square"])
    transformer, sigma = pipe.transformer, torch.full((4,), 0.5)

    @torch.no_grad()
    def errors():
        return [velocity_errors(transformer, x, n, sigma, text) for x, n in ((won, won_noise), (lost, lost_noise))]

    base = errors()
    add_adapter(transformer, rank=4)
    try:
        assert all(torch.allclose(a, b, atol=1e-6) for a, b in zip(errors(), base, strict=True)), "starts as the base"
        loss = dpo_loss(transformer, Pictures(won, won_noise, text), Pictures(lost, lost_noise, text), batch=4)
        fit = Fit(steps=20, batch=4, rate=1e-3, warm_up=1, low_precision=False)
        train(transformer, loss, fit, tmp_path, Worker(), seed=0)
        assert margin(*errors(), *base).mean() > 0.01
        transformer.disable_adapters()
        assert all(torch.allclose(a, b, atol=1e-6) for a, b in zip(errors(), base, strict=True)), (
            "the base is untouched"
        )
    finally:
        remove_adapter(transformer)
