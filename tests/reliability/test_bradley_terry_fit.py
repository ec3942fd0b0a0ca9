import itertools
import warnings

import numpy as np
import pandas as pd
import pytest
from hypothesis import assume, given, settings
from hypothesis import strategies as st

from gamelabel.reliability import bradley_terry, proportion
from gamelabel.reliability.bradley_terry_fit import fit_bradley_terry
from tests.reliability.compared_items import citations, comparisons, counted, simulated
from tests.reliability.external_data import external_file


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
def test_abilities_equal_those_of_three_other_programs(rows) -> None:
    """choix by the MM algorithm, statsmodels by logistic regression, evalica by Newman's method."""
    choix = pytest.importorskip("choix", reason="choix is an independent reference")
    evalica = pytest.importorskip("evalica", reason="evalica is an independent reference")
    linear_models = pytest.importorskip("statsmodels.api", reason="an independent reference")
    frame = pd.DataFrame(rows, columns=["left", "right", "won"]).query("left != right")
    assume(len(frame))
    frame["winner"] = np.where(frame.won, "left", "right")
    try:
        result = bradley_terry(frame).set_index("item").sort_index()
    except ValueError:
        assume(False)
    items = list(result.index)
    left, right = (np.searchsorted(items, frame[side]) for side in ("left", "right"))
    games = np.where(frame.won, [left, right], [right, left]).T.tolist()
    by_mm = choix.mm_pairwise(len(items), games, tol=1e-14, max_iter=1_000_000)
    design = np.eye(len(items))[left] - np.eye(len(items))[right]
    model = linear_models.GLM(
        frame.won.to_numpy(float), design[:, 1:], family=linear_models.families.Binomial()
    )
    by_regression = np.append(0, model.fit(tol=1e-15, maxiter=100).params)
    winners = [evalica.Winner.X if won else evalica.Winner.Y for won in frame.won]
    scores = evalica.bradley_terry(
        left.tolist(), right.tolist(), winners, tolerance=1e-15, limit=1_000_000
    ).scores
    by_newman = np.log(scores.loc[list(range(len(items)))].to_numpy())
    for reference in (by_mm, by_regression, by_newman):
        assert result.ability.to_numpy() == pytest.approx(reference - reference.mean(), abs=1e-9)


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
    expected = 1.9599639845 * np.sqrt(np.diag(centre @ fit.cov_params() @ centre.T))
    result = bradley_terry(games).set_index("item").loc[names]
    assert (result.high - result.ability).to_numpy() == pytest.approx(expected, rel=1e-6)


def test_ties_as_half_wins_equal_those_of_evalica() -> None:
    evalica = pytest.importorskip("evalica", reason="evalica is an independent reference")
    games = simulated(30, 900, seed=4, ties=0.3)
    sides = {"left": evalica.Winner.X, "right": evalica.Winner.Y, "tie": evalica.Winner.Draw}
    winners = games.winner.map(sides).tolist()
    scores = evalica.bradley_terry(
        games.left.tolist(), games.right.tolist(), winners, tolerance=1e-15, limit=1_000_000
    ).scores
    expected = np.log(scores.sort_index().to_numpy())
    result = bradley_terry(games).sort_values("item")
    assert result.ability.to_numpy() == pytest.approx(expected - expected.mean(), abs=1e-9)


def test_swapping_sides_changes_nothing() -> None:
    games = citations()
    flip = np.arange(len(games)) % 3 == 0
    other = games.copy()
    other.loc[flip, ["left", "right"]] = games.loc[flip, ["right", "left"]].to_numpy()
    other.loc[flip, "winner"] = games.winner[flip].map({"left": "right", "right": "left"})
    pd.testing.assert_frame_equal(
        bradley_terry(games), bradley_terry(other.sample(frac=1, random_state=0))
    )


def test_intervals_of_400_data_sets_are_finite() -> None:
    """The information matrix is singular; cutting its eigenvalues at rounding error failed in 2."""
    for seed in range(400):
        result = bradley_terry(simulated(20, 2000, seed))
        width = result.high - result.low
        assert width.min() > 0.4 and width.max() < 4, seed


PUDDING = [  # Davidson (1970): brands i and j, i preferred, no preference, j preferred
    *[(1, 2, 19, 16, 22), (1, 3, 16, 12, 19), (2, 3, 19, 10, 19), (1, 4, 18, 13, 23)],
    *[(2, 4, 23, 9, 19), (3, 4, 19, 15, 20), (1, 5, 13, 18, 19), (2, 5, 16, 12, 20)],
    *[(3, 5, 16, 17, 15), (4, 5, 17, 16, 14), (1, 6, 18, 12, 21), (2, 6, 22, 12, 20)],
    *[(3, 6, 13, 10, 18), (4, 6, 14, 18, 19), (5, 6, 11, 12, 21)],
]


def test_davidsons_model_has_the_published_parameters() -> None:
    """Davidson's own table, after 7 iterations, and the standard errors of PlackettLuce in R."""
    fit = fit_bradley_terry(counted(PUDDING, "left", "tie", "right"), ties="davidson", weight="n")
    result = fit.abilities.sort_values("item")
    published = [0.1388005, 0.1729985, 0.1617420, 0.1653930, 0.1586805, 0.2023855]
    assert result.share.to_numpy() == pytest.approx(published, abs=3e-5)
    assert 2 * fit.tie.value / (1 - fit.tie.value) == pytest.approx(0.7468147, abs=1e-5)
    errors = ((result.high - result.low) / 2 / 1.959964).to_numpy()
    published_errors = [0.121949, 0.121818, 0.126823, 0.122003, 0.127054, 0.126594]
    assert errors == pytest.approx(published_errors, abs=1e-6)
    assert fit.tie.n == 745 and result.comparisons.sum() == 2 * 745


def test_davidsons_model_equals_a_loglinear_model() -> None:
    """Fienberg and Larntz: Poisson regression with a parameter for each pair of items."""
    linear_models = pytest.importorskip("statsmodels.api", reason="an independent reference")
    rows, counts = [], []
    for pair, (i, j, win, tie, loss) in enumerate(PUDDING):
        for difference, tied, count in ((0.5, 0, win), (0, 1, tie), (-0.5, 0, loss)):
            ability = difference * (np.eye(6)[i - 1] - np.eye(6)[j - 1])
            rows.append([*ability[1:], tied, *np.eye(15)[pair]])
            counts.append(count)
    model = linear_models.GLM(counts, np.array(rows), family=linear_models.families.Poisson())
    reference = model.fit(tol=1e-14, maxiter=100)
    expected = np.append(0, reference.params[:5])
    fit = fit_bradley_terry(counted(PUDDING, "left", "tie", "right"), ties="davidson", weight="n")
    result = fit.abilities.sort_values("item")
    assert result.ability.to_numpy() == pytest.approx(expected - expected.mean(), abs=1e-9)
    nu = np.exp(reference.params[5] + 1.9599639845 * reference.bse[5] * np.array([0, -1, 1]))
    assert fit.tie[:3] == pytest.approx(nu / (nu + 2), abs=1e-8)


def test_rao_and_kuppers_model_equals_ordered_logistic_regression() -> None:
    """Their model is a cumulative logit; with a home parameter its two thresholds are free."""
    ordinal = pytest.importorskip("statsmodels.miscmodels.ordinal_model", reason="a reference")
    games = simulated(5, 400, seed=3, ties=0.25)
    design = np.eye(5)[games.left] - np.eye(5)[games.right]
    outcome = games.winner.map({"right": 0, "tie": 1, "left": 2}).to_numpy()
    model = ordinal.OrderedModel(outcome, design[:, 1:], distr="logit")
    reference = model.fit(method="newton", maxiter=100, disp=False)
    low, high = model.transform_threshold_params(reference.params)[1:-1]
    expected = np.append(0, reference.params[:4])
    fit = fit_bradley_terry(games, ties="rao-kupper", home=True)
    result = fit.abilities.sort_values("item")
    assert result.ability.to_numpy() == pytest.approx(expected - expected.mean(), abs=1e-9)
    assert fit.home.value == pytest.approx(-(low + high) / 2, abs=1e-9)
    assert np.arctanh(fit.tie.value) * 4 == pytest.approx(high - low, abs=1e-9)
    assert fit.log_likelihood == pytest.approx(reference.llf, abs=1e-9)


BASEBALL = {  # Agresti (2002), table 10.10: wins and losses at home, rivals in order, 1987
    "Milwaukee": "43 42 43 61 42 60",
    "Detroit": "33 42 43 60 61 43",
    "Toronto": "25 43 24 43 42 60",
    "New York": "33 51 25 43 42 61",
    "Boston": "51 25 33 42 52 60",
    "Cleveland": "25 33 34 43 42 24",
    "Baltimore": "25 15 16 24 16 34",
}


def test_a_home_side_has_the_published_advantage() -> None:
    rows = []
    for home, results in BASEBALL.items():
        rivals = [team for team in BASEBALL if team != home]
        for away, result in zip(rivals, results.split(), strict=True):
            rows.append((home, away, int(result[0]), int(result[1])))
    games = counted(rows, "left", "right")
    neutral = bradley_terry(games, weight="n").set_index("item")
    abilities = (neutral.ability - neutral.ability["Baltimore"]).drop("Baltimore")
    assert sorted(abilities.round(2)) == [0.68, 1.11, 1.25, 1.29, 1.44, 1.58]
    fit = fit_bradley_terry(games, home=True, weight="n")
    assert sorted(fit.abilities.share.round(3)) == [0.044, 0.088, 0.137, 0.157, 0.164, 0.190, 0.220]
    assert fit.home.value == pytest.approx(0.302, abs=5e-4) and fit.home.n == 273
    assert fit.home.low > 0


def test_a_weight_is_a_number_of_equal_rows() -> None:
    games = simulated(5, 60, seed=1, ties=0.2)
    weighted = games.assign(times=np.arange(60) % 3 + 1)
    repeated = games.loc[games.index.repeat(weighted.times)]
    for ties in ("half", "davidson", "rao-kupper"):
        one = fit_bradley_terry(weighted, ties=ties, home=True, weight="times")
        other = fit_bradley_terry(repeated, ties=ties, home=True)
        pd.testing.assert_frame_equal(one.abilities, other.abilities, check_dtype=False)
        assert one.home == pytest.approx(other.home)
        assert one.tie == pytest.approx(other.tie, nan_ok=True)
    with pytest.raises(ValueError, match="row 7: weight -1 is not a positive number"):
        bradley_terry(
            weighted.assign(times=weighted.times.where(weighted.index != 7, -1)), weight="times"
        )
    with pytest.raises(ValueError, match="no column times: they need left, right, winner, times"):
        bradley_terry(games, weight="times")


def test_a_normal_prior_equals_that_of_choix() -> None:
    choix = pytest.importorskip("choix", reason="choix is an independent reference")
    games = simulated(6, 40, seed=0)
    won = (games.winner == "left").to_numpy()
    pairs = np.where(won, [games.left, games.right], [games.right, games.left]).T.tolist()
    reference = choix.opt_pairwise(6, pairs, alpha=1 / (2 * 0.7**2), tol=1e-13)
    result = bradley_terry(games, prior_sd=0.7).sort_values("item")
    assert result.ability.to_numpy() == pytest.approx(reference, abs=1e-8)
    weak = bradley_terry(games, prior_sd=1e6)
    pd.testing.assert_frame_equal(weak, bradley_terry(games), rtol=1e-6)
    with pytest.raises(ValueError, match="prior_sd is 0: a standard deviation is a positive"):
        bradley_terry(games, prior_sd=0)


def test_the_interval_of_two_items_under_a_prior_is_that_of_their_difference() -> None:
    result = bradley_terry(comparisons("a b left", "b a left"), prior_sd=2.0)
    deviation = 1 / np.sqrt(2 * (1 / 2**2 + 2 * 2 / 4))  # of (a - b) / 2: curvature 2/4 of a - b
    assert result.high.to_numpy() == pytest.approx(1.9599639845 * deviation, rel=1e-8)


def test_a_prior_ranks_separate_groups_and_a_warning_names_them() -> None:
    apart = comparisons("a b left", "b a left", "c d left", "c d left")
    with pytest.warns(UserWarning, match=r"The groups: a, b; c; d\. Only the prior relates"):
        result = bradley_terry(apart, prior_sd=1.0)
    assert result.item.tolist() == ["c", "a", "b", "d"] and np.isfinite(result.high).all()
    with warnings.catch_warnings():
        warnings.simplefilter("error")
        bradley_terry(apart[:2], prior_sd=1.0)


def test_ties_and_sides_that_leave_the_parameters_open_are_refused() -> None:
    """A maximum exists if along some circle of items there are more wins than ties."""
    one_way = comparisons("a b left", "a b left", "a b tie")
    for ties in ("davidson", "rao-kupper"):
        with pytest.raises(ValueError, match="do not determine the parameters"):
            fit_bradley_terry(one_way, ties=ties)
        both_ways = fit_bradley_terry(pd.concat([one_way, comparisons("b a left")]), ties=ties)
        assert np.isfinite(both_ways.abilities.high).all() and both_ways.tie.high < 1
    left_wins = comparisons("a b left", "b a left", "a b left", "b a left")
    with pytest.raises(ValueError, match="one side always wins") as error:
        fit_bradley_terry(left_wins, home=True)
    assert "ties" not in str(error.value)  # they are half wins already
    with pytest.raises(ValueError, match="no tie model 'draw': use half, davidson, rao-kupper"):
        fit_bradley_terry(one_way, ties="draw")


@settings(deadline=None, max_examples=60)
@given(st.lists(st.tuples(*[st.sampled_from("abcd")] * 2, st.sampled_from("lrt")), max_size=25))
def test_a_tie_model_has_a_maximum_where_wins_outnumber_ties_on_a_circle(rows) -> None:
    """Found independently, by the longest circles of wins (+1) and ties (-1)."""
    names = {"l": "left", "r": "right", "t": "tie"}
    frame = pd.DataFrame(
        [(a, b, names[w]) for a, b, w in rows if a != b], columns=["left", "right", "winner"]
    )
    assume((frame.winner == "tie").any())
    gain: dict[tuple[str, str], int] = {}
    for left, right, winner in frame.to_numpy():
        one, other = (left, right) if winner != "right" else (right, left)
        for key in [(one, other)] + [(other, one)] * (winner == "tie"):
            gain[key] = max(gain.get(key, -1), -1 if winner == "tie" else 1)
    items = sorted({*frame.left, *frame.right})
    circles = [
        sum(gain[step] for step in itertools.pairwise((*circle, circle[0])))
        for size in range(2, len(items) + 1)
        for circle in itertools.permutations(items, size)
        if all(step in gain for step in itertools.pairwise((*circle, circle[0])))
    ]
    try:
        bradley_terry(frame)
        connected = True
    except ValueError:
        connected = False
    expected = connected and max(circles) > 0
    for ties in ("davidson", "rao-kupper"):
        try:
            fit_bradley_terry(frame, ties=ties)
            exists = True
        except ValueError:
            exists = False
        assert exists == expected, ties


def test_without_ties_the_models_agree() -> None:
    games = simulated(5, 200, seed=2)
    fits = [fit_bradley_terry(games, ties=ties) for ties in ("half", "davidson", "rao-kupper")]
    assert fits[0].abilities.equals(fits[1].abilities) and fits[1][0].equals(fits[2].abilities)
    assert fits[1].tie == fits[2].tie == proportion(0, 200) and np.isnan(fits[0].tie.value)
    assert fits[0].home[:3] == (0, 0, 0)


ABILITIES = np.array([-1.2, -0.5, 0.1, 0.6, 1.0])


def probabilities(model: str, difference: np.ndarray, tie_share: float) -> np.ndarray:
    """Chances that the left item wins, that nobody does, and that the right one does."""
    if model == "davidson":
        odds = np.exp(difference / 2)
        parts = np.array([odds, np.full_like(odds, 2 * tie_share / (1 - tie_share)), 1 / odds])
        return parts / parts.sum(0)
    threshold = 2 * np.arctanh(tie_share)
    win, loss = (1 / (1 + np.exp(threshold - sign * difference)) for sign in (1, -1))
    return np.array([win, 1 - win - loss, loss])


def test_intervals_of_half_wins_are_not_wider_than_those_of_a_model_of_ties() -> None:
    """Abilities of both differ by a factor; the distance in standard errors is about the same."""
    games = counted(PUDDING, "left", "tie", "right")
    by_model = {
        ties: bradley_terry(games, ties=ties, weight="n").sort_values("item")
        for ties in ("half", "davidson", "rao-kupper")
    }
    distances = {name: (t.ability / (t.high - t.low)).to_numpy() for name, t in by_model.items()}
    assert distances["half"] == pytest.approx(distances["davidson"], abs=0.005)
    assert distances["half"] == pytest.approx(distances["rao-kupper"], abs=0.01)
    only_ties = bradley_terry(comparisons("a b tie", "a b tie"))
    assert (only_ties.high > 0.5).all()


@pytest.mark.full
@pytest.mark.parametrize("model", ["davidson", "rao-kupper"])
@pytest.mark.parametrize("tie_share", [0.25, 0.6])
def test_intervals_cover_in_95_of_100_samples_with_ties(model: str, tie_share: float) -> None:
    """Half wins estimate what half wins would give in an infinite sample."""
    first, second = np.array(list(itertools.combinations(range(5), 2))).T
    chances = probabilities(model, ABILITIES[first] - ABILITIES[second], tie_share)
    pairs = [(a, b, *row) for a, b, row in zip(first, second, chances.T, strict=True)]
    infinite = bradley_terry(counted(pairs, "left", "tie", "right"), weight="n")
    limits = {"half": infinite.sort_values("item").ability.to_numpy(), model: ABILITIES}
    rng = np.random.default_rng(0)
    inside: dict[str, list[float]] = {"half": [], model: [], "tie": []}
    for _ in range(400):
        counts = [rng.multinomial(40, row) for row in chances.T]
        pairs = [(a, b, *row) for a, b, row in zip(first, second, counts, strict=True)]
        games = counted(pairs, "left", "tie", "right")
        for ties, truth in limits.items():
            fit = fit_bradley_terry(games, ties=ties, weight="n")
            result = fit.abilities.sort_values("item")
            inside[ties].append(((result.low <= truth) & (truth <= result.high)).mean())
        inside["tie"].append(fit.tie.low <= tie_share <= fit.tie.high)
    coverage = {name: np.mean(covered) for name, covered in inside.items()}
    assert all(0.92 <= value <= 0.98 for value in coverage.values()), coverage


@pytest.mark.full
def test_coverage_of_the_intervals() -> None:
    inside = []
    for seed in range(1500):
        rng = np.random.default_rng(seed)
        left = rng.integers(0, 5, 240)
        right = (left + rng.integers(1, 5, 240)) % 5
        won = rng.random(240) < 1 / (1 + np.exp(ABILITIES[right] - ABILITIES[left]))
        games = pd.DataFrame({"left": left, "right": right})
        result = bradley_terry(games.assign(winner=np.where(won, "left", "right")))
        result = result.sort_values("item")
        inside.append(((result.low <= ABILITIES) & (result.high >= ABILITIES)).mean())
    assert 0.94 <= np.mean(inside) <= 0.96


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
        (comparisons("a b left").set_axis(["left", "right", "right"], axis=1), "no column winner"),
        (
            comparisons("a b left").set_axis([*["left"] * 2, "right"], axis=1).assign(winner="tie"),
            "several columns left: rename all but one",
        ),
        (
            pd.DataFrame({"left": [1, "x"], "right": ["x", "1"], "winner": "left"}),
            "1 and '1' look the same as items",
        ),
    ],
)
def test_comparisons_that_cannot_be_ranked_are_refused(games: pd.DataFrame, message: str) -> None:
    with pytest.raises(ValueError, match=message):
        bradley_terry(games)


def test_too_many_items_are_refused_before_memory_runs_out() -> None:
    ring = np.arange(30_000)
    games = pd.DataFrame({"left": ring, "right": np.roll(ring, 1), "winner": "left"})
    with pytest.raises(ValueError, match="30,000 items need a matrix of 900,000,000 numbers"):
        bradley_terry(games)


def test_many_items_with_few_comparisons_each() -> None:
    """Most pairs were never compared: a ring in which everyone wins once and loses once."""
    ring = np.arange(400)
    games = pd.DataFrame({"left": ring, "right": np.roll(ring, 1), "winner": "left"})
    result = bradley_terry(games)
    assert result.ability.to_numpy() == pytest.approx(0, abs=1e-12)
    # the resistance to the mean of a ring of n resistors of 1 / (1/4): 4 (n - 1/n) / 12
    expected = 1.9599639845 * np.sqrt(4 * (400 - 1 / 400) / 12)
    assert result.high.to_numpy() == pytest.approx(expected, rel=1e-9)


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
