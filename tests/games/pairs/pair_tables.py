"""Tables of pairs and their adherence scores, as the image steps write them, without images."""

import numpy as np
import pandas as pd


def make_pair_tables(
    preferences: int, comparisons: int, seed: int = 0
) -> tuple[pd.DataFrame, pd.DataFrame]:
    """Return the table of pairs, and the true scores, in thirds, of every preference."""
    rng = np.random.default_rng(seed)
    n = preferences + comparisons
    kind = np.repeat(["preference", "comparison"], [preferences, comparisons])
    pair_id = [f"x{i:05d}" for i in range(n)]
    gold = np.where(rng.random(n) < 0.5, "a", "b").astype(object)
    gold[:preferences] = None
    pairs = pd.DataFrame(
        {
            "pair_id": pair_id,
            "prompt_id": [f"p{i}" for i in range(n)],
            "prompt": "a red circle",
            "kind": kind,
            "image_a": [f"images/{i}a.png" for i in range(n)],
            "image_b": [f"images/{i}b.png" for i in range(n)],
            "seed_a": 1,
            "seed_b": 2,
            "model": "m",
            "gold": gold,
        }
    ).sample(frac=1, random_state=seed, ignore_index=True)
    scores = rng.integers(0, 4, (preferences, 2)) / 3
    truth = pd.DataFrame(
        {"pair_id": pair_id[:preferences], "score_a": scores[:, 0], "score_b": scores[:, 1]}
    )
    return pairs, truth
