import hashlib
from collections import Counter
from dataclasses import replace

import pytest

from gamelabel.scenes.grammar import (
    COLOURS,
    FAMILIES,
    RELATIONS,
    SHAPES,
    SIZES,
    STYLES,
    all_prompts,
    all_scenes,
    parse,
)
from gamelabel.scenes.prompt_split import sample_prompts, scene_split

PROMPTS = list(all_prompts())


def test_the_held_out_prompts_are_those_the_shipped_models_never_saw() -> None:
    """Another split would test models on what they were trained on."""
    held_out = sorted(
        text for text, scene in all_prompts().items() if scene_split(scene) == "held-out"
    )
    assert hashlib.sha256("\n".join(held_out).encode()).hexdigest() == (
        "5c87da7331e1cfc7fe4469a6b0fb503eaffdb73e14b90e0ed8eb3210ac94e279"
    )


def test_the_split_does_not_depend_on_wording_and_style() -> None:
    for scene in all_scenes():
        assert scene_split(scene) == scene_split(replace(scene, style=""))


def test_both_sides_have_every_family_and_every_word() -> None:
    train, held = (
        Counter(scene.family for scene in all_prompts().values() if scene_split(scene) == side)
        for side in ("train", "held-out")
    )
    assert train.keys() == held.keys() == set(FAMILIES)
    assert sum(train.values()) + sum(held.values()) == len(PROMPTS)
    assert 0.1 < sum(held.values()) / len(PROMPTS) < 0.4
    for side in ("train", "held-out"):
        words = {
            word for text in PROMPTS if scene_split(parse(text)) == side for word in text.split()
        }
        assert {*SHAPES, *COLOURS, *SIZES, *STYLES[0].split()} <= words


def test_every_colour_shape_size_number_and_relation_is_seen_in_training() -> None:
    train = [scene for scene in all_scenes() if scene_split(scene) == "train"]
    objects = [item for scene in train for item in scene.objects]
    assert {(item.colour, item.shape) for item in objects if item.colour} == {
        (colour, shape) for colour in COLOURS for shape in SHAPES
    }
    assert {item.size for item in objects} == {"", *SIZES}
    assert {scene.relation for scene in train} == {"", *RELATIONS}
    assert {len(scene.objects) for scene in train if scene.family == "count"} == {2, 3, 4}


@pytest.mark.parametrize("side", ["train", "held-out"])
def test_sampled_prompts_take_the_families_in_turn(side: str) -> None:
    texts = sample_prompts(500, 3, side)
    assert texts == sample_prompts(500, 3, side) != sample_prompts(500, 4, side)
    scenes = [parse(text) for text in texts]
    assert [scene.family for scene in scenes] == list(FAMILIES) * 100
    assert {scene_split(scene) for scene in scenes} == {side}
    assert 0.3 < sum(bool(scene.style) for scene in scenes) / 500 < 0.5
    assert {parse(text).family for text in sample_prompts(20, 0, side, families=["binding"])} == {
        "binding"
    }
    assert not any(parse(text).style for text in sample_prompts(50, 0, side, style_share=0.0))
