"""Divide collected examples into those to learn from and those to test on, with the pilot's."""

from __future__ import annotations

from typing import Literal, get_args

import numpy as np
import pandas as pd
from pandas import DataFrame

SplitBy = Literal["example", "teacher"]
PilotUse = Literal["both", "test"]


def split_collected(
    collected: DataFrame,
    pilot: DataFrame,
    by: SplitBy = "example",
    pilot_use: PilotUse = "both",
    share: float = 0.8,
    seed: int = 0,
) -> tuple[DataFrame, DataFrame]:
    """Return examples to learn from and examples to test on.

    Parameters
    ----------
    collected, pilot : DataFrame
        Tables of examples; see `read_examples`.
    by : {"example", "teacher"}
        What is drawn at random: examples, as the paper says, or all examples of a teacher, as its
        code does, so that nobody's commands are on both sides.
    pilot_use : {"both", "test"}
        What the pilot's examples are for: a half each for learning and testing, as the paper says,
        or all for testing, as in its code.
    share : float
        Share of the collected examples, or of the teachers, to learn from.
    seed : int
        Seed of the draws.

    Returns
    -------
    tuple of DataFrame
        Both with a column test_set, "collected" or "pilot"; the rows are in random order.

    Raises
    ------
    ValueError
        If `by` or `pilot_use` is another word.
    """
    if by not in get_args(SplitBy):
        raise ValueError(f"split by {by!r}: use {' or '.join(get_args(SplitBy))}")
    if pilot_use not in get_args(PilotUse):
        raise ValueError(f"use of the pilot {pilot_use!r}: use {' or '.join(get_args(PilotUse))}")
    rng = np.random.default_rng([seed, 80])
    column = "example_id" if by == "example" else "teacher_id"
    units = collected[column].drop_duplicates().to_numpy()
    chosen = rng.permutation(units)[: round(share * len(units))]
    learned = collected[column].isin(chosen)
    half = rng.permutation(len(pilot)) < (len(pilot) // 2 if pilot_use == "both" else 0)
    parts = []
    for is_chosen, pilot_chosen in ((learned, half), (~learned, ~half)):
        sets = {"collected": collected[is_chosen], "pilot": pilot[pilot_chosen]}
        part = pd.concat([table.assign(test_set=name) for name, table in sets.items()])
        parts.append(part.sample(frac=1, random_state=seed).reset_index(drop=True))
    return parts[0], parts[1]
