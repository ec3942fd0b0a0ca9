"""Mechanical Turker Descent without rounds (appendix I of the paper).

Every example is at once a test for the models of all other teachers, and then a lesson for the
model of its own. The score of a teacher is the accuracy of its model on the latest examples of each
other teacher, with equal weights, as in equation 1.
"""

from __future__ import annotations

from collections import defaultdict, deque
from collections.abc import Sequence
from pathlib import Path

import numpy as np
import pandas as pd

from gamelabel.games.descent.descent_example import (
    Example,
    IsRight,
    Learner,
    MakeLearner,
    same_answer,
)
from gamelabel.games.descent.descent_score import leaderboard
from gamelabel.games.descent.descent_tables import DescentError, OpenRound


class OnlineDescent:
    """A descent whose leaderboard changes with every example.

    Parameters
    ----------
    make_learner : callable
        Gives a new learner.
    is_right : callable
        Whether a prediction is right.
    initial : sequence of Example
        What all models know at the start; at least one example.
    window : int
        Latest examples of each teacher on which the others' models are scored.
    lesson : int
        After this many new examples of a teacher, its model learns.
    merge_after : int
        After this many examples of all teachers, they are shared by all.
    seed : int
        Seed of the trainings.
    path : Path, optional
        A file that keeps each example as a line of JSON. If there is one, its examples are added
        again, with the same outcome: so a descent that was interrupted goes on. Without a path,
        everything is in memory only.

    Raises
    ------
    DescentError
        If there are no initial examples, or a number is below 1.

    Examples
    --------
    >>> from gamelabel.games.descent import WordClassifier
    >>> first = [Example("p1", "pilot", "wake me", "alarm")]
    >>> first += [Example("p2", "pilot", "rain", "weather")]
    >>> online = OnlineDescent(WordClassifier, initial=first, lesson=1)
    >>> online.add(Example("1", "ann", "wake me early", "alarm"))
    {}
    >>> online.add(Example("2", "bo", "much rain today", "weather"))
    {'ann': True}
    >>> online.scores()
    {'ann': 1.0}
    """

    def __init__(
        self,
        make_learner: MakeLearner,
        is_right: IsRight = same_answer,
        initial: Sequence[Example] = (),
        window: int = 20,
        lesson: int = 5,
        merge_after: int = 50,
        seed: int = 0,
        path: Path | None = None,
    ) -> None:
        if not initial:
            raise DescentError("models need something to begin with: give initial examples")
        for name, value in (("window", window), ("lesson", lesson), ("merge_after", merge_after)):
            if value < 1:
                raise DescentError(f"{name} must be at least 1, not {value}")
        self.make_learner, self.is_right, self.seed = make_learner, is_right, seed
        self.window, self.lesson, self.merge_after = window, lesson, merge_after
        self.shared: list[Example] = list(initial)
        self.own: dict[str, list[Example]] = {}
        self._shared_model = self._fit(self.shared, None)
        self._models: dict[str, Learner] = {}
        # for a model, and the author of what it was tested on: whether it was right
        self._tested: defaultdict[str, dict[str, deque[bool]]] = defaultdict(dict)
        self._journal = OpenRound(path) if path else None
        if path and path.is_file():
            for row in OpenRound(path).read()[1]:
                self._take(Example(**row))
        elif self._journal:
            self._journal.begin(0)

    def add(self, example: Example) -> dict[str, bool]:
        """Add an example, and return which other teachers' models were right about it.

        Parameters
        ----------
        example : Example
            The example, with its teacher.
        """
        outcome = self._take(example)
        if self._journal:
            self._journal.add(example._asdict())
        return outcome

    def _take(self, example: Example) -> dict[str, bool]:
        author = example.teacher_id
        outcome = {}
        for name, model in self._models.items():
            if name != author:
                is_right = bool(self.is_right(example, model.predict([example])[0]))
                tested = self._tested[name].setdefault(author, deque(maxlen=self.window))
                tested.append(is_right)
                outcome[name] = is_right
        own = self.own.setdefault(author, [])
        own.append(example)
        self._models.setdefault(author, self._shared_model)
        if sum(map(len, self.own.values())) >= self.merge_after:
            self._merge()
        elif len(own) % self.lesson == 0:
            self._models[author] = self._fit([*self.shared, *own], self._models[author])
        return outcome

    def _merge(self) -> None:
        self.shared += [example for examples in self.own.values() for example in examples]
        self._shared_model = self._fit(self.shared, self._shared_model)
        self._models = dict.fromkeys(self._models, self._shared_model)
        self.own = {name: [] for name in self.own}

    def _fit(self, examples: Sequence[Example], start: Learner | None) -> Learner:
        learner = self.make_learner()
        learner.fit(examples, self.seed, start)
        return learner

    def scores(self) -> dict[str, float]:
        """Return the score of each teacher whose model was tested."""
        return {
            name: float(np.mean([np.mean(answers) for answers in tested.values()]))
            for name, tested in self._tested.items()
        }

    def board(self, bonuses: Sequence[float] = ()) -> pd.DataFrame:
        """Return the leaderboard now; see `leaderboard`."""
        return leaderboard(self.scores(), bonuses)
