"""What happens to labels that are not as they should be: each case defined, in the docstrings and here."""

import numpy as np
import pandas as pd
import pytest

from gamelabel.aggregation import METHODS, aggregate, worker_skills
from gamelabel.reliability import accuracy, alpha, fleiss_kappa

LABELS = pd.DataFrame(
    [(t, w, "ab"[(t % 2) ^ (w == "w" and t % 3 == 0)]) for t in range(12) for w in "uvw"],
    columns=["task", "worker", "label"],
)
GOLD = pd.DataFrame({"task": range(4), "label": list("abab")})
every = pytest.mark.parametrize("method", METHODS)


def same(one: pd.DataFrame, other: pd.DataFrame) -> None:
    pd.testing.assert_frame_equal(one, other, check_dtype=False)


@every
def test_labels_of_a_removed_player_are_gone_once_left_out(method: str) -> None:
    """They count as long as they are in the frame; left out, it is as if the player had never been."""
    removed = pd.DataFrame({"task": range(12), "worker": "x", "label": "a"})
    both = pd.concat([LABELS, removed])
    assert both.equals(pd.concat([LABELS, removed])) and "x" not in set(LABELS.worker)
    same(aggregate(both[both.worker != "x"], method, GOLD), aggregate(LABELS, method, GOLD))
    assert not aggregate(both, method).probability.equals(aggregate(LABELS, method).probability)


@every
def test_a_task_without_labels_is_not_in_the_result_not_even_when_gold_knows_it(
    method: str,
) -> None:
    empty = pd.DataFrame({"task": [90, 91], "worker": ["u", "v"], "label": [None, np.nan]})
    gold = pd.concat([GOLD, pd.DataFrame({"task": [91, 92], "label": ["a", "b"]})])
    same(aggregate(pd.concat([LABELS, empty]), method, gold), aggregate(LABELS, method, GOLD))


@every
def test_a_worker_who_labels_a_task_twice_counts_twice(method: str) -> None:
    twice = pd.concat([LABELS, LABELS[LABELS.worker == "u"]])
    found = aggregate(twice, method)
    assert found.task.tolist() == list(range(12)) and found.label.tolist() == list("ab" * 6)
    if method != "majority":
        assert worker_skills(found).labels.tolist() == [24, 12, 12]


@every
def test_a_category_that_only_gold_knows_is_one(method: str) -> None:
    found = aggregate(LABELS, method, pd.DataFrame({"task": [5], "label": ["c"]})).set_index("task")
    assert (found.label[5], found.probability[5]) == ("c", 1)
    assert found.probability.between(0, 1).all() and set(found.label) <= set("abc")


@every
def test_a_category_that_a_worker_made_up_is_one_too(method: str) -> None:
    odd = pd.concat([LABELS, pd.DataFrame({"task": [0], "worker": ["u"], "label": ["?"]})])
    assert aggregate(odd, method).label.tolist() == list("ab" * 6)


@every
def test_gold_that_contradicts_itself_or_would_match_nothing_is_refused(method: str) -> None:
    with pytest.raises(
        ValueError, match="gold contradicts itself: it has two answers for 1 tasks, such as 0"
    ):
        aggregate(LABELS, method, pd.DataFrame({"task": [0, 0], "label": ["a", "b"]}))
    with pytest.raises(
        ValueError,
        match=r"gold has tasks such as '0', the labels tasks such as 0: .*read both with the same type",
    ):
        aggregate(LABELS, method, GOLD.astype({"task": str}))
    with pytest.raises(
        ValueError, match="gold has labels such as 0, the labels labels such as 'a'"
    ):
        aggregate(LABELS, method, GOLD.assign(label=0))
    with pytest.raises(ValueError, match="gold has no column label"):
        aggregate(LABELS, method, GOLD[["task"]])


@every
def test_a_worker_with_one_label_is_neither_trusted_nor_damned(method: str) -> None:
    once = pd.concat(
        [LABELS, pd.DataFrame({"task": [1, 2], "worker": ["one", "two"], "label": ["b", "b"]})]
    )
    found = aggregate(once, method)
    assert found.label.tolist() == list("ab" * 6)
    if method != "majority":
        about = worker_skills(found).set_index("worker")
        right = about.filter(like="right").loc[["one", "two"]].to_numpy()
        assert ((right > 0.05) & (right < 0.999)).all()


@every
def test_ids_of_any_script_are_what_they_are(method: str) -> None:
    """Names are compared as they stand: an é of one code point is another worker than e with an accent."""
    name = {"u": "José", "v": "Jose\u0301", "w": "玩家🎲"}.get
    choice = {"a": "左", "b": "右"}.get
    labels = LABELS.assign(
        task=LABELS.task.map("задача {:02}".format),
        worker=LABELS.worker.map(name),
        label=LABELS.label.map(choice),
    )
    found = aggregate(labels, method)
    assert found.label.tolist() == [choice(label) for label in aggregate(LABELS, method).label]
    if method != "majority":
        assert sorted(worker_skills(found).worker) == sorted(["José", "Jose\u0301", "玩家🎲"])


@every
def test_one_category_one_label_and_none(method: str) -> None:
    constant = aggregate(LABELS.assign(label="a"), method)
    assert set(constant.label) == {"a"} and constant.probability.tolist() == pytest.approx([1] * 12)
    assert aggregate(LABELS.head(1), method).label.tolist() == ["a"]
    nothing = aggregate(LABELS.head(0), method, GOLD)
    assert list(nothing) == ["task", "label", "probability"] and len(nothing) == 0


@every
def test_who_and_what_must_be_said(method: str) -> None:
    with pytest.raises(ValueError, match="no column task"):
        aggregate(LABELS.drop(columns="task"), method)
    with pytest.raises(ValueError, match="1 labels have no task"):
        aggregate(LABELS.assign(task=LABELS.task.where(LABELS.index != 3)), method)
    if method != "majority":
        with pytest.raises(ValueError, match="1 labels have no worker"):
            aggregate(LABELS.assign(worker=LABELS.worker.where(LABELS.index != 3)), method)


def test_a_majority_needs_no_names_and_says_nothing_of_workers() -> None:
    found = aggregate(LABELS.drop(columns="worker"))
    assert found.label.tolist() == list("ab" * 6)
    with pytest.raises(ValueError, match="nothing about workers"):
        worker_skills(found)


def test_results_stand_in_tables_files_and_beside_each_other(tmp_path) -> None:
    """Frames within `attrs` would break these."""
    found = aggregate(LABELS, "dawid-skene")
    assert len(pd.concat([found, aggregate(LABELS, "one-coin")])) == 24
    assert len(found.merge(aggregate(LABELS, "glad"), on="task")) == 12
    found.to_parquet(tmp_path / "labels.parquet")
    again = pd.read_parquet(tmp_path / "labels.parquet")
    pd.testing.assert_frame_equal(worker_skills(again), worker_skills(found))


@pytest.mark.full
def test_ten_million_rows() -> None:
    """Weights of known accuracies beat equal ones, and of estimated ones where the estimates are good.

    So "weighted" has gold of twenty labels a worker, or the 2000 of each that others judge; models need but one.
    """
    rng = np.random.default_rng(0)
    tasks, workers = 2_000_000, 5_000
    truth, skill = rng.random(tasks) < 0.5, rng.beta(8, 2, workers)
    task, worker = np.repeat(np.arange(tasks), 5), rng.integers(0, workers, 5 * tasks)
    labels = pd.DataFrame({"task": task, "worker": worker})
    labels["label"] = truth[task] == (rng.random(len(task)) < skill[worker])
    much = pd.DataFrame({"task": np.arange(20_000), "label": truth[:20_000]})
    gold = much.head(1000)
    assert 0 < alpha(labels) < 1 and 0 < fleiss_kappa(labels) < 1
    assert accuracy(labels, gold).answered.sum() == 5000
    for method, known in (
        ("weighted", much),
        ("weighted", None),
        ("one-coin", gold),
        ("dawid-skene", gold),
    ):
        majority = (aggregate(labels, gold=known).label == truth).mean()
        assert (aggregate(labels, method, known).label == truth).mean() > majority
