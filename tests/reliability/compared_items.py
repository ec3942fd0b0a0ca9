"""Comparisons for tests."""

import numpy as np
import pandas as pd

from tests.reliability.external_data import external_file


def comparisons(*rows: str) -> pd.DataFrame:
    """Comparisons as `left right winner`."""
    return pd.DataFrame([row.split() for row in rows], columns=["left", "right", "winner"])


def citations() -> pd.DataFrame:
    table = pd.read_csv(external_file("bradley_terry_citations", "citations_pairs.csv"))
    rows = [
        (p, q, w)
        for p, q, a, b in table.to_numpy()
        for w, n in (("left", a), ("right", b))
        for _ in range(n)
    ]
    return pd.DataFrame(rows, columns=["left", "right", "winner"])


def counted(pairs: list[tuple], *outcomes: str) -> pd.DataFrame:
    """Comparisons of (left, right, count, ...), a count for each outcome, as rows with a weight."""
    rows = [
        (left, right, outcome, count)
        for left, right, *counts in pairs
        for outcome, count in zip(outcomes, counts, strict=True)
        if count
    ]
    return pd.DataFrame(rows, columns=["left", "right", "winner", "n"])


def simulated(items: int, n: int, seed: int, ties: float = 0.0) -> pd.DataFrame:
    """Comparisons of items with normal abilities; this share of them are ties at random."""
    rng = np.random.default_rng(seed)
    ability = rng.normal(size=items)
    left = rng.integers(0, items, n)
    right = (left + rng.integers(1, items, n)) % items
    won = rng.random(n) < 1 / (1 + np.exp(ability[right] - ability[left]))
    winner = np.where(rng.random(n) < ties, "tie", np.where(won, "left", "right"))
    return pd.DataFrame({"left": left, "right": right, "winner": winner})
