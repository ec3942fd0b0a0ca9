"""Many labels of a task -> one."""

from __future__ import annotations

from typing import Literal

import numpy as np
import pandas as pd

from gamelabel.reliability.accuracy import gold_answers
from gamelabel.reliability.counts import code, vote_counts


def aggregate(
    labels: pd.DataFrame, method: Literal["majority"] = "majority", gold: pd.DataFrame | None = None, seed: int = 0
) -> pd.DataFrame:
    """One label for each task: `task, label, probability`, tasks in order of first appearance.

    labels: `task, label` (and whatever else). "majority": the label with most votes, `probability` its share of them;
    a tie is broken at random by `seed`, and is then known by another label's having the same share. A task in `gold`
    (`task, label`) gets its known answer with probability 1. Raises ValueError for another method.
    """
    if method != "majority":
        raise ValueError(f"{method!r} is no method that is here: majority")
    coded = code(labels, workers=False)
    votes = vote_counts(coded)
    # less than half a vote, drawn by sorted task, so that the order of the rows changes nothing
    place = np.argsort(np.argsort(coded.tasks))
    nudge = np.random.default_rng(seed).random(votes.shape)[place] / 2
    best = (votes + nudge).argmax(1) if len(votes) else np.zeros(0, np.int64)
    share = votes[np.arange(len(votes)), best] / votes.sum(1)
    table = pd.DataFrame({"task": coded.tasks, "label": coded.categories[best], "probability": share})
    if gold is not None:
        answers = gold_answers(gold).reindex(coded.tasks)
        known = answers.notna().to_numpy()
        table.loc[known, "label"] = answers.to_numpy()[known]
        table.loc[known, "probability"] = 1.0
    return table
