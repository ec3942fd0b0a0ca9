"""Recorded votes asked again by a stopping rule: how many it saves, and how honest it is."""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np
import pandas as pd

from gamelabel.aggregation import aggregate, task_accuracy
from gamelabel.aggregation.answer_scores import calibration_error
from gamelabel.games.annotation.crowd_model import OnlineMethod
from gamelabel.games.annotation.open_points import OpenPoints
from gamelabel.games.annotation.stopping_rule import StoppingRule

_FIXED_METHODS: tuple[OnlineMethod, ...] = ("majority", "dawid-skene")
_TOLERANCE = 1e-6  # of the fit by "dawid-skene": gain per label that may remain


def replay_stopping(
    labels: pd.DataFrame,
    rule: StoppingRule,
    method: OnlineMethod = "dawid-skene",
    known: pd.DataFrame | None = None,
    seed: int = 0,
) -> pd.DataFrame:
    """Take recorded votes in a random order until a rule has closed all points, or none is left.

    A vote of a point that is closed is passed over. If the point opens again, because its workers
    turn out to be worse than they seemed, the vote is taken then.

    Parameters
    ----------
    labels : DataFrame
        Columns `task`, `worker` and `label`, one row per recorded vote. Of two votes of a worker
        for a task the first counts.
    rule : StoppingRule
        When a point is closed.
    method : str
        How workers are modelled; see `fit_crowd_model`.
    known : DataFrame, optional
        Answers of some tasks, columns `task` and `label`: they calibrate the confidence.
    seed : int
        Seed of the order.

    Returns
    -------
    DataFrame
        As `OpenPoints.table`, with a column `recorded`, the number of votes that there are.

    Examples
    --------
    >>> rows = [(task, worker, "ab"[task % 2]) for task in range(40) for worker in range(9)]
    >>> labels = pd.DataFrame(rows, columns=["task", "worker", "label"])
    >>> replayed = replay_stopping(labels, StoppingRule(confidence=0.95))
    >>> bool(replayed["votes"].mean() < 5), replayed["recorded"].unique().tolist()
    (True, [9])
    """
    votes = labels.drop_duplicates(["task", "worker"])
    recorded = votes["task"].value_counts(sort=False)
    answers = sorted(votes["label"].unique())
    truth = {} if known is None else dict(zip(known["task"], known["label"], strict=True))
    points = OpenPoints(recorded.index.tolist(), answers, rule, method, truth, seed)
    columns = votes[["task", "worker", "label"]].sample(frac=1, random_state=seed)
    waiting = list(columns.itertuples(index=False, name=None))
    while waiting:
        passed = []
        for vote in waiting:
            if not points.is_open(vote[0]):
                passed.append(vote)
                continue
            points.update(*vote)
            if points.refit_due:
                points.refit()
        points.refit()
        if not any(points.is_open(vote[0]) for vote in passed):
            break
        waiting = passed
    table = points.table()
    return table.assign(recorded=recorded.reindex(table["point"]).to_numpy())


def stopping_scores(replayed: pd.DataFrame, gold: pd.DataFrame) -> dict[str, float]:
    """Compare replayed points with their answers.

    Parameters
    ----------
    replayed : DataFrame
        A result of `replay_stopping`.
    gold : DataFrame
        Columns `task` and `label`, without the answers that the replay knew.

    Returns
    -------
    dict of str to float
        Of the points in `gold`: mean number of `votes` and of those `recorded`, `accuracy` of the
        answers, mean `confidence`, `gap` (confidence minus accuracy) and `calibration_error`.

    Examples
    --------
    >>> replayed = pd.DataFrame(
    ...     {"point": [1, 2], "answer": ["a", "b"], "confidence": 0.9, "votes": 2, "recorded": 5}
    ... )
    >>> gold = pd.DataFrame({"task": [1, 2], "label": ["a", "a"]})
    >>> round(stopping_scores(replayed, gold)["gap"], 2)
    0.4
    """
    points = replayed.merge(gold, left_on="point", right_on="task")
    right = points["answer"].to_numpy() == points["label"].to_numpy()
    accuracy, confidence = float(right.mean()), float(points["confidence"].mean())
    judged = pd.DataFrame({"probability": points["confidence"], "right": right})
    return {
        "votes": float(points["votes"].mean()),
        "recorded": float(points["recorded"].mean()),
        "accuracy": accuracy,
        "confidence": confidence,
        "gap": confidence - accuracy,
        "calibration_error": calibration_error(judged),
    }


def fixed_votes(
    labels: pd.DataFrame, gold: pd.DataFrame, numbers: Sequence[int], seed: int = 0
) -> pd.DataFrame:
    """Measure the accuracy of a fixed number of votes for every point.

    Parameters
    ----------
    labels : DataFrame
        Columns `task`, `worker` and `label`, one row per recorded vote.
    gold : DataFrame
        Columns `task` and `label`: the answers that are compared.
    numbers : sequence of int
        Numbers of votes. Points with fewer have all of theirs.
    seed : int
        Seed of the order of each point's votes, and of breaking ties.

    Returns
    -------
    DataFrame
        A row per number and method: `number`, mean `votes` of the points in `gold`, `method`
        ("majority" and "dawid-skene"), `accuracy`.

    Examples
    --------
    >>> rows = [(task, worker, "ab"[task % 2]) for task in range(4) for worker in range(9)]
    >>> labels = pd.DataFrame(rows, columns=["task", "worker", "label"])
    >>> gold = pd.DataFrame({"task": range(4), "label": list("abab")})
    >>> fixed_votes(labels, gold, [3])["accuracy"].tolist()
    [1.0, 1.0]
    """
    votes = labels.drop_duplicates(["task", "worker"]).sample(frac=1, random_state=seed)
    place = votes.groupby("task").cumcount()
    rows = []
    for number in numbers:
        part = votes[place < number]
        mean_votes = float(part["task"].isin(gold["task"]).sum() / len(gold))
        for method in _FIXED_METHODS:
            options = {"tolerance": _TOLERANCE} if method == "dawid-skene" else {}
            answers = aggregate(part, method, seed=seed, calibrated=False, **options)
            rows.append((number, mean_votes, method, task_accuracy(answers, gold)))
    return pd.DataFrame(rows, columns=["number", "votes", "method", "accuracy"])


def votes_needed(curve: pd.DataFrame, accuracy: float) -> float:
    """Return how many votes a point needs for an accuracy, if all points get equally many.

    Parameters
    ----------
    curve : DataFrame
        Columns `votes` and `accuracy`, such as means of `fixed_votes` over seeds. Of several rows
        with equal votes the most accurate counts. Between rows it is a straight line, and it never
        falls.
    accuracy : float
        The accuracy, 0 to 1.

    Returns
    -------
    float
        Number of votes, at most the greatest of the curve, also where more would be needed.

    Examples
    --------
    >>> curve = pd.DataFrame({"votes": [1, 3, 5], "accuracy": [0.7, 0.8, 0.9]})
    >>> [round(votes_needed(curve, accuracy), 2) for accuracy in (0.85, 0.95)]
    [4.0, 5.0]
    """
    best = curve.groupby("votes")["accuracy"].max().sort_index().cummax()
    best = best[~best.duplicated()]
    reached = float(np.interp(accuracy, best.to_numpy(), best.index.to_numpy(float)))
    return reached if accuracy <= best.iloc[-1] else float(curve["votes"].max())
