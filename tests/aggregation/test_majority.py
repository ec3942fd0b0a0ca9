import numpy as np
import pandas as pd
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from gamelabel.aggregation import aggregate
from tests.reliability.external_data import real_crowd

LABELS = pd.DataFrame(
    [
        ("t0", "u", "a"),
        ("t0", "v", "b"),
        ("t1", "u", "b"),
        ("t1", "v", "b"),
        ("t2", "v", "a"),
        ("t2", "w", "b"),
    ],
    columns=["task", "worker", "label"],
)
GOLD = pd.DataFrame({"task": ["t0", "t1"], "label": ["a", "b"]})


def test_majority_breaks_ties_by_seed_and_keeps_gold() -> None:
    table = aggregate(LABELS, "majority").set_index("task")
    assert table.probability.to_dict() == {"t0": 0.5, "t1": 1.0, "t2": 0.5}
    assert table.label["t1"] == "b"
    anchored = aggregate(LABELS, "majority", GOLD).set_index("task")
    assert (
        anchored.loc[["t0", "t1"], "label"].tolist() == ["a", "b"]
        and anchored.probability["t0"] == 1.0
    )
    ties = pd.DataFrame(
        {"task": np.repeat(np.arange(4000), 2), "worker": 0, "label": ["a", "b"] * 4000}
    )
    firsts = (aggregate(ties, "majority", seed=3).label == "a").mean()
    assert firsts == pytest.approx(0.5, abs=0.04)
    assert not aggregate(ties, "majority", seed=3).equals(aggregate(ties, "majority", seed=4))
    assert len(aggregate(LABELS.head(0), "majority")) == 0
    with pytest.raises(ValueError, match="unknown method 'plurality'"):
        aggregate(LABELS, "plurality")  # type: ignore[arg-type]


@settings(deadline=None)  # the first call may be slow
@given(st.permutations(range(len(LABELS))))
def test_majority_does_not_depend_on_the_order_of_rows(order) -> None:
    shuffled = aggregate(LABELS.iloc[order], "majority").sort_values("task", ignore_index=True)
    pd.testing.assert_frame_equal(shuffled, aggregate(LABELS, "majority"))


@pytest.mark.parametrize(
    ("name", "expected"), [("rte", 0.908), ("dog", 0.815), ("sentiment_1k", 0.935), ("face", 0.635)]
)
def test_majority_on_real_crowds(name: str, expected: float) -> None:
    labels, gold = real_crowd(name)
    joined = aggregate(labels, "majority").merge(gold, on="task", suffixes=("", "_true"))
    assert (joined.label == joined.label_true).mean() == pytest.approx(
        expected, abs=0.012
    )  # ties are settled otherwise
