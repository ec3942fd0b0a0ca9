import numpy as np
import pandas as pd
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from gamelabel.reliability import cohen_kappa, percent_agreement, wilson
from gamelabel.reliability.worker_agreement import worker_agreement


@settings(deadline=None)  # the first call may be slow
@given(st.lists(st.tuples(st.integers(0, 6), st.integers(0, 4), st.integers(0, 2)), max_size=40))
def test_each_row_is_the_agreement_of_two_workers(rows) -> None:
    labels = pd.DataFrame(rows, columns=["task", "worker", "label"], dtype=int)
    labels = labels.drop_duplicates(["task", "worker"])
    table = worker_agreement(labels)
    pairs = set()
    for row in table.itertuples():
        both = labels[labels.worker.isin([row.worker, row.other])]
        both = both[both.duplicated("task", keep=False)]
        assert row.worker < row.other and row.tasks == both.task.nunique() > 0
        assert row.agreement == pytest.approx(percent_agreement(both))
        assert row.kappa == pytest.approx(cohen_kappa(both), nan_ok=True)
        low, high = wilson(row.agreement * row.tasks, row.tasks)
        assert (row.low, row.high) == (pytest.approx(low), pytest.approx(high))
        pairs.add((row.worker, row.other))
    met = labels.merge(labels, on="task").query("worker_x < worker_y")
    assert pairs == set(zip(met.worker_x, met.worker_y, strict=True))
    assert list(zip(table.worker, table.other, strict=True)) == sorted(pairs)


def test_copies_stand_out() -> None:
    rng = np.random.default_rng(0)
    truth = rng.integers(0, 2, 200)
    right = rng.random((6, 200)) < 0.8
    table = np.where(right, truth, 1 - truth)
    table[5] = table[0]
    rows = [(task, w, table[w, task]) for w in range(6) for task in range(200)]
    result = worker_agreement(pd.DataFrame(rows, columns=["task", "worker", "label"]))
    best = result.iloc[result.agreement.argmax()]
    assert (best.worker, best.other, best.kappa) == (0, 5, 1)
    assert (result.drop(index=best.name).high < best.low).all()


def test_few_shared_tasks_are_left_out_and_repeated_labels_refused() -> None:
    labels = pd.DataFrame({"task": [0, 0, 1, 1, 1], "worker": list("uvuvw"), "label": 1})
    assert worker_agreement(labels, least=2)[["worker", "other"]].to_numpy().tolist() == [
        ["u", "v"]
    ]
    assert len(worker_agreement(labels)) == 3 and np.isnan(worker_agreement(labels).kappa).all()
    assert worker_agreement(labels.head(0)).empty
    with pytest.raises(ValueError, match="labeled a task twice"):
        worker_agreement(pd.concat([labels, labels.head(1)]))
