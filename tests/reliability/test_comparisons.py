import numpy as np
import pandas as pd
import pytest
from hypothesis import assume, given, settings
from hypothesis import strategies as st

from gamelabel.reliability import bradley_terry, side_bias, wilson
from gamelabel.reliability.comparisons import largest_group
from tests.reliability.external_data import external_file


def comparisons(*rows: str) -> pd.DataFrame:
    """Comparisons as `left right winner`."""
    return pd.DataFrame([row.split() for row in rows], columns=["left", "right", "winner"])


def citations() -> pd.DataFrame:
    table = pd.read_csv(external_file("bradley_terry_citations", "citations_pairs.csv"))
    rows = [
        (p, q, w)
        for p, q, a, b in table.to_numpy()
        for w, n in (("left", a), ("right", b))
        for _ in range(n)
    ]
    return pd.DataFrame(rows, columns=["left", "right", "winner"])


def test_citations_have_the_published_abilities() -> None:
    result = bradley_terry(citations()).set_index("item")
    relative = result.ability - result.ability["Biometrika"]
    assert relative["Comm Statist"] == pytest.approx(-2.9491, abs=5e-5)
    assert relative["JASA"] == pytest.approx(-0.4796, abs=5e-5)
    assert relative["JRSS-B"] == pytest.approx(0.2690, abs=5e-5)
    assert result.ability.sum() == pytest.approx(0, abs=1e-12)


def test_ties_count_half_as_in_the_published_table() -> None:
    golden = pd.read_csv(external_file("pairwise_llmfao", "food-golden.csv"))
    expected = golden[golden.algorithm == "bradley_terry"].set_index("item").score
    result = bradley_terry(pd.read_csv(external_file("pairwise_llmfao", "food.csv"))).set_index(
        "item"
    )
    assert result.share.to_dict() == pytest.approx(expected.to_dict(), abs=1e-5)
    assert result.comparisons.sum() == 60 and result.wins.sum() == 30


@settings(deadline=None, max_examples=40)  # the first call may be slow
@given(
    st.lists(
        st.tuples(st.integers(0, 4), st.integers(0, 4), st.booleans()), min_size=10, max_size=60
    )
)
def test_abilities_equal_those_of_choix(rows) -> None:
    choix = pytest.importorskip("choix", reason="choix is an independent reference")
    frame = pd.DataFrame(rows, columns=["left", "right", "won"]).query("left != right")
    assume(len(frame))
    frame["winner"] = np.where(frame.won, "left", "right")
    try:
        result = bradley_terry(frame)
    except ValueError:
        assume(False)
    items = sorted(result.item)
    number = {item: i for i, item in enumerate(items)}
    games = [
        (number[a], number[b]) if won else (number[b], number[a])
        for a, b, won in frame[["left", "right", "won"]].to_numpy()
    ]
    reference = choix.opt_pairwise(len(items), games, alpha=0)
    abilities = result.set_index("item").ability[items].to_numpy()
    assert abilities == pytest.approx(reference - reference.mean(), abs=2e-3)


def test_intervals_equal_those_of_logistic_regression() -> None:
    """Logistic regression gives the covariance of the differences to the first item."""
    pytest.importorskip("statsmodels", reason="statsmodels is an independent reference")
    from statsmodels.api import GLM, families

    games = citations()
    names = sorted({*games.left, *games.right})
    design = np.array(
        [
            [(a == n) - (b == n) for n in names[1:]]
            for a, b in zip(games.left, games.right, strict=True)
        ]
    )
    fit = GLM(
        (games.winner == "left").astype(float), design.astype(float), family=families.Binomial()
    ).fit()
    centre = np.eye(4)[:, 1:] - 0.25  # from differences to the first thing to abilities of mean 0
    expected = 1.959964 * np.sqrt(np.diag(centre @ fit.cov_params() @ centre.T))
    result = bradley_terry(games).set_index("item").loc[names]
    assert (result.high - result.ability).to_numpy() == pytest.approx(expected, rel=1e-4)


def test_swapping_sides_changes_nothing() -> None:
    games = citations()
    flip = np.arange(len(games)) % 3 == 0
    other = games.copy()
    other.loc[flip, ["left", "right"]] = games.loc[flip, ["right", "left"]].to_numpy()
    other.loc[flip, "winner"] = games.winner[flip].map({"left": "right", "right": "left"})
    pd.testing.assert_frame_equal(
        bradley_terry(games), bradley_terry(other.sample(frac=1, random_state=0))
    )


@pytest.mark.full
def test_coverage_of_the_intervals() -> None:
    rng = np.random.default_rng(0)
    true = np.array([-1.0, -0.3, 0.2, 1.1])
    inside = 0
    for _ in range(500):
        left = rng.integers(0, 4, 240)
        right = (left + rng.integers(1, 4, 240)) % 4
        won = rng.random(240) < 1 / (1 + np.exp(true[right] - true[left]))
        result = bradley_terry(
            pd.DataFrame({"left": left, "right": right, "winner": np.where(won, "left", "right")})
        )
        result = result.sort_values("item")
        inside += ((result.low <= true) & (true <= result.high)).sum()
    assert 0.93 <= inside / 2000 <= 0.97


@pytest.mark.parametrize(
    ("games", "message"),
    [
        (
            comparisons("a b left", "b a left", "c d left", "d c left"),
            r"2 groups were never compared.*: a, b; c, d\.",
        ),
        (
            comparisons("a b left", "b a left", "b c left"),
            r"all wins go one way.*groups: a, b; c\. ",
        ),
        (comparisons("a b left"), "infinite"),
        (comparisons("a b draw"), "row 0: unknown winner 'draw'"),
        (comparisons("a b left", "a a tie"), "row 1 compares 'a' with itself"),
        (
            comparisons("a b left").assign(left=None),
            "1 comparisons have no item on one side, the first in row 0",
        ),
        (comparisons("a b left").drop(columns="right"), "no column right"),
    ],
)
def test_comparisons_that_cannot_be_ranked_are_refused(games: pd.DataFrame, message: str) -> None:
    with pytest.raises(ValueError, match=message):
        bradley_terry(games)


def test_long_lists_of_groups_are_shortened() -> None:
    pairs = pd.DataFrame({"left": range(0, 40, 2), "right": range(1, 40, 2), "winner": "tie"})
    with pytest.raises(ValueError, match=r"20 groups were never compared.*and 16 more groups"):
        bradley_terry(pairs)
    with pytest.raises(ValueError, match=r"4 groups were never compared.*; \S+, \S+\. Keep one"):
        bradley_terry(pairs[:4])


def test_empty_input_and_ties_that_connect() -> None:
    assert (
        len(bradley_terry(comparisons())) == 0
        and len(bradley_terry(comparisons("a b left").assign(winner=None))) == 0
    )
    assert bradley_terry(comparisons("a b tie")).ability.tolist() == [0, 0]


def test_side_bias() -> None:
    games = comparisons("a b left", "b a left", "b a right", "a b tie", "b a left")
    bias = side_bias(games)
    low, high = wilson(3, 4)
    assert bias == (0.75, low, high, 4)
    nothing = side_bias(comparisons("a b tie"))
    assert np.isnan(nothing.value) and nothing[1:] == (0, 1, 0)


def test_the_largest_group_has_a_ranking() -> None:
    rows = comparisons("x y left", "y x left", "z x tie", "p q left", "q p left", "p x left")
    group = largest_group(rows)
    assert group.index.tolist() == [0, 1, 2]
    assert set(bradley_terry(group)["item"]) == {"x", "y", "z"}
    assert largest_group(rows.head(0)).empty
    assert largest_group(comparisons("x y left", "y x left")).equals(rows.head(2))
