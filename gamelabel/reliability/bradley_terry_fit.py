"""Abilities of items that were compared in pairs: the Bradley-Terry model, also with ties."""

from __future__ import annotations

import warnings
from typing import Any, Literal, NamedTuple

import numpy as np
import pandas as pd

from gamelabel.reliability.comparisons import separated_groups
from gamelabel.reliability.encoded_comparisons import PairCounts, count_pairs, encode_comparisons
from gamelabel.reliability.estimate import CONFIDENCE, Estimate, normal_quantile, proportion
from gamelabel.reliability.tie_models import TIE_MODELS, Curvature, TieModel
from gamelabel.tables.vote_counts import MAX_CELLS, FloatArray

Ties = Literal["half", "davidson", "rao-kupper"]

_STEPS = 100  # of Newton's method, which needs 5 to 15
_UNBOUNDED = 15.0  # a log beyond any that comparisons can show: odds of 3 million to 1
_ONE_SIDE = "one side always wins, so its advantage has no limit: leave out `home`"
_TOO_MANY_TIES = (
    "items tie at least as often as they win along every circle of items, so their distances have "
    'no limit: use ties="half"'
)


class BradleyTerryFit(NamedTuple):
    """A fitted model of comparisons.

    Attributes
    ----------
    abilities : DataFrame
        One row per item; see `bradley_terry`.
    home : Estimate
        Log odds by which the left side is favored between equal items; 0 if not estimated.
    tie : Estimate
        Probability that two equal items tie; NaN if ties are half wins.
    log_likelihood : float
        At the maximum, without the prior. Of ties as half wins a quasi-likelihood.
    covariance : ndarray, shape (n, n)
        Of the abilities, items in ascending order; only the upper triangle is filled. A constant
        added to all cells has no meaning: use it for differences of abilities.
    """

    abilities: pd.DataFrame
    home: Estimate
    tie: Estimate
    log_likelihood: float
    covariance: FloatArray


def bradley_terry(
    comparisons: pd.DataFrame,
    confidence: float = CONFIDENCE,
    *,
    ties: Ties = "half",
    home: bool = False,
    prior_sd: float | None = None,
    weight: str | None = None,
) -> pd.DataFrame:
    """Fit a Bradley-Terry model: P(i beats j) = 1 / (1 + exp(ability_j - ability_i)).

    Parameters
    ----------
    comparisons : DataFrame
        Columns `left` and `right`, the items, and `winner`: "left", "right" or "tie". Rows without
        a winner are left out.
    confidence : float
        Coverage of the Wald intervals, which use the inverse of the Fisher information.
    ties : str
        "half": a tie is half a win for each, and the intervals account for the smaller variance of
        half a win. "davidson" and "rao-kupper": a tie is an outcome of its own, whose frequency is
        a further parameter; use them to predict ties.
    home : bool
        Whether the left side may be favored, by the same log odds in each comparison.
    prior_sd : float, optional
        Standard deviation of a normal prior of each ability. With a prior there is always a result,
        also where the comparisons do not connect the items; then a warning names the groups.
    weight : str, optional
        Column that says how many comparisons a row stands for.

    Returns
    -------
    DataFrame
        One row per item, the strongest first: `item`, `comparisons`, `wins` (a tie is half), the
        log `ability`, with mean 0, its interval `low` and `high`, and `share`: exp(ability) scaled
        to sum 1. The intervals are about the difference to the mean of all items.

    Raises
    ------
    ValueError
        For a missing column or item, an unknown winner, and an item compared with itself. Also
        where the comparisons do not connect the items, since no maximum exists then: in any split
        of the items into two groups each group must have won, or tied, against the other. The
        message names the groups. Disjoint pairs are therefore no input for this model: use win
        rates, or aggregate the labels. More than 23,170 items are too many.

    References
    ----------
    Bradley and Terry, "Rank analysis of incomplete block designs" (1952). The condition: Ford,
    "Solution of a ranking problem from binary comparisons" (1957). Ties: Davidson, "On extending
    the Bradley-Terry model to accommodate ties" (1970); Rao and Kupper, "Ties in paired-comparison
    experiments" (1967).

    Examples
    --------
    >>> rows = [("x", "y", "left")] * 3 + [("x", "y", "right")]
    >>> table = bradley_terry(pd.DataFrame(rows, columns=["left", "right", "winner"]))
    >>> table[["item", "wins", "share"]].round(3).to_dict("list")
    {'item': ['x', 'y'], 'wins': [3.0, 1.0], 'share': [0.75, 0.25]}
    """
    fit = fit_bradley_terry(
        comparisons, confidence, ties=ties, home=home, prior_sd=prior_sd, weight=weight
    )
    return fit.abilities


def fit_bradley_terry(
    comparisons: pd.DataFrame,
    confidence: float = CONFIDENCE,
    *,
    ties: Ties = "half",
    home: bool = False,
    prior_sd: float | None = None,
    weight: str | None = None,
) -> BradleyTerryFit:
    """Fit a Bradley-Terry model, and return what it says about ties and the left side as well.

    Parameters
    ----------
    comparisons, confidence, ties, home, prior_sd, weight
        As for `bradley_terry`.

    Returns
    -------
    BradleyTerryFit

    Raises
    ------
    ValueError
        As for `bradley_terry`; also where one side always wins, and where ties leave the distances
        open: a model of ties needs a circle of items along which more steps are wins than ties.

    Examples
    --------
    >>> rows = [("x", "y", "left")] * 4 + [("x", "y", "right")] + [("x", "y", "tie")] * 2
    >>> frame = pd.DataFrame(rows, columns=["left", "right", "winner"])
    >>> fit = fit_bradley_terry(frame, ties="davidson")
    >>> fit.abilities.share.round(3).tolist(), round(fit.tie.value, 3)
    ([0.8, 0.2], 0.333)
    """
    if ties not in TIE_MODELS:
        raise ValueError(f"there is no tie model {ties!r}: use {', '.join(TIE_MODELS)}")
    if prior_sd is not None and not 0 < prior_sd < np.inf:
        raise ValueError(f"prior_sd is {prior_sd!r}: a standard deviation is a positive number")
    encoded = encode_comparisons(comparisons, weight)
    if len(encoded.items) ** 2 > MAX_CELLS:
        raise ValueError(
            f"{len(encoded.items):,} items need a matrix of {len(encoded.items) ** 2:,} numbers, "
            f"and {MAX_CELLS:,} is the limit: leave out items with few comparisons"
        )
    pairs = count_pairs(encoded, ordered=home)
    separation = separated_groups(pairs, encoded.items)
    if separation and prior_sd is None:
        raise ValueError(
            f"{separation}. Keep one group, collect comparisons between them, or give prior_sd"
        )
    if separation:
        warnings.warn(f"{separation}. Only the prior relates these groups", stacklevel=2)
    fit = fit_pair_counts(pairs, encoded.items, confidence, ties=ties, home=home, prior_sd=prior_sd)
    if weight is None:
        fit.abilities["comparisons"] = fit.abilities["comparisons"].astype(int)
    return fit


def fit_pair_counts(
    pairs: PairCounts,
    items: pd.Index,
    confidence: float = CONFIDENCE,
    *,
    ties: Ties = "half",
    home: bool = False,
    prior_sd: float | None = None,
) -> BradleyTerryFit:
    """Fit a Bradley-Terry model to counts of outcomes, which are not checked.

    Parameters
    ----------
    pairs : PairCounts
        The counts. Unless there is a prior, they must connect the items; see `separated_groups`.
    items : Index
        The names of the items, in the order of their numbers in `pairs`.
    confidence, ties, home, prior_sd
        As for `bradley_terry`. With a prior, items may be in no pair.

    Returns
    -------
    BradleyTerryFit
    """
    model = TIE_MODELS[ties] if pairs.ties.any() else TIE_MODELS["half"]
    maximum = _maximize(pairs, model, home, prior_sd)
    z = normal_quantile(confidence)
    n = round(float((pairs.wins + pairs.ties + pairs.losses).sum()))
    return BradleyTerryFit(
        _table(pairs, items, maximum, z),
        Estimate(maximum.home, *_interval(maximum.home, maximum.home_error, z), n),
        _tie_estimate(maximum, model, ties, z, n),
        maximum.log_likelihood,
        maximum.covariance,
    )


class _Maximum(NamedTuple):
    """The parameters at the maximum and their standard errors; abilities (n,) have mean 0."""

    ability: FloatArray
    ability_error: FloatArray
    home: float
    home_error: float
    tie: float
    tie_error: float
    log_likelihood: float
    covariance: FloatArray  # (n, n), of which the upper triangle is filled


class _Point(NamedTuple):
    """Parameters, and there the log posterior, its gradient (p,) and its parts by pair."""

    parameters: FloatArray
    value: float
    gradient: FloatArray
    parts: Curvature


class _Posterior(NamedTuple):
    """The log posterior of n abilities, then of the home parameter and the tie parameter."""

    pairs: PairCounts
    model: TieModel
    home: bool
    precision: float  # of the prior; 0 without one

    def at(self, parameters: FloatArray) -> _Point:
        pairs, n = self.pairs, self.pairs.n_items
        ability = parameters[:n]
        home = float(parameters[n]) if self.home else 0.0
        tie = 0.0 if self.model.start is None else float(parameters[-1])
        parts = self.model.curvature(
            pairs, ability[pairs.first] - ability[pairs.second] + home, tie
        )
        gradient = np.zeros(len(parameters))
        gradient[:n] = np.bincount(pairs.first, parts.d, n) - np.bincount(pairs.second, parts.d, n)
        gradient[:n] -= self.precision * ability
        if self.home:
            gradient[n] = parts.d.sum()
        if self.model.start is not None:
            gradient[-1] = parts.t.sum()
        value = parts.value - self.precision * float(ability @ ability) / 2
        return _Point(parameters, value, gradient, parts)

    def information(self, parts: Curvature, dispersion: float = 1.0) -> FloatArray:
        """Return the information matrix (p, p), the direction of equal abilities made regular.

        A constant added to all abilities changes no probability. The matrix gets 1 in that
        direction, scaled like the rest, so that its inverse exists; `_maximum` subtracts it.
        """
        pairs, n = self.pairs, self.pairs.n_items
        size = n + self.home + (self.model.start is not None)
        matrix = np.zeros((size, size), order="F")  # LAPACK's order
        cells = matrix.reshape(-1, order="F")  # a view, faster to index
        cells[pairs.first + size * pairs.second] -= parts.dd
        cells[pairs.second + size * pairs.first] -= parts.dd
        diagonal = np.arange(n), np.arange(n)
        matrix[diagonal] -= matrix[:n, :n].sum(1)
        if self.home:
            matrix[n, n] = parts.dd.sum()
            matrix[n, :n] = matrix[:n, n] = _net(pairs, parts.dd)
        if self.model.start is not None:
            matrix[-1, :n] = matrix[:n, -1] = _net(pairs, parts.dt)
            if self.home:
                matrix[-1, n] = matrix[n, -1] = parts.dt.sum()
            matrix[-1, -1] = parts.tt.sum()
        matrix /= dispersion
        matrix[:n, :n] += self.gauge(parts) / n
        matrix[diagonal] += self.precision
        return matrix

    def gauge(self, parts: Curvature) -> float:
        """Return the curvature that `information` adds in the direction of equal abilities."""
        return 2 * float(parts.dd.sum()) / self.pairs.n_items


def _net(pairs: PairCounts, values: FloatArray) -> FloatArray:
    """Sum values by pair (M,) over the first item minus over the second, (n,)."""
    n = pairs.n_items
    net = np.bincount(pairs.first, values, n) - np.bincount(pairs.second, values, n)
    return np.asarray(net, float)


def _maximize(pairs: PairCounts, model: TieModel, home: bool, prior_sd: float | None) -> _Maximum:
    """Maximize the posterior by Newton's method until its gradient is a rounding error."""
    from scipy.linalg import cho_factor, cho_solve

    n = pairs.n_items
    if not n:
        return _Maximum(np.zeros(0), np.zeros(0), 0.0, 0.0, np.nan, np.nan, 0.0, np.zeros((0, 0)))
    posterior = _Posterior(pairs, model, home, 0.0 if prior_sd is None else prior_sd**-2)
    start = np.zeros(n + home + (model.start is not None))
    if model.start is not None:
        start[-1] = model.start
    games = pairs.wins + pairs.ties + pairs.losses
    involved = np.bincount(pairs.first, games, n) + np.bincount(pairs.second, games, n)
    won = np.bincount(pairs.first, pairs.wins + pairs.ties / 2, n)
    won += np.bincount(pairs.second, pairs.losses + pairs.ties / 2, n)
    start[:n] = np.log((won + 0.5) / (involved - won + 0.5))
    # as at the maximum: `information` has another curvature along equal abilities than the prior
    start[:n] -= start[:n].mean()
    sizes = np.append(involved, [games.sum()] * 2)
    rounding = 2 * np.finfo(float).eps * np.maximum(sizes, 1)
    point = posterior.at(start)
    for _ in range(_STEPS):
        if (np.abs(point.gradient) <= rounding[: len(start)]).all():
            break
        information = posterior.information(point.parts)
        factor = cho_factor(information, overwrite_a=True, check_finite=False)
        step = cho_solve(factor, point.gradient, check_finite=False)
        higher = _ascend(posterior, point, step, rounding[: len(start)])
        if higher is None:
            break
        point = higher
        if (np.abs(point.parameters[n:]) > _UNBOUNDED).any():
            causes = [_ONE_SIDE] * home + [_TOO_MANY_TIES] * (model.start is not None)
            raise ValueError(
                f"the comparisons do not determine the parameters: {'; or '.join(causes)}"
            )
    return _maximum(posterior, point)


def _ascend(
    posterior: _Posterior, point: _Point, step: FloatArray, rounding: FloatArray
) -> _Point | None:
    """Take the step, shortened until it helps; return None where rounding errors hide its effect.

    Far from the maximum a step must raise the log posterior. Close to it, where that changes by
    less than its rounding error, a step must make the gradient smaller.
    """
    close = step @ point.gradient <= 1e-12 * abs(point.value)
    for _ in range(60):
        other = posterior.at(point.parameters + step)
        if close:
            slopes = (np.abs(at.gradient / rounding).max() for at in (point, other))
            return other if next(slopes) > next(slopes) else None
        if other.value >= point.value:
            return other
        step = step / 2
    return None


def _maximum(posterior: _Posterior, point: _Point) -> _Maximum:
    """Compute the standard errors at the maximum."""
    from scipy.linalg.lapack import dpotrf, dpotri

    pairs, n = posterior.pairs, posterior.pairs.n_items
    dispersion = 1.0
    if posterior.model is TIE_MODELS["half"]:
        # Half a win varies less than a win or a loss: its variance is smaller by 1/4. One decided
        # comparison is added, so that ties alone do not give an interval of width 0.
        decided = point.parts.dd.sum()
        dispersion = (max(decided - pairs.ties.sum() / 4, 0) + 1 / 4) / (decided + 1 / 4)
    information = posterior.information(point.parts, dispersion)
    factor, _ = dpotrf(information, overwrite_a=True)
    covariance, _ = dpotri(factor, overwrite_c=True)
    variance = np.diag(covariance).copy()
    variance[:n] -= 1 / (n * (posterior.gauge(point.parts) + posterior.precision))
    error = np.sqrt(variance)
    ability = point.parameters[:n] - point.parameters[:n].mean()
    home = (float(point.parameters[n]), float(error[n])) if posterior.home else (0.0, 0.0)
    tie = (np.nan, np.nan)
    if posterior.model.start is not None:
        tie = float(point.parameters[-1]), float(error[-1])
    return _Maximum(ability, error[:n], *home, *tie, point.parts.value, covariance[:n, :n])


def _interval(value: float | FloatArray, error: float | FloatArray, z: float) -> tuple[Any, Any]:
    return value - z * error, value + z * error


def _tie_estimate(maximum: _Maximum, model: TieModel, ties: Ties, z: float, n: int) -> Estimate:
    if ties == "half":
        return Estimate(np.nan, np.nan, np.nan, n)
    if model.start is None:  # nobody tied
        return proportion(0, n)
    low, high = _interval(maximum.tie, maximum.tie_error, z)
    if ties == "rao-kupper":
        low = max(low, 0.0)
    return Estimate(model.share(maximum.tie), model.share(low), model.share(high), n)


def _table(pairs: PairCounts, items: pd.Index, maximum: _Maximum, z: float) -> pd.DataFrame:
    n, ability = pairs.n_items, maximum.ability
    games = pairs.wins + pairs.ties + pairs.losses
    comparisons = np.bincount(pairs.first, games, n) + np.bincount(pairs.second, games, n)
    wins = np.bincount(pairs.first, pairs.wins + pairs.ties / 2, n)
    wins = wins + np.bincount(pairs.second, pairs.losses + pairs.ties / 2, n)
    strength = np.exp(ability - ability.max(initial=0))
    low, high = _interval(ability, maximum.ability_error, z)
    # items whose abilities differ by rounding errors only are in the order of their names
    order = np.argsort(-ability.round(12), kind="stable")
    columns = {
        "comparisons": comparisons,
        "wins": wins,
        "ability": ability,
        "low": low,
        "high": high,
        "share": strength / strength.sum(),
    }
    ordered = {name: values[order] for name, values in columns.items()}
    return pd.DataFrame({"item": items[order], **ordered})
