import itertools
import subprocess
import sys
import zlib
from collections.abc import Iterator

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from gamelabel.scenes.draw import (
    BOUNDING_RADII,
    SIDE,
    SIZE_THRESHOLD,
    PlacedObject,
    draw,
    paint,
    place_objects,
    signed_distance,
)
from gamelabel.scenes.grammar import (
    SHAPES,
    Scene,
    all_prompts,
    all_scenes,
    parse,
    scene_prompt,
)
from gamelabel.scenes.prompt_split import sample_prompts, scene_split

a_scene = st.sampled_from(all_scenes())
a_seed = st.integers(0, 2**63 - 1)


@given(a_scene, a_seed)
@settings(max_examples=100, deadline=None)
def test_the_same_scene_and_seed_give_the_same_bytes(scene: Scene, seed: int) -> None:
    first = draw(scene, seed)
    assert first.dtype == np.uint8
    assert first.shape == (SIDE, SIDE, 3)
    assert first.tobytes() == draw(parse(scene_prompt(scene)), seed).tobytes()


def test_another_process_draws_the_same_bytes() -> None:
    code = (
        "import zlib; from gamelabel.scenes import draw, parse;"
        "print(zlib.crc32(draw(parse('three circles in the style of a comic book'), 5).tobytes()))"
    )
    process = subprocess.run(
        [sys.executable, "-c", code], capture_output=True, text=True, check=True
    )
    picture = draw(parse("three circles in the style of a comic book"), 5)
    assert int(process.stdout) == zlib.crc32(picture.tobytes())


def test_seeds_differ() -> None:
    scene = parse("a red circle")
    assert len({draw(scene, seed).tobytes() for seed in range(100)}) == 100
    assert (
        len(
            {(mark.x, mark.y, mark.r) for seed in range(100) for mark in place_objects(scene, seed)}
        )
        == 100
    )


def placed(n: int, seed: int) -> Iterator[tuple[Scene, list[PlacedObject]]]:
    for side in ("train", "held-out"):
        for i, text in enumerate(sample_prompts(n, seed, side)):
            yield parse(text), place_objects(parse(text), i)


N = [500, pytest.param(20_000, marks=pytest.mark.full)]


@pytest.mark.parametrize("n", N)
def test_marks_are_what_the_scene_asks_for(n: int) -> None:
    for scene, marks in placed(n, seed=1):
        assert len(marks) == len(scene.objects)
        for thing, mark in zip(scene.objects, marks, strict=True):
            assert mark.object.shape == thing.shape
            assert mark.object.colour == (thing.colour or mark.object.colour) != ""
            if len(marks) == 1:
                assert mark.object.size == (thing.size or mark.object.size)
                assert (mark.r < SIZE_THRESHOLD) == (mark.object.size == "small")
                assert abs(mark.r - SIZE_THRESHOLD) > 1.0


@pytest.mark.parametrize("n", N)
def test_marks_lie_inside_and_apart(n: int) -> None:
    for _, marks in placed(n, seed=2):
        for mark in marks:
            assert mark.reach == BOUNDING_RADII[mark.object.shape] * mark.r
            assert mark.reach + 1.0 < mark.x < SIDE - 1.0 - mark.reach
            assert mark.reach + 1.0 < mark.y < SIDE - 1.0 - mark.reach
        for a, b in itertools.combinations(marks, 2):
            assert np.hypot(a.x - b.x, a.y - b.y) >= a.reach + b.reach + 5.0 - 1e-9


@pytest.mark.parametrize("n", N)
def test_relations_hold_with_room_to_spare(n: int) -> None:
    for scene, marks in placed(n, seed=3):
        if not scene.relation:
            continue
        first, second = marks
        dx, dy = second.x - first.x, second.y - first.y
        along, across = (dy, dx) if scene.relation == "above" else (dx, dy)
        if scene.relation == "next to":
            along = abs(along)
            assert np.hypot(dx, dy) - first.reach - second.reach <= 9.0 + 1e-9
        assert along > 2.0 * abs(across)


def test_objects_next_to_each_other_are_on_either_side() -> None:
    scene = parse("a circle next to a star")
    sides = [a.x < b.x for a, b in (place_objects(scene, seed) for seed in range(200))]
    assert 50 < sum(sides) < 150


def combinations(marks: list[PlacedObject]) -> set[tuple]:
    """Everything that the split may hold out, read off the marks of one picture."""
    things = [mark.object for mark in marks]
    if len(things) == 1:
        return {(things[0].size, things[0].colour, things[0].shape)}
    if len({thing.shape for thing in things}) == 1:
        if len({thing.colour for thing in things}) > 1:
            return set()
        return {(len(things), things[0].colour, things[0].shape)}
    return {(a.colour, a.shape, b.shape) for a, b in itertools.permutations(things, 2)}


@pytest.mark.parametrize("n", N)
def test_held_out_combinations_are_never_drawn_for_training_scenes(n: int) -> None:
    trained: set[tuple] = set()
    for text in sample_prompts(n, 4, "train"):
        marks = place_objects(parse(text), len(trained))
        trained |= combinations(marks)
        assert (
            scene_split(Scene(parse(text).family, tuple(mark.object for mark in marks))) == "train"
        )
    for i, text in enumerate(sample_prompts(n, 5, "held-out")):
        held = combinations(place_objects(parse(text), i))
        assert held - trained, f"{text!r} shows nothing that training has not shown"


@pytest.mark.full
def test_every_prompt_can_be_drawn() -> None:
    for text in all_prompts():
        assert draw(parse(text), 0).shape == (SIDE, SIDE, 3)


@pytest.mark.parametrize("shape", SHAPES)
def test_a_shape_reaches_to_its_bounding_circle_and_not_beyond(shape: str) -> None:
    y, x = np.mgrid[-1.5:1.5:601j, -1.5:1.5:601j].astype(np.float32)
    inside = signed_distance(shape, x, y, 1.0) < 0
    assert np.hypot(x, y)[inside].max() == pytest.approx(BOUNDING_RADII[shape], abs=0.01)


def test_marks_in_words() -> None:
    """A mark of each style is painted where it says, and only there."""
    mark = PlacedObject(parse("a red circle").objects[0], 20.0, 40.0, 8.0, 0.0)
    for style in ("", "chalk drawing", "crayon drawing", "comic book"):
        picture = paint([mark], style, 0).astype(int)
        chroma = picture.max(2) - picture.min(2)
        assert chroma[40, 20] > 60
        assert chroma[:28].max() < 40 and chroma[:, 32:].max() < 40
