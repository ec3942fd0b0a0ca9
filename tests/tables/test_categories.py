import numpy as np
import pandas as pd
import pytest
from hypothesis import assume, given, settings
from hypothesis import strategies as st

from gamelabel.reliability import alpha, alpha_interval, cohen_kappa
from gamelabel.tables.categories import category_numbers, order_categories

ratings = st.lists(st.tuples(st.integers(1, 12), st.integers(1, 12)), min_size=3, max_size=12)


def two_raters(pairs) -> pd.DataFrame:
    rows = [(task, worker, pair[worker]) for task, pair in enumerate(pairs) for worker in (0, 1)]
    return pd.DataFrame(rows, columns=["task", "worker", "label"])


@settings(deadline=None)  # the first call may be slow
@given(ratings, st.sampled_from(["ordinal", "interval", "ratio"]))
def test_numbers_as_text_are_numbers(pairs, level) -> None:
    """As text, "10" sorts before "2"."""
    numbers = two_raters(pairs)
    assume(numbers.label.nunique() > 1)
    for dtype in (str, object):
        text = numbers.assign(label=numbers.label.astype(str).astype(dtype))
        assert alpha(text, level) == pytest.approx(alpha(numbers, level), abs=1e-12)
        if level == "ordinal":
            for weights in ("linear", "quadratic"):
                expected = cohen_kappa(numbers, weights)
                assert cohen_kappa(text, weights) == pytest.approx(expected, nan_ok=True)
    for cluster in ("task", "worker"):
        one, other = (alpha_interval(f, level, cluster, 50) for f in (numbers, text))
        assert one == pytest.approx(other, abs=1e-9)


@settings(deadline=None)  # the first call may be slow
@given(ratings, st.permutations(range(1, 13)))
def test_an_order_that_is_given_counts(pairs, order) -> None:
    """Words in any order of the alphabet, and the numbers of their places."""
    numbers = two_raters(pairs)
    words = dict(zip(range(1, 13), [f"w{place}" for place in order], strict=True))
    text = numbers.assign(label=numbers.label.map(words))
    scale = list(words.values())
    expected = pytest.approx(alpha(numbers, "ordinal"), nan_ok=True)
    assert alpha(text, "ordinal", scale) == expected
    assert alpha(text.astype({"label": pd.CategoricalDtype(scale, ordered=True)}), "ordinal") == (
        expected
    )
    by_place = cohen_kappa(numbers, "linear", list(range(1, 13)))
    assert cohen_kappa(text, "linear", scale) == pytest.approx(by_place, nan_ok=True)


def test_categories_that_do_not_occur_count_as_steps_of_weighted_kappa() -> None:
    """scikit-learn with labels=[1, 2, 3, 4, 5] is the reference."""
    metrics = pytest.importorskip("sklearn.metrics", reason="an independent reference")
    pairs = [(1, 2), (5, 5), (2, 5), (1, 1), (2, 2), (5, 1), (1, 1)]
    one, other = zip(*pairs, strict=True)
    for weights in ("linear", "quadratic"):
        expected = metrics.cohen_kappa_score(one, other, labels=range(1, 6), weights=weights)
        assert cohen_kappa(two_raters(pairs), weights, [1, 2, 3, 4, 5]) == pytest.approx(expected)


def test_an_order_of_text_is_asked_for() -> None:
    labels = two_raters([("good", "fair"), ("poor", "poor"), ("good", "good")])
    message = "the categories 'fair', 'good', 'poor' are text without an order: pass them"
    for unordered in (labels, labels.astype({"label": "category"})):
        for statistic in (
            lambda f: alpha(f, "ordinal"),
            lambda f: alpha_interval(f, "ordinal"),
            lambda f: alpha_interval(f, "ordinal", "worker"),
            lambda f: cohen_kappa(f, "linear"),
        ):
            with pytest.raises(ValueError, match=message):
                statistic(unordered)
    assert np.isfinite([alpha(labels), cohen_kappa(labels)]).all()


def test_errors_name_the_categories() -> None:
    with pytest.raises(ValueError, match=r"'1' and '1.0' are two categories for one number"):
        order_categories(pd.Index(["1", "1.0", "2"]))
    with pytest.raises(ValueError, match="categories name 'a' twice"):
        order_categories(pd.Index(["a"]), ["a", "b", "a"])
    with pytest.raises(ValueError, match="the categories 'c', which are not among the categories"):
        order_categories(pd.Index(["a", "c"]), ["a", "b"])
    with pytest.raises(ValueError, match="'0', '1', '2', '3', '4' and 2 more"):
        order_categories(pd.Index(["0", "1", "2", "3", "4", "5", "x"]))
    for text in ("nan", "inf", "x", None):
        assert category_numbers(pd.Index([1, text], dtype=object)) is None
