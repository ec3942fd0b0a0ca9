import krippendorff
import numpy as np
import pandas as pd
import pytest
from hypothesis import assume, given, settings
from hypothesis import strategies as st

from gamelabel.reliability import alpha
from tests.reliability.external_data import external_file, real_crowd

LEVELS = ("nominal", "ordinal", "interval", "ratio")


def long(table: pd.DataFrame) -> pd.DataFrame:
    """Convert a table of workers (rows) by tasks, with gaps, to task, worker, label."""
    return (
        table.set_axis(range(table.shape[1]), axis=1)
        .stack()
        .rename_axis(["worker", "task"])
        .rename("label")
        .reset_index()
    )


def coders(*rows: str) -> pd.DataFrame:
    return long(pd.DataFrame([row.split() for row in rows]))


@pytest.mark.parametrize(
    ("level", "expected"),
    list(zip(LEVELS, [904 / 1216, 0.815388, 0.849107, 0.797403], strict=True)),
)
def test_krippendorff_table_of_four_coders_with_gaps(level, expected: float) -> None:
    labels = long(pd.read_csv(external_file("agreement_examples", "codings.csv"), header=None))
    assert alpha(labels, level) == pytest.approx(expected, abs=1e-6)


def test_krippendorff_examples_of_two_coders() -> None:
    """Computing Krippendorff's Alpha-Reliability (2011), sections A and B."""
    assert alpha(coders("0 1 0 0 0 0 0 0 1 0", "1 1 1 0 0 1 0 0 0 0")) == pytest.approx(
        0.0952, abs=5e-5
    )
    assert alpha(coders("a a b b d c c c e d d a", "b a b b b c c c e d d d")) == pytest.approx(
        0.6920, abs=5e-5
    )


def test_published_values_of_other_tables() -> None:
    assert alpha(
        long(pd.read_csv(external_file("agreement_examples", "gcl.csv"), header=None))
    ) == pytest.approx(1 / 12)
    raw = pd.read_csv(external_file("agreement_examples", "cac.raw4raters.csv"), index_col="Units")
    assert alpha(long(raw.T)) == pytest.approx(0.74342, abs=5e-6)
    counts = pd.read_csv(
        external_file("agreement_examples", "distrib.6raters.csv"), index_col="Subject"
    )
    assert alpha(counts.to_numpy(), counts=True) == pytest.approx(0.4204384, abs=5e-8)


@pytest.mark.parametrize(
    ("name", "expected"),
    [("rte", 0.241), ("dog", 0.519), ("weather_cf", 0.577), ("sp_amt", 0.738), ("product", 0.157)],
)
def test_real_crowds(name: str, expected: float) -> None:
    labels, _ = real_crowd(name)
    assert alpha(labels) == pytest.approx(expected, abs=5e-4)


tables = st.integers(2, 5).flatmap(
    lambda k: st.lists(st.lists(st.integers(0, 4), min_size=k, max_size=k), min_size=1, max_size=12)
)


@settings(deadline=None)  # the first call may be slow
@given(tables, st.sampled_from(LEVELS))
def test_alpha_equals_that_of_the_reference_package(rows, level) -> None:
    counts = np.array(rows)
    pairable = counts[counts.sum(1) > 1]
    assume((pairable.sum(0) > 0).sum() > 1)
    values = np.arange(1, counts.shape[1] + 1)
    expected = krippendorff.alpha(
        value_counts=counts, value_domain=values, level_of_measurement=level
    )
    assert alpha(counts, level, values, counts=True) == pytest.approx(expected, abs=1e-12)


@settings(deadline=None)  # the first call may be slow
@given(tables, st.randoms(use_true_random=False))
def test_alpha_does_not_depend_on_order_and_names(rows, random) -> None:
    counts = np.array(rows)
    labels = pd.DataFrame(
        [
            (f"t{t}", f"w{i}", c)
            for t, row in enumerate(rows)
            for c, n in enumerate(row)
            for i in range(n)
        ],
        columns=["task", "worker", "label"],
    )
    shuffled = labels.sample(frac=1, random_state=random.randrange(2**31))
    values = [
        alpha(labels),
        alpha(shuffled),
        *(alpha(c, counts=True) for c in (counts, counts[:, ::-1])),
    ]
    assert values == pytest.approx([values[0]] * 4, nan_ok=True)


def test_a_large_offset_of_the_values_costs_no_precision() -> None:
    counts = np.array([[2, 1, 0], [0, 3, 1], [1, 0, 2]])
    shifted = alpha(counts, "interval", [1e9, 1e9 + 1, 1e9 + 2], counts=True)
    assert shifted == pytest.approx(alpha(counts, "interval", counts=True), abs=1e-12)


@settings(deadline=None)  # the first call may be slow
@given(tables)
def test_duplicated_data_changes_expected_disagreement_only(rows) -> None:
    """Duplication keeps D_o and multiplies D_e by (n - 1) / (n - 1/2)."""
    counts = np.array(rows)
    n = counts[counts.sum(1) > 1].sum()
    once, twice = (alpha(c, counts=True) for c in (counts, np.concatenate([counts, counts])))
    assume(not np.isnan(once))
    assert 1 - twice == pytest.approx((1 - once) * (n - 0.5) / (n - 1))


@pytest.mark.parametrize("level", LEVELS)
def test_perfect_agreement_is_one_and_random_labels_are_near_zero(level) -> None:
    assert alpha(np.array([[3, 0], [0, 2], [5, 0]]), level, [1, 2], counts=True) == 1.0
    guesses = np.random.default_rng(0).multinomial(3, [0.2, 0.5, 0.3], size=20_000)
    assert abs(alpha(guesses, level, counts=True)) < 0.02


@pytest.mark.parametrize(
    "labels",
    [
        pd.DataFrame({"task": [], "worker": [], "label": []}),
        pd.DataFrame({"task": ["t", "s"], "worker": ["u", "u"], "label": ["a", "b"]}),
        pd.DataFrame({"task": ["t", "t"], "worker": ["u", "v"], "label": ["a", "a"]}),
        pd.DataFrame({"task": ["t", "t"], "worker": ["u", "v"], "label": ["a", None]}),
        np.zeros((0, 2), int),
        np.zeros((4, 2), int),
        np.array([[1, 0], [0, 1]]),
    ],
)
@pytest.mark.parametrize("level", ["nominal", "ordinal"])
def test_alpha_is_undefined_without_possible_disagreement(labels, level) -> None:
    counts = True if isinstance(labels, np.ndarray) else None
    assert np.isnan(alpha(labels, level, ["a", "b"], counts))


def test_missing_labels_are_ignored_and_repeated_labels_count_twice() -> None:
    labels = coders("a a b b", "a b b b")
    with_gap = pd.concat(
        [labels, pd.DataFrame({"task": [0, 9], "worker": [7, 7], "label": [np.nan, np.nan]})]
    )
    assert alpha(with_gap) == alpha(labels)
    twice = pd.concat([labels, labels.head(1)])
    assert alpha(twice) == alpha([[3, 0], [1, 1], [0, 2], [0, 2]], counts=True)


def test_errors_name_the_problem() -> None:
    labels = coders("a b", "a a")
    with pytest.raises(ValueError, match="no level of measurement 'cardinal'"):
        alpha(labels, "cardinal")  # type: ignore[arg-type]
    with pytest.raises(ValueError, match="labels at the interval level must be numbers"):
        alpha(labels, "interval")
    with pytest.raises(ValueError, match="no column task"):
        alpha(labels.rename(columns={"task": "item"}))
    with pytest.raises(ValueError, match="1 labels have no task"):
        alpha(pd.DataFrame({"task": ["t", None], "label": ["a", "b"]}))
    with pytest.raises(
        ValueError, match=r"vote counts are whole numbers from 0.*float64, shape \(2,\)"
    ):
        alpha(np.array([0.5, 0.5]), counts=True)
    with pytest.raises(ValueError, match="3 categories for 2 columns"):
        alpha([[1, 2]], "interval", [1, 2, 3], counts=True)
    with pytest.raises(
        ValueError, match=r"array of shape .2, 3. may hold vote counts .* or labels"
    ):
        alpha([[1, 2, 2], [1, 2, 1]])
    with pytest.raises(ValueError, match="counts says what an array holds"):
        alpha(labels, counts=False)
    with pytest.raises(ValueError, match="must not be negative, and -2 is: use the interval level"):
        alpha([[1, -2], [1, 2]], "ratio", counts=False)
    with pytest.raises(ValueError, match="20,000 different numbers at the ratio level, and 10,000"):
        alpha([np.arange(20_000)] * 2, "ratio", counts=False)


def test_an_array_is_raters_by_units_or_counts() -> None:
    """The same numbers mean two things, so they are never guessed."""
    table = [[2, 1, 2], [2, 1, 1], [1, 1, 2]]
    as_labels = long(pd.DataFrame(table))
    assert alpha(table, "interval", counts=False) == alpha(as_labels, "interval")
    reference = krippendorff.alpha(reliability_data=table, level_of_measurement="interval")
    assert alpha(table, "interval", counts=False) == pytest.approx(reference)
    reference = krippendorff.alpha(value_counts=table, level_of_measurement="interval")
    assert alpha(table, "interval", counts=True) == pytest.approx(reference)
    gaps = np.array([["a", "b", None], ["a", "b", "b"]], dtype=object)
    assert alpha(gaps, counts=False) == alpha(long(pd.DataFrame(gaps)))
