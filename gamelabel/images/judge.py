"""Judge images of the drawn world: whether each fits its prompt, and shares with intervals."""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path
from typing import Any

import numpy as np
import pandas as pd
from numpy.typing import ArrayLike, NDArray
from PIL import Image

from gamelabel.reliability import proportion
from gamelabel.scenes import FAMILIES, adherence, all_prompts, normalize_prompt, parse
from gamelabel.scenes.draw import SIDE

_CHUNK = 1000  # pairs held in memory at a time


def adherence_by_family(hits: ArrayLike, texts: Sequence[str]) -> dict[str, Any]:
    """Estimate the share of images that fit their prompts, overall and by family of prompts.

    Parameters
    ----------
    hits : array_like of bool, shape (N,)
        Whether each image fits its prompt.
    texts : sequence of str, length N
        The prompts.

    Returns
    -------
    dict
        ``{"adherence": estimate, "families": {name: estimate}}``, ready for JSON: each estimate is
        a dict of value, low, high and n, with the 95 % Wilson interval.
    """
    flags, families = np.asarray(hits, bool), np.array([parse(text).family for text in texts])

    def estimate(hits: NDArray[np.bool_]) -> dict[str, Any]:
        return proportion(int(hits.sum()), len(hits))._asdict()

    return {
        "adherence": estimate(flags),
        "families": {f: estimate(flags[families == f]) for f in FAMILIES if f in families},
    }


def share_table(shares: dict[str, Any]) -> pd.DataFrame:
    """Return the result of `adherence_by_family` as a table.

    It has the columns name ("all" and the families), value, low, high and n.
    """
    rows = {"all": shares["adherence"], **shares["families"]}
    return pd.DataFrame([{"name": name, **row} for name, row in rows.items()])


def judge_pairs(pairs: pd.DataFrame, folder: Path) -> pd.DataFrame:
    """Judge both images of each pair.

    Parameters
    ----------
    pairs : DataFrame
        The table `pairs`.
    folder : Path
        The run's folder, in which the images lie.

    Returns
    -------
    DataFrame
        The table `adherence`: pair_id, score_a, score_b (the share of the prompt's facts that an
        image shows), fits_a, fits_b. It lacks pairs that the judge cannot read: those with a
        prompt outside the grammar, or with images of another size than the drawn world's.
    """
    known = pairs[pairs["prompt"].map(normalize_prompt).isin(all_prompts().keys())]
    parts = [_judge(known.iloc[i : i + _CHUNK], folder) for i in range(0, len(known), _CHUNK)]
    if parts:
        return pd.concat(parts, ignore_index=True)
    columns = {"pair_id": str, "score_a": float, "score_b": float, "fits_a": bool, "fits_b": bool}
    return pd.DataFrame(columns=list(columns)).astype(columns)


def _judge(pairs: pd.DataFrame, folder: Path) -> pd.DataFrame:
    images = {side: [read_image(folder / name) for name in pairs[f"image_{side}"]] for side in "ab"}
    readable = [
        a.shape == b.shape == (SIDE, SIDE, 3) for a, b in zip(images["a"], images["b"], strict=True)
    ]
    texts = pairs["prompt"][readable].tolist()
    table = {"pair_id": pairs["pair_id"][readable].to_numpy()}
    for side in "ab":
        stack = [image for image, keep in zip(images[side], readable, strict=True) if keep]
        fits, score = np.zeros(0, bool), np.zeros(0)
        if stack:
            fits, score = adherence(np.stack(stack), texts)
        table |= {f"score_{side}": score, f"fits_{side}": fits}
    return pd.DataFrame(table)[["pair_id", "score_a", "score_b", "fits_a", "fits_b"]]


def to_judge_size(images: NDArray[np.uint8]) -> NDArray[np.uint8]:
    """Scale images (N, H, W, 3) to the size that the judge reads, (N, 64, 64, 3).

    Each pixel becomes the mean of the area that it covers.
    """
    if images.shape[1:3] == (SIDE, SIDE):
        return images
    resized = [
        Image.fromarray(image).resize((SIDE, SIDE), Image.Resampling.BOX) for image in images
    ]
    return np.stack([np.asarray(image) for image in resized])


def read_image(path: Path) -> NDArray[np.uint8]:
    """Read an image file as RGB, uint8 (H, W, 3).

    Raises
    ------
    OSError
        If the file does not exist or is not a complete image; the message names it.
    """
    try:
        with Image.open(path) as image:
            return np.asarray(image.convert("RGB"))
    except FileNotFoundError:
        raise
    except OSError as error:
        raise OSError(
            f"{path} cannot be read ({error}): delete it and run the step that made it again"
        ) from None
