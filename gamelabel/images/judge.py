"""What is true of pictures in the embedded world: whether each fits its prompt, and shares of that with intervals."""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path
from typing import Any

import numpy as np
import pandas as pd
from numpy.typing import ArrayLike, NDArray
from PIL import Image
from scipy.stats import binomtest

from gamelabel.scenes import FAMILIES, adherence, all_prompts, normalize_prompt, parse
from gamelabel.scenes.draw import SIDE


def share(hits: ArrayLike) -> dict[str, Any]:
    """Share of true values, not empty, with its 95 % Wilson interval: {value, low, high, n}."""
    flags = np.asarray(hits, bool)
    interval = binomtest(int(flags.sum()), len(flags)).proportion_ci(method="wilson")
    return {
        "value": float(flags.mean()),
        "low": float(interval.low),
        "high": float(interval.high),
        "n": len(flags),
    }


def adherence_by_family(hits: ArrayLike, texts: Sequence[str]) -> dict[str, Any]:
    """Overall and by family of prompts: {"adherence": share, "families": {name: share}}."""
    flags, families = np.asarray(hits, bool), np.array([parse(text).family for text in texts])
    return {
        "adherence": share(flags),
        "families": {f: share(flags[families == f]) for f in FAMILIES if f in families},
    }


def share_table(shares: dict[str, Any]) -> pd.DataFrame:
    """The shares of `adherence_by_family` as rows: name ("all" and the families), value, low, high, n."""
    rows = {"all": shares["adherence"], **shares["families"]}
    return pd.DataFrame([{"name": name, **row} for name, row in rows.items()])


_CHUNK = 1000  # pairs held in memory at a time


def judge_pairs(pairs: pd.DataFrame, folder: Path) -> pd.DataFrame:
    """Judge both pictures of each pair: the table `adherence` (pair_id, score_a, score_b, fits_a, fits_b).

    Only pairs that the judge can tell are in it: a prompt of the grammar, pictures of the world's size.
    """
    known = pairs[pairs["prompt"].map(normalize_prompt).isin(all_prompts().keys())]
    parts = [_judge(known.iloc[i : i + _CHUNK], folder) for i in range(0, len(known), _CHUNK)]
    columns = {"pair_id": str, "score_a": float, "score_b": float, "fits_a": bool, "fits_b": bool}
    return (
        pd.concat(parts, ignore_index=True)
        if parts
        else pd.DataFrame(columns=list(columns)).astype(columns)
    )


def _judge(pairs: pd.DataFrame, folder: Path) -> pd.DataFrame:
    table = {"pair_id": pairs["pair_id"]}
    pictures = {
        side: [open_picture(folder / name) for name in pairs[f"image_{side}"]] for side in "ab"
    }
    right = [
        a.shape == b.shape == (SIDE, SIDE, 3)
        for a, b in zip(pictures["a"], pictures["b"], strict=True)
    ]
    texts = pairs["prompt"][right].tolist()
    for side in "ab":
        stack = [picture for picture, fine in zip(pictures[side], right, strict=True) if fine]
        fits, score = (
            adherence(np.stack(stack), texts) if stack else (np.zeros(0, bool), np.zeros(0))
        )
        table |= {f"score_{side}": score, f"fits_{side}": fits}
    table["pair_id"] = pairs["pair_id"][right].to_numpy()
    return pd.DataFrame(table)[["pair_id", "score_a", "score_b", "fits_a", "fits_b"]]


def reduced(pictures: NDArray[np.uint8]) -> NDArray[np.uint8]:
    """Pictures (N, H, W, 3) at the size that the judge knows, (N, 64, 64, 3): each pixel the mean of its area."""
    if pictures.shape[1:3] == (SIDE, SIDE):
        return pictures
    return np.stack(
        [
            np.asarray(Image.fromarray(p).resize((SIDE, SIDE), Image.Resampling.BOX))
            for p in pictures
        ]
    )


def open_picture(path: Path) -> NDArray[np.uint8]:
    """An image file as RGB, uint8 (H, W, 3). Raises OSError, with the file's name, for what is no whole picture."""
    try:
        with Image.open(path) as image:
            return np.asarray(image.convert("RGB"))
    except FileNotFoundError:
        raise
    except OSError as error:
        raise OSError(
            f"{path} cannot be read ({error}): delete it and run the step that made it again"
        ) from None
