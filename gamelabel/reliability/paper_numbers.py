"""The numbers by which GameLabel-10K describes its labels and players, of any labels."""

from __future__ import annotations

import numpy as np
import pandas as pd

from gamelabel.reliability.participation import participation

# Sections 4.1 and 4.2. "Around 6,000" comparison points of "over 16,000" leave more than the "slightly under 10,000"
# kept: 188 players at 87 labels, less 9,950 kept, makes 6,406 of them.
PAPER = {
    "annotations": 16_356,
    "comparisons": 6_406,
    "kept": 9_950,
    "points": 6_800,
    "multi_labelled": 1_100,
    "players": 188,
    "per_player_mean": 87,
    "per_player_sd": 194,
    "top16_share": 0.5,
    "busiest": 2_000,
    "accuracy_mean": 0.74,
    "accuracy_weighted": 0.83,
}


def numbers(labels: pd.DataFrame, players: pd.DataFrame, pairs: pd.DataFrame) -> dict[str, float]:
    """What `PAPER` holds, of the tables `labels`, `players`, `pairs`; NaN where the labels do not say.

    annotations: all labels, comparisons: those on comparison points, kept: the others; points: labelled preferences,
    multi_labelled: those with two labels or more; players and labels a player; busiest: most labels of one player;
    accuracy on comparison points, each player once, and weighted by their kept labels. Where no label names a player,
    or there are no comparison points, what follows from them is NaN.
    """
    kind = labels.pair_id.map(pairs.set_index("pair_id").kind)
    kept = labels[kind == "preference"]
    votes = kept.pair_id.value_counts()
    named, judged = bool(len(players)), bool((pairs.kind == "comparison").any())
    answered = players.comparisons_right + players.comparisons_wrong
    accuracy = (players.comparisons_right / answered.where(answered > 0)).to_numpy(float)
    weight = (players.labels - answered).where(answered > 0, 0).to_numpy(float)
    shared = participation(players.labels)
    nan = float("nan")
    return {
        "annotations": len(labels) if judged else nan,
        "comparisons": int((kind == "comparison").sum()) if judged else nan,
        "kept": len(kept),
        "points": len(votes),
        "multi_labelled": int((votes > 1).sum()),
        "players": len(players) if named else nan,
        "per_player_mean": shared.mean,
        "per_player_sd": shared.sd,
        "top16_share": shared.top_share(16) if named else nan,
        "busiest": shared.busiest if named else nan,
        "accuracy_mean": float(np.nanmean(accuracy)) if answered.sum() else nan,
        "accuracy_weighted": float(np.nansum(accuracy * weight) / weight.sum())
        if weight.sum()
        else nan,
    }
