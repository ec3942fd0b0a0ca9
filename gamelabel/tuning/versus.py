"""Models against each other on the same prompts and seeds: wins, win rates against the base, the whole win matrix.

As ImageReward reports them (Xu et al. 2023, table 4 and figure 6). Whoever judges, what a comparison of two models on a
prompt came to is a number: 1 the first won, 0 the second, 1/2 neither, NaN nobody looked. Intervals are bootstraps over
prompts, 95 %.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from itertools import combinations

import numpy as np
import pandas as pd
from numpy.typing import ArrayLike, NDArray

from gamelabel.games.pairs import simulate
from gamelabel.reliability.estimate import percentile_interval, resample_counts

_GOLD = 200  # comparison points of the simulated game


def by_scores(scores: Mapping[str, ArrayLike]) -> NDArray[np.float64]:
    """What a scorer, or the world's verifier, decides: (N, models, models), [:, i, j] of model i against j.

    scores: of each model's pictures of the same N prompts and seeds, (N,). Raises ValueError where they differ in
    number or are not finite.
    """
    columns = [np.asarray(each, float) for each in scores.values()]
    if len({len(column) for column in columns}) != 1:
        raise ValueError("models are compared on the same prompts: give as many scores of each")
    table = np.stack(columns, 1)
    if not np.isfinite(table).all():
        raise ValueError(
            f"{int((~np.isfinite(table)).sum())} scores are not finite: nothing can be compared with them"
        )
    return 0.5 + 0.5 * np.sign(table[:, :, None] - table[:, None, :])


def by_players(
    scores: Mapping[str, ArrayLike], players: int = 188, seed: int = 0
) -> NDArray[np.float64]:
    """What simulated players decide, as `by_scores`: the share of the labels of each two pictures for the first.

    scores: how far each model's pictures fit, (N,), which players see with their skill; equal ones are a matter of
    taste. They play the game with its gate over all pairs of pictures, and label as many as they want to: of a pair
    that nobody labelled nothing is known (NaN). Raises ValueError as `by_scores`, and for fewer than two models.
    """
    if len(scores) < 2:
        raise ValueError(
            "one model has nothing to be compared with: give the scores of two or more"
        )
    models, decided = range(len(scores)), by_scores(scores)
    table = np.stack([np.asarray(each, float) for each in scores.values()], 1)
    first, second = (np.array(side) for side in zip(*combinations(models, 2), strict=True))
    truth = pd.DataFrame({"score_a": table[:, first].ravel(), "score_b": table[:, second].ravel()})
    truth["pair_id"] = [f"pair-{i}" for i in range(len(truth))]
    gold = pd.DataFrame(
        {"pair_id": [f"gold-{i}" for i in range(_GOLD)], "gold": np.resize(["a", "b"], _GOLD)}
    )
    pairs = pd.concat(
        [truth[["pair_id"]].assign(kind="preference"), gold.assign(kind="comparison")]
    )
    labels = simulate(pairs.reset_index(drop=True), truth, players, seed).labels
    share = labels["choice"].eq("a").groupby(labels["pair_id"]).mean().reindex(truth["pair_id"])
    said = share.to_numpy(float).reshape(len(table), len(first))
    decided[:, first, second], decided[:, second, first] = said, 1.0 - said
    return decided


def win_matrix(decided: NDArray[np.float64], names: Sequence[str], seed: int = 0) -> pd.DataFrame:
    """How often each model won against each other, a row each: first, second, value, low, high, n (prompts looked at).

    decided: from `by_scores` or `by_players`; M_ij + M_ji = 1, a tie counting half for each; M_ii = 1/2.
    """
    known = ~np.isnan(decided)
    count = resample_counts(len(decided), seed=seed)
    rows = []
    for i, first in enumerate(names):
        for j, second in enumerate(names):
            n, won = int(known[:, i, j].sum()), np.nan_to_num(decided[:, i, j])
            with np.errstate(invalid="ignore"):
                drawn = count @ won / (count @ known[:, i, j])
            value = float(won.sum() / n) if n else float("nan")
            rows.append(
                {"first": first, "second": second, **percentile_interval(value, drawn, n)._asdict()}
            )
    return pd.DataFrame(rows)


def wins(matrix: pd.DataFrame, base: str) -> pd.DataFrame:
    """Each model's wins over all others (ties are half wins) and its win rate against the base, most wins first.

    matrix: of `win_matrix`. Returns model, wins, of (how many comparisons), and value, low, high, n of the win rate.
    Raises ValueError where the base is not among the models.
    """
    if base not in set(matrix["second"]):
        raise ValueError(f"{base!r} is none of the models {', '.join(matrix['second'].unique())}")
    others = matrix[matrix["first"] != matrix["second"]]
    won = (others["value"] * others["n"]).groupby(others["first"]).sum()
    rate = matrix[matrix["second"] == base].set_index("first")[["value", "low", "high", "n"]]
    table = pd.DataFrame({"wins": won, "of": others["n"].groupby(others["first"]).sum()}).join(rate)
    return (
        table.sort_values("wins", ascending=False, kind="stable").rename_axis("model").reset_index()
    )
