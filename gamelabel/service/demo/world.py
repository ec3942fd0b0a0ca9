"""A small run for the demo, drawn by the world's own brush: no model, ready in seconds."""

from __future__ import annotations

from pathlib import Path

import numpy as np
import pandas as pd
from PIL import Image

from gamelabel.scenes import all_prompts, draw, parse, sample_prompts
from gamelabel.scenes.grammar import COLOURS
from gamelabel.tables import write_table

_SMALL_WORDS = frozenset("a an and in the style of to next above below left right".split())  # noqa: SIM905


def make_run(folder: Path, preferences: int = 240, comparisons: int = 160, seed: int = 0) -> None:
    """Write a run's pairs and pictures to a folder; the same arguments give the same files.

    A preference shows a drawing of its prompt beside one with another colour, where the prompt has any; a comparison
    point shows it beside a drawing of a prompt with which it shares no word that can be seen.
    """
    rng = np.random.default_rng(seed)
    texts = list(dict.fromkeys(sample_prompts(20 * (preferences + comparisons), seed)))[
        : preferences + comparisons
    ]
    others = list(dict.fromkeys(sample_prompts(20 * comparisons, seed + 1)))
    (folder / "images").mkdir(parents=True, exist_ok=True)
    rows = []
    for number, i in enumerate(rng.permutation(len(texts)).tolist()):
        is_comparison = i < comparisons
        decoy = _unlike(texts[i], others, rng) if is_comparison else _nearly(texts[i], rng)
        gold = "ab"[int(rng.integers(2))]
        row = {
            "pair_id": f"d{number:05d}",
            "prompt_id": f"demo-{number:05d}",
            "prompt": texts[i],
            "model": "drawn",
        }
        for side in "ab":
            row[f"seed_{side}"] = int(rng.integers(2**31))
            row[f"image_{side}"] = f"images/{row['pair_id']}-{side}.png"
            picture = draw(parse(texts[i] if side == gold else decoy), int(row[f"seed_{side}"]))
            Image.fromarray(picture).save(folder / row[f"image_{side}"])
        kind, known = ("comparison", gold) if is_comparison else ("preference", None)
        rows.append(row | {"kind": kind, "gold": known})
    write_table(pd.DataFrame(rows), folder, "pairs")


def _nearly(text: str, rng: np.random.Generator) -> str:
    """The prompt with one colour changed, or itself where it has none."""
    words = text.split()
    places = [i for i, word in enumerate(words) if word in COLOURS]
    for i in rng.permutation(places).tolist():
        for colour in rng.permutation(COLOURS).tolist():
            changed = " ".join([*words[:i], colour, *words[i + 1 :]])
            if colour != words[i] and changed in all_prompts():
                return changed
    return text


def _unlike(text: str, others: list[str], rng: np.random.Generator) -> str:
    """One of the other prompts that shares no word with this one; it is taken out, so that each serves once."""
    words = _seen(text)
    for i in rng.permutation(len(others)).tolist():
        if not words & _seen(others[i]):
            return others.pop(i)
    raise ValueError(
        f"no prompt is left that shares no word with {text!r}: ask for fewer comparison points"
    )


def _seen(text: str) -> set[str]:
    return {word.rstrip("s") for word in text.split()} - _SMALL_WORDS
