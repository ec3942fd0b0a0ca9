import numpy as np
import pandas as pd
import pytest

from gamelabel.images.appearance import Appearance
from gamelabel.images.quality import appearance_change, kernel_distance, quality_change
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


def _appearance(purity, artefacts):
    n = len(purity)
    return Appearance(np.full(n, 0.8), np.array(purity), np.full(n, 0.99), np.array(artefacts))


def test_changes_of_appearance_are_paired_by_prompt():
    base = _appearance([0.7, 0.8, 0.9, np.nan], [1.0, 0.0, 0.0, 2.0])
    tuned = _appearance([0.6, 0.7, 0.7, 0.8], [1.0, 1.0, 2.0, 3.0])
    table = appearance_change(tuned, base).set_index("measure")
    purity, artefacts = table.loc["colour_purity"], table.loc["artefacts"]
    margin = 1.96 * np.std([-0.1, -0.1, -0.2], ddof=1) / 3**0.5
    assert purity[["base", "value", "n"]].tolist() == pytest.approx([0.8, -0.4 / 3, 3])
    assert (purity.low, purity.high) == pytest.approx(
        (purity.value - margin, purity.value + margin)
    )
    assert artefacts[["base", "value", "n"]].tolist() == [0.75, 1.0, 4]
    assert (table.worse == [-1, -1, -1, 1]).all()


def test_a_method_of_several_seeds_counts_as_the_mean_of_its_models():
    base = _appearance([0.7, 0.8, 0.9], [0.0, 0.0, 0.0])
    first, second = (_appearance([0.7, 0.8, 0.9], marks) for marks in ([0.0, 2.0, 1.0], [4.0] * 3))
    both = appearance_change([first, second], base).set_index("measure")
    assert both.loc["artefacts", ["value", "n"]].tolist() == [2.5, 3]
    pd.testing.assert_frame_equal(appearance_change([first], base), appearance_change(first, base))


def test_pictures_without_objects_give_no_change_of_their_edges():
    empty = _appearance([np.nan, np.nan], [0.0, 1.0])
    purity = appearance_change(empty, empty).set_index("measure").loc["colour_purity"]
    assert np.isnan(purity[["base", "value", "low", "high"]].astype(float)).all() and purity.n == 0


def test_appearances_of_other_numbers_of_pictures_are_refused():
    with pytest.raises(ValueError, match="3 tuned pictures but 2 of the base"):
        appearance_change(_appearance([0.7] * 3, [0.0] * 3), _appearance([0.7] * 2, [0.0] * 2))
