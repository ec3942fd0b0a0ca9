from dataclasses import replace

import numpy as np
import pytest
from PIL import Image
from scipy import ndimage

from gamelabel.scenes.draw import PlacedObject, draw, paint
from gamelabel.scenes.grammar import SceneObject, UnknownPrompt, all_prompts, parse
from gamelabel.scenes.prompt_split import sample_prompts
from gamelabel.scenes.verify import ADHERENCE_PARTS, adherence, verify, verify_batch
from tests.scenes.altered import altered, jpeg, noisy

WHOLE = pytest.mark.full
RED_CIRCLE = PlacedObject(SceneObject("circle", "red"), 18.0, 20.0, 9.0, 0.0)
BLUE_STAR = PlacedObject(SceneObject("star", "blue"), 44.0, 22.0, 9.0, 0.1)


def drawn(n: int, seed: int, styled: float = 0.5) -> tuple[np.ndarray, list[str]]:
    """n pictures of training prompts and as many of held-out ones, with their prompts."""
    texts = sample_prompts(n, seed, "train", style_share=styled) + sample_prompts(
        n, seed, "held-out", style_share=styled
    )
    return np.stack([draw(parse(text), seed + i) for i, text in enumerate(texts)]), texts


@pytest.mark.parametrize("n", [500, pytest.param(10_000, marks=WHOLE)])
def test_every_drawn_scene_fits(n: int) -> None:
    pictures, texts = drawn(n, seed=n)
    fits, score = adherence(pictures, texts)
    assert [text for text, fit in zip(texts, fits, strict=True) if not fit] == []
    assert (score == 1.0).all()


@WHOLE
def test_one_drawing_of_every_prompt_fits() -> None:
    texts = list(all_prompts())
    for start in range(0, len(texts), 1000):
        batch = texts[start : start + 1000]
        fits, _ = adherence(np.stack([draw(parse(text), start) for text in batch]), batch)
        assert [text for text, fit in zip(batch, fits, strict=True) if not fit] == []


@pytest.mark.parametrize("n", [600, pytest.param(6_000, marks=WHOLE)])
def test_scenes_altered_in_one_attribute_are_judged_like_the_oracle(n: int) -> None:
    cases = list(altered(n, seed=n))
    assert {case.kind for case in cases} == {
        "colour",
        "shape",
        "size",
        "number",
        "relation",
        "style",
    }
    assert sum(not case.fits for case in cases) > 0.75 * n
    fits, _ = adherence(np.stack([case.picture for case in cases]), [case.prompt for case in cases])
    misjudged = [
        (case.prompt, case.kind) for case, fit in zip(cases, fits, strict=True) if fit != case.fits
    ]
    assert misjudged == []


@pytest.mark.parametrize("n", [300, pytest.param(5_000, marks=WHOLE)])
@pytest.mark.parametrize("harm", ["jpeg", "noise", "blur"])
def test_verdicts_are_steady(harm: str, n: int) -> None:
    pictures, texts = drawn(n, seed=7)
    if harm == "jpeg":
        pictures = np.stack([jpeg(picture) for picture in pictures])
    elif harm == "noise":
        pictures = noisy(pictures, 4.0, seed=0)
    else:
        pictures = (
            ndimage.gaussian_filter(pictures.astype(np.float32), (0, 0.7, 0.7, 0))
            .round()
            .astype(np.uint8)
        )
    assert adherence(pictures, texts)[0].mean() >= 0.995


def test_noise_and_compression_do_not_make_altered_scenes_fit() -> None:
    cases = [case for case in altered(600, seed=3) if not case.fits]
    texts = [case.prompt for case in cases]
    for pictures in (
        np.stack([jpeg(c.picture) for c in cases]),
        noisy(np.stack([c.picture for c in cases]), 4.0, 1),
    ):
        assert adherence(pictures, texts)[0].mean() <= 0.002


def test_the_verdict_does_not_depend_on_the_batch() -> None:
    pictures, texts = drawn(100, seed=1)
    texts = texts[1:] + texts[:1]
    together = verify_batch(pictures, texts)
    assert [
        verify(picture, text) for picture, text in zip(pictures, texts, strict=True)
    ] == together
    fits, score = adherence(pictures, texts)
    assert [v.fits for v in together] == fits.tolist()
    assert [v.score for v in together] == score.tolist()


def test_score_parts_and_words_agree() -> None:
    pictures, texts = drawn(300, seed=2)
    for verdict in verify_batch(pictures, texts[3:] + texts[:3]) + verify_batch(pictures, texts):
        assert 0.0 <= verdict.score <= 1.0
        assert verdict.fits == (verdict.score == 1.0) == (verdict.faults == ())
        assert set(verdict.parts) <= set(ADHERENCE_PARTS)
        assert verdict.score == pytest.approx(np.mean(list(verdict.parts.values())))


def test_parts_are_those_that_the_prompt_asks_for() -> None:
    picture = paint([RED_CIRCLE], "", 0)
    assert set(verify(picture, "a red circle").parts) == {"count", "shapes", "colours"}
    assert set(verify(picture, "a small red circle").parts) == {
        "count",
        "shapes",
        "colours",
        "sizes",
    }
    assert set(verify(picture, "two circles").parts) == {"count", "shapes"}
    assert set(verify(picture, "a star above a circle").parts) == {"count", "shapes", "relation"}
    styled = verify(picture, "a red circle in the style of a chalk drawing")
    assert styled.parts == {"count": 1.0, "shapes": 1.0, "colours": 1.0, "style": 0.0}
    assert styled.score == 0.75


BLUE_CIRCLE = PlacedObject(SceneObject("circle", "blue"), 18.0, 44.0, 8.0, 0.0)
WORDS = [
    ([RED_CIRCLE], "", "a red circle", ()),
    ([RED_CIRCLE], "", "a blue circle", ("the circle is red, not blue",)),
    ([RED_CIRCLE], "", "a red square", ("there is a circle, not a square",)),
    ([RED_CIRCLE], "", "a large red circle", ("the circle is small, not large",)),
    ([RED_CIRCLE], "", "a red circle and a star", ("there is no star",)),
    ([], "", "a red circle", ("there is no circle",)),
    ([RED_CIRCLE, BLUE_STAR], "", "a red circle", ("there is a blue star besides",)),
    ([RED_CIRCLE, BLUE_CIRCLE], "", "three circles", ("2 circles, not 3",)),
    ([], "", "three circles", ("no circles, not 3",)),
    ([RED_CIRCLE, BLUE_CIRCLE], "", "two red circles", ("a circle is blue, not red",)),
    (
        [RED_CIRCLE, BLUE_STAR],
        "",
        "two circles",
        ("1 circle, not 2", "there is a blue star besides"),
    ),
    ([RED_CIRCLE, BLUE_STAR], "", "a circle left of a star", ()),
    ([RED_CIRCLE, BLUE_STAR], "", "a circle next to a star", ()),
    (
        [RED_CIRCLE, BLUE_STAR],
        "",
        "a circle above a star",
        ("the circle is left of the star, not above it",),
    ),
    (
        [RED_CIRCLE, BLUE_STAR],
        "",
        "a star left of a circle",
        ("the star is right of the circle, not left of it",),
    ),
    (
        [RED_CIRCLE, BLUE_STAR],
        "comic book",
        "a red circle and a blue star in the style of a chalk drawing",
        ("the style is that of a comic book, not that of a chalk drawing",),
    ),
    (
        [RED_CIRCLE],
        "",
        "a red circle in the style of a crayon drawing",
        ("the style is plain, not that of a crayon drawing",),
    ),
]


@pytest.mark.parametrize(("marks", "style", "prompt", "wrong"), WORDS)
def test_what_is_wrong_in_words(
    marks: list[PlacedObject], style: str, prompt: str, wrong: tuple[str, ...]
) -> None:
    assert verify(paint(marks, style, 0), prompt).faults == wrong


def test_distant_objects_are_not_next_to_each_other() -> None:
    far = [
        PlacedObject(SceneObject("circle", "red"), 10.0, 32.0, 7.0, 0.0),
        PlacedObject(SceneObject("star", "blue"), 53.0, 32.0, 7.0, 0.0),
    ]
    assert verify(paint(far, "", 0), "a circle next to a star").faults == (
        "the circle is far from the star, not next to it",
    )


def test_touching_objects_are_one_unclear_shape() -> None:
    touching = [
        PlacedObject(SceneObject("circle", "red"), 22.0, 32.0, 9.0, 0.0),
        PlacedObject(SceneObject("circle", "red"), 38.0, 32.0, 9.0, 0.0),
    ]
    verdict = verify(paint(touching, "", 0), "two red circles")
    assert verdict.faults == ("no circles, not 2", "there is an unclear red shape besides")
    assert verdict.parts["count"] == 0.5


def test_objects_beyond_those_described_still_count() -> None:
    spots = [(12.0 + 19.0 * i, 12.0 + 19.0 * j) for i in range(3) for j in range(3)]
    marks = [PlacedObject(SceneObject("circle", "red"), x, y, 6.5, 0.0) for x, y in spots[:8]]
    verdict = verify(paint(marks, "", 0), "four red circles")
    assert verdict.faults == ("6 circles, not 4", "there are 2 further objects")
    assert verdict.parts["count"] == 0.5


def test_a_pil_image_is_judged_like_its_array() -> None:
    picture = paint([RED_CIRCLE], "", 0)
    assert verify(Image.fromarray(picture), "A red  circle.") == verify(picture, "a red circle")
    assert verify_batch([Image.fromarray(picture), picture], ["a red circle"] * 2)[0].fits


def test_an_empty_batch_has_no_verdicts() -> None:
    assert verify_batch([], []) == []


GOOD = np.zeros((64, 64, 3), np.uint8)


@pytest.mark.parametrize(
    ("image", "says"),
    [
        (Image.new("RGB", (512, 512)), r"RGB, 512 x 512; expected RGB, 64 x 64.*resize"),
        (Image.new("L", (64, 64)), r"picture 0 is L, 64 x 64; .*convert\(\"RGB\"\)"),
        (GOOD.astype(np.float32), r"float32; .*uint8"),
        (np.zeros((3, 64, 64), np.uint8), r"\(3, 64, 64\).*moveaxis"),
        (np.zeros((64, 64), np.uint8), r"\(64, 64\).*convert\(\"RGB\"\)"),
        (np.zeros((1, 64, 64, 3), np.uint8), r"\(1, 64, 64, 3\)"),
        ("picture.png", r"is a str; .*PIL image or a NumPy array"),
    ],
)
def test_an_invalid_picture_is_refused_with_advice(image: object, says: str) -> None:
    with pytest.raises(ValueError, match=says):
        verify(image, "a red circle")


def test_a_stack_that_cannot_be_judged_is_refused() -> None:
    with pytest.raises(ValueError, match=r"moveaxis"):
        verify_batch(np.zeros((2, 3, 64, 64), np.uint8), ["a red circle"] * 2)
    with pytest.raises(ValueError, match=r"one picture where several"):
        verify_batch(GOOD, ["a red circle"])
    with pytest.raises(ValueError, match=r"one prompt where several"):
        verify_batch([GOOD], "a red circle")
    with pytest.raises(ValueError, match=r"1 pictures but 2 prompts"):
        verify_batch([GOOD], ["a red circle"] * 2)


def test_a_prompt_outside_the_grammar_names_the_nearest() -> None:
    with pytest.raises(UnknownPrompt, match=r"unknown words: dog; the nearest prompt is") as error:
        verify(GOOD, "a red dog")
    assert error.value.nearest in all_prompts()


@pytest.mark.parametrize(("gap", "near"), [(15.0, True), (17.5, False)])
def test_next_to_each_other_has_a_limit(gap: float, near: bool) -> None:
    circle = PlacedObject(SceneObject("circle", "red"), 12.0, 32.0, 7.0, 0.0)
    star = PlacedObject(SceneObject("star", "blue"), 0.0, 32.0, 7.0, 0.0)
    star = replace(star, x=circle.x + circle.reach + star.reach + gap)
    assert verify(paint([circle, star], "", 0), "a circle next to a star").fits == near


def test_of_several_objects_that_in_the_relation_is_matched() -> None:
    above = PlacedObject(SceneObject("circle", "red"), 32.0, 10.0, 7.0, 0.0)
    star = PlacedObject(SceneObject("star", "blue"), 32.0, 30.0, 7.0, 0.0)
    larger_below = PlacedObject(SceneObject("circle", "red"), 32.0, 52.0, 9.0, 0.0)
    verdict = verify(paint([above, star, larger_below], "", 0), "a circle above a star")
    assert verdict.parts["relation"] == 1.0
    assert verdict.faults == ("there is a red circle besides",)
