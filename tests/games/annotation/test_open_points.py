"""What people are asked next, and when a point has enough votes."""

import numpy as np
import pandas as pd
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from gamelabel.aggregation import fit_labels
from gamelabel.games.annotation.open_points import OpenPoints
from gamelabel.games.annotation.stopping_rule import StoppingRule

ANSWERS = ["a", "b", "tie"]
NEVER = StoppingRule(confidence=1.0, maximum=None)
votes_of_point = st.lists(st.sampled_from(ANSWERS), min_size=1, max_size=8)


def simulated_votes(seed: int, points: int = 60, workers: int = 9) -> pd.DataFrame:
    """SIMULATED votes: workers are right with probability .5 to .95."""
    rng = np.random.default_rng(seed)
    truth, skill = rng.integers(0, 3, points), np.linspace(0.5, 0.95, workers)
    task, worker = np.repeat(np.arange(points), workers), np.tile(np.arange(workers), points)
    is_right = rng.random(len(task)) < skill[worker]
    code = np.where(is_right, truth[task], rng.integers(0, 3, len(task)))
    labels = pd.DataFrame({"task": task, "worker": worker, "label": np.array(ANSWERS)[code]})
    labels.attrs["truth"] = dict(enumerate(np.array(ANSWERS)[truth]))
    return labels


def record(points: OpenPoints, votes: pd.DataFrame) -> None:
    for vote in votes[["task", "worker", "label"]].itertuples(index=False, name=None):
        points.update(*vote)


@settings(max_examples=25, deadline=None)
@given(votes_of_point, st.integers(0, 3), st.sampled_from(["majority", "one-coin"]))
def test_another_vote_for_the_best_answer_never_lowers_its_confidence(votes, seed, method) -> None:
    points = OpenPoints([*range(20), "new"], ANSWERS, NEVER, method)
    record(points, simulated_votes(seed, points=20))
    points.refit()
    for worker, answer in enumerate(votes):
        points.update("new", worker, answer)
    before = points.table().set_index("point").loc["new"]
    points.update("new", 8, before["answer"])
    after = points.table().set_index("point").loc["new"]
    assert after["answer"] == before["answer"]
    assert after["confidence"] >= before["confidence"] - 1e-12


@settings(max_examples=6, deadline=None)
@given(st.integers(0, 20), st.sampled_from(["majority", "one-coin", "dawid-skene"]))
def test_the_order_of_votes_changes_nothing(seed, method) -> None:
    votes = simulated_votes(seed, points=20)
    tables = []
    for shuffled in (votes, votes.sample(frac=1, random_state=seed)):
        points = OpenPoints(range(20), ANSWERS, NEVER, method, {0: "a", 1: "b", 2: "a"})
        record(points, shuffled)
        by_votes = points.table()
        points.refit()
        tables.append((by_votes, points.table()))
    for one, other in zip(*tables, strict=True):
        pd.testing.assert_frame_equal(one, other, atol=1e-7)


@settings(max_examples=15, deadline=None)
@given(
    seed=st.integers(0, 1000),
    maximum=st.integers(2, 5),
    confidence=st.sampled_from([0.7, 0.9, 1.0]),
)
def test_nobody_is_asked_twice_and_no_point_more_often_than_the_maximum(
    seed, maximum, confidence
) -> None:
    rng = np.random.default_rng(seed)
    points = OpenPoints(range(12), ANSWERS, StoppingRule(confidence, maximum=maximum), seed=seed)
    asked, waiting = [], []
    for _ in range(150):
        worker = int(rng.integers(0, 7))
        point = points.next_task(worker)
        if point is not None:
            assert points.is_open(point)
            asked.append((point, worker))
            waiting.append((point, worker))
        if waiting and rng.random() < 0.7:
            point, worker = waiting.pop(int(rng.integers(len(waiting))))
            points.update(point, worker, str(rng.choice(ANSWERS)))
        if points.refit_due:
            points.refit()
    assert len(set(asked)) == len(asked)
    assert points.table()["votes"].max() <= maximum


def test_equal_seeds_give_an_equal_order() -> None:
    def order(seed: int) -> list[object]:
        points = OpenPoints(range(30), ANSWERS, seed=seed)
        return [points.next_task("ann") for _ in range(31)]

    assert order(1) == order(1)
    assert order(1) != order(2)
    assert sorted(order(1)[:30]) == list(range(30))
    assert order(1)[30] is None


def test_after_a_refit_answers_are_those_of_the_aggregation() -> None:
    votes = simulated_votes(3, points=200)
    for method in ("one-coin", "dawid-skene"):
        points = OpenPoints(range(200), ANSWERS, NEVER, method)
        record(points, votes)
        points.refit()
        batch = fit_labels(votes, method, calibrated=False).table.set_index("task")
        table = points.table().set_index("point")
        clear = batch[batch["probability"] > 0.9].index
        assert len(clear) > 150
        assert (table["answer"].loc[clear] == batch["label"].loc[clear]).all()


def test_known_answers_lower_a_confidence_that_is_too_high() -> None:
    votes = simulated_votes(5, points=300)
    everyone_errs = votes["task"] % 3 == 0  # all workers see another answer on a third of points
    votes.loc[everyone_errs, "label"] = "tie"
    known = {task: votes.attrs["truth"][task] for task in range(100)}
    means = []
    for known_answers in ({}, known):
        points = OpenPoints(range(300), ANSWERS, NEVER, "dawid-skene", known_answers)
        record(points, votes)
        points.refit()
        table = points.table().iloc[100:]
        means.append(table["confidence"].mean())
    right = (table["answer"] == table["point"].map(votes.attrs["truth"])).mean()
    assert means[0] - right > 0.1
    assert abs(means[1] - right) < 0.06


def test_known_answers_that_may_be_easier_never_raise_the_confidence() -> None:
    votes = simulated_votes(6, points=300, workers=3)
    truth = votes.attrs["truth"]
    confidences, easy = [], {}
    for may_be_easier in (False, False, True):
        points = OpenPoints(
            range(300), ANSWERS, NEVER, known=easy, known_may_be_easier=may_be_easier
        )
        record(points, votes)
        points.refit()
        table = points.table()
        confidences.append(table["confidence"])
        easy = {task: best for task, best in enumerate(table["answer"]) if best == truth[task]}
    without, raised, kept = confidences
    assert raised.mean() > without.mean() + 0.01
    assert (kept <= without + 1e-9).all()


def test_the_least_certain_point_comes_first() -> None:
    points = OpenPoints(["x", "y", "z"], ["a", "b"], NEVER, "majority")
    for worker, point, answer in [(1, "x", "a"), (2, "x", "a"), (1, "y", "a"), (2, "y", "b")]:
        points.update(point, worker, answer)
    points.update("z", 1, "b")
    assert [points.next_task("ann") for _ in range(3)] == ["y", "z", "x"]


def test_a_point_that_someone_is_asked_waits_and_a_released_one_goes_to_others() -> None:
    points = OpenPoints(["x"], ["a", "b"], StoppingRule(maximum=2))
    assert points.next_task("ann") == points.next_task("bob") == "x"
    assert points.next_task("cem") is None
    points.release("x", "ann")
    assert points.next_task("ann") is None
    assert points.next_task("cem") == "x"
    points.update("x", "ann", "a")  # late, and counts


def test_a_quorum_and_a_maximum_close_a_point() -> None:
    points = OpenPoints(["x", "y"], ["a", "b"], StoppingRule(0.999, quorum=3, maximum=4))
    assert [points.update("x", worker, "a") for worker in range(3)] == [None, None, "quorum"]
    reasons = [points.update("y", worker, "ab"[worker % 2]) for worker in range(4)]
    assert reasons == [None, None, None, "maximum"]
    assert points.n_open == 0
    assert points.table()["stopped"].tolist() == ["quorum", "maximum"]


@pytest.mark.parametrize(
    ("arguments", "message"),
    [
        ({"points": ["x", "x"]}, "occur twice"),
        ({"answers": ["a"]}, "at least two possible answers"),
        ({"known": {"q": "a"}}, "known answer"),
        ({"known": {"x": "c"}}, "known answer"),
    ],
)
def test_points_that_contradict_themselves(arguments, message) -> None:
    with pytest.raises(ValueError, match=message):
        OpenPoints(**({"points": ["x", "y"], "answers": ["a", "b"]} | arguments))


def test_votes_that_do_not_fit() -> None:
    points = OpenPoints(["x", "y"], ["a", "b"])
    points.update("x", "ann", "a")
    with pytest.raises(ValueError, match="has voted on 'x' before"):
        points.update("x", "ann", "b")
    with pytest.raises(ValueError, match="is not an answer"):
        points.update("x", "bob", "c")
    with pytest.raises(ValueError, match="no point 'q'"):
        points.update("q", "bob", "a")
    assert points.table()["votes"].tolist() == [1, 0]


@pytest.mark.parametrize(
    "numbers",
    [
        {"confidence": 0.0},
        {"confidence": 1.2},
        {"quorum": 0},
        {"minimum": 3, "maximum": 2},
        {"quorum": 4, "maximum": 3},
    ],
)
def test_rules_that_cannot_be_followed(numbers) -> None:
    with pytest.raises(ValueError, match=r"stopping rule|cannot agree"):
        StoppingRule(**numbers)
