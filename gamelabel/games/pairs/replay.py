"""Play the labelling game over labels of real workers: what it would keep, and at what cost."""

from __future__ import annotations

from collections.abc import Iterable
from typing import NamedTuple

import numpy as np
import pandas as pd
from numpy.typing import NDArray

from gamelabel.aggregation import aggregate
from gamelabel.games.pairs.rules import Rules

KEPT, SPENT, LOST = "kept", "spent", "lost"


class ReplayResult(NamedTuple):
    """What became of N recorded labels and of their workers."""

    fate: NDArray[np.str_]
    """The fate of each label, shape (N,): "kept" as data, "spent" on a comparison point, or "lost",
    because its worker had been removed."""
    workers: pd.DataFrame
    """worker, labels, right, wrong (of the labels spent), kept, removed."""


def replay_labels(
    labels: pd.DataFrame, gold: pd.DataFrame, rules: Rules, seed: int = 0
) -> ReplayResult:
    """Serve recorded workers their own labels in batches, by the rules of the game.

    A comparison point is a label on a task whose answer `gold` knows. A task may be a comparison
    point for one worker and data for another, as if gold had been available for only some of them.
    Labels on tasks without gold are never spent. The order in which labels were given is not
    recorded, so each worker's labels are shuffled: fatigue is not seen. Workers are assumed to
    answer as they did, whatever the rules.

    Parameters
    ----------
    labels : DataFrame
        Columns task, worker, label.
    gold : DataFrame
        Columns task, label.
    rules : Rules
        The rules of the game.
    seed : int
        Seed of the order and of the comparison points.

    Returns
    -------
    ReplayResult

    Raises
    ------
    ValueError
        If a label has no worker.

    Examples
    --------
    >>> labels = pd.DataFrame({"task": range(40), "worker": "w", "label": 0})
    >>> gold = pd.DataFrame({"task": range(40), "label": 1})
    >>> result = replay_labels(labels, gold, Rules())
    >>> bool(result.workers.removed[0]), int((result.fate == "lost").sum())
    (True, 25)
    """
    if labels.worker.isna().any():
        raise ValueError("a gate judges workers: every label needs a value in the column worker")
    children = np.random.SeedSequence(seed).spawn(2)
    order_rng, comparison_rng = (np.random.default_rng(child) for child in children)
    worker, names = pd.factorize(labels.worker, sort=True)
    answers = labels.task.map(gold.set_index("task").label)
    known, correct = answers.notna().to_numpy(), (answers == labels.label).to_numpy()
    order = np.lexsort((order_rng.random(len(worker)), worker))  # by worker, in random order
    count = np.bincount(worker, minlength=len(names))
    first = np.concatenate([[0], np.cumsum(count)[:-1]])

    standing, fate = rules.start(len(names)), np.full(len(worker), LOST, "U5")
    for batch in range(-(-int(count.max(initial=0)) // rules.batch_size)):
        active = np.flatnonzero((count > batch * rules.batch_size) & ~standing.removed)
        place = batch * rules.batch_size + np.arange(rules.batch_size)
        current = standing.select(active)
        exists = place < count[active, None]
        label = order[np.where(exists, first[active, None] + place, 0)]
        spent = rules.draw_comparisons(current, comparison_rng) & exists & known[label]
        right = spent & correct[label]
        fate[label[spent]], fate[label[exists & ~spent]] = SPENT, KEPT
        updated = rules.update(current, right.sum(1), (spent & ~right).sum(1))
        for values, changed in zip(standing, updated, strict=True):
            values[active] = changed
    workers = pd.DataFrame(
        {"worker": names, "labels": count, "right": standing.right, "wrong": standing.wrong}
    )
    kept = np.bincount(worker[fate == KEPT], minlength=len(names))
    return ReplayResult(fate, workers.assign(kept=kept, removed=standing.removed))


def replay_table(
    labels: pd.DataFrame, gold: pd.DataFrame, rules: Rules, seeds: Iterable[int]
) -> pd.DataFrame:
    """Compare a crowd under the rules of the game with the same crowd without them.

    Parameters
    ----------
    labels, gold, rules
        As in `replay_labels`.
    seeds : iterable of int
        Seeds of the replays.

    Returns
    -------
    DataFrame
        One row for each seed. Costs: removed, the share of workers; spent and lost, shares of all
        labels; covered, the share of tasks that keep a label. Accuracies of labels: label_accuracy
        of all labels, label_accuracy_kept. Accuracies of tasks, among those with a label: majority,
        of all labels; majority_same_work, of a random sample of as many labels as the game let
        workers give, comparison points included; majority_kept; weighted_kept, with votes weighted
        by the workers' answers to comparison points.

    Examples
    --------
    >>> labels = pd.DataFrame({"task": range(40), "worker": "w", "label": 0})
    >>> gold = pd.DataFrame({"task": range(40), "label": 1})
    >>> replay_table(labels, gold, Rules(), seeds=[0])[["removed", "lost"]].values.tolist()
    [[1.0, 0.625]]
    """
    answers = gold.set_index("task").label
    majority = _accuracy(aggregate(labels), answers)
    is_right = (labels.task.map(answers) == labels.label)[labels.task.isin(answers.index)]
    rows = {}
    for seed in seeds:
        result = replay_labels(labels, gold, rules, seed)
        kept, spent = labels[result.fate == KEPT], labels[result.fate == SPENT]
        n_given = len(kept) + len(spent)
        sample = labels.sample(n_given, random_state=np.random.default_rng(seed))
        rows[seed] = {
            "removed": result.workers.removed.mean(),
            "spent": len(spent) / len(labels),
            "lost": 1 - n_given / len(labels),
            "covered": kept.task.nunique() / labels.task.nunique(),
            "label_accuracy": is_right.mean(),
            "label_accuracy_kept": is_right[kept.index.intersection(is_right.index)].mean(),
            "majority": majority,
            "majority_same_work": _accuracy(aggregate(sample, seed=seed), answers),
            "majority_kept": _accuracy(aggregate(kept, seed=seed), answers),
            "weighted_kept": _accuracy(_aggregate_weighted(kept, spent, answers, seed), answers),
        }
    return pd.DataFrame.from_dict(rows, orient="index").rename_axis("seed")


def _aggregate_weighted(
    kept: pd.DataFrame, spent: pd.DataFrame, answers: pd.Series, seed: int
) -> pd.DataFrame:
    """Aggregate the kept labels, with workers weighted by the labels that they spent.

    Comparison points become tasks of their own, so that gold is known for the labels spent and for
    no label kept.
    """
    comparisons = spent.assign(task=[("comparison point", i) for i in range(len(spent))])
    data = kept.assign(task=[("data", task) for task in kept.task])
    known = pd.DataFrame({"task": comparisons.task, "label": spent.task.map(answers)})
    everything = pd.concat([data, comparisons], ignore_index=True)
    result = aggregate(everything, "weighted", known, seed)
    result = result[result.task.map(lambda task: task[0] == "data")]
    return pd.DataFrame(
        {"task": [task[1] for task in result.task], "label": result.label.to_numpy()}
    )


def _accuracy(aggregated: pd.DataFrame, answers: pd.Series) -> float:
    truth = aggregated.task.map(answers)
    return float((aggregated.label == truth)[truth.notna()].mean())
