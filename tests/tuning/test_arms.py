"""Arms of a comparison: trained from their seeds, found again, tested, compared."""

from dataclasses import replace

import numpy as np
import pytest

from gamelabel.tuning.adapter import tune_adapter
from gamelabel.tuning.arms import (
    Arm,
    change_table,
    cost_table,
    find_adapters,
    generate_arms,
    paired_gains,
    tune_arms,
)
from gamelabel.tuning.evaluate import HeldOutImages, generate_held_out
from gamelabel.tuning.sft import sft_loss
from tests.tuning.tiny_model import SHORT, make_dataset


def images_with(fits: list[int], feature: float = 0.0) -> HeldOutImages:
    """Ten times as many images as `fits`, with features around a mean."""
    fits = fits * 10
    images = np.zeros((len(fits), 64, 64, 3), np.uint8)
    features = np.random.default_rng(0).normal(feature, 1, (len(fits), 3)).astype(np.float32)
    return HeldOutImages(images, np.array(fits, bool), features)


def test_an_arm_is_trained_at_its_rate_from_each_of_its_seeds(pipe, tmp_path):
    loss = sft_loss(pipe.transformer, make_dataset(pipe), 4)
    arms = {"A, fast": Arm(loss, 1e-2, "x", seeds=2), (0.3, "B"): Arm(loss, 1e-3, "x")}
    adapters = tune_arms(pipe.transformer, arms, SHORT, tmp_path, rank=2, seed=5)
    assert {name: [file.parent.name for file in files] for name, files in adapters.items()} == {
        "A, fast": ["a_fast-5", "a_fast-6"],
        (0.3, "B"): ["0_3_b-5"],
    }
    config = replace(SHORT, learning_rate=1e-2)
    alone = tune_adapter(pipe.transformer, loss, config, tmp_path / "alone", "x", 2, 6)
    assert adapters["A, fast"][1].read_bytes() == alone.read_bytes()
    contents = [file.read_bytes() for files in adapters.values() for file in files]
    assert len(set(contents)) == 3

    assert find_adapters(tmp_path, ["A, fast", "A"]) == {"A, fast": adapters["A, fast"]}
    with pytest.raises(FileNotFoundError, match="no adapter of A, C: run notebooks/08_pairwise"):
        find_adapters(tmp_path, ["A", "C"])
    costs = cost_table(adapters, 8)
    assert costs.loc["A, fast", ["steps", "pictures"]].tolist() == [3, 24]

    base = generate_held_out(pipe, 5)
    generated = generate_arms(pipe, {"first": adapters["A, fast"], "second": [alone]}, 5)
    assert [len(models) for models in generated.values()] == [2, 1]
    np.testing.assert_array_equal(generated["first"][1].images, generated["second"][0].images)
    assert (generated["first"][0].features != generated["first"][1].features).any()
    again = generate_held_out(pipe, 5)
    np.testing.assert_array_equal(again.features, base.features)  # no adapter is left behind


def test_changes_are_against_the_base_and_the_best_arm_comes_first():
    base, worse, better = (images_with(fits) for fits in ([1, 1, 0, 0], [1, 0, 0, 0], [1, 1, 1, 0]))
    shifted = images_with([1, 1, 0, 1], 5.0)
    table = change_table({"a": [worse], "b": [better, shifted]}, base, base.features)
    assert table.arm.tolist() == ["b", "a"] and table.seeds.tolist() == [2, 1]
    np.testing.assert_allclose(table.value, [0.25, -0.25])
    assert (table.low < table.value).all() and (table.value < table.high).all()
    np.testing.assert_allclose(table.quality, 0, atol=1e-9)  # of the first seed
    (row,) = change_table({"c": [shifted]}, base, base.features).itertuples()
    assert row.quality < 0 and row.quality_low <= row.quality <= row.quality_high


def test_a_comparison_without_arms_is_an_empty_table():
    base = images_with([1, 0])
    assert change_table({}, base, base.features).empty
    assert paired_gains({}, ["a"], ["b"]).columns.tolist()[:3] == ["arm", "over", "value"]


def test_gains_are_paired_and_missing_arms_are_left_out():
    generated = {"a": [images_with([1, 1, 0, 0])], "b": [images_with([0, 1, 0, 0])]}
    gains = paired_gains(generated, ["a", "b", "missing"], ["a", "other"])
    assert gains[["arm", "over", "value", "n"]].to_numpy().tolist() == [["b", "a", -0.25, 40]]
