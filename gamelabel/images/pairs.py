"""Data points for the game: two images of a prompt, and comparison points with a known answer.

A comparison point shows an image of its prompt beside a decoy (see `gamelabel.games.pairs.decoys`).
Each image is a file of its own, so an interrupted run draws only what is missing, and a damaged
file is drawn again.
"""

from __future__ import annotations

from collections.abc import Sequence
from functools import partial
from pathlib import Path

import numpy as np
import pandas as pd
from diffusers import FluxPipeline
from numpy.typing import NDArray
from PIL import Image
from PIL.PngImagePlugin import PngInfo

from gamelabel.files import replacing, sha256_text
from gamelabel.games.pairs.decoys import choose_decoys
from gamelabel.images.own_pictures import own_pairs
from gamelabel.images.pipeline import fit_batch_size, generate, weights_hash
from gamelabel.parallel import executor, map_items
from gamelabel.scenes import all_prompts, normalize_prompt, parse, scene_split
from gamelabel.shared_objects import Shared, shared
from gamelabel.tables.picture_files import write_picture

_ORIGIN = "origin"  # the entry of a PNG with the hash of what it was drawn from


def drop_held_out(prompts: pd.DataFrame) -> pd.DataFrame:
    """Drop the prompts on which models of the drawn world are tested: its held-out combinations."""
    known = all_prompts()

    def is_held_out(text: str) -> bool:
        return normalize_prompt(text) in known and scene_split(parse(text)) == "held-out"

    return prompts[~prompts["text"].map(is_held_out).astype(bool)]


def make_pairs(
    prompts: pd.DataFrame,
    points: int,
    comparisons: int,
    model: str,
    seed: int,
    pictures: str | Path = "",
) -> pd.DataFrame:
    """Plan a pool of data points.

    Parameters
    ----------
    prompts : DataFrame
        The kept prompts, with columns prompt_id and text. Each is used at most once.
    points, comparisons : int
        Number of preference points and of comparison points.
    model : str
        Name of the model that will draw the images.
    seed : int
        Seed of the plan.
    pictures : str or Path, default ""
        Pictures that exist, whose pairs are planned instead; see `own_pairs`.

    Returns
    -------
    DataFrame
        The table `pairs`, with the columns drawn_a and drawn_b added: the prompts from which the
        two images are to be drawn, or the paths of pictures that exist.

    Raises
    ------
    ValueError
        If there are too few distinct prompts, or `points` is below 1.
    """
    if points < 1 or comparisons < 0:
        raise ValueError(
            "a plan needs at least 1 point and at least 0 comparison points, not "
            f"{points} and {comparisons}"
        )
    if pictures:
        return own_pairs(pictures, points, comparisons, seed)
    rng = np.random.default_rng(seed)
    distinct = prompts.drop_duplicates("text").sort_values("prompt_id")
    required = points + 2 * comparisons
    if len(distinct) < required:
        raise ValueError(
            f"{points} points and {comparisons} comparison points need {required} distinct "
            f"prompts, {len(distinct)} are kept: use a larger corpus, a milder filter, or fewer "
            "points"
        )
    order = rng.permutation(len(distinct))
    served = distinct.iloc[order[: points + comparisons]]
    decoys = choose_decoys(
        served["text"].iloc[points:].tolist(),
        distinct["text"].iloc[order[points + comparisons :]].tolist(),
        served["text"].iloc[:points].tolist(),
    )
    # the side of the true image, balanced
    gold = rng.permutation(np.resize(["a", "b"], comparisons))
    seeds = rng.choice(2**31, size=(points + comparisons, 2), replace=False)
    rows = []
    for i, (prompt_id, text) in enumerate(zip(served["prompt_id"], served["text"], strict=True)):
        is_comparison = i >= points
        drawn = {"a": text, "b": text}
        if is_comparison:
            drawn["b" if gold[i - points] == "a" else "a"] = decoys[i - points]
        rows.append(
            {
                "pair_id": f"p{i:06d}",
                "prompt_id": prompt_id,
                "prompt": text,
                "kind": "comparison" if is_comparison else "preference",
                "image_a": f"images/p{i:06d}-a.png",
                "image_b": f"images/p{i:06d}-b.png",
                "seed_a": int(seeds[i, 0]),
                "seed_b": int(seeds[i, 1]),
                "model": model,
                "gold": gold[i - points] if is_comparison else None,
                "drawn_a": drawn["a"],
                "drawn_b": drawn["b"],
            }
        )
    # the ids must not reveal which points are comparison points
    frame = pd.DataFrame(rows)
    shuffled = frame.iloc[rng.permutation(len(frame))].reset_index(drop=True)
    return shuffled.assign(**{c: frame[c] for c in ("pair_id", "image_a", "image_b")})


def is_complete(path: Path, origin: str = "") -> bool:
    """Return whether an image file exists, decodes to its end, and has this origin, if given."""
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
    batch_size: int = 0,
) -> int:
    """Draw the missing images of a plan from `make_pairs`, and remove those of an earlier plan.

    Pictures that exist are copied.

    Parameters
    ----------
    pipe : FluxPipeline
        The model.
    pairs : DataFrame
        The plan.
    folder : Path
        The run's folder.
    steps, guidance, batch_size
        As in `generate`.

    Returns
    -------
    int
        The number of images drawn or copied.

    Raises
    ------
    ItemFailed
        As `draw_files`.
    """
    files = [
        (folder / row[f"image_{side}"], row[f"drawn_{side}"], row[f"seed_{side}"])
        for row in pairs.to_dict("records")
        for side in "ab"
    ]
    copied = [(path, source) for path, source, _ in files if isinstance(source, Path)]
    for path, source in copied:
        write_picture(path, source.read_bytes())
    n_drawn = len(copied) or draw_files(pipe, files, steps, guidance, batch_size)
    planned = {path for path, _, _ in files}
    for path in (folder / "images").glob("p*-[ab].*"):
        if path not in planned:
            path.unlink()
    return n_drawn


def draw_files(
    pipe: FluxPipeline,
    files: Sequence[tuple[Path, str, int]],
    steps: int = 4,
    guidance: float = 1.0,
    batch_size: int = 0,
) -> int:
    """Draw the files that are missing, damaged, or of another origin; see `executor`.

    Each file records what it was drawn from, so a change of model, prompt, seed or setting draws it
    again. An image is always drawn together with the same others, those of its batch in the list:
    only so is it the same to the byte, whichever files existed before.

    Parameters
    ----------
    pipe : FluxPipeline
        The model.
    files : sequence of (Path, str, int)
        Path, prompt and seed of each image.
    steps, guidance, batch_size
        As in `generate`.

    Returns
    -------
    int
        The number of images drawn.

    Raises
    ------
    ItemFailed
        If a file cannot be written; the message names it. Files written before it are kept.
    """
    batch_size = fit_batch_size(pipe, batch_size)
    settings = f"{weights_hash(pipe)} {steps} {guidance} {batch_size}"
    origins = {
        path: sha256_text(f"{settings} {seed} {prompt}")[:16] for path, prompt, seed in files
    }
    missing = {path for path, origin in origins.items() if not is_complete(path, origin)}
    batches = [files[start : start + batch_size] for start in range(0, len(files), batch_size)]
    due = [batch for batch in batches if any(path in missing for path, _, _ in batch)]
    if not due:
        return 0
    items = [
        [
            (path.absolute(), prompt, seed, origins[path] if path in missing else "")
            for path, prompt, seed in batch
        ]
        for batch in due
    ]
    names = [f"{batch[0][0].name} to {batch[-1][0].name}" for batch in due]
    with executor() as pool, shared(pipe, files[0][0].parent.with_name(".model.pt")) as model:
        draw = partial(_draw_batch, model, steps, guidance)
        for _ in map_items(pool, draw, items, names, "batches of images"):
            pass
    return len(missing)


def _draw_batch(
    model: Shared[FluxPipeline],
    steps: int,
    guidance: float,
    batch: Sequence[tuple[Path, str, int, str]],
) -> None:
    """Draw images together, in whichever process, and save those of an origin."""
    paths, prompts, seeds, origins = zip(*batch, strict=True)
    (images,) = generate(model.value, prompts, seeds, steps, guidance, len(batch))
    for image, path, origin in zip(images, paths, origins, strict=True):
        if origin:
            _save(image, path, origin)


def _save(image: NDArray[np.uint8], path: Path, origin: str) -> None:
    note = PngInfo()
    note.add_text(_ORIGIN, origin)
    with replacing(path) as partial:
        Image.fromarray(image).save(partial, format="PNG", pnginfo=note)
