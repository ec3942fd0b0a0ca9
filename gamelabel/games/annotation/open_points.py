"""Points that people vote on: which to ask next, and which have enough votes."""

from __future__ import annotations

from collections.abc import Hashable, Mapping, Sequence

import numpy as np
import pandas as pd
from numpy.typing import NDArray

from gamelabel.games.annotation.crowd_model import (
    CrowdModel,
    OnlineMethod,
    assumed_model,
    fit_crowd_model,
)
from gamelabel.games.annotation.stated_confidence import (
    Confidence,
    fit_confidence,
    log_odds_of_best,
)
from gamelabel.games.annotation.stopping_rule import OPEN, STOP_NAMES, StoppingRule
from gamelabel.games.annotation.vote_log import VoteLog
from gamelabel.tables.vote_counts import FloatArray

_FEWEST_CHOSEN = 20  # known answers; one that is wrong in the file should not decide
_PENDING, _RELEASED, _ANSWERED = range(3)
_FIRST_FIT = 100  # votes on points that have several; then whenever a quarter more has come in


class OpenPoints:
    """The points of a project, their votes, and how sure their answers are.

    `next_task` says what a person is asked, `update` takes the answer. Both are quick, since an
    answer changes one point only, by what is known of its worker. `refit`, which estimates the
    workers and all points anew, takes longer: call it in the background when `refit_due` says so.

    The probability of an answer k of a point is proportional to q_k * product over its votes l by
    workers w of c_w[l | k], as in the aggregation of the same name. Errors depend on each other, so
    that it is too high. The stated confidence is checked against `known` answers, or, without any,
    lowered by what the votes show of the dependence; see `refit`.

    Not safe for several threads: hold a lock around each call.

    Parameters
    ----------
    points : sequence of hashable
        Names of the points, each once.
    answers : sequence of hashable
        The possible answers, at least two.
    rule : StoppingRule
        When a point is closed.
    method : str
        How workers are modelled; see `fit_crowd_model`.
    known : mapping of hashable to hashable, optional
        Answers that are known, by point. People are asked these points as any others, by the same
        rule. They say how often answers of a given confidence are right, and serve for this only.
    seed : int
        Decides which of equally uncertain points comes first.
    known_may_be_easier : bool
        Whether known answers may be easier than others, as those that somebody has chosen are.
        They can lower the confidence then, and never raise it, and 20 are the least that do.

    Raises
    ------
    ValueError
        For points or answers that occur twice, fewer than two answers, and a known answer that is
        not among the points and answers.

    Examples
    --------
    >>> points = OpenPoints(["p1", "p2"], ["a", "b"], StoppingRule(confidence=0.8), "majority")
    >>> first = points.next_task("ann")
    >>> points.update(first, "ann", "a")              # still open
    >>> points.next_task("bob") != first              # a point without votes is less certain
    True
    >>> points.update(first, "bob", "a")              # two agree
    'confidence'
    >>> points.next_task("ann") == first              # nobody is asked twice
    False
    >>> points.table().set_index("point").loc[first, "confidence"].round(2)
    np.float64(0.84)
    """

    def __init__(
        self,
        points: Sequence[Hashable],
        answers: Sequence[Hashable],
        rule: StoppingRule | None = None,
        method: OnlineMethod = "dawid-skene",
        known: Mapping[Hashable, Hashable] | None = None,
        seed: int = 0,
        known_may_be_easier: bool = False,
    ) -> None:
        self.rule, self.method = rule or StoppingRule(), method
        self._known_may_be_easier = known_may_be_easier
        # rows are in a random order, so the first of equal values is a random point
        order = np.random.default_rng(seed).permutation(len(points))
        self._points = [points[i] for i in order.tolist()]
        self._order = order
        self._row = {point: row for row, point in enumerate(self._points)}
        self._answers = list(answers)
        self._code = {answer: code for code, answer in enumerate(self._answers)}
        if len(self._row) < len(points):
            raise ValueError(f"{len(points) - len(self._row)} names of points occur twice")
        if len(self._code) < max(len(answers), 2):
            raise ValueError("a point needs at least two possible answers, each named once")
        self._known = self._known_rows(known or {})
        n, k = len(points), len(answers)
        self._log_votes = np.zeros((n, k))
        self._counts = np.zeros((n, k), np.int64)
        self._votes, self._pending = np.zeros(n, np.int64), np.zeros(n, np.int64)
        self._stopped = np.zeros(n, np.int8)
        self._log = VoteLog(n, k)
        self._seen: dict[Hashable, dict[int, int]] = {}
        self._shared = self._shared_at_fit = 0  # votes on points that have several
        self._use(assumed_model(k), Confidence())

    def next_task(self, worker: Hashable) -> Hashable | None:
        """Return the point that a person is asked next; None if there is none for this person.

        It is the open point that is worth most: the probability that its best answer is wrong,
        divided by one more than the number of people who are being asked it now.
        A person gets no point twice, and no more people are asked than the rule's maximum.

        Parameters
        ----------
        worker : hashable
            The person.
        """
        worth, seen = self._worth, self._seen.setdefault(worker, {})
        if seen:
            worth = worth.copy()
            worth[np.fromiter(seen, np.int64, len(seen))] = -1
        row = int(worth.argmax()) if len(worth) else -1
        if row < 0 or worth[row] < 0:
            return None
        seen[row] = _PENDING
        self._pending[row] += 1
        self._set_worth(row)
        point: Hashable = self._points[row]
        return point

    def release(self, point: Hashable, worker: Hashable) -> None:
        """Say that a person will not answer a point that `next_task` returned.

        Others may be asked in place of this person, who does not get the point again. An answer
        that comes later counts all the same. A point that the person was not asked, or has
        answered, stays as it is.
        """
        row = self._row_of(point)
        seen = self._seen.get(worker, {})
        if seen.get(row) == _PENDING:
            seen[row] = _RELEASED
            self._pending[row] -= 1
            self._set_worth(row)

    def update(self, point: Hashable, worker: Hashable, answer: Hashable) -> str | None:
        """Record a vote.

        Parameters
        ----------
        point, worker, answer : hashable
            The person need not have been asked by `next_task`: votes from elsewhere count too,
            also of a point that is closed.

        Returns
        -------
        str or None
            Why the point is closed now ("confidence", "quorum" or "maximum"); None if it is open.

        Raises
        ------
        ValueError
            For a point or an answer that does not exist, and a second vote by the same person.
        """
        row = self._row_of(point)
        if answer not in self._code:
            raise ValueError(
                f"{answer!r} is not an answer: the answers are "
                + ", ".join(repr(name) for name in self._answers)
            )
        seen = self._seen.setdefault(worker, {})
        state = seen.get(row)
        if state == _ANSWERED:
            raise ValueError(f"{worker!r} has voted on {point!r} before: a vote counts once")
        if state == _PENDING:
            self._pending[row] -= 1
        seen[row] = _ANSWERED
        code = self._code[answer]
        person = self._log.add(row, worker, code)
        self._log_votes[row] += self._model.of_vote(person, code)
        self._counts[row, code] += 1
        self._votes[row] += 1
        if self._votes[row] > 1:
            self._shared += 2 if self._votes[row] == 2 else 1
        self._judge(row)
        return STOP_NAMES[self._stopped[row]]

    @property
    def refit_due(self) -> bool:
        """Whether `refit` is worth while: it has a quarter more to learn from than last time.

        What counts are votes on points that have several; it takes 100 of them at first.
        """
        return self._shared >= max(_FIRST_FIT, 1.25 * self._shared_at_fit)

    def refit(self) -> None:
        """Estimate the workers and all points from all votes; points may close, or open again.

        The log odds of an answer count 1 / (1 + (n - 1) r) times, where n is the mean number of
        votes of points with several and r the dependence of their errors (Kish's design effect).
        Known answers then correct this; see `fit_confidence`.
        """
        crowd = self._log.crowd()
        self._shared_at_fit = self._shared
        model = fit_crowd_model(crowd, self.method)
        self._log_votes = model.of_points(crowd)
        self._use(model, self._estimate_confidence(model))

    def table(self) -> pd.DataFrame:
        """Return all points as they are now.

        Returns
        -------
        DataFrame
            `point`, `answer` (the most probable; None without votes), `confidence` (its
            probability), `votes`, and `stopped`, the reason why the point is closed, or None.
        """
        answers, reasons = np.array([*self._answers, None], object), np.array(STOP_NAMES, object)
        best = np.where(
            self._votes > 0, (self._log_votes + self._model.shares).argmax(1), len(self._answers)
        )
        table = pd.DataFrame(
            {
                "point": pd.Series(self._points, dtype=object),
                "answer": pd.Series(answers[best], dtype=object),
                "confidence": self._confidence,
                "votes": self._votes,
                "stopped": pd.Series(reasons[self._stopped], dtype=object),
            }
        )
        return table.iloc[np.argsort(self._order)].reset_index(drop=True)

    @property
    def n_open(self) -> int:
        """The number of points that are not closed."""
        return int((self._stopped == OPEN).sum())

    def is_open(self, point: Hashable) -> bool:
        """Return whether a point needs more votes."""
        return self.stopped(point) is None

    def confidence_of(self, point: Hashable) -> float:
        """Return the probability of the best answer of a point."""
        return float(self._confidence[self._row_of(point)])

    def stopped(self, point: Hashable) -> str | None:
        """Return why a point is closed, as `update` does; None if it needs more votes."""
        return STOP_NAMES[self._stopped[self._row_of(point)]]

    def _row_of(self, point: Hashable) -> int:
        if point not in self._row:
            raise ValueError(f"there is no point {point!r} among the {len(self._points)}")
        return self._row[point]

    def _known_rows(self, known: Mapping[Hashable, Hashable]) -> NDArray[np.int64]:
        """Return rows and answer codes of the points with known answers, shape (2, G)."""
        for point, answer in known.items():
            if point not in self._row or answer not in self._code:
                raise ValueError(
                    f"the known answer {answer!r} of {point!r} is not one of the answers, or the "
                    "point is not one of the points"
                )
        pairs = sorted((self._row[point], self._code[answer]) for point, answer in known.items())
        return np.array(pairs, np.int64).reshape(-1, 2).T

    def _estimate_confidence(self, model: CrowdModel) -> Confidence:
        several = self._votes[self._votes > 1]
        mean_votes = float(several.mean()) if len(several) else 1.0
        slope = 1 / (1 + (mean_votes - 1) * model.dependence)
        rows, codes = self._known[:, self._votes[self._known[0]] > 0]
        if len(rows) < (_FEWEST_CHOSEN if self._known_may_be_easier else 1):
            return Confidence(slope=slope)
        log_joint = self._log_votes[rows] + model.shares
        fitted = fit_confidence(log_odds_of_best(log_joint), log_joint.argmax(1) == codes, slope)
        return fitted._replace(highest_slope=slope) if self._known_may_be_easier else fitted

    def _use(self, model: CrowdModel, calibration: Confidence) -> None:
        """Judge all points by a model."""
        self._model, self._calibration = model, calibration
        log_odds = log_odds_of_best(self._log_votes + model.shares)
        self._confidence = calibration.stated(log_odds, len(self._answers))
        same = self._counts.max(1, initial=0)
        self._stopped = self.rule.reasons(self._confidence, same, self._votes)
        self._worth = self._all_worths()

    def _all_worths(self) -> FloatArray:
        served = self._votes + self._pending
        closed = self._stopped != OPEN
        if self.rule.maximum is not None:
            closed |= served >= self.rule.maximum
        worth: FloatArray = (1 - self._confidence) / (1 + self._pending)
        return np.where(closed, -1.0, worth)

    def _judge(self, row: int) -> None:
        """Judge one point again."""
        log_odds = log_odds_of_best(self._log_votes[row : row + 1] + self._model.shares)
        self._confidence[row] = self._calibration.stated(log_odds, len(self._answers))[0]
        self._stopped[row] = self.rule.reason(
            self._confidence[row], self._counts[row].max(), self._votes[row]
        )
        self._set_worth(row)

    def _set_worth(self, row: int) -> None:
        pending, maximum = self._pending[row], self.rule.maximum
        full = maximum is not None and self._votes[row] + pending >= maximum
        if full or self._stopped[row] != OPEN:
            self._worth[row] = -1
        else:
            self._worth[row] = (1 - self._confidence[row]) / (1 + pending)
