"""The statistics by which GameLabel-10K describes its labels and players."""

from __future__ import annotations

import numpy as np
import pandas as pd

from gamelabel.reliability.workload import participation

# Sections 4.1 and 4.2, as printed: "over 16,000", "around 6,000", "slightly under 10,000",
# "approximately 6,800", "over 1,100", "slightly over 87", "approximately 194", "nearly half",
# "over 2,000".
PAPER_STATISTICS = {
    "annotations": 16_000,
    "comparisons": 6_000,
    "kept": 10_000,
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

# What simulated players are fitted to. The first three printed numbers contradict each other, so
# these are three that can be true together and that the wording allows: 188 players with 87 labels
# each, a number slightly under 10,000, and the difference.
FITTED_STATISTICS = PAPER_STATISTICS | {
    "annotations": 16_356,
    "comparisons": 6_406,
    "kept": 9_950,
}


def dataset_statistics(
    labels: pd.DataFrame, players: pd.DataFrame, pairs: pd.DataFrame
) -> dict[str, float]:
    """Compute the statistics of `PAPER_STATISTICS` for any labels.

    Parameters
    ----------
    labels, players, pairs : DataFrame
        The tables of these names.

    Returns
    -------
    dict
        `annotations`: all labels; `comparisons`: labels of comparison points; `kept`: all others;
        `points`: labeled preference points; `multi_labelled`: those with two labels or more;
        `players`; `per_player_mean` and `per_player_sd`: labels per player; `top16_share`: share of
        labels from the 16 busiest players; `busiest`: labels of the busiest one; `accuracy_mean`:
        accuracy on comparison points, averaged over players; `accuracy_weighted`: the same,
        weighted by kept labels. What cannot be computed, because labels do not name their players
        or there are no comparison points, is NaN.

    Examples
    --------
    >>> pairs = pd.DataFrame({"pair_id": ["p1", "p2"], "kind": ["preference", "comparison"]})
    >>> labels = pd.DataFrame({"pair_id": ["p1", "p1", "p2"]})
    >>> players = pd.DataFrame(
    ...     {"labels": [2, 1], "comparisons_right": [1, 0], "comparisons_wrong": [0, 0]}
    ... )
    >>> statistics = dataset_statistics(labels, players, pairs)
    >>> statistics["kept"], statistics["multi_labelled"], statistics["accuracy_mean"]
    (2, 1, 1.0)
    """
    kind = labels.pair_id.map(pairs.set_index("pair_id").kind)
    kept = labels[kind == "preference"]
    votes = kept.pair_id.value_counts()
    named, judged = bool(len(players)), bool((pairs.kind == "comparison").any())
    answered = players.comparisons_right + players.comparisons_wrong
    accuracy = (players.comparisons_right / answered).to_numpy(float)  # NaN without answers
    weight = (players.labels - answered).where(answered > 0, 0).to_numpy(float)
    weighted = np.nansum(accuracy * weight) / weight.sum() if weight.sum() else np.nan
    work = participation(players.labels)
    nan = float("nan")
    return {
        "annotations": len(labels) if judged else nan,
        "comparisons": int((kind == "comparison").sum()) if judged else nan,
        "kept": len(kept),
        "points": len(votes),
        "multi_labelled": int((votes > 1).sum()),
        "players": len(players) if named else nan,
        "per_player_mean": work.mean,
        "per_player_sd": work.sd,
        "top16_share": work.top_share(16) if named else nan,
        "busiest": work.busiest if named else nan,
        "accuracy_mean": float(np.nanmean(accuracy)) if answered.sum() else nan,
        "accuracy_weighted": float(weighted),
    }
