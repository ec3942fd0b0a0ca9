"""A whole descent of SIMULATED teachers, in one variant of the protocol."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass, field
from pathlib import Path
from typing import Literal

import numpy as np
import pandas as pd

from gamelabel.games.descent.descent import Descent
from gamelabel.games.descent.descent_example import Example, IsRight, Learner, MakeLearner
from gamelabel.games.descent.descent_rules import DescentRules
from gamelabel.games.descent.descent_tables import DescentError, read_descent_table
from gamelabel.games.descent.simulated_teachers import (
    SimulatedTeacher,
    TeacherAssumptions,
    Writer,
)

MakeWriter = Callable[[int], Writer]
ShownFeedback = Literal["true", "shuffled"]
_TRIES = 20  # to write an example that differs from the earlier ones


@dataclass(frozen=True)
class SimulatedDescent:
    """What a descent of simulated teachers is made of.

    Attributes
    ----------
    rules : DescentRules
        The variant.
    make_writer : callable
        Gives the writer of each teacher, by number; the same one for the same number, so that
        variants have the same people.
    make_learner : callable
        Gives a new learner.
    is_right : callable
        Whether a prediction is right.
    n_teachers : int
        Number of teachers, the same in all rounds.
    assumptions : TeacherAssumptions
        What is assumed about them.
    seed : int
        Seed of everything random.
    feedback : {"true", "shuffled"}
        What teachers see of the last model: what it did with their example, or, as a placebo, with
        a random earlier example of the round.
    kinds : sequence of str, optional
        Kinds to write, one after another, in place of what the teachers choose.
    initial_train, initial_test : sequence of Example
        The shared sets at the start.
    """

    rules: DescentRules
    make_writer: MakeWriter
    make_learner: MakeLearner
    is_right: IsRight
    n_teachers: int = 30
    assumptions: TeacherAssumptions = field(default_factory=TeacherAssumptions)
    seed: int = 0
    feedback: ShownFeedback = "true"
    kinds: Sequence[str] | None = None
    initial_train: Sequence[Example] = ()
    initial_test: Sequence[Example] = ()


def play_descent(
    what: SimulatedDescent,
    folder: Path,
    jobs: int = 1,
    keep_model: Callable[[int, Learner], None] | None = None,
) -> pd.DataFrame:
    """Play all rounds, and return the kind of every example.

    Parameters
    ----------
    what : SimulatedDescent
        The descent.
    folder : Path
        Where its tables go; it must not have a descent yet.
    jobs : int
        Number of processes that train the teachers' models.
    keep_model : callable, optional
        Called after each round with its number and the model of all that was merged.

    Returns
    -------
    DataFrame
        Columns example_id, round, teacher_id, kind, effort and model_right (null if not asked),
        which is what the model really did, whatever the teacher was shown.
    """
    descent = Descent(
        folder,
        what.rules,
        what.make_learner,
        what.is_right,
        what.seed,
        what.initial_train,
        what.initial_test,
    )
    if descent.rounds_closed or descent.open_number:
        raise DescentError(f"{folder} has a descent already: remove it, or choose another folder")
    teachers = {
        f"simulated {number}": SimulatedTeacher(
            what.make_writer(number),
            what.assumptions,
            what.rules.competitive,
            np.random.default_rng([what.seed, 7, number]),
        )
        for number in range(what.n_teachers)
    }
    rng = np.random.default_rng([what.seed, 11])
    kinds = [] if what.kinds is None else list(what.kinds)
    rows: list[dict[str, object]] = []
    for _ in range(what.rules.rounds):
        descent.open_round()
        seen: list[bool] = []
        for name, teacher in teachers.items():
            for _ in range(teacher.number_of_examples(what.rules.least, what.rules.most)):
                kind = kinds[len(rows) % len(kinds)] if kinds else teacher.choose()
                example_id, model_right = _add(descent, name, teacher.writer, kind)
                if model_right is not None:
                    seen.append(model_right)
                    shown = model_right
                    if what.feedback == "shuffled":
                        shown = seen[int(rng.integers(len(seen)))]
                    teacher.see_model(kind, shown)
                row = {"example_id": example_id, "round": descent.open_number, "teacher_id": name}
                effort = teacher.writer.efforts[kind]
                rows.append(row | {"kind": kind, "effort": effort, "model_right": model_right})
        descent.close_round(jobs)
        board = descent.publish().set_index("teacher_id")
        for name, teacher in teachers.items():
            if what.rules.competitive:
                teacher.see_rank(int(board["rank"][name]), len(board))
            teacher.end_round()
        model = descent.model() if keep_model else None
        if keep_model and model is not None:
            keep_model(descent.rounds_closed, model)
    return pd.DataFrame(rows)


def _add(descent: Descent, name: str, writer: Writer, kind: str) -> tuple[str, bool | None]:
    """Add an example of a kind; write another one if it was given before."""
    for attempt in range(_TRIES):
        text, answer, context = writer.write(kind)
        try:
            feedback = descent.add_example(name, text, answer, context)
            return feedback.example_id, feedback.model_right
        except DescentError:
            if attempt + 1 == _TRIES:
                raise
    raise AssertionError  # not reached


def mean_scores(folder: Path) -> pd.Series[float]:
    """Return the mean score of each teacher over the rounds of a descent.

    Parameters
    ----------
    folder : Path
        The folder of the descent.

    Examples
    --------
    >>> mean_scores(Path("nowhere")).tolist()
    []
    """
    return read_descent_table(folder, "scores").groupby("teacher_id")["score"].mean()
