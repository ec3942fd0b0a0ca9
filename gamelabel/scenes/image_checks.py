"""What the judge accepts as pictures: RGB, 64 x 64, 8 bits a channel."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

import numpy as np
from numpy.typing import NDArray

from gamelabel.scenes.draw import SIDE

Images = NDArray[np.uint8] | Sequence[Any]  # an array (N, 64, 64, 3), or PIL images or arrays
_EXPECTED = f"expected RGB, {SIDE} x {SIDE}, 8 bits a channel"
_RESIZE = f'.convert("RGB").resize(({SIDE}, {SIDE}), Image.Resampling.BOX)'


def stack_images(images: Images) -> NDArray[np.uint8]:
    """Return pictures as one array, uint8 (N, 64, 64, 3).

    Raises ValueError for any other size, mode or type, and says how to convert it.

    >>> from gamelabel.scenes.draw import draw
    >>> from gamelabel.scenes.grammar import parse
    >>> stack_images([draw(parse("a blue star"), seed) for seed in range(2)]).shape
    (2, 64, 64, 3)
    """
    if isinstance(images, np.ndarray) and images.ndim == 4:
        _check_array(images, "the stack of pictures")
        return images
    if hasattr(images, "mode") or (isinstance(images, np.ndarray) and images.ndim == 3):
        raise ValueError(
            "got one picture where several are expected: give [picture], "
            "or call verify(picture, prompt)"
        )
    for i, image in enumerate(images):
        _check_image(image, f"picture {i}")
    if not len(images):
        return np.zeros((0, SIDE, SIDE, 3), np.uint8)
    return np.stack([np.asarray(image) for image in images])


def _check_image(image: Any, name: str) -> None:
    if isinstance(image, np.ndarray):
        _check_array(image, name)
        if image.ndim != 3:
            raise ValueError(
                f"{name} has shape {image.shape}: give the stack itself, not a list of stacks"
            )
    elif hasattr(image, "mode"):
        _check_pil(image, name)
    else:
        kind = type(image).__name__
        raise ValueError(f"{name} is a {kind}; {_EXPECTED}: give a PIL image or a NumPy array")


def _check_pil(image: Any, name: str) -> None:
    if image.mode != "RGB" or image.size != (SIDE, SIDE):
        width, height = image.size
        raise ValueError(
            f"{name} is {image.mode}, {width} x {height}; {_EXPECTED}: use image{_RESIZE}"
        )


def _check_array(array: NDArray[Any], name: str) -> None:
    if array.dtype != np.uint8:
        cure = "(array * 255).round().astype(np.uint8) if its values lie in [0, 1]"
        raise ValueError(f"{name} has type {array.dtype}; {_EXPECTED} (uint8): use {cure}")
    if array.shape[-3:] != (SIDE, SIDE, 3):
        cure = f"np.asarray(Image.fromarray(picture){_RESIZE}) for each picture"
        if array.shape[-3:] == (3, SIDE, SIDE):
            cure = "np.moveaxis(array, -3, -1), which puts the channels last"
        raise ValueError(f"{name} has shape {array.shape}; {_EXPECTED}, channels last: use {cure}")
