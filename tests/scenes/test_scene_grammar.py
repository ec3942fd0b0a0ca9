from collections import Counter

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from rapidfuzz.distance import Levenshtein

from gamelabel.scenes.grammar import (
    COLOURS,
    FAMILIES,
    SHAPES,
    SIZES,
    Scene,
    SceneObject,
    UnknownPrompt,
    all_prompts,
    all_scenes,
    nearest_prompt,
    normalize_prompt,
    parse,
    scene_prompt,
    vocabulary,
    wordings,
)

PROMPTS = list(all_prompts())
a_prompt = st.sampled_from(PROMPTS)


def test_there_are_at_least_ten_thousand_prompts() -> None:
    assert len(PROMPTS) >= 10_000
    assert {scene.family for scene in all_scenes()} == set(FAMILIES)


def test_parse_and_write_are_inverse() -> None:
    scenes = all_scenes()
    assert len(set(scenes)) == len(scenes)
    assert all(parse(scene_prompt(scene)) == scene for scene in scenes)


def test_every_wording_means_one_scene() -> None:
    texts = Counter(text for scene in all_scenes() for text in wordings(scene))
    assert max(texts.values()) == 1
    assert texts.keys() == all_prompts().keys()
    assert all(text in wordings(parse(text)) and normalize_prompt(text) == text for text in PROMPTS)


@pytest.mark.parametrize(
    ("prompt", "scene"),
    [
        ("a red circle", Scene("single", (SceneObject("circle", "red"),))),
        ("a little orange star", Scene("single", (SceneObject("star", "orange", "small"),))),
        ("two squares", Scene("count", (SceneObject("square"),) * 2)),
        (
            "a circle and a green star",
            Scene("two", (SceneObject("circle"), SceneObject("star", "green"))),
        ),
        (
            "a star under a circle",
            Scene("position", (SceneObject("circle"), SceneObject("star")), "above"),
        ),
        (
            "a star right of a circle",
            Scene("position", (SceneObject("circle"), SceneObject("star")), "left of"),
        ),
        (
            "an orange square beside a blue circle in the style of a comic book",
            Scene(
                "position",
                (SceneObject("circle", "blue"), SceneObject("square", "orange")),
                "next to",
                "comic book",
            ),
        ),
        (
            "a yellow triangle and a blue circle",
            Scene("binding", (SceneObject("circle", "blue"), SceneObject("triangle", "yellow"))),
        ),
    ],
)
def test_prompts_mean_what_they_say(prompt: str, scene: Scene) -> None:
    assert parse(prompt) == scene


@given(a_prompt, st.data())
def test_case_spaces_and_full_stops_are_ignored(prompt: str, data: st.DataObject) -> None:
    space = data.draw(st.sampled_from((" ", "  ", "\t", "\n")))
    loud = space.join(prompt.title().split()) + data.draw(st.sampled_from(("", ".", " .", " ")))
    assert parse(loud) == parse(prompt)


@given(st.text(max_size=60))
@settings(max_examples=25, deadline=None)
def test_any_other_text_is_refused_with_a_prompt_that_is_not(text: str) -> None:
    if normalize_prompt(text) in all_prompts():
        return
    with pytest.raises(UnknownPrompt) as error:
        parse(text)
    assert error.value.prompt == text
    assert parse(error.value.nearest)


def test_an_error_names_unknown_words_and_the_nearest_prompt() -> None:
    with pytest.raises(UnknownPrompt, match="unknown words: dog; the nearest prompt is"):
        parse("a red dog")
    with pytest.raises(UnknownPrompt, match="its words are known, their order is not"):
        parse("red a circle")
    assert issubclass(UnknownPrompt, ValueError)


@given(a_prompt, st.integers(0, 10**6))
@settings(max_examples=25, deadline=None)
def test_the_nearest_prompt_of_a_typing_error_is_the_original(prompt: str, where: int) -> None:
    at = where % len(prompt)
    slipped = prompt[:at] + "#" + prompt[at + 1 :]
    assert (
        Levenshtein.distance(nearest_prompt(slipped), normalize_prompt(slipped)) <= 1
    )  # another prompt may lie as near


def test_the_vocabulary_is_small_and_complete() -> None:
    words = set(vocabulary())
    assert {*SHAPES, *COLOURS, *SIZES} <= words
    assert all(word in words for text in PROMPTS for word in text.split())
    assert len(words) < 60
