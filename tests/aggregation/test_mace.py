import numpy as np
import pytest
from scipy.special import digamma

from gamelabel.aggregation.mace import _divergence


def test_the_divergence_is_that_of_dirichlet_distributions() -> None:
    """Between Beta(2, 1) and the uniform distribution it is the integral of 2x log 2x."""
    alpha, prior = np.array([[2.0, 1.0], [1.0, 1.0]]), np.array([1.0, 1.0])
    expected_log = digamma(alpha) - digamma(alpha.sum(axis=1, keepdims=True))
    assert _divergence(alpha, prior, expected_log) == pytest.approx(np.log(2) - 0.5)
