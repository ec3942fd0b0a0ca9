from collections import Counter
from dataclasses import replace

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from rapidfuzz.distance import Levenshtein

from gamelabel.scenes.grammar import (
    COLOURS,
    FAMILIES,
    RELATIONS,
    SHAPES,
    SIZES,
    STYLES,
    Scene,
    Thing,
    UnknownPrompt,
    all_scenes,
    family_counts,
    nearest,
    normalise,
    parse,
    prompts,
    sample_prompts,
    split,
    vocabulary,
    wordings,
    write,
)

PROMPTS = list(prompts())
a_prompt = st.sampled_from(PROMPTS)


def test_there_are_at_least_ten_thousand_prompts() -> None:
    assert len(PROMPTS) >= 10_000
    assert {scene.family for scene in all_scenes()} == set(FAMILIES)


def test_parse_and_write_are_inverse() -> None:
    scenes = all_scenes()
    assert len(set(scenes)) == len(scenes)
    assert all(parse(write(scene)) == scene for scene in scenes)


def test_every_wording_means_one_scene() -> None:
    texts = Counter(text for scene in all_scenes() for text in wordings(scene))
    assert max(texts.values()) == 1
    assert texts.keys() == prompts().keys()
    assert all(text in wordings(parse(text)) and normalise(text) == text for text in PROMPTS)


@pytest.mark.parametrize(
    ("prompt", "scene"),
    [
        ("a red circle", Scene("single", (Thing("circle", "red"),))),
        ("a little orange star", Scene("single", (Thing("star", "orange", "small"),))),
        ("two squares", Scene("count", (Thing("square"),) * 2)),
        ("a circle and a green star", Scene("two", (Thing("circle"), Thing("star", "green")))),
        ("a star under a circle", Scene("position", (Thing("circle"), Thing("star")), "above")),
        (
            "a star right of a circle",
            Scene("position", (Thing("circle"), Thing("star")), "left of"),
        ),
        (
            "an orange square beside a blue circle in the style of a comic book",
            Scene(
                "position",
                (Thing("circle", "blue"), Thing("square", "orange")),
                "next to",
                "comic book",
            ),
        ),
        (
            "a yellow triangle and a blue circle",
            Scene("binding", (Thing("circle", "blue"), Thing("triangle", "yellow"))),
        ),
    ],
)
def test_prompts_mean_what_they_say(prompt: str, scene: Scene) -> None:
    assert parse(prompt) == scene


@given(a_prompt, st.data())
def test_case_spaces_and_full_stop_are_forgiven(prompt: str, data: st.DataObject) -> None:
    space = data.draw(st.sampled_from((" ", "  ", "\t", "\n")))
    loud = space.join(prompt.title().split()) + data.draw(st.sampled_from(("", ".", " .", " ")))
    assert parse(loud) == parse(prompt)


@given(st.text(max_size=60))
@settings(max_examples=25, deadline=None)
def test_any_other_text_is_refused_with_a_prompt_that_is_not(text: str) -> None:
    if normalise(text) in prompts():
        return
    with pytest.raises(UnknownPrompt) as error:
        parse(text)
    assert error.value.prompt == text
    assert parse(error.value.nearest)


def test_a_refusal_says_what_is_strange_and_what_is_near() -> None:
    with pytest.raises(UnknownPrompt, match="unknown words: dog; the nearest prompt is"):
        parse("a red dog")
    with pytest.raises(UnknownPrompt, match="its words are known, their order is not"):
        parse("red a circle")
    assert issubclass(UnknownPrompt, ValueError)


@given(a_prompt, st.integers(0, 10**6))
@settings(max_examples=25, deadline=None)
def test_a_slip_of_the_finger_is_traced_back(prompt: str, where: int) -> None:
    at = where % len(prompt)
    slipped = prompt[:at] + "#" + prompt[at + 1 :]
    assert (
        Levenshtein.distance(nearest(slipped), normalise(slipped)) <= 1
    )  # another prompt may lie as near


def test_the_vocabulary_is_small_and_complete() -> None:
    words = set(vocabulary())
    assert {*SHAPES, *COLOURS, *SIZES} <= words
    assert all(word in words for text in PROMPTS for word in text.split())
    assert len(words) < 60


def test_wording_and_style_play_no_part_in_the_split() -> None:
    for scene in all_scenes():
        assert split(scene) == split(replace(scene, style=""))


def test_both_sides_have_every_family_and_every_word() -> None:
    train, held = family_counts("train"), family_counts("held-out")
    assert train.keys() == held.keys() == set(FAMILIES)
    assert sum(train.values()) + sum(held.values()) == len(PROMPTS)
    assert 0.1 < sum(held.values()) / len(PROMPTS) < 0.4
    for side in ("train", "held-out"):
        words = {word for text in PROMPTS if split(parse(text)) == side for word in text.split()}
        assert {*SHAPES, *COLOURS, *SIZES, *STYLES[0].split()} <= words


def test_every_colour_shape_size_number_and_relation_is_seen_in_training() -> None:
    train = [scene for scene in all_scenes() if split(scene) == "train"]
    things = [thing for scene in train for thing in scene.things]
    assert {(thing.colour, thing.shape) for thing in things if thing.colour} == {
        (colour, shape) for colour in COLOURS for shape in SHAPES
    }
    assert {thing.size for thing in things} == {"", *SIZES}
    assert {scene.relation for scene in train} == {"", *RELATIONS}
    assert {len(scene.things) for scene in train if scene.family == "count"} == {2, 3, 4}


@pytest.mark.parametrize("side", ["train", "held-out"])
def test_sampled_prompts_take_the_families_in_turn(side: str) -> None:
    texts = sample_prompts(500, 3, side)
    assert texts == sample_prompts(500, 3, side) != sample_prompts(500, 4, side)
    scenes = [parse(text) for text in texts]
    assert [scene.family for scene in scenes] == list(FAMILIES) * 100
    assert {split(scene) for scene in scenes} == {side}
    assert 0.3 < sum(bool(scene.style) for scene in scenes) / 500 < 0.5
    assert {parse(text).family for text in sample_prompts(20, 0, side, families=["binding"])} == {
        "binding"
    }
    assert not any(parse(text).style for text in sample_prompts(50, 0, side, styled=0.0))
