import pytest
import torch
from hypothesis import given
from hypothesis import strategies as st
from torch.nn.functional import logsigmoid

from gamelabel.tuning.losses import cdpo, dpo, ipo, margin, rdpo, soft

BETA = 100.0
margins = st.floats(-20, 20)
flips = st.floats(0, 0.49)


def h_of(z):
    return torch.tensor(2 * z / BETA, dtype=torch.float64)


# Published check values: z, then the losses of DPO, cDPO and rDPO at a flip rate of .1.
@pytest.mark.parametrize(
    ("z", "plain", "conservative", "robust"),
    [
        (0.7, 0.403186, 0.473186, 0.315686),
        (3.0, 0.048587, 0.348587, -0.326413),
        (-1.5, 1.701413, 1.551413, 1.888913),
    ],
)
def test_published_values(z, plain, conservative, robust):
    found = [dpo(h_of(z), BETA), cdpo(h_of(z), BETA, 0.1), rdpo(h_of(z), BETA, 0.1)]
    assert [value.item() for value in found] == pytest.approx(
        [plain, conservative, robust], abs=1e-6
    )


def test_the_margin_is_zero_at_the_base_and_grows_as_the_preferred_error_falls():
    won, lost = torch.tensor([0.3]), torch.tensor([0.4])
    assert margin(won, lost, won, lost).item() == 0
    assert margin(won - 0.1, lost, won, lost).item() == pytest.approx(0.1)
    assert margin(won, lost + 0.1, won, lost).item() == pytest.approx(0.1)


@given(margins, flips)
def test_robust_dpo_over_flipped_labels_is_dpo_over_true_ones(z, flip):
    mixed = (1 - flip) * rdpo(h_of(z), BETA, flip) + flip * rdpo(h_of(-z), BETA, flip)
    assert mixed.item() == pytest.approx(dpo(h_of(z), BETA).item(), abs=1e-9)


@given(margins)
def test_without_flips_all_are_dpo(z):
    h = h_of(z)
    assert (
        cdpo(h, BETA, 0.0)
        == rdpo(h, BETA, 0.0)
        == soft(h, BETA, 1.0)
        == dpo(h, BETA)
        == -logsigmoid(BETA / 2 * h)
    )


@given(margins, st.floats(0, 1))
def test_a_soft_label_of_the_other_side_is_the_rest_of_the_votes(z, share):
    assert soft(h_of(z), BETA, share).item() == pytest.approx(
        soft(h_of(-z), BETA, 1 - share).item(), abs=1e-9
    )


@given(st.floats(0.01, 0.49))
def test_conservative_dpo_is_least_where_the_model_believes_as_many_flips(flip):
    h = h_of(float(torch.logit(torch.tensor(1 - flip, dtype=torch.float64)))).requires_grad_()
    (slope,) = torch.autograd.grad(cdpo(h, BETA, flip), h)
    assert slope.item() == pytest.approx(0, abs=1e-6)


def test_ipo_is_least_at_half_over_beta():
    assert ipo(torch.tensor(1 / (2 * BETA)), BETA).item() == 0
    assert ipo(torch.tensor([0.0, 2 / (2 * BETA)]), BETA).tolist() == pytest.approx(
        [2.5e-5, 2.5e-5]
    )


def test_flip_rates_may_differ_from_pair_to_pair():
    h, flip = torch.tensor([0.01, -0.02]), torch.tensor([0.1, 0.3])
    one_by_one = [rdpo(h[i], BETA, float(flip[i])).item() for i in range(2)]
    assert rdpo(h, BETA, flip).tolist() == pytest.approx(one_by_one)


@pytest.mark.parametrize("loss", [cdpo, rdpo])
@pytest.mark.parametrize("flip", [-0.1, 0.5, 0.9, float("nan"), torch.tensor([0.1, 0.5])])
def test_a_flip_rate_of_one_half_or_more_is_refused(loss, flip):
    with pytest.raises(ValueError, match=r"below \.5"):
        loss(torch.zeros(2), BETA, flip)
