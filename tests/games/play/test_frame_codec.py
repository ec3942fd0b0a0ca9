"""Frame messages: lossless for any pictures, and what a receiver does with what is malformed."""

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from numpy.typing import NDArray

from gamelabel.games.play.frame_codec import HEADER, FrameDecoder, encode
from gamelabel.games.play.pictures import ColorTable, ScreenPicture


@settings(max_examples=60, deadline=None)
@given(
    seed=st.integers(0, 2**32 - 1),
    height=st.integers(1, 30),
    width=st.integers(1, 30),
    colors=st.sampled_from([1, 2, 16, 250, 256, 300]),
    changed=st.sampled_from([0.0, 0.01, 0.3, 1.0]),
)
def test_any_sequence_of_pictures_arrives_as_it_was_sent(
    seed: int, height: int, width: int, colors: int, changed: float
) -> None:
    rng = np.random.default_rng(seed)
    table, decoder, previous = ColorTable(), FrameDecoder(), None
    palette = rng.integers(0, 256, (colors, 3), np.uint8)
    rgb = palette[rng.integers(0, max(colors // 2, 1), (height, width))]
    for frame in range(6):
        mask = rng.random((height, width)) < changed
        rgb = np.where(mask[..., None], palette[rng.integers(0, colors, (height, width))], rgb)
        picture = table.picture(rgb)
        message = encode(picture, previous, frame)
        previous = picture
        assert np.array_equal(decoder.decode(message), rgb)
        assert decoder.frame == frame


def random_picture(colors: int, shape: tuple[int, int] = (20, 30)) -> NDArray[np.uint8]:
    rng = np.random.default_rng(colors)
    return rng.integers(0, 256, (colors, 3), np.uint8)[rng.integers(0, colors, shape)]


def test_more_colors_than_a_palette_has_are_sent_as_png() -> None:
    table = ColorTable()
    first = table.picture(random_picture(100))
    second = table.picture(np.arange(1800, dtype=np.uint32).reshape(20, 30, 3).astype(np.uint8))
    third = table.picture(random_picture(2000, (40, 60)))
    assert (first.palette is None, third.palette is None) == (False, True)
    decoder = FrameDecoder()
    assert np.array_equal(decoder.decode(encode(first, None, 0)), first.rgb())
    assert np.array_equal(decoder.decode(encode(second, first, 1)), second.rgb())
    assert np.array_equal(decoder.decode(encode(third, second, 2)), third.rgb())
    assert encode(third, third, 3)[0] == 0


def test_another_size_is_sent_whole() -> None:
    table = ColorTable()
    small, large = table.picture(random_picture(5)), table.picture(random_picture(5, (40, 40)))
    decoder = FrameDecoder()
    decoder.decode(encode(small, None, 0))
    assert np.array_equal(decoder.decode(encode(large, small, 1)), large.rgb())


def test_an_earlier_picture_does_not_change_with_later_ones() -> None:
    table = ColorTable()
    first = table.picture(random_picture(5))
    before = first.rgb().copy()
    table.picture(random_picture(6))
    assert np.array_equal(first.rgb(), before)


def test_what_does_not_follow_is_refused() -> None:
    pixels = np.zeros((4, 4), np.uint8)
    picture = ScreenPicture(pixels, np.zeros((1, 3), np.uint8))
    change = encode(picture, picture, 1)
    with pytest.raises(ValueError, match="frame 1 is a change, but the picture before is missing"):
        FrameDecoder().decode(change)
    with pytest.raises(ValueError, match="has at least 11 bytes, not 3"):
        FrameDecoder().decode(b"abc")
    with pytest.raises(ValueError, match="of kind 9"):
        FrameDecoder().decode(HEADER.pack(9, 1, 4, 4, 0))
