"""Data points for the game: two pictures of a prompt, and comparison points whose better side is known.

A comparison point shows a picture of its prompt beside a decoy, drawn from an entirely different prompt (the paper,
section 3); decoys never serve in a preference point. Pictures are drawn one file each, so that an interrupted run
draws only what is missing, and a broken file is drawn again.
"""

from __future__ import annotations

import hashlib
import os
from collections.abc import Sequence
from pathlib import Path

import numpy as np
import pandas as pd
from diffusers import FluxPipeline
from numpy.typing import NDArray
from PIL import Image
from PIL.PngImagePlugin import PngInfo

from gamelabel.games.pairs.decoys import choose_decoys
from gamelabel.images.pipeline import batch_of, generate, identity
from gamelabel.scenes import all_prompts, normalize_prompt, parse, scene_split

_ORIGIN = "origin"  # the entry of a PNG with the hash of what it was drawn from


def trainable(prompts: pd.DataFrame) -> pd.DataFrame:
    """Without the prompts on which models of the embedded world are tested: its held-out combinations."""
    known = all_prompts()
    held_out = prompts["text"].map(
        lambda text: normalize_prompt(text) in known and scene_split(parse(text)) == "held-out"
    )
    return prompts[~held_out.astype(bool)]


def make_pairs(
    prompts: pd.DataFrame, points: int, comparisons: int, model: str, seed: int
) -> pd.DataFrame:
    """Plan a pool of data points from kept prompts (columns prompt_id, text): the table `pairs`, its files to be drawn.

    Each prompt serves once. Raises ValueError where there are too few distinct prompts, or no points are asked for.
    """
    if points < 1 or comparisons < 0:
        raise ValueError(
            f"a plan has at least one point and no fewer than 0 comparison points: {points}, {comparisons}"
        )
    rng = np.random.default_rng(seed)
    distinct = prompts.drop_duplicates("text").sort_values("prompt_id")
    needed = points + 2 * comparisons
    if len(distinct) < needed:
        raise ValueError(
            f"{points} points and {comparisons} comparison points need {needed} distinct prompts, {len(distinct)} are "
            "kept: take a larger corpus, a milder filter, or fewer points"
        )
    order = rng.permutation(len(distinct))
    chosen = distinct.iloc[order[: points + comparisons]]
    decoys = choose_decoys(
        chosen["text"].iloc[points:].tolist(),
        distinct["text"].iloc[order[points + comparisons :]].tolist(),
        chosen["text"].iloc[:points].tolist(),
    )
    # the side of the true picture, balanced
    gold = rng.permutation(np.resize(["a", "b"], comparisons))
    seeds = rng.choice(2**31, size=(points + comparisons, 2), replace=False)
    rows = []
    for i, (prompt_id, text) in enumerate(zip(chosen["prompt_id"], chosen["text"], strict=True)):
        pair_id = f"p{i:06d}"
        drawn = {"a": text, "b": text}
        if i >= points:
            drawn["b" if gold[i - points] == "a" else "a"] = decoys[i - points]
        rows.append(
            {
                "pair_id": pair_id,
                "prompt_id": prompt_id,
                "prompt": text,
                "kind": "preference" if i < points else "comparison",
                "image_a": f"images/{pair_id}-a.png",
                "image_b": f"images/{pair_id}-b.png",
                "seed_a": int(seeds[i, 0]),
                "seed_b": int(seeds[i, 1]),
                "model": model,
                "gold": None if i < points else gold[i - points],
                "drawn_a": drawn["a"],
                "drawn_b": drawn["b"],
            }
        )
    # ids must not tell a comparison point from the others
    frame = pd.DataFrame(rows)
    shuffled = frame.iloc[rng.permutation(len(frame))].reset_index(drop=True)
    return shuffled.assign(**{c: frame[c] for c in ("pair_id", "image_a", "image_b")})


def is_whole(path: Path, origin: str = "") -> bool:
    """Whether a picture file is there, decodes to its end, and is of this origin, where one is given."""
    try:
        with Image.open(path) as image:
            image.load()
            return not origin or image.info.get(_ORIGIN) == origin
    except OSError:
        return False


def draw_pairs(
    pipe: FluxPipeline,
    pairs: pd.DataFrame,
    folder: Path,
    steps: int = 4,
    guidance: float = 1.0,
    batch: int = 0,
) -> int:
    """Draw what is missing or broken of the pictures of a table from `make_pairs`; returns how many were drawn.

    Pictures of an earlier table that are not of this one are removed. Raises as `draw_files`.
    """
    sides = [
        (folder / row[f"image_{side}"], row[f"drawn_{side}"], row[f"seed_{side}"])
        for row in pairs.to_dict("records")
        for side in "ab"
    ]
    drawn = draw_files(pipe, sides, steps, guidance, batch)
    planned = {path for path, _, _ in sides}
    for path in (folder / "images").glob("p*-[ab].png"):
        if path not in planned:
            path.unlink()
    return drawn


def draw_files(
    pipe: FluxPipeline,
    files: Sequence[tuple[Path, str, int]],
    steps: int = 4,
    guidance: float = 1.0,
    batch: int = 0,
) -> int:
    """Draw what is missing or broken of the files (path, prompt, seed); returns how many were drawn.

    Each file says what it was drawn from, so that another model, prompt, seed or setting draws it anew. A picture is
    always drawn beside the same others, those of its batch in the list: only so is it the same to the byte, whatever
    was there before. Raises OSError, with the file's name, where one cannot be written; those before it are kept.
    """
    batch = batch_of(pipe, batch)
    settings = f"{identity(pipe)} {steps} {guidance} {batch}"
    origins = {path: _origin(settings, prompt, seed) for path, prompt, seed in files}
    missing = {path for path, origin in origins.items() if not is_whole(path, origin)}
    groups = [files[start : start + batch] for start in range(0, len(files), batch)]
    due = [job for group in groups if any(path in missing for path, _, _ in group) for job in group]
    if not due:
        return 0
    paths, prompts, seeds = zip(*due, strict=True)
    for folder in {path.parent for path in paths}:
        folder.mkdir(parents=True, exist_ok=True)
    drawn = generate(pipe, prompts, seeds, steps, guidance, batch, progress="pictures")
    pictures = (picture for group in drawn for picture in group)
    for path, picture in zip(paths, pictures, strict=True):
        if path in missing:
            _save(picture, path, origins[path])
    return len(missing)


def _origin(settings: str, prompt: str, seed: int) -> str:
    return hashlib.sha256(f"{settings} {seed} {prompt}".encode()).hexdigest()[:16]


def _save(picture: NDArray[np.uint8], path: Path, origin: str) -> None:
    """Write a picture whole or not at all."""
    part, note = path.with_suffix(".part"), PngInfo()
    note.add_text(_ORIGIN, origin)
    try:
        Image.fromarray(picture).save(part, format="PNG", pnginfo=note)
        os.replace(part, path)
    except OSError as error:
        part.unlink(missing_ok=True)
        raise OSError(error.errno, error.strerror, str(path)) from None
