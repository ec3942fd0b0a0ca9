import numpy as np
import pandas as pd

from gamelabel.aggregation import accuracy_with_gold, aggregate, aggregate_by_method, task_accuracy


def simulated_crowd() -> tuple[pd.DataFrame, pd.DataFrame]:
    """Return labels of one good worker and two who are wrong more often than not, and gold."""
    rng = np.random.default_rng(0)
    truth = rng.integers(2, size=200)
    rows = [
        (task, worker, truth[task] if rng.random() < skill else 1 - truth[task])
        for worker, skill in (("good", 0.95), ("bad", 0.3), ("worse", 0.2))
        for task in range(200)
    ]
    labels = pd.DataFrame(rows, columns=["task", "worker", "label"])
    return labels, pd.DataFrame({"task": range(200), "label": truth})


def test_every_method_labels_every_task() -> None:
    labels, gold = simulated_crowd()
    table = aggregate_by_method(labels, ["majority", "glad"], gold.head(50))
    assert list(table) == ["majority", "glad"] and table.index.tolist() == list(range(200))
    expected = aggregate(labels, "glad", gold.head(50)).label
    assert table.glad.tolist() == expected.tolist()
    unnamed = labels.assign(worker=labels.worker.where(labels.index > 0))
    assert list(aggregate_by_method(unnamed, ["glad"])) == ["majority"]


def test_accuracy_is_over_tasks_with_a_known_answer() -> None:
    aggregated = pd.DataFrame({"task": [1, 2, 3, 4], "label": [*"abab"]})
    gold = pd.DataFrame({"task": [4, 3, 2, 9], "label": [*"bbba"]})
    assert task_accuracy(aggregated, gold) == 2 / 3
    assert np.isnan(task_accuracy(aggregated, gold.head(0)))


def test_gold_helps_where_most_workers_are_wrong() -> None:
    labels, gold = simulated_crowd()
    without, with_gold = accuracy_with_gold(labels, gold, share=0.2, draws=3)
    assert without < 0.5 < 0.8 < with_gold
    known = gold.sample(frac=0.2, random_state=0)
    rest = gold[~gold.task.isin(known.task)]
    aided = aggregate(labels, "dawid-skene", known)
    first = accuracy_with_gold(labels, gold, share=0.2, draws=1)
    assert first[1] == task_accuracy(aided, rest)
