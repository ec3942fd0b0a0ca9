"""A project of drawn scenes with flaws that are known: what SIMULATED annotators are asked about.

The pictures are drawn, not generated: some show another scene than their prompt asks for, some are
blurred, and some repeat what they show. So it is known what is right about each of them.
"""

from __future__ import annotations

from dataclasses import replace
from functools import cache
from pathlib import Path
from typing import Any

import numpy as np
import pandas as pd
import yaml
from numpy.typing import NDArray
from PIL import Image, ImageFilter

from gamelabel.files import write_text
from gamelabel.games.annotation.project_file import AnnotationProject, read_annotation_project
from gamelabel.games.annotation.task_kinds import FEWEST_RANKED, MOST_PICTURES, prompt_words
from gamelabel.scenes.draw import SIDE, paint, place_objects
from gamelabel.scenes.grammar import (
    FAMILIES,
    Scene,
    SceneObject,
    all_scenes,
    parse,
    scene_prompt,
)
from gamelabel.scenes.prompt_split import sample_prompts
from gamelabel.scenes.verify import verify

PROJECT_FILE = "project.yaml"
FUNCTION_ENDING = ", highly detailed"  # asks for nothing that a drawn scene could show
FLAW_SHARES = {"other scene": 0.5, "blurry": 0.25, "repeated": 0.15}  # of pictures, each by itself
_SHARPEST, _MOST_BLURRED = 0.8, 2.4  # radius of the blur, pixels
_FIDELITY_LOST = {"blurry": 0.5, "repeated": 0.4}  # at most by blur; by repetition
_SIDE = 192  # pixels of a picture, as a page shows it
_TASKS = [
    {"kind": "categorise", "categories": dict(zip(FAMILIES, FAMILIES, strict=True))},
    "rate",
    "issues",
    "words",
    "regions",
    "rank",
    "compare",
]


def draw_project(folder: Path, n_prompts: int, seed: int) -> tuple[AnnotationProject, pd.DataFrame]:
    """Draw pictures of prompts, and write and read the project that asks about them.

    Each prompt has 4 to 9 pictures. Half of the prompts end with words that ask for quality, drawn
    at random; they change nothing.

    Parameters
    ----------
    folder : Path
        Gets the pictures and ``project.yaml``. The tasks are those of ImageReward's chain, and
        `regions` and `compare`.
    n_prompts : int
        Number of prompts.
    seed : int
        Seed of prompts, flaws and drawing.

    Returns
    -------
    project : AnnotationProject
        The project, from `read_annotation_project`.
    truth : DataFrame
        What is right, a row a picture: `prompt_id`, `category` (the family of the scene),
        `picture`, `alignment` (the share of the prompt that the scene shows, 0 to 1), `fidelity`
        (1 without a flaw of drawing), `issues` (names of issues), `missing` (numbers of the words
        that are not shown) and `wrong` (the centers of the objects that the prompt does not ask
        for, x and y as shares of width and height).

    Examples
    --------
    >>> import tempfile
    >>> with tempfile.TemporaryDirectory() as name:
    ...     project, truth = draw_project(Path(name), 2, seed=0)
    >>> [len(prompt.pictures) for prompt in project.prompts], len(truth)
    ([7, 8], 15)
    """
    folder.mkdir(parents=True, exist_ok=True)
    rng = np.random.default_rng(seed)
    has_ending = rng.permutation(n_prompts) < n_prompts // 2
    prompts: list[dict[str, Any]] = []
    rows: list[dict[str, Any]] = []
    for number, drawn in enumerate(sample_prompts(n_prompts, seed)):
        scene = parse(drawn)
        prompt = scene_prompt(scene)
        prompt_id = f"prompt-{number:04d}"
        names = []
        for k in range(rng.integers(FEWEST_RANKED, MOST_PICTURES + 1)):
            names.append(f"{prompt_id}-{k}.png")
            pixels, row = _draw_picture(scene, prompt, rng)
            Image.fromarray(pixels).resize((_SIDE, _SIDE)).save(folder / names[-1])
            about = {"prompt_id": prompt_id, "category": scene.family, "picture": names[-1]}
            rows.append(about | row)
        ending = FUNCTION_ENDING if has_ending[number] else ""
        prompts.append({"id": prompt_id, "prompt": prompt + ending, "pictures": names})
    content = {"title": "Drawn scenes", "tasks": _TASKS, "prompts": prompts}
    write_text(folder / PROJECT_FILE, yaml.safe_dump(content, sort_keys=False))
    return read_annotation_project(folder / PROJECT_FILE), pd.DataFrame(rows)


def _draw_picture(
    scene: Scene, prompt: str, rng: np.random.Generator
) -> tuple[NDArray[np.uint8], dict[str, Any]]:
    """Return a picture with flaws drawn at random, and what is right about it."""
    flawed = {name for name, share in FLAW_SHARES.items() if rng.random() < share}
    shown = _changed(scene, rng) if "other scene" in flawed else scene
    seed = int(rng.integers(2**31))
    placed = place_objects(shown, seed)
    pixels = paint(placed, shown.style, seed)
    alignment = verify(pixels, prompt).score
    wrong = [
        (drawn.x / SIDE, drawn.y / SIDE)
        for requested, drawn in zip(scene.objects, placed, strict=True)
        if not _is_as_requested(drawn.object, requested)
    ]
    fidelity = 1.0
    if "repeated" in flawed:
        half = np.asarray(Image.fromarray(pixels).resize((32, 32)))
        pixels = np.tile(half, (2, 2, 1))
        wrong = [((x + i) / 2, (y + j) / 2) for x, y in wrong for i in (0, 1) for j in (0, 1)]
        fidelity -= _FIDELITY_LOST["repeated"]
    if "blurry" in flawed:
        radius = rng.uniform(_SHARPEST, _MOST_BLURRED)
        blurred = Image.fromarray(pixels).filter(ImageFilter.GaussianBlur(radius))
        pixels = np.asarray(blurred)
        fidelity -= _FIDELITY_LOST["blurry"] * radius / _MOST_BLURRED
    issues = tuple(name for name in ("repeated", "blurry") if name in flawed)
    missing = _missing_words(prompt, scene_prompt(shown))
    return pixels, {
        "alignment": alignment,
        "fidelity": fidelity,
        "issues": issues,
        "missing": missing,
        "wrong": tuple(wrong),
    }


def _is_as_requested(drawn: SceneObject, requested: SceneObject) -> bool:
    """Return whether an object has all that a prompt says about it; the rest may be anything."""
    return drawn.shape == requested.shape and requested.colour in ("", drawn.colour)


def _changed(scene: Scene, rng: np.random.Generator) -> Scene:
    """Return a scene of the grammar that differs in one object, its color or its shape."""
    others = _neighbors(scene)
    return others[int(rng.integers(len(others)))] if others else scene


@cache
def _neighbors(scene: Scene) -> list[Scene]:
    return [other for other in all_scenes() if _differs_once(scene, other)]


def _differs_once(scene: Scene, other: Scene) -> bool:
    """Return whether another scene differs in the color or the shape of one kind of object."""
    if other == scene or replace(other, objects=scene.objects) != scene:
        return False
    if len(other.objects) != len(scene.objects):
        return False
    different = {(a, b) for a, b in zip(scene.objects, other.objects, strict=True) if a != b}
    if len(different) != 1:
        return False
    ((a, b),) = different
    return a.size == b.size and (a.colour == b.colour) != (a.shape == b.shape)


def _missing_words(prompt: str, shown: str) -> tuple[int, ...]:
    """Return the numbers of the words of a prompt that what is shown does not have.

    >>> _missing_words("a red star", "a blue star")
    (1,)
    """
    left = prompt_words(shown)
    missing = []
    for number, word in enumerate(prompt_words(prompt)):
        if word in left:
            left.remove(word)
        elif word not in ("a", "an"):
            missing.append(number)
    return tuple(missing)
