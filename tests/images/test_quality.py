import numpy as np
import pytest

from gamelabel.images.quality import kernel_distance, quality_change
from gamelabel.reliability import Estimate


def _by_hand(x, y):
    """The definition, pair by pair."""
    kernel = lambda a, b: (a @ b / len(a) + 1) ** 3  # noqa: E731
    within = [kernel(a, b) for i, a in enumerate(x) for j, b in enumerate(x) if i != j]
    beyond = [kernel(a, b) for i, a in enumerate(y) for j, b in enumerate(y) if i != j]
    return np.mean(within) + np.mean(beyond) - 2 * np.mean([kernel(a, b) for a in x for b in y])


def test_the_value_is_the_definition():
    rng = np.random.default_rng(0)
    x, y = rng.normal(size=(7, 4)), rng.normal(size=(9, 4)) + 0.5
    assert kernel_distance(x, y, replicates=1)[0] == pytest.approx(_by_hand(x, y))


def test_equal_distributions_have_distance_zero_and_shifted_ones_do_not():
    rng = np.random.default_rng(1)
    x, same, other = (
        rng.normal(size=(400, 8)),
        rng.normal(size=(400, 8)),
        rng.normal(size=(400, 8)) + 0.3,
    )
    low, high = np.quantile(kernel_distance(x, same)[1:], (0.025, 0.975))
    assert low < 0 < high
    assert np.quantile(kernel_distance(x, other)[1:], 0.025) > 0


def test_worse_pictures_change_quality_below_zero():
    rng = np.random.default_rng(2)
    scenes, base = rng.normal(size=(300, 8)), rng.normal(size=(300, 8)) + 0.1
    worse = quality_change(base + 0.3, base, scenes)
    assert worse.high < 0 and worse.n == 300
    after, before = (kernel_distance(x, scenes, replicates=1)[0] for x in (base + 0.3, base))
    assert worse.value == pytest.approx(1000 * (before - after))
    after, before = (kernel_distance(x, scenes, replicates=50)[1:] for x in (base + 0.3, base))
    interval = np.quantile(1000 * (before - after), (0.025, 0.975))
    change = quality_change(base + 0.3, base, scenes, replicates=50)
    assert (change.low, change.high) == pytest.approx(interval)
    assert quality_change(base, base, scenes) == Estimate(0.0, 0.0, 0.0, 300)


def test_one_picture_is_not_enough():
    with pytest.raises(ValueError, match="at least two"):
        kernel_distance(np.zeros((1, 3)), np.zeros((5, 3)))
