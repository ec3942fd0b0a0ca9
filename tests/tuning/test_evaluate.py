"""The test of a tuned model: held-out prompts, paired changes, families."""

from collections.abc import Sequence

import numpy as np
import pytest

from gamelabel.images.judge import to_judge_size
from gamelabel.scenes import FAMILIES, parse
from gamelabel.scenes.prompt_split import scene_split
from gamelabel.tuning.evaluate import (
    HeldOutImages,
    adherence_change,
    change_by_family,
    drawing_features,
    generate_held_out,
    held_out_prompts,
)


def images_that_fit(fits: Sequence[bool]) -> HeldOutImages:
    n = len(fits)
    images, features = np.zeros((n, 64, 64, 3), np.uint8), np.zeros((n, 2), np.float32)
    return HeldOutImages(images, np.array(fits, bool), features)


def test_prompts_are_held_out_and_families_equally_frequent():
    prompts, seeds = held_out_prompts(120, 3)
    assert {scene_split(parse(prompt)) for prompt in prompts} == {"held-out"}
    families = [parse(prompt).family for prompt in prompts]
    assert {families.count(family) for family in FAMILIES} == {120 // len(FAMILIES)}
    assert len(set(seeds)) == 120 and held_out_prompts(120, 4)[0] != prompts


def test_a_model_does_not_differ_from_itself(pipe):
    generated = generate_held_out(pipe, 10, progress="")
    assert generated.features.shape == drawing_features(pipe, 10).shape == (10, 512)
    assert adherence_change(generated, generated) == (0.0, 0.0, 0.0, 10)
    assert not np.isnan(generated.features).any()


def test_several_seeds_count_as_their_mean_prompt_by_prompt():
    base, one, two = map(images_that_fit, ([1, 0, 0, 0], [1, 1, 0, 0], [1, 1, 1, 0]))
    change = adherence_change([one, two], base)
    assert change.value == pytest.approx((0 + 1 + 0.5 + 0) / 4) and change.n == 4
    margin = 1.96 * np.std([0, 1, 0.5, 0]) / 2
    assert (change.low, change.high) == pytest.approx(
        (change.value - margin, change.value + margin)
    )
    assert adherence_change([one], base) == adherence_change(one, base)
    assert adherence_change([one, two], [two, one]).value == 0.0


def test_the_change_by_family_is_of_the_prompts_of_that_family():
    families = [parse(prompt).family for prompt in held_out_prompts(60, 3)[0]]
    base = images_that_fit([False] * 60)
    tuned = images_that_fit([family == FAMILIES[0] for family in families])
    table = change_by_family(tuned, base, 3).set_index("name")
    assert table.loc[FAMILIES[0], "value"] == 1.0
    assert (table.loc[list(FAMILIES[1:]), "value"] == 0).all()
    assert table.loc["all"].to_dict() == adherence_change(tuned, base)._asdict()
    assert table.loc[list(FAMILIES), "n"].sum() == 60


def test_larger_images_are_reduced_for_the_judge():
    small = np.arange(64 * 64 * 3, dtype=np.uint8).reshape(1, 64, 64, 3)
    large = small.repeat(2, axis=1).repeat(2, axis=2)
    assert np.array_equal(to_judge_size(large), small)
