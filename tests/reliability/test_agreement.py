import numpy as np
import pandas as pd
import pytest
from hypothesis import assume, given, settings
from hypothesis import strategies as st

from gamelabel.reliability import cohen_kappa, fleiss_kappa, percent_agreement
from tests.reliability.external_data import external_file

# The table of 14 raters and 10 subjects with which the literature explains Fleiss' kappa.
FLEISS = np.array(
    [
        [0, 0, 0, 0, 14],
        [0, 2, 6, 4, 2],
        [0, 0, 3, 5, 6],
        [0, 3, 9, 2, 0],
        [2, 2, 8, 1, 1],
        [7, 7, 0, 0, 0],
        [3, 2, 6, 3, 0],
        [2, 5, 3, 2, 2],
        [6, 5, 2, 1, 0],
        [0, 2, 2, 3, 7],
    ]
)


def labels_from(table: list[list[int]]) -> pd.DataFrame:
    """Labels of two workers whose confusion matrix is the table."""
    pairs = [(i, j) for i, row in enumerate(table) for j, n in enumerate(row) for _ in range(n)]
    return pd.DataFrame(
        [
            (t, w, label)
            for t, pair in enumerate(pairs)
            for w, label in zip("uv", pair, strict=True)
        ],
        columns=["task", "worker", "label"],
    )


def test_fleiss_at_published_values() -> None:
    assert fleiss_kappa(FLEISS, counts=True) == pytest.approx(0.2099, abs=5e-5)
    counts = pd.read_csv(
        external_file("agreement_examples", "distrib.6raters.csv"), index_col="Subject"
    ).to_numpy()
    assert fleiss_kappa(counts, counts=True) == pytest.approx(0.4139265, abs=5e-8)


def test_tasks_with_many_and_few_labels_weigh_the_same_in_fleiss_kappa() -> None:
    """Shares 1, 0 and 1/4, 3/4: P_e = .53125. Agreement 1 and 1/2: P = .75."""
    assert fleiss_kappa([[2, 0], [1, 3]], counts=True) == pytest.approx((0.75 - 0.53125) / 0.46875)


@pytest.mark.parametrize(
    ("table", "kappa"),
    [([[20, 5], [10, 15]], 0.4), ([[45, 15], [25, 15]], 0.1304), ([[25, 35], [5, 35]], 0.2593)],
)
def test_cohen_at_textbook_values(table, kappa: float) -> None:
    labels = labels_from(table)
    assert cohen_kappa(labels) == pytest.approx(kappa, abs=5e-5)
    assert cohen_kappa(labels.sample(frac=1, random_state=0)) == pytest.approx(kappa, abs=5e-5)


def test_percent_agreement_at_a_published_value() -> None:
    path = external_file("agreement_examples", "artstein_poesio_example.txt")
    labels = pd.read_csv(path, sep=r"\s+", names=["worker", "task", "label"])
    assert percent_agreement(labels) == pytest.approx(0.88)
    votes = [[2, 1], [1, 1], [1, 0], [4, 0]]
    assert percent_agreement(votes, counts=True) == pytest.approx((1 / 3 + 0 + 1) / 3)


small = st.integers(2, 4).flatmap(
    lambda k: st.lists(st.lists(st.integers(0, 5), min_size=k, max_size=k), min_size=k, max_size=k)
)


@settings(deadline=None, max_examples=40)  # the first call may be slow
@given(small)
def test_kappas_equal_those_of_statsmodels(table) -> None:
    rater = pytest.importorskip(
        "statsmodels.stats.inter_rater", reason="statsmodels is an independent reference"
    )
    square = np.array(table)
    assume((square.sum(0) * square.sum(1)).sum() < square.sum() ** 2)
    labels = labels_from(table)
    assert cohen_kappa(labels) == pytest.approx(rater.cohens_kappa(square).kappa)
    # Categories without labels do not count as a step between others.
    used = (square.sum(0) + square.sum(1)) > 0
    shown = square[np.ix_(used, used)]
    for weights in ("linear", "quadratic"):
        expected = rater.cohens_kappa(shown, wt=weights).kappa
        relabelled = labels.assign(
            label=labels.label.map(dict(zip(np.flatnonzero(used), range(9), strict=False)))
        )
        assert cohen_kappa(relabelled, weights) == pytest.approx(expected)
    counts = labels.groupby(["task", "label"]).size().unstack(fill_value=0).to_numpy()
    assert fleiss_kappa(counts, counts=True) == pytest.approx(rater.fleiss_kappa(counts))


@settings(deadline=None, max_examples=40)  # the first call may be slow
@given(small, st.randoms(use_true_random=False))
def test_kappas_do_not_depend_on_order_names_and_duplication(table, random) -> None:
    labels = labels_from(table)
    assume(len(labels))
    other = labels.sample(frac=1, random_state=random.randrange(2**31)).assign(
        worker=lambda f: f.worker.map({"u": "z", "v": "é"}), task=lambda f: -f.task
    )
    copies = pd.concat([labels, labels.assign(task=labels.task + 1000)])
    for statistic in (percent_agreement, fleiss_kappa, cohen_kappa):
        values = [statistic(frame) for frame in (labels, other, copies)]
        assert values == pytest.approx([values[0]] * 3, nan_ok=True)


def test_perfect_agreement_is_one_and_undefined_is_nan() -> None:
    agreed = labels_from([[3, 0], [0, 2]])
    constant, alone = labels_from([[3]]), agreed[agreed.worker == "u"]
    for statistic in (percent_agreement, fleiss_kappa, cohen_kappa):
        assert statistic(agreed) == 1
    assert percent_agreement(constant) == 1
    assert np.isnan(fleiss_kappa(constant)) and np.isnan(cohen_kappa(constant))
    for statistic in (percent_agreement, fleiss_kappa):
        assert np.isnan(statistic(alone)) and np.isnan(statistic(agreed.head(0)))
        assert np.isnan(statistic(np.zeros((0, 2), int), counts=True))
        assert np.isnan(statistic([[1, 0]], counts=True))
    apart = agreed[(agreed.worker == "u") == (agreed.task < 2)]
    assert np.isnan(cohen_kappa(apart))


def test_errors_name_the_problem() -> None:
    labels = labels_from([[3, 1], [0, 2]])
    with pytest.raises(ValueError, match="compares 2 workers, not 1"):
        cohen_kappa(labels[labels.worker == "u"])
    with pytest.raises(ValueError, match="labeled a task twice"):
        cohen_kappa(pd.concat([labels, labels.head(1)]))
    many = np.arange(30_000)
    with pytest.raises(ValueError, match="30,000 categories need a table of 900,000,000 votes"):
        cohen_kappa(
            pd.concat([pd.DataFrame({"task": many, "worker": w, "label": many}) for w in "uv"])
        )
    with pytest.raises(ValueError, match="unknown weights 'cubic'"):
        cohen_kappa(labels, "cubic")  # type: ignore[arg-type]
    with pytest.raises(ValueError, match="vote counts are whole numbers"):
        fleiss_kappa([[0.5, 1.0]], counts=True)
