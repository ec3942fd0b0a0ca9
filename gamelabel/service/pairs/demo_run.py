"""A small run for the demo, drawn by the scene renderer: no model, ready in seconds."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import numpy as np
import pandas as pd
from PIL import Image

from gamelabel.games.pairs.decoys import choose_decoys
from gamelabel.scenes import all_prompts, draw, parse, sample_prompts
from gamelabel.scenes.grammar import COLOURS
from gamelabel.tables import write_table

_OVERSAMPLING = 20  # prompts sampled for each that is needed, since some are sampled twice


def make_demo_run(
    folder: Path, preferences: int = 240, comparisons: int = 160, seed: int = 0
) -> None:
    """Write a run's pairs and pictures; the same arguments give the same files.

    A preference shows a drawing of its prompt beside one with another color, if the prompt names
    one. A comparison point shows it beside a decoy, see `choose_decoys`.

    Parameters
    ----------
    folder : Path
        Where to write `pairs.parquet` and `images/`.
    preferences, comparisons : int
        How many pairs of each kind.
    seed : int
        Seed of the prompts, the order and the drawings.
    """
    rng = np.random.default_rng(seed)
    n = preferences + comparisons
    texts = _distinct_prompts(_OVERSAMPLING * n, seed)[:n]
    candidates = _distinct_prompts(_OVERSAMPLING * comparisons, seed + 1)
    candidates = [candidates[i] for i in rng.permutation(len(candidates))]
    decoys = choose_decoys(texts[:comparisons], candidates, texts[comparisons:])
    (folder / "images").mkdir(parents=True, exist_ok=True)
    rows = []
    for number, i in enumerate(rng.permutation(n).tolist()):
        is_comparison = i < comparisons
        other = decoys[i] if is_comparison else _recolored(texts[i], rng)
        row = _draw_pair(folder, number, texts[i], other, rng)
        if not is_comparison:
            row |= {"kind": "preference", "gold": None}
        rows.append(row)
    write_table(pd.DataFrame(rows), folder, "pairs")


def _distinct_prompts(n: int, seed: int) -> list[str]:
    return list(dict.fromkeys(sample_prompts(n, seed)))


def _draw_pair(
    folder: Path, number: int, text: str, other: str, rng: np.random.Generator
) -> dict[str, Any]:
    """Draw a prompt and another one, on random sides, and return the comparison point's row."""
    gold = "ab"[int(rng.integers(2))]
    pair_id = f"d{number:05d}"
    row: dict[str, Any] = {
        "pair_id": pair_id,
        "prompt_id": f"demo-{number:05d}",
        "prompt": text,
        "model": "drawn",
        "kind": "comparison",
        "gold": gold,
    }
    for side in ("a", "b"):
        seed = int(rng.integers(2**31))
        row |= {f"seed_{side}": seed, f"image_{side}": f"images/{pair_id}-{side}.png"}
        picture = draw(parse(text if side == gold else other), seed)
        Image.fromarray(picture).save(folder / row[f"image_{side}"])
    return row


def _recolored(text: str, rng: np.random.Generator) -> str:
    """Return the prompt with one color changed, or the prompt itself if it names none."""
    words = text.split()
    places = [i for i, word in enumerate(words) if word in COLOURS]
    for i in rng.permutation(places).tolist():
        for color in rng.permutation(COLOURS).tolist():
            changed = " ".join([*words[:i], color, *words[i + 1 :]])
            if color != words[i] and changed in all_prompts():
                return changed
    return text
