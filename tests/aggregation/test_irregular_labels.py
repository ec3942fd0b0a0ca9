"""Irregular labels: each case that the docstrings define."""

import numpy as np
import pandas as pd
import pytest

from gamelabel.aggregation import METHODS, aggregate, fit_labels, worker_skills
from gamelabel.reliability import accuracy, alpha, fleiss_kappa

LABELS = pd.DataFrame(
    [(t, w, "ab"[(t % 2) ^ (w == "w" and t % 3 == 0)]) for t in range(12) for w in "uvw"],
    columns=["task", "worker", "label"],
)
GOLD = pd.DataFrame({"task": range(4), "label": list("abab")})
all_methods = pytest.mark.parametrize("method", METHODS)


def assert_equal(one: pd.DataFrame, other: pd.DataFrame) -> None:
    pd.testing.assert_frame_equal(one, other, check_dtype=False)


@all_methods
def test_labels_of_a_removed_player_count_unless_filtered_out(method: str) -> None:
    """They count as long as they are in the frame."""
    removed = pd.DataFrame({"task": range(12), "worker": "x", "label": "a"})
    both = pd.concat([LABELS, removed])
    assert both.equals(pd.concat([LABELS, removed])) and "x" not in set(LABELS.worker)
    assert_equal(aggregate(both[both.worker != "x"], method, GOLD), aggregate(LABELS, method, GOLD))
    assert not aggregate(both, method).probability.equals(aggregate(LABELS, method).probability)


@all_methods
def test_a_task_without_labels_is_not_in_the_result_even_if_gold_has_it(
    method: str,
) -> None:
    empty = pd.DataFrame({"task": [90, 91], "worker": ["u", "v"], "label": [None, np.nan]})
    gold = pd.concat([GOLD, pd.DataFrame({"task": [91, 92], "label": ["a", "b"]})])
    with pytest.warns(UserWarning, match=f"2 of {len(LABELS) + 2} rows have no label"):
        result = aggregate(pd.concat([LABELS, empty]), method, gold)
    assert_equal(result, aggregate(LABELS, method, GOLD))
    with pytest.warns(UserWarning, match=f"2 of {len(LABELS) + 2} rows have no label"):
        fit_labels(pd.concat([LABELS, empty]), method, gold)


@all_methods
def test_a_worker_who_labels_a_task_twice_counts_twice(method: str) -> None:
    twice = pd.concat([LABELS, LABELS[LABELS.worker == "u"]])
    result = aggregate(twice, method)
    assert result.task.tolist() == list(range(12)) and result.label.tolist() == list("ab" * 6)
    if method != "majority":
        assert worker_skills(result).labels.tolist() == [24, 12, 12]


@all_methods
def test_a_category_that_only_gold_has_is_a_category(method: str) -> None:
    result = aggregate(LABELS, method, pd.DataFrame({"task": [5], "label": ["c"]})).set_index(
        "task"
    )
    assert (result.label[5], result.probability[5]) == ("c", 1)
    assert result.probability.between(0, 1).all() and set(result.label) <= set("abc")


@all_methods
def test_an_invented_category_is_a_category(method: str) -> None:
    odd = pd.concat([LABELS, pd.DataFrame({"task": [0], "worker": ["u"], "label": ["?"]})])
    assert aggregate(odd, method).label.tolist() == list("ab" * 6)


@all_methods
def test_contradictory_gold_and_gold_that_cannot_match_are_refused(method: str) -> None:
    with pytest.raises(
        ValueError, match="gold contradicts itself: it has two answers for 1 tasks, such as 0"
    ):
        aggregate(LABELS, method, pd.DataFrame({"task": [0, 0], "label": ["a", "b"]}))
    with pytest.raises(ValueError, match="0 and '0' look the same as tasks: convert"):
        aggregate(LABELS, method, GOLD.astype({"task": str}))
    with pytest.raises(ValueError, match="gold has labels such as 0, the labels such as 'a', 'b'"):
        aggregate(LABELS, method, GOLD.assign(label=0))
    with pytest.raises(ValueError, match="gold has no column label"):
        aggregate(LABELS, method, GOLD[["task"]])


@all_methods
def test_a_worker_with_one_label_is_near_the_crowd(method: str) -> None:
    once = pd.concat(
        [LABELS, pd.DataFrame({"task": [1, 2], "worker": ["one", "two"], "label": ["b", "b"]})]
    )
    result = aggregate(once, method)
    assert result.label.tolist() == list("ab" * 6)
    if method != "majority":
        about = worker_skills(result).set_index("worker")
        right = about.filter(like="right").loc[["one", "two"]].to_numpy()
        assert ((right > 0.05) & (right < 0.999)).all()


@all_methods
def test_identifiers_in_any_script(method: str) -> None:
    """Without Unicode normalization: é and e with a combining accent are two workers."""
    name = {"u": "José", "v": "Jose\u0301", "w": "玩家🎲"}.get
    choice = {"a": "左", "b": "右"}.get
    labels = LABELS.assign(
        task=LABELS.task.map("задача {:02}".format),
        worker=LABELS.worker.map(name),
        label=LABELS.label.map(choice),
    )
    result = aggregate(labels, method)
    assert result.label.tolist() == [choice(label) for label in aggregate(LABELS, method).label]
    if method != "majority":
        assert sorted(worker_skills(result).worker) == sorted(["José", "Jose\u0301", "玩家🎲"])


@all_methods
def test_one_category_one_label_and_none(method: str) -> None:
    constant = aggregate(LABELS.assign(label="a"), method)
    assert set(constant.label) == {"a"} and constant.probability.tolist() == pytest.approx([1] * 12)
    assert aggregate(LABELS.head(1), method).label.tolist() == ["a"]
    nothing = aggregate(LABELS.head(0), method, GOLD)
    assert list(nothing) == ["task", "label", "probability"] and len(nothing) == 0


@all_methods
def test_missing_columns_tasks_and_workers_are_errors(method: str) -> None:
    with pytest.raises(ValueError, match="no column task"):
        aggregate(LABELS.drop(columns="task"), method)
    with pytest.raises(ValueError, match="1 labels have no task"):
        aggregate(LABELS.assign(task=LABELS.task.where(LABELS.index != 3)), method)
    if method not in ("auto", "majority"):
        with pytest.raises(ValueError, match="1 labels have no worker"):
            aggregate(LABELS.assign(worker=LABELS.worker.where(LABELS.index != 3)), method)


def test_majority_needs_no_workers() -> None:
    result = aggregate(LABELS.drop(columns="worker"))
    assert result.label.tolist() == list("ab" * 6)
    assert result.attrs["weights"] == {"majority": 1.0}
    assert result.attrs["reason"] == "some labels name no worker"
    with pytest.raises(ValueError, match="nothing about workers"):
        worker_skills(result)


def test_a_table_that_was_merged_has_lost_its_workers() -> None:
    result = aggregate(LABELS, "one-coin")
    merged = result.merge(GOLD, on="task", how="left")
    with pytest.raises(ValueError, match="a merge, as other operations of pandas, loses them"):
        worker_skills(merged)


def test_results_survive_concat_merge_and_parquet(tmp_path) -> None:
    """Frames in `attrs` would break these operations."""
    result = aggregate(LABELS, "dawid-skene")
    assert len(pd.concat([result, aggregate(LABELS, "one-coin")])) == 24
    assert len(result.merge(aggregate(LABELS, "glad"), on="task")) == 12
    result.to_parquet(tmp_path / "labels.parquet")
    again = pd.read_parquet(tmp_path / "labels.parquet")
    pd.testing.assert_frame_equal(worker_skills(again), worker_skills(result))


def test_integers_stay_exact_where_gold_is_incomplete() -> None:
    """A column with missing answers must not become floats, which round large integers."""
    large = 4 * 10**18
    labels = LABELS.assign(label=large + (LABELS.label == "b"))
    gold = pd.DataFrame({"task": [0, 1], "label": [large + 1, large + 2]})
    result = aggregate(labels, "dawid-skene", gold)
    assert result.label.dtype == np.int64
    assert result.label.tolist()[:2] == [large + 1, large + 2]


@pytest.mark.parametrize("method", ["auto", "majority"])
def test_wrong_columns_and_too_many_categories_are_said(method) -> None:
    with pytest.raises(ValueError, match="several columns named label"):
        aggregate(pd.concat([LABELS, LABELS[["label"]]], axis=1), method)
    with pytest.raises(ValueError, match="no column label"):
        aggregate(LABELS[["task", "worker"]], method)
    many = pd.DataFrame({"task": np.arange(50_000), "worker": "u", "label": np.arange(50_000)})
    with pytest.raises(ValueError, match="50,000 tasks and 50,000 categories"):
        aggregate(many, method)


@pytest.mark.full
def test_a_million_rows() -> None:
    """Weighted votes beat equal ones where accuracies are well estimated.

    So "weighted" gets twenty gold labels per worker, or none; models need only one.
    """
    rng = np.random.default_rng(0)
    tasks, workers = 200_000, 500
    truth, skill = rng.random(tasks) < 0.5, rng.beta(8, 2, workers)
    task, worker = np.repeat(np.arange(tasks), 5), rng.integers(0, workers, 5 * tasks)
    labels = pd.DataFrame({"task": task, "worker": worker})
    labels["label"] = truth[task] == (rng.random(len(task)) < skill[worker])
    gold_of_many = pd.DataFrame({"task": np.arange(2_000), "label": truth[:2_000]})
    gold = gold_of_many.head(1000)
    assert 0 < alpha(labels) < 1 and 0 < fleiss_kappa(labels) < 1
    assert accuracy(labels, gold).answered.sum() == 5000
    for method, known in (
        ("weighted", gold_of_many),
        ("weighted", None),
        ("one-coin", gold),
        ("dawid-skene", gold),
    ):
        majority = (aggregate(labels, "majority", known).label == truth).mean()
        assert (aggregate(labels, method, known).label == truth).mean() > majority
