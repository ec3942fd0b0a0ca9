"""Scene and seed -> picture: antialiased shapes with varied place, size, tilt, tint and background."""

from __future__ import annotations

import zlib
from collections.abc import Sequence
from dataclasses import dataclass, replace
from typing import Any

import numpy as np
from numpy.typing import NDArray

from gamelabel.scenes.grammar import COLOURS, SIZES, Scene, Thing, split, write

SIDE = 64  # pixels
HUES = dict(zip(COLOURS, (358.0, 27.0, 53.0, 130.0, 220.0, 283.0), strict=True))  # degrees
BOUNDING = {
    "circle": 1.0,
    "square": 1.16,
    "triangle": 1.2,
    "star": 1.25,
}  # circumradius / nominal radius
SMALL_BELOW = 11.0  # nominal radius in pixels that divides small from large
_RADII = {"small": (6.5, 9.0), "large": (13.5, 18.0)}
_RADII_BY_NUMBER = {
    2: (8.0, 10.5),
    3: (7.0, 9.5),
    4: (6.5, 8.5),
}  # so that any of them fit side by side
_GAP = 5.0  # least distance between bounding circles
RIM = 2.2  # width in pixels of the crayon's strong edge
PALE = 0.6  # share of ink in the crayon's filling, the rest is paper
_Y, _X = np.mgrid[0:SIDE, 0:SIDE].astype(np.float32)

Image = NDArray[np.uint8]
Points = NDArray[np.float64]


@dataclass(frozen=True)
class Mark:
    """A thing with everything decided: centre (x, y) and nominal radius r in pixels, tilt in radians."""

    thing: Thing
    x: float
    y: float
    r: float
    tilt: float

    @property
    def reach(self) -> float:
        """Radius of the bounding circle, in pixels."""
        return BOUNDING[self.thing.shape] * self.r


def signed_distance(shape: str, x: NDArray[Any], y: NDArray[Any], r: float) -> NDArray[Any]:
    """Distance in pixels to the edge of a shape of nominal radius r, negative inside."""
    if shape == "circle":
        return np.sqrt(x * x + y * y) - r
    if shape == "square":
        return np.maximum(np.abs(x), np.abs(y)) - 0.82 * r
    if shape == "triangle":
        return np.maximum(y, np.abs(x) * 0.8660254 - y * 0.5) - 0.6 * r
    # a star is one edge of one point, folded ten times about the centre
    radius, angle = np.sqrt(x * x + y * y), np.arctan2(x, -y)
    fold = np.abs((angle + np.pi / 5) % (2 * np.pi / 5) - np.pi / 5)
    outer, inner = 1.25 * r, 0.5 * 1.25 * r
    edge_x, edge_y = inner * np.cos(np.pi / 5) - outer, inner * np.sin(np.pi / 5)
    length = float(np.hypot(edge_x, edge_y))
    return ((radius * np.cos(fold) - outer) * edge_y - radius * np.sin(fold) * edge_x) / length


def complete(scene: Scene, rng: np.random.Generator) -> Scene:
    """Decide what the prompt leaves open (colours, size), never making a held-out scene of a training one."""
    side = split(scene)
    while True:
        things = tuple(
            replace(
                thing,
                colour=thing.colour or COLOURS[rng.integers(len(COLOURS))],
                size=thing.size or (SIZES[rng.integers(2)] if len(scene.things) == 1 else ""),
            )
            for thing in scene.things
        )
        whole = replace(scene, things=things)
        if split(whole) == side:
            return whole


def _anywhere(reaches: Sequence[float], rng: np.random.Generator) -> Points:
    """Random centres (n, 2) whose bounding circles keep their distance; candidates are tried many at a time."""
    n, reach = len(reaches), np.asarray(reaches)
    a, b = np.triu_indices(n, 1)
    least = (reach[a] + reach[b] + _GAP) ** 2
    while True:
        tries = (reach + 2.0)[:, None] + rng.random((8 * n, n, 2)) * (SIDE - 4.0 - 2.0 * reach)[
            :, None
        ]
        apart = (((tries[:, a] - tries[:, b]) ** 2).sum(2) >= least).all(1)
        if apart.any():
            return tries[apart.argmax()]


def _related(relation: str, reaches: Sequence[float], rng: np.random.Generator) -> Points:
    """Random centres (2, 2) of two things in a relation, well inside the 45 degrees at which `verify` sees another."""
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


def place(scene: Scene, seed: int) -> list[Mark]:
    """Where and how the things of a scene stand; the same scene and seed always give the same marks."""
    rng = np.random.default_rng((zlib.crc32(write(scene).encode()), seed))
    things = complete(scene, rng).things
    radii = [rng.uniform(*_RADII.get(t.size) or _RADII_BY_NUMBER[len(things)]) for t in things]
    reaches = [BOUNDING[t.shape] * r for t, r in zip(things, radii, strict=True)]
    spots = _related(scene.relation, reaches, rng) if scene.relation else _anywhere(reaches, rng)
    tilts = rng.uniform(-0.14, 0.14, len(things))
    return [
        Mark(t, x, y, r, tilt)
        for t, (x, y), r, tilt in zip(things, spots.tolist(), radii, tilts, strict=True)
    ]


def _rgb(hue: float, saturation: float, value: float) -> NDArray[np.float32]:
    k = (np.array((5.0, 3.0, 1.0)) + hue / 60.0) % 6.0
    return (value - value * saturation * np.clip(np.minimum(k, 4.0 - k), 0.0, 1.0)).astype(
        np.float32
    )


def _background(style: str, rng: np.random.Generator) -> NDArray[np.float32]:
    tint = _rgb(rng.uniform(0, 360), rng.uniform(0.0, 0.07), 1.0)
    value, slope = rng.uniform(0.9, 1.0), rng.uniform(-0.06, 0.06)
    if style == "chalk drawing":
        value, slope = rng.uniform(0.1, 0.2), slope / 2
    if style == "crayon drawing":
        tint, value = _rgb(45.0, rng.uniform(0.05, 0.1), 1.0), rng.uniform(0.95, 1.0)
    shade = value + slope * (_X if rng.random() < 0.5 else _Y)[..., None] / SIDE
    return shade * tint


def paint(marks: list[Mark], style: str, seed: int) -> Image:
    """Marks -> RGB picture, uint8 (64, 64, 3); the seed varies tints and background."""
    rng = np.random.default_rng(seed)
    canvas = _background(style, rng)
    for mark in marks:
        hue = HUES[mark.thing.colour] + rng.uniform(-4.0, 4.0)
        light = mark.thing.colour in ("yellow", "orange") or style == "chalk drawing"
        value = rng.uniform(0.9, 1.0) if light else rng.uniform(0.68, 0.88)
        ink = _rgb(hue, rng.uniform(0.72, 0.88), value)
        reach = int(mark.reach) + 4
        top, left = max(int(mark.y) - reach, 0), max(int(mark.x) - reach, 0)
        window = np.s_[top : int(mark.y) + reach + 1, left : int(mark.x) + reach + 1]
        x, y = _X[window] - mark.x, _Y[window] - mark.y
        c, s = np.float32(np.cos(mark.tilt)), np.float32(np.sin(mark.tilt))
        distance = signed_distance(mark.thing.shape, c * x + s * y, c * y - s * x, mark.r)
        if style == "comic book":
            canvas[window] *= (
                1.0 - 0.95 * np.clip(2.5 - distance, 0.0, 1.0)[..., None]
            )  # a dark outline
        cover = np.clip(0.5 - distance, 0.0, 1.0)[..., None]
        colour: NDArray[Any] = ink
        if style == "crayon drawing":
            filling = PALE * ink + (1.0 - PALE) * canvas[window]
            colour = filling + np.clip(RIM + 0.5 + distance, 0.0, 1.0)[..., None] * (ink - filling)
        canvas[window] += cover * (colour - canvas[window])
    return (np.clip(canvas, 0.0, 1.0) * 255.0 + 0.5).astype(np.uint8)


def draw(scene: Scene, seed: int) -> Image:
    """Draw a scene: RGB, uint8 (64, 64, 3). The same scene and seed give the same bytes."""
    return paint(place(scene, seed), scene.style, seed)
