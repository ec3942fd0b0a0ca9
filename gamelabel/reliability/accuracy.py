"""How often each player is right about what has a known answer, and all of them together."""

from __future__ import annotations

import numpy as np
import pandas as pd
from numpy.typing import ArrayLike

from gamelabel.reliability.counts import Coded, code
from gamelabel.reliability.estimate import (
    CONFIDENCE,
    Estimate,
    bootstrap_mean,
    clopper_pearson,
    wilson,
)


def accuracy(
    labels: pd.DataFrame, gold: pd.DataFrame, confidence: float = CONFIDENCE
) -> pd.DataFrame:
    """Accuracy of each worker on the tasks that have a known answer, with two intervals.

    labels: `task, worker, label`; gold: `task, label`. Returns `worker, labels` and what `score` does, one row a
    worker, sorted; `labels` counts all labels, those on tasks without gold included, and a task labelled twice counts
    twice. A worker without an answered task has accuracy NaN and the interval (0, 1). Raises ValueError where gold has
    two answers for a task, or is text where the labels are not.
    """
    coded = code(labels)
    answers = known_answers(gold, coded)
    given = coded.categories.to_numpy()[coded.label]
    known = answers.notna().to_numpy()[coded.task]
    is_right = known & (given == answers.to_numpy()[coded.task])
    people = len(coded.workers)
    table = pd.DataFrame(
        {"worker": coded.workers, "labels": np.bincount(coded.worker, minlength=people)}
    )
    answered = np.bincount(coded.worker[known], minlength=people)
    return pd.concat(
        [table, score(np.bincount(coded.worker[is_right], minlength=people), answered, confidence)],
        axis=1,
    )


def score(right: ArrayLike, answered: ArrayLike, confidence: float = CONFIDENCE) -> pd.DataFrame:
    """Right answers of so many, arrays (P,) -> `answered, right, accuracy, low, high, beta_low, beta_high`.

    `low, high` is Wilson's interval, `beta_low, beta_high` the wider one of Clopper and Pearson.
    """
    right, answered = np.asarray(right), np.asarray(answered)
    low, high = wilson(right, answered, confidence)
    beta_low, beta_high = clopper_pearson(right, answered, confidence)
    share = np.where(answered > 0, right / np.maximum(answered, 1), np.nan)
    return pd.DataFrame(
        {
            "answered": answered,
            "right": right,
            "accuracy": share,
            "low": low,
            "high": high,
            "beta_low": beta_low,
            "beta_high": beta_high,
        }
    )


def mean_accuracy(
    accuracies: ArrayLike,
    weights: ArrayLike | None = None,
    replicates: int = 1000,
    seed: int = 0,
    confidence: float = CONFIDENCE,
) -> Estimate:
    """Mean of the players' accuracies (P,), each player once or by weight (P,), with a bootstrap interval over players.

    Without weights: "each annotator had an average accuracy of 74%". With the labels that each gave: "each data point
    is, on average, labelled by an annotator with an accuracy of 83%" (GameLabel-10K, section 4.2). Players without an
    accuracy (NaN) are left out; where nobody or no weight is left, all is NaN.
    """
    values = np.asarray(accuracies, float)
    weight = np.ones(len(values)) if weights is None else np.asarray(weights, float)
    if weight.shape != values.shape or (weight < 0).any():
        raise ValueError(f"{len(values)} accuracies need as many weights, none below 0")
    weight, values = weight[~np.isnan(values)], values[~np.isnan(values)]
    mean = bootstrap_mean(
        values, weights=weight, replicates=replicates, seed=seed, confidence=confidence
    )
    return mean._replace(n=len(values))


def known_answers(gold: pd.DataFrame | None, coded: Coded) -> pd.Series:
    """Gold's answers `task, label` to the coded tasks, in their order, NaN where there is none.

    Raises ValueError where gold contradicts itself, or where its tasks or labels are text and the others are not, or
    the other way round: such gold would match nothing, and nobody would notice.
    """
    if gold is None:
        return pd.Series(None, index=coded.tasks, dtype=object)
    missing = [column for column in ("task", "label") if column not in gold]
    if missing:
        raise ValueError(f"gold has no column {', '.join(missing)}: it needs task, label")
    answers = gold.loc[gold.label.notna(), ["task", "label"]].drop_duplicates()
    twice = answers.task[answers.task.duplicated()]
    if len(twice):
        raise ValueError(
            f"gold contradicts itself about {twice.nunique()} tasks, such as {_shown(twice.iloc[0])}"
        )
    for name, ours, theirs in (
        ("task", coded.tasks, answers.task),
        ("label", coded.categories, answers.label),
    ):
        if (
            len(ours)
            and len(theirs)
            and isinstance(ours[0], str) != isinstance(theirs.iloc[0], str)
        ):
            raise ValueError(
                f"gold has {name}s such as {_shown(theirs.iloc[0])}, the labels {name}s such as {_shown(ours[0])}: "
                "one is text, the other is not, so none would be found; read both alike"
            )
    return answers.set_index("task").label.reindex(coded.tasks)


def _shown(name: object) -> str:
    return repr(name.item() if isinstance(name, np.generic) else name)
