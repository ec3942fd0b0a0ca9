"""The game over recorded labels: labels that a gate keeps, spends and loses."""

import numpy as np
import pandas as pd
import pytest

from gamelabel.games.pairs import SPRT, Posterior, Rules, Threshold
from gamelabel.games.pairs.replay import (
    KEPT,
    LOST,
    SPENT,
    gate_gains,
    replay_crowds,
    replay_labels,
    replay_table,
)
from gamelabel.readers.real_crowds import RealCrowd, real_crowds

NOBODY = Rules(gate=Threshold(min_accuracy=0.0))


def crowd(
    skills: list[float], labels: int = 200, tasks: int = 400, seed: int = 0
) -> tuple[pd.DataFrame, pd.DataFrame]:
    """Return labels of workers with given accuracies on different tasks of two classes."""
    rng = np.random.default_rng(seed)
    truth = rng.integers(2, size=tasks)
    rows = []
    for worker, skill in enumerate(skills):
        mine = rng.choice(tasks, labels, replace=False)
        rows += [
            (t, f"w{worker}", truth[t] if rng.random() < skill else 1 - truth[t]) for t in mine
        ]
    return pd.DataFrame(rows, columns=["task", "worker", "label"]), pd.DataFrame(
        {"task": range(tasks), "label": truth}
    )


def test_every_label_is_kept_spent_or_lost_and_workers_add_up() -> None:
    labels, gold = crowd([0.9, 0.8, 0.5, 0.5, 0.2])
    found = replay_labels(labels, gold, Rules(), seed=3)
    spent = (
        labels[found.fate == SPENT]
        .groupby("worker")
        .size()
        .reindex(found.workers.worker, fill_value=0)
    )
    kept = (
        labels[found.fate == KEPT]
        .groupby("worker")
        .size()
        .reindex(found.workers.worker, fill_value=0)
    )
    assert set(found.fate) == {KEPT, SPENT, LOST}
    assert (spent.to_numpy() == found.workers.right + found.workers.wrong).all()
    assert (kept.to_numpy() == found.workers.kept).all()
    lost = found.workers.labels - found.workers.kept - found.workers.right - found.workers.wrong
    assert (lost[~found.workers.removed] == 0).all()
    right = (
        labels.merge(gold, on="task", suffixes=("", "_gold")).eval("label == label_gold").to_numpy()
    )
    assert right[found.fate == SPENT].sum() == found.workers.right.sum()


def test_labels_are_replayed_in_random_order() -> None:
    """The first batch, which is spent whole, is not a worker's first five labels in the table."""
    labels, gold = crowd([0.9], labels=200)
    first, other = (replay_labels(labels, gold, NOBODY, seed).fate[:5] for seed in (0, 1))
    assert KEPT in first and KEPT in other


def test_without_removal_nothing_is_lost_and_the_first_batch_is_spent() -> None:
    labels, gold = crowd([0.9, 0.1])
    found = replay_labels(labels, gold, NOBODY)
    assert not found.workers.removed.any() and LOST not in found.fate
    few, _ = crowd([0.9] * 7, labels=5)
    assert (replay_labels(few, gold, NOBODY).fate == SPENT).all()


@pytest.mark.parametrize(
    "gate", [Threshold(), SPRT(), Posterior()], ids=lambda gate: type(gate).__name__
)
def test_workers_who_are_always_wrong_are_removed_early_and_perfect_ones_stay(gate) -> None:
    labels, gold = crowd([1.0, 0.0])
    workers = replay_labels(labels, gold, Rules(gate=gate)).workers.set_index("worker")
    assert workers.removed.to_dict() == {"w0": False, "w1": True}
    assert workers.loc["w1", "wrong"] <= 15 and workers.loc["w1", "kept"] <= 10


def test_tasks_without_gold_are_never_spent_and_replays_depend_on_the_seed() -> None:
    labels, gold = crowd([0.8, 0.6, 0.9])
    few = gold[gold.task < 100]
    found = replay_labels(labels, few, Rules(), seed=5)
    assert (labels.task[found.fate == SPENT] < 100).all() and (found.fate == SPENT).any()
    assert (found.fate == replay_labels(labels, few, Rules(), seed=5).fate).all()
    assert (found.fate != replay_labels(labels, few, Rules(), seed=6).fate).any()
    assert (replay_labels(labels, few[:0], Rules()).fate == KEPT).all()
    with pytest.raises(ValueError, match="every label needs a value in the column worker"):
        replay_labels(labels.assign(worker=None), gold, Rules())


def test_a_gate_helps_if_the_busiest_workers_are_the_worst() -> None:
    good, gold = crowd([0.85] * 12, labels=60)
    bad, _ = crowd([0.5] * 4, labels=400)
    labels = pd.concat([good, bad.assign(worker="spam " + bad.worker)], ignore_index=True)
    table = replay_table(labels, gold, Rules(), range(3))
    assert table.index.tolist() == [0, 1, 2] and np.isfinite(table.to_numpy()).all()
    found = table.mean()
    assert found.label_accuracy < 0.7 < 0.8 < found.label_accuracy_kept
    assert found.majority_kept > found.majority_same_work + 0.03
    assert 0.05 < found.spent < 0.5 and 0.3 < found.lost < 0.9 and 0.1 <= found.removed <= 0.4


def test_comparison_points_determine_the_weights_of_votes() -> None:
    labels, gold = crowd([0.95] * 6 + [0.5] * 14, labels=150)
    everyone = Rules(
        gate=Threshold(min_accuracy=0.0), good_accuracy=0.0
    )  # all get fewer comparison points, the bad ones too
    found = replay_table(labels, gold, everyone, range(3)).mean()
    assert found.lost == 0 and found.weighted_kept > found.majority_kept + 0.02


def test_a_gate_only_costs_labels_if_all_workers_are_alike() -> None:
    labels, gold = crowd([0.9] * 10)
    found = replay_table(labels, gold, Rules(gate=SPRT()), range(3)).mean()
    assert found.removed == 0 and found.lost == 0 and found.spent > 0.15
    assert found.label_accuracy_kept == pytest.approx(found.label_accuracy, abs=0.02)
    assert found.majority_kept <= found.majority + 0.01


def test_on_real_workers_the_gate_keeps_the_better_labels() -> None:
    here, missing = real_crowds("rte")
    if missing:
        pytest.skip(missing["rte"])
    found = replay_table(here["rte"].labels, here["rte"].gold, Rules(), range(2)).mean()
    assert found.label_accuracy == pytest.approx(0.729, abs=1e-3)
    assert found.label_accuracy_kept > 0.8 and found.majority_kept > found.majority_same_work


def test_several_crowds_and_gates() -> None:
    labels, gold = crowd([0.9, 0.5, 0.5])
    crowds = {"x": RealCrowd(labels, gold, "nominal", "two classes")}
    gates = {"nobody": NOBODY.gate, "posterior": Posterior()}
    table = replay_crowds(crowds, gates, seeds=[0, 1])
    assert table.groupby(["crowd", "gate"]).size().to_dict() == {
        ("x", "nobody"): 2,
        ("x", "posterior"): 2,
    }
    expected = replay_table(labels, gold, Rules(gate=Posterior()), [1]).iloc[0]
    row = table[table.gate == "posterior"].loc[1]
    assert row.drop(["crowd", "gate"]).to_dict() == expected.to_dict()
    assert list(replay_crowds({}, gates, [0])) == list(table)


def test_gains_are_over_the_same_work() -> None:
    rows = [
        {"crowd": "x", "gate": gate, "majority_kept": 0.5 + gain, "majority_same_work": 0.5}
        for gate in ("SPRT", "posterior")
        for gain in np.linspace(0, 0.2, 11)
    ]
    table = gate_gains(pd.DataFrame(rows).assign(weighted_kept=0.8)).set_index("votes")
    assert list(table.index) == [
        "SPRT, majority",
        "posterior, majority",
        "posterior, weighted votes",
    ]
    gains = table.loc["SPRT, majority", ["value", "low", "high"]].tolist()
    assert gains == pytest.approx([0.1, 0.02, 0.18])
    assert table.value["posterior, weighted votes"] == pytest.approx(0.3)
    assert gate_gains(replay_crowds({}, {}, [0])).empty
