"""All votes as codes, twelve bytes each, in the order in which they came."""

from __future__ import annotations

from array import array
from collections.abc import Hashable

import numpy as np

from gamelabel.aggregation.crowd_labels import CrowdLabels


class VoteLog:
    """Votes on points, by people who are numbered in the order of their first vote.

    Parameters
    ----------
    n_points, n_answers : int
        The numbers of points and of possible answers.

    Examples
    --------
    >>> log = VoteLog(n_points=2, n_answers=2)
    >>> log.add(1, "ann", 0), log.add(0, "bob", 1), log.add(0, "ann", 1)
    (0, 1, 0)
    >>> crowd = log.crowd()
    >>> crowd.task.tolist(), crowd.worker.tolist(), crowd.label.tolist()
    ([0, 0, 1], [0, 1, 0], [1, 1, 0])
    """

    def __init__(self, n_points: int, n_answers: int) -> None:
        self._n_points, self._n_answers = n_points, n_answers
        self._people: dict[Hashable, int] = {}
        self._point, self._person, self._answer = array("i"), array("i"), array("i")

    def add(self, row: int, worker: Hashable, code: int) -> int:
        """Add a vote, and return the number of its worker."""
        person = self._people.setdefault(worker, len(self._people))
        self._point.append(row)
        self._person.append(person)
        self._answer.append(code)
        return person

    def crowd(self) -> CrowdLabels:
        """Return all votes, sorted by point, worker and answer."""
        columns = (self._point, self._person, self._answer)
        point, person, answer = (np.array(codes, np.int64) for codes in columns)
        order = np.lexsort((answer, person, point))
        return CrowdLabels(
            point[order],
            person[order],
            answer[order],
            np.full(self._n_points, -1),
            len(self._people),
            self._n_answers,
        )
