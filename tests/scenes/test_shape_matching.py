import numpy as np
import pytest

from gamelabel.scenes.shape_matching import match_shapes


def test_what_lies_beyond_the_window_lowers_the_overlap() -> None:
    """A square of 400 pixels, and as many near the edges: half of the patch is beyond the window.

    A template of 800 pixels that contains the square overlaps by about 400 / 800.
    """
    cover = np.zeros((1, 65, 65), np.float32)
    cover[0, 22:42, 22:42] = 1
    cover[0, 7:57, :4] = cover[0, 7:57, 60:64] = 1
    patches = np.ones((1, 65, 65), np.int32)
    centre, area = np.array([31.5]), np.array([800.0])
    shape, overlap, _ = match_shapes(cover, patches, np.array([0]), centre, centre, area)
    assert overlap == pytest.approx(0.5, abs=0.05) and shape == [-1]
