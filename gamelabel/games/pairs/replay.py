"""Play the labelling game over labels of real workers: what it would keep, and at what cost."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from typing import NamedTuple

import numpy as np
import pandas as pd
from numpy.typing import NDArray

from gamelabel.aggregation import aggregate, task_accuracy
from gamelabel.games.pairs.gate import Gate
from gamelabel.games.pairs.rules import Rules
from gamelabel.readers import RealCrowd

KEPT, SPENT, LOST = "kept", "spent", "lost"
_REPLAY_COLUMNS = [
    "removed", "spent", "lost", "covered", "label_accuracy", "label_accuracy_kept", "majority",
    "majority_same_work", "majority_kept", "weighted_kept",
]  # fmt: skip


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
    majority = task_accuracy(aggregate(labels, "majority"), gold)
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
            "majority_same_work": task_accuracy(aggregate(sample, "majority", seed=seed), gold),
            "majority_kept": task_accuracy(aggregate(kept, "majority", seed=seed), gold),
            "weighted_kept": task_accuracy(_aggregate_weighted(kept, spent, answers, seed), gold),
        }
    return pd.DataFrame.from_dict(rows, orient="index").rename_axis("seed")


def replay_crowds(
    crowds: Mapping[str, RealCrowd], gates: Mapping[str, Gate], seeds: Sequence[int]
) -> pd.DataFrame:
    """Play the game over real crowds under several gates; see `replay_table`.

    Parameters
    ----------
    crowds : mapping of str to RealCrowd
        Crowds with known answers, by name.
    gates : mapping of str to Gate
        The gates, by name.
    seeds : sequence of int
        Seeds of the replays.

    Returns
    -------
    DataFrame
        One row for each crowd, gate and seed: `crowd`, `gate`, and the columns of `replay_table`.

    Examples
    --------
    >>> replay_crowds({}, {}, seeds=[0]).columns.tolist()[:4]
    ['crowd', 'gate', 'removed', 'spent']
    """
    tables = []
    for name, crowd in crowds.items():
        for gate, rule in gates.items():
            table = replay_table(crowd.labels, crowd.gold, Rules(gate=rule), seeds)
            tables.append(table.assign(crowd=name, gate=gate))
    columns = ["crowd", "gate", *_REPLAY_COLUMNS]
    return pd.concat(tables)[columns] if tables else pd.DataFrame(columns=columns)


def gate_gains(replays: pd.DataFrame) -> pd.DataFrame:
    """Compare the tasks that are right with a gate and without one, for the same work.

    Parameters
    ----------
    replays : DataFrame
        The table of `replay_crowds`.

    Returns
    -------
    DataFrame
        One row for each way to vote and crowd: `votes`, such as "threshold, majority"; `crowd`;
        `value`, the median difference over replays, as a share of tasks; `low` and `high`, the
        middle 80 % of the replays. Weighted votes are compared for the posterior gate only.

    Examples
    --------
    >>> row = {"crowd": "x", "gate": "SPRT", "majority_kept": 0.9, "majority_same_work": 0.8}
    >>> gate_gains(pd.DataFrame([{**row, "weighted_kept": 0.9}])).round(3)
                votes crowd  value  low  high
    0  SPRT, majority     x    0.1  0.1   0.1
    """
    votes = replays["gate"] + ", majority"
    gain = replays["majority_kept"] - replays["majority_same_work"]
    majority = pd.DataFrame({"votes": votes, "crowd": replays["crowd"], "gain": gain})
    posterior = replays[replays["gate"] == "posterior"]
    gain = posterior["weighted_kept"] - posterior["majority_same_work"]
    weighted = pd.DataFrame({"votes": "posterior, weighted votes", "crowd": posterior["crowd"]})
    gains = pd.concat([majority, weighted.assign(gain=gain)], ignore_index=True)
    groups = gains.astype({"gain": float}).groupby(["votes", "crowd"], sort=False)["gain"]
    shares = {"value": 0.5, "low": 0.1, "high": 0.9}
    table = pd.DataFrame({name: groups.quantile(share) for name, share in shares.items()})
    return table.reset_index()


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
