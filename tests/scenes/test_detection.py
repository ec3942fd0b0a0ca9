import warnings

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from gamelabel.scenes.detection import MAX_OBJECTS, detect_objects
from gamelabel.scenes.draw import (
    BOUNDING_RADII,
    SIDE,
    SIZE_THRESHOLD,
    PlacedObject,
    paint,
    place_objects,
)
from gamelabel.scenes.grammar import COLOURS, SHAPES, STYLES, SceneObject, parse
from gamelabel.scenes.patches import MIN_PATCH_PIXELS
from gamelabel.scenes.prompt_split import sample_prompts

WHITE = np.full((SIDE, SIDE, 3), 250, np.uint8)
BLUE, RED = (30, 80, 200), (210, 30, 40)


def sample(n: int, seed: int) -> list[tuple[list[PlacedObject], str, np.ndarray]]:
    scenes = [parse(text) for text in sample_prompts(n, seed, style_share=0.6)]
    marks = [place_objects(scene, seed + i) for i, scene in enumerate(scenes)]
    return [
        (m, s.style, paint(m, s.style, seed + i))
        for i, (m, s) in enumerate(zip(marks, scenes, strict=True))
    ]


@pytest.mark.parametrize("n", [300, pytest.param(5_000, marks=pytest.mark.full)])
def test_objects_are_found_where_they_were_drawn(n: int) -> None:
    cases = sample(n, seed=5)
    result = detect_objects([picture for *_, picture in cases])
    for i, (marks, style, _) in enumerate(cases):
        assert result.style_name(i) == style
        assert result.count[i] == len(marks)
        for detected in result.objects(i):
            mark = min(marks, key=lambda m: np.hypot(m.x - detected.x, m.y - detected.y))
            assert (detected.shape, detected.colour) == (mark.object.shape, mark.object.colour)
            assert (detected.size == "small") == (mark.r < SIZE_THRESHOLD)
            assert np.hypot(mark.x - detected.x, mark.y - detected.y) < 0.5
            assert detected.r == pytest.approx(mark.r, abs=0.1 + 0.06 * mark.r)
            assert detected.overlap > 0.94


def test_objects_come_largest_first() -> None:
    picture = WHITE.copy()
    for top, side in ((4, 9), (20, 22), (46, 15)):
        picture[top : top + side, 10 : 10 + side] = BLUE
    rows = [
        (detected.shape, round(detected.r * 2 * 0.82), detected.y)
        for detected in detect_objects([picture]).objects(0)
    ]
    assert rows == [("square", 22, 30.5), ("square", 15, 53.0), ("square", 9, 8.0)]


@given(
    st.sampled_from(SHAPES),
    st.sampled_from(COLOURS),
    st.sampled_from(("", *STYLES)),
    st.floats(7.0, 18.0),
    st.floats(0.0, 2 * np.pi),
    st.floats(0.0, 1.0),
    st.floats(0.0, 1.0),
    st.integers(0, 2**32),
)
@settings(max_examples=200, deadline=None)
def test_objects_are_detected_at_any_place_and_angle(
    shape, colour, style, r, tilt, across, down, seed
) -> None:
    reach = BOUNDING_RADII[shape] * r + 3.0
    x, y = (reach + share * (SIDE - 1 - 2 * reach) for share in (across, down))
    result = detect_objects(
        [paint([PlacedObject(SceneObject(shape, colour), x, y, r, tilt)], style, seed)]
    )
    assert [(detected.shape, detected.colour) for detected in result.objects(0)] == [
        (shape, colour)
    ]
    assert result.style_name(0) == style


@given(st.integers(0, 2**32), st.integers(1, 30))
@settings(max_examples=60, deadline=None)
def test_detection_does_not_depend_on_the_batch(seed: int, boxes: int) -> None:
    rng = np.random.default_rng(seed)
    pictures = rng.integers(0, 256, (4, SIDE, SIDE, 3), dtype=np.uint8)
    for picture in pictures[1:]:
        picture[:] = rng.integers(0, 256, 3)
        for _ in range(boxes):
            (x, y), (w, h) = rng.integers(0, SIDE, 2), rng.integers(1, 30, 2)
            picture[y : y + h, x : x + w] = rng.integers(0, 256, 3)
    with warnings.catch_warnings():
        warnings.simplefilter("error")
        together = detect_objects(pictures)
    for name, column in vars(together).items():
        alone = np.concatenate([getattr(detect_objects([picture]), name) for picture in pictures])
        np.testing.assert_allclose(alone, column, rtol=1e-5, err_msg=name)
    for i in range(len(pictures)):
        for detected in together.objects(i):
            assert (
                0 <= detected.x <= SIDE
                and 0 <= detected.y <= SIDE
                and detected.r > 0
                and 0 <= detected.overlap <= 1
            )


def test_an_empty_picture_shows_nothing() -> None:
    result = detect_objects(np.stack([WHITE, np.zeros_like(WHITE)]))
    assert result.count.tolist() == [0, 0]
    assert result.objects(0) == result.objects(1) == []
    assert [result.style_name(0), result.style_name(1)] == ["", "chalk drawing"]


def test_specks_are_not_objects() -> None:
    picture = WHITE.copy()
    picture[10, 10 : 10 + MIN_PATCH_PIXELS - 1] = BLUE
    assert detect_objects([picture]).count[0] == 0
    picture[10, 10 : 10 + MIN_PATCH_PIXELS] = BLUE
    assert [detected.shape for detected in detect_objects([picture]).objects(0)] == [""]


def boxed(**boxes: tuple[slice, slice]) -> np.ndarray:
    picture = WHITE.copy()
    for colour, where in boxes.items():
        picture[where] = {"blue": BLUE, "red": RED}[colour]
    return picture


def test_an_object_of_two_colors_has_neither_color() -> None:
    picture = boxed(blue=(slice(20, 40), slice(20, 40)), red=(slice(20, 40), slice(30, 40)))
    assert [
        (detected.shape, detected.colour) for detected in detect_objects([picture]).objects(0)
    ] == [("square", "")]


MALFORMED = {
    "ring": lambda x, y: (np.hypot(x, y) < 12) & (np.hypot(x, y) > 6),
    "half circle": lambda x, y: (np.hypot(x, y) < 12) & (y > 0),
    "bar": lambda x, y: (abs(x) < 16) & (abs(y) < 8),
    "ellipse": lambda x, y: np.hypot(x / 1.35, y * 1.35) < 11,
    "cross": lambda x, y: (np.maximum(abs(x), abs(y)) < 14) & (np.minimum(abs(x), abs(y)) < 4),
    "two circles": lambda x, y: np.minimum(np.hypot(x - 9, y), np.hypot(x + 9, y)) < 10,
    "angle": lambda x, y: (np.maximum(abs(x), abs(y)) < 12) & ~((x > 0) & (y < 0)),
    "line": lambda x, y: (abs(x) < 28) & (abs(y) < 2),
}


@pytest.mark.parametrize("name", MALFORMED)
def test_malformed_objects_have_an_unclear_shape(name: str) -> None:
    y, x = np.mgrid[0:SIDE, 0:SIDE] - 31.5
    picture = WHITE.copy()
    picture[MALFORMED[name](x, y)] = BLUE
    assert [
        (detected.shape, detected.colour) for detected in detect_objects([picture]).objects(0)
    ] == [("", "blue")]


def test_a_limited_number_of_objects_is_described_and_all_are_counted() -> None:
    picture = WHITE.copy()
    for i in range(9):
        top, left = 4 + 20 * (i // 3), 4 + 20 * (i % 3)
        picture[top : top + 12, left : left + 12] = RED
    result = detect_objects([picture])
    assert result.count[0] == 9
    assert [detected.shape for detected in result.objects(0)] == ["square"] * MAX_OBJECTS
