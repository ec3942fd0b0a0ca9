"""The labelling game played over labels that real workers gave: what would have been left, and at what cost?"""

from __future__ import annotations

from collections.abc import Iterable
from typing import TYPE_CHECKING, NamedTuple

import numpy as np
import pandas as pd
from numpy.typing import NDArray

from gamelabel.aggregation import aggregate

if TYPE_CHECKING:
    from gamelabel.games.pairs import Rules

KEPT, SPENT, LOST = "kept", "spent", "lost"


class Replay(NamedTuple):
    """What became of N recorded labels and their W workers.

    fate: (N,), in the labels' order, "kept" as data, "spent" on a comparison point, or "lost": never given, because its
    worker had been removed. workers: `worker, labels, right, wrong, kept, removed`, right and wrong of what was spent.
    """

    fate: NDArray[np.str_]
    workers: pd.DataFrame


def replay(labels: pd.DataFrame, gold: pd.DataFrame, rules: Rules, seed: int = 0) -> Replay:
    """Serve each worker their own labels in batches, by `rules`: a comparison point is one whose answer `gold` knows.

    labels: `task, worker, label`; gold: `task, label`. When a label was given is not recorded, so each worker's are
    put in random order; who tires or turns bad over time is not seen. A task may be a comparison point for one worker
    and data for another, as if gold had been found for only some of them. A label on a task without gold is never
    spent. What a worker did is taken as given: that a removed one would have stayed honest, too. Raises ValueError
    where a label has no worker, for then there is no one to judge.
    """
    if labels.worker.isna().any():
        raise ValueError("a gate judges workers: these labels do not say who gave them")
    shuffle, draw = (
        np.random.default_rng(child) for child in np.random.SeedSequence(seed).spawn(2)
    )
    person, people = pd.factorize(labels.worker, sort=True)
    answers = labels.task.map(gold.set_index("task").label)
    known, correct = answers.notna().to_numpy(), (answers == labels.label).to_numpy()
    order = np.lexsort(
        (shuffle.random(len(person)), person)
    )  # worker by worker, each in random order
    given = np.bincount(person, minlength=len(people))
    first = np.concatenate([[0], np.cumsum(given)[:-1]])

    standing, fate = rules.start(len(people)), np.full(len(person), LOST, "U5")
    for batch in range(-(-int(given.max(initial=0)) // rules.batch)):
        here = np.flatnonzero((given > batch * rules.batch) & ~standing.removed)
        at = batch * rules.batch + np.arange(rules.batch)
        mine = standing.of(here)
        there = at < given[here, None]
        label = order[np.where(there, first[here, None] + at, 0)]
        spent = rules.comparisons(mine, draw) & there & known[label]
        right = spent & correct[label]
        fate[label[spent]], fate[label[there & ~spent]] = SPENT, KEPT
        for values, changed in zip(
            standing, rules.after(mine, right.sum(1), (spent & ~right).sum(1)), strict=True
        ):
            values[here] = changed
    workers = pd.DataFrame(
        {"worker": people, "labels": given, "right": standing.right, "wrong": standing.wrong}
    )
    kept = np.bincount(person[fate == KEPT], minlength=len(people))
    return Replay(fate, workers.assign(kept=kept, removed=standing.removed))


def what_remains(
    labels: pd.DataFrame, gold: pd.DataFrame, rules: Rules, seeds: Iterable[int]
) -> pd.DataFrame:
    """A row for each seed: accuracies and costs, had the gate run, beside the same crowd without one.

    removed: share of workers; spent, lost: share of all labels; covered: share of tasks that keep a label.
    label_accuracy, label_accuracy_kept: of all labels, and of those kept. Accuracies of tasks, over those with a label:
    `majority` of all labels; `majority_same_work`, of as many labels at random as the gate let be given, comparison
    points included; `majority_kept`; and `weighted_kept`, votes weighed by what the comparison points said of workers.
    """
    answers = gold.set_index("task").label
    everyone = _right(aggregate(labels), answers)
    is_right = (labels.task.map(answers) == labels.label)[labels.task.isin(answers.index)]
    rows = {}
    for seed in seeds:
        found = replay(labels, gold, rules, seed)
        kept, spent = labels[found.fate == KEPT], labels[found.fate == SPENT]
        work = len(kept) + len(spent)
        same = labels.sample(work, random_state=np.random.default_rng(seed))
        rows[seed] = {
            "removed": found.workers.removed.mean(),
            "spent": len(spent) / len(labels),
            "lost": 1 - work / len(labels),
            "covered": kept.task.nunique() / labels.task.nunique(),
            "label_accuracy": is_right.mean(),
            "label_accuracy_kept": is_right[kept.index.intersection(is_right.index)].mean(),
            "majority": everyone,
            "majority_same_work": _right(aggregate(same, seed=seed), answers),
            "majority_kept": _right(aggregate(kept, seed=seed), answers),
            "weighted_kept": _right(_weighted(kept, spent, answers, seed), answers),
        }
    return pd.DataFrame.from_dict(rows, orient="index").rename_axis("seed")


def _weighted(
    kept: pd.DataFrame, spent: pd.DataFrame, answers: pd.Series, seed: int
) -> pd.DataFrame:
    """Kept labels put together by what their workers were right in; no answer of a task is told to itself.

    The comparison points go by names of their own, so that gold is known of these answers and of no kept label.
    """
    apart = spent.assign(task=[("comparison point", i) for i in range(len(spent))])
    named = kept.assign(task=[("data", task) for task in kept.task])
    known = pd.DataFrame({"task": apart.task, "label": spent.task.map(answers)})
    one = aggregate(pd.concat([named, apart], ignore_index=True), "weighted", known, seed)
    data = one.task.map(lambda task: task[0] == "data")
    return pd.DataFrame(
        {"task": [task[1] for task in one.task[data]], "label": one.label[data].to_numpy()}
    )


def _right(one: pd.DataFrame, answers: pd.Series) -> float:
    truth = one.task.map(answers)
    return float((one.label == truth)[truth.notna()].mean())
