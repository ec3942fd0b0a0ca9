"""Scene and seed -> picture: shapes of varied position, size, tilt, tint and background."""

from __future__ import annotations

import zlib
from collections.abc import Sequence
from dataclasses import dataclass, replace
from typing import Any

import numpy as np
from numpy.typing import NDArray

from gamelabel.scenes.grammar import COLOURS, SIZES, Scene, SceneObject, scene_prompt
from gamelabel.scenes.prompt_split import scene_split

SIDE = 64  # pixels
HUES = dict(zip(COLOURS, (358.0, 27.0, 53.0, 130.0, 220.0, 283.0), strict=True))  # degrees
# Radius of the bounding circle of each shape, the nominal radius being 1.
BOUNDING_RADII = {"circle": 1.0, "square": 1.16, "triangle": 1.2, "star": 1.25}
SIZE_THRESHOLD = 11.0  # nominal radius in pixels; smaller objects are "small"
_RADII = {"small": (6.5, 9.0), "large": (13.5, 18.0)}
# By number of objects, so that any of them fit beside each other.
_RADII_BY_NUMBER = {2: (8.0, 10.5), 3: (7.0, 9.5), 4: (6.5, 8.5)}
_GAP = 5.0  # least distance in pixels between bounding circles
_CRAYON_RIM = 2.2  # width in pixels of the crayon's strong edge
_CRAYON_INK = 0.6  # share of ink inside a crayon's shape; the rest is paper
_Y, _X = np.mgrid[0:SIDE, 0:SIDE].astype(np.float32)

Image = NDArray[np.uint8]
Points = NDArray[np.float64]


@dataclass(frozen=True)
class PlacedObject:
    """An object with everything decided that the prompt leaves open.

    Attributes
    ----------
    object : SceneObject
        The object, with a colour; with a size if it is alone.
    x, y : float
        Centre, pixels.
    r : float
        Nominal radius, pixels.
    tilt : float
        Clockwise rotation, radians.
    """

    object: SceneObject
    x: float
    y: float
    r: float
    tilt: float

    @property
    def reach(self) -> float:
        """Radius of the bounding circle, pixels."""
        return BOUNDING_RADII[self.object.shape] * self.r


def signed_distance(shape: str, x: NDArray[Any], y: NDArray[Any], r: float) -> NDArray[Any]:
    """Return the distance of points to the edge of a shape centred at the origin.

    Parameters
    ----------
    shape : str
        One of `SHAPES`.
    x, y : ndarray
        Coordinates of the points, pixels, y downwards; both of the same shape.
    r : float
        Nominal radius, pixels.

    Returns
    -------
    ndarray
        Distances in pixels, negative inside, of the shape of `x`.

    Examples
    --------
    >>> signed_distance("circle", np.array([0.0, 3.0]), np.array([0.0, 4.0]), 2.0)
    array([-2.,  3.])
    """
    if shape == "circle":
        return np.asarray(np.sqrt(x * x + y * y) - r)
    if shape == "square":
        return np.asarray(np.maximum(np.abs(x), np.abs(y)) - 0.82 * r)
    if shape == "triangle":
        return np.asarray(np.maximum(y, np.abs(x) * 0.8660254 - y * 0.5) - 0.6 * r)
    # a star is one edge of one point, folded ten times about the centre
    radius, angle = np.sqrt(x * x + y * y), np.arctan2(x, -y)
    fold = np.abs((angle + np.pi / 5) % (2 * np.pi / 5) - np.pi / 5)
    outer, inner = 1.25 * r, 0.5 * 1.25 * r
    edge_x, edge_y = inner * np.cos(np.pi / 5) - outer, inner * np.sin(np.pi / 5)
    length = float(np.hypot(edge_x, edge_y))
    across = (radius * np.cos(fold) - outer) * edge_y - radius * np.sin(fold) * edge_x
    return np.asarray(across / length)


def _fill_open_attributes(scene: Scene, rng: np.random.Generator) -> Scene:
    """Choose what a prompt leaves open (colours, size) without leaving its side of the split."""
    side = scene_split(scene)
    alone = len(scene.objects) == 1
    while True:
        objects = tuple(
            replace(
                item,
                colour=item.colour or COLOURS[rng.integers(len(COLOURS))],
                size=item.size or (SIZES[rng.integers(2)] if alone else ""),
            )
            for item in scene.objects
        )
        filled = replace(scene, objects=objects)
        if scene_split(filled) == side:
            return filled


def _random_centres(reaches: Sequence[float], rng: np.random.Generator) -> Points:
    """Draw centres (n, 2) whose bounding circles keep their distance, candidates in batches."""
    n, reach = len(reaches), np.asarray(reaches)
    a, b = np.triu_indices(n, 1)
    least = (reach[a] + reach[b] + _GAP) ** 2
    margin, room = (reach + 2.0)[:, None], (SIDE - 4.0 - 2.0 * reach)[:, None]
    while True:
        centres = margin + rng.random((8 * n, n, 2)) * room
        apart = (((centres[:, a] - centres[:, b]) ** 2).sum(2) >= least).all(1)
        if apart.any():
            return np.asarray(centres[apart.argmax()])


def _related_centres(relation: str, reaches: Sequence[float], rng: np.random.Generator) -> Points:
    """Draw centres (2, 2) of two objects in a relation, well within its 45 degrees."""
    a, b = reaches
    while True:
        gap = rng.uniform(_GAP, 9.0 if relation == "next to" else 14.0)
        turn = rng.uniform(-0.4, 0.4)
        along, across = (a + b + gap) * np.cos(turn), (a + b + gap) * np.sin(turn)
        step = np.array((across, along) if relation == "above" else (along, across))
        if relation == "next to" and rng.random() < 0.5:
            step = -step
        low = np.maximum(a + 2.0, b + 2.0 - step)
        high = np.minimum(SIDE - a - 2.0, SIDE - b - 2.0 - step)
        if (low <= high).all():
            start = low + rng.random(2) * (high - low)
            return np.stack((start, start + step))


def place_objects(scene: Scene, seed: int) -> list[PlacedObject]:
    """Choose where and how the objects of a scene stand; the same scene and seed give the same.

    >>> from gamelabel.scenes.grammar import parse
    >>> first, second = place_objects(parse("a circle above a star"), seed=0)
    >>> first.y < second.y
    True
    """
    rng = np.random.default_rng((zlib.crc32(scene_prompt(scene).encode()), seed))
    objects = _fill_open_attributes(scene, rng).objects
    ranges = [_RADII.get(item.size) or _RADII_BY_NUMBER[len(objects)] for item in objects]
    radii = [rng.uniform(low, high) for low, high in ranges]
    reaches = [BOUNDING_RADII[item.shape] * r for item, r in zip(objects, radii, strict=True)]
    if scene.relation:
        centres = _related_centres(scene.relation, reaches, rng)
    else:
        centres = _random_centres(reaches, rng)
    tilts = rng.uniform(-0.14, 0.14, len(objects))
    return [
        PlacedObject(item, x, y, r, tilt)
        for item, (x, y), r, tilt in zip(objects, centres.tolist(), radii, tilts, strict=True)
    ]


def _rgb(hue: float, saturation: float, value: float) -> NDArray[np.float32]:
    k = (np.array((5.0, 3.0, 1.0)) + hue / 60.0) % 6.0
    ramp = np.clip(np.minimum(k, 4.0 - k), 0.0, 1.0)
    return np.asarray(value - value * saturation * ramp, np.float32)


def _background(style: str, rng: np.random.Generator) -> NDArray[np.float32]:
    tint = _rgb(rng.uniform(0, 360), rng.uniform(0.0, 0.07), 1.0)
    value, slope = rng.uniform(0.9, 1.0), rng.uniform(-0.06, 0.06)
    if style == "chalk drawing":
        value, slope = rng.uniform(0.1, 0.2), slope / 2
    if style == "crayon drawing":
        tint, value = _rgb(45.0, rng.uniform(0.05, 0.1), 1.0), rng.uniform(0.95, 1.0)
    shade = value + slope * (_X if rng.random() < 0.5 else _Y)[..., None] / SIDE
    return np.asarray(shade * tint)


def _ink(colour: str, style: str, rng: np.random.Generator) -> NDArray[np.float32]:
    hue = HUES[colour] + rng.uniform(-4.0, 4.0)
    light = colour in ("yellow", "orange") or style == "chalk drawing"
    value = rng.uniform(0.9, 1.0) if light else rng.uniform(0.68, 0.88)
    return _rgb(hue, rng.uniform(0.72, 0.88), value)


def paint(objects: Sequence[PlacedObject], style: str, seed: int) -> Image:
    """Paint placed objects.

    Parameters
    ----------
    objects : sequence of PlacedObject
        The objects, painted in this order.
    style : str
        One of `STYLES`, or "" for a plain picture.
    seed : int
        Seed of the tints and of the background.

    Returns
    -------
    ndarray, uint8 (64, 64, 3)
        An RGB picture.

    Examples
    --------
    >>> circle = PlacedObject(SceneObject("circle", "red"), x=20.0, y=40.0, r=8.0, tilt=0.0)
    >>> red, green, blue = paint([circle], style="", seed=0)[40, 20].tolist()
    >>> red > 2 * green and red > 2 * blue
    True
    """
    rng = np.random.default_rng(seed)
    canvas = _background(style, rng)
    for placed in objects:
        ink = _ink(placed.object.colour, style, rng)
        reach = int(placed.reach) + 4
        top, left = max(int(placed.y) - reach, 0), max(int(placed.x) - reach, 0)
        window = np.s_[top : int(placed.y) + reach + 1, left : int(placed.x) + reach + 1]
        x, y = _X[window] - placed.x, _Y[window] - placed.y
        c, s = np.float32(np.cos(placed.tilt)), np.float32(np.sin(placed.tilt))
        distance = signed_distance(placed.object.shape, c * x + s * y, c * y - s * x, placed.r)
        if style == "comic book":  # a dark outline
            canvas[window] *= 1.0 - 0.95 * np.clip(2.5 - distance, 0.0, 1.0)[..., None]
        cover = np.clip(0.5 - distance, 0.0, 1.0)[..., None]
        colour: NDArray[Any] = ink
        if style == "crayon drawing":
            filling = _CRAYON_INK * ink + (1.0 - _CRAYON_INK) * canvas[window]
            rim = np.clip(_CRAYON_RIM + 0.5 + distance, 0.0, 1.0)[..., None]
            colour = filling + rim * (ink - filling)
        canvas[window] += cover * (colour - canvas[window])
    return (np.clip(canvas, 0.0, 1.0) * 255.0 + 0.5).astype(np.uint8)


def draw(scene: Scene, seed: int) -> Image:
    """Draw a scene as an RGB picture, uint8 (64, 64, 3).

    The same scene and seed give the same bytes.

    >>> from gamelabel.scenes.grammar import parse
    >>> draw(parse("two red circles"), seed=0).shape
    (64, 64, 3)
    """
    return paint(place_objects(scene, seed), scene.style, seed)
