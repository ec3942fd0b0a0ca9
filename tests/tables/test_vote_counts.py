import numpy as np
import pandas as pd
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from gamelabel.reliability import alpha, fleiss_kappa, percent_agreement
from gamelabel.tables.encoded_labels import encode_labels
from gamelabel.tables.vote_counts import BLOCK_SIZE, tabulate_votes

KINDS = ("int8", "uint8", "int64", "uint64", "Int64", "float64", "category", "str")


def rows(counts: np.ndarray) -> list[list[int]]:
    """Return the counts of the tasks with labels, sorted, since tasks have no order."""
    return sorted(row for row in counts.astype(int).tolist() if any(row))


@settings(deadline=None, max_examples=200)  # the first call may be slow
@given(
    st.lists(st.tuples(st.integers(0, 9), st.integers(0, 3)), min_size=1, max_size=40),
    st.sampled_from(KINDS),
    st.sampled_from(KINDS),
    st.integers(-100, 100),
)
def test_columns_of_every_type_are_counted_in_the_same_way(
    labels, of_task, of_label, shift: int
) -> None:
    frame = pd.DataFrame(labels, columns=["task", "label"])
    frame["task"] += abs(shift) if of_task.lower().startswith("u") else shift
    result, names = tabulate_votes(frame.astype({"task": of_task, "label": of_label}))
    plain = encode_labels(frame.assign(worker=0))
    assert rows(result) == rows(plain.vote_counts())
    assert [int(name) for name in names] == plain.categories.tolist()


@pytest.mark.parametrize("n", [255, 256, 257, 512, 70_000])
def test_counts_do_not_overflow(n: int) -> None:
    """A byte holds at most 255; 256 and 512 would become 0."""
    frame = pd.DataFrame(
        {
            "task": np.repeat([3, 4], [n + 1, 2]),
            "label": np.repeat([0, 1, 0, 1], [n, 1, 1, 1]),
        }
    )
    result, _ = tabulate_votes(frame)
    assert rows(result) == [[1, 1], [n, 1]]
    expected = np.array([[n, 1], [1, 1]])
    for statistic in (alpha, fleiss_kappa, percent_agreement):
        assert statistic(frame) == pytest.approx(statistic(expected, counts=True), rel=1e-12)


def test_all_blocks_are_counted() -> None:
    rng = np.random.default_rng(0)
    frame = pd.DataFrame(
        {
            "task": rng.integers(7, 5000, 3 * BLOCK_SIZE + 1),
            "label": rng.integers(0, 3, 3 * BLOCK_SIZE + 1),
        }
    )
    result, _ = tabulate_votes(frame)
    assert rows(result) == rows(pd.crosstab(frame.task, frame.label).to_numpy())


def test_ordered_categories_keep_their_order_without_unused_ones() -> None:
    """poor < fair < good, although fair is the first by name; "superb" is not used."""
    order = pd.CategoricalDtype(["poor", "fair", "good", "superb"], ordered=True)
    labels = pd.DataFrame(
        {"task": [0, 0, 1, 1, 2, 2], "label": ["poor", "fair", "good", "good", "fair", "good"]}
    )
    ordered = labels.astype({"label": order})
    assert tabulate_votes(ordered)[1].tolist() == ["poor", "fair", "good"]
    counts = np.array([[1, 1, 0], [0, 0, 2], [0, 1, 1]])
    expected = pytest.approx(alpha(counts, "ordinal", counts=True))
    assert alpha(ordered, "ordinal") == expected
    assert alpha(labels, "ordinal", ["poor", "fair", "good"]) == expected


@pytest.mark.parametrize(
    ("dtype", "offset"),
    [
        ("int64", 4 * 10**18),
        ("int64", -4 * 10**18),
        ("uint64", 2**63 - 1),
        ("uint64", 2**64 - 10),
    ],
)
def test_huge_ids_are_counted_like_small_ones(dtype: str, offset: int) -> None:
    small = pd.DataFrame({"task": [0, 0, 1, 1, 2, 2], "label": [1, 1, 2, 2, 1, 2]})
    for columns in (["task"], ["label"], ["task", "label"]):
        huge = small.copy()
        for column in columns:
            huge[column] = np.array([int(x) + offset for x in small[column]], dtype)
        counts, names = tabulate_votes(huge)
        assert rows(counts) == [[0, 2], [1, 1], [2, 0]]
        shift = offset if "label" in columns else 0
        assert [int(name) for name in names] == [1 + shift, 2 + shift]


def test_a_table_that_does_not_fit_into_memory_is_refused() -> None:
    ids = np.arange(100_000)
    labels = pd.DataFrame({"task": ids, "worker": 0, "label": ids})
    for statistic in (alpha, fleiss_kappa, lambda f: encode_labels(f).vote_counts()):
        with pytest.raises(ValueError, match="100,000 tasks and 100,000 categories need a table"):
            statistic(labels)


def test_many_categories_of_few_tasks_are_counted() -> None:
    """Every number is given by both raters of a task."""
    ids = np.repeat(np.arange(3_000), 2)
    labels = pd.DataFrame({"task": ids, "worker": np.arange(6_000) % 2, "label": ids * 7})
    assert alpha(labels) == alpha(labels, "interval") == 1


def test_a_column_that_occurs_twice_is_refused() -> None:
    labels = pd.DataFrame([[1, 2, 3]], columns=["task", "label", "label"])
    with pytest.raises(ValueError, match="several columns named label: rename all but one"):
        tabulate_votes(labels)
