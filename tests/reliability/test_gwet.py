"""Gwet's AC1 and AC2, and intervals of all coefficients, at published values."""

import numpy as np
import pandas as pd
import pytest
from hypothesis import assume, given, settings
from hypothesis import strategies as st

from gamelabel.reliability import cohen_kappa, fleiss_kappa, percent_agreement
from gamelabel.reliability.agreement_interval import agreement_interval
from gamelabel.reliability.gwet import agreement_matrix, gwet_ac
from tests.reliability.external_data import external_file

# Of 100 abstracts, by the classes of two abstractors; coefficients and standard errors as published
# with the R package irrCAC 1.0 (Gwet 2019).
ABSTRACTORS = [[13, 0, 0], [0, 20, 7], [0, 4, 56]]


def frame(confusion) -> pd.DataFrame:
    pairs = [(i, j) for i, row in enumerate(confusion) for j, n in enumerate(row) for _ in range(n)]
    rows = [(task, worker, pair[worker]) for task, pair in enumerate(pairs) for worker in (0, 1)]
    return pd.DataFrame(rows, columns=["task", "worker", "label"])


def raters() -> np.ndarray:
    path = external_file("agreement_examples", "cac.raw4raters.csv")
    return pd.read_csv(path, index_col="Units").to_numpy().T


def psychiatrists() -> np.ndarray:
    path = external_file("agreement_examples", "distrib.6raters.csv")
    return pd.read_csv(path, index_col="Subject").to_numpy()


def test_ac1_at_published_values() -> None:
    assert gwet_ac(frame(ABSTRACTORS)) == pytest.approx(0.8493305, abs=5e-8)
    assert gwet_ac(raters(), counts=False) == pytest.approx(0.77544, abs=5e-6)
    assert gwet_ac(psychiatrists(), counts=True) == pytest.approx(0.4448007, abs=5e-8)
    assert percent_agreement(raters(), counts=False) == pytest.approx(0.8181818, abs=5e-8)


@pytest.mark.parametrize(
    ("weights", "of_two", "of_four"),
    [
        ("linear", 0.900022722, 0.757230915),
        ("quadratic", 0.940236879, 0.816820784),
        ("ordinal", 0.925191696, 0.797925124),
    ],
)
def test_ac2_equals_that_of_irrcac(weights, of_two: float, of_four: float) -> None:
    """The Python package irrCAC 0.4.4, for the units that all four rated."""
    assert gwet_ac(frame(ABSTRACTORS), weights) == pytest.approx(of_two, abs=1e-9)
    table = raters()
    complete = table[:, ~np.isnan(table).any(0)]
    assert gwet_ac(complete, weights, counts=False) == pytest.approx(of_four, abs=1e-9)


@pytest.mark.parametrize(
    ("weights", "expected"),
    [(None, 0.796409402), ("linear", 0.842902028), ("quadratic", 0.892156863),
     ("ordinal", 0.872107894)],
)  # fmt: skip
def test_weighted_kappa_equals_that_of_irrcac(weights, expected: float) -> None:
    assert cohen_kappa(frame(ABSTRACTORS), weights) == pytest.approx(expected, abs=1e-9)


votes = st.integers(2, 4).flatmap(
    lambda k: st.lists(st.lists(st.integers(0, 4), min_size=k, max_size=k), min_size=2, max_size=9)
)


@settings(deadline=None)  # the first call may be slow
@given(votes, st.sampled_from([None, "linear", "quadratic", "ordinal"]))
def test_ac_equals_a_sum_over_pairs_of_labels(rows, weights) -> None:
    counts, w = np.array(rows), agreement_matrix(len(rows[0]), weights)
    m, size = counts.sum(1), counts.shape[1]
    assume((m > 1).any())
    labels = [np.repeat(np.arange(size), row) for row in counts]
    agreement = [
        np.mean([w[a, b] for i, a in enumerate(unit) for j, b in enumerate(unit) if i != j])
        for unit in labels
        if len(unit) > 1
    ]
    share = (counts[m > 0] / m[m > 0, None]).mean(0)
    chance = w.sum() / size / (size - 1) * (share * (1 - share)).sum()
    expected = (np.mean(agreement) - chance) / (1 - chance)
    assert gwet_ac(counts, weights, counts=True) == pytest.approx(expected, abs=1e-12)
    if weights is None:
        mirrored = gwet_ac(counts[::-1, ::-1], counts=True)
        assert mirrored == pytest.approx(expected, abs=1e-12), "order of rows and names"


def test_ac1_stays_high_where_one_category_is_frequent_and_kappa_does_not() -> None:
    labels = frame([[118, 5], [2, 0]])
    assert gwet_ac(labels) > 0.93 and cohen_kappa(labels) < 0.01


def test_all_categories_count_not_only_those_that_occur() -> None:
    """By hand: P = 1/2, p = (.75, .25), and P_e is .375 for two categories, .1875 for three."""
    table = [[0, 0], [0, 1]]
    assert gwet_ac(table, counts=False) == pytest.approx((0.5 - 0.375) / 0.625)
    three = gwet_ac(table, categories=[0, 1, 2], counts=False)
    assert three == pytest.approx((0.5 - 0.1875) / 0.8125)


def test_undefined_and_unknown() -> None:
    alone, constant = [[0, 1]], [[0, 0], [0, 0]]
    for table in (alone, constant):
        assert np.isnan(gwet_ac(table, counts=False))
        estimate = agreement_interval(table, "gwet", counts=False)
        assert np.isnan(estimate.value) and estimate[1:3] == (-1, 1) and estimate.warning
    assert gwet_ac(constant, categories=[0, 1], counts=False) == 1
    assert agreement_interval(alone, "percent", counts=False)[1:3] == (0, 1)
    with pytest.raises(ValueError, match="unknown weights 'cubic': use linear, quadratic, ordinal"):
        gwet_ac([[0, 1], [0, 1]], "cubic", counts=False)
    with pytest.raises(ValueError, match="unknown coefficient 'scott'"):
        agreement_interval(alone, "scott", counts=False)
    with pytest.raises(ValueError, match="'fleiss' has neither weights nor categories"):
        agreement_interval(alone, "fleiss", "linear", counts=False)
    with pytest.raises(ValueError, match="confidence is a probability"):
        agreement_interval(alone, "fleiss", counts=False, confidence=95)
    text = frame(ABSTRACTORS).replace({"label": {0: "ectopic", 1: "other", 2: "normal"}})
    with pytest.raises(ValueError, match="text without an order"):
        gwet_ac(text, "linear")


@pytest.mark.parametrize(
    ("coefficient", "value", "error"),
    [("percent", 0.89, 0.03128898), ("cohen", 0.7964094, 0.05891072),
     ("fleiss", 0.7962397, 0.05905473), ("gwet", 0.8493305, 0.04321747)],
)  # fmt: skip
def test_intervals_are_as_wide_as_published_errors_say(coefficient, value, error) -> None:
    """irrCAC's intervals are symmetric; these lie lower, as high agreement is bounded by 1."""
    estimate = agreement_interval(frame(ABSTRACTORS), coefficient, replicates=20_000)
    assert estimate.value == pytest.approx(value, abs=5e-8) and estimate.n == 100
    assert (estimate.high - estimate.low) / 2 == pytest.approx(1.984 * error, rel=0.1)
    assert estimate.warning == "" and estimate.low < value < estimate.high
    again = agreement_interval(frame(ABSTRACTORS), coefficient, replicates=50, seed=3)
    assert again == agreement_interval(frame(ABSTRACTORS), coefficient, replicates=50, seed=3)
    assert agreement_interval(frame([[3, 1], [0, 2]]), coefficient).warning


@pytest.mark.parametrize("coefficient", ["percent", "fleiss", "gwet", "cohen"])
def test_the_value_is_that_of_the_coefficient(coefficient) -> None:
    labels = frame([[9, 3, 0], [2, 8, 1], [0, 1, 9]])
    function = {"percent": percent_agreement, "fleiss": fleiss_kappa, "gwet": gwet_ac}
    expected = function.get(coefficient, cohen_kappa)(labels)
    assert agreement_interval(labels, coefficient).value == expected
    if coefficient in ("gwet", "cohen"):
        weighted = agreement_interval(labels, coefficient, "quadratic")
        assert weighted.low > agreement_interval(labels, coefficient).low
