"""Mechanical Turker Descent: rounds in which teachers give examples and compete by their models."""

from __future__ import annotations

import json
from collections import Counter
from collections.abc import Callable, Sequence
from pathlib import Path
from typing import NamedTuple

import numpy as np
import pandas as pd

from gamelabel.files import sha256_text
from gamelabel.games.descent.acceptance import CheckText, acceptable_text, is_repeated
from gamelabel.games.descent.closing import RoundResults, split_examples, uses_of_examples
from gamelabel.games.descent.descent_example import (
    Example,
    IsRight,
    Learner,
    MakeLearner,
    same_answer,
)
from gamelabel.games.descent.descent_folder import DescentFolder, example_row
from gamelabel.games.descent.descent_rules import DescentRules
from gamelabel.games.descent.descent_tables import DescentError
from gamelabel.games.descent.teacher_results import TeacherWork, count_right, train_and_test
from gamelabel.parallel import executor, map_items

ReportProgress = Callable[[int, int], None]
CheckAnswer = Callable[[str, str], str]


class Feedback(NamedTuple):
    """What a teacher is told about an example that was added.

    Attributes
    ----------
    example_id : str
        Its name.
    model_answer : str or None
        What the last round's model answers; None if the rules do not show it or there is no model.
    model_right : bool or None
        Whether that is right.
    """

    example_id: str
    model_answer: str | None = None
    model_right: bool | None = None


class Descent:
    """A descent in a folder; the same call after a crash goes on where it was.

    Parameters
    ----------
    folder : Path
        Where its tables are, or will be.
    rules : DescentRules
        How rounds are played.
    make_learner : callable
        Gives a new learner that knows nothing.
    is_right : callable
        Whether a prediction is right for an example.
    seed : int
        Seed of trainings and splits.
    initial_train, initial_test : sequence of Example
        The shared sets at the start, such as a pilot study.
    check_answer : callable, optional
        Given context and answer, why this answer is invalid; "" if it is valid.
    check_text : callable, optional
        Given the input, why the learner cannot read it; "" if it can.

    Examples
    --------
    >>> import tempfile
    >>> from gamelabel.games.descent import WordClassifier
    >>> folder = tempfile.TemporaryDirectory()
    >>> rules = DescentRules(rounds=2, least=2, most=2)
    >>> descent = Descent(Path(folder.name), rules, WordClassifier, seed=0)
    >>> descent.open_round()
    1
    >>> for who, text, intent in [
    ...     ("ann", "wake me at six", "alarm"),
    ...     ("ann", "is it cold outside", "weather"),
    ...     ("bo", "set an alarm for six", "alarm"),
    ...     ("bo", "will it be cold", "weather"),
    ... ]:
    ...     feedback = descent.add_example(who, text, intent)
    >>> descent.close_round()
    >>> descent.publish()[["teacher_id", "score", "rank"]].values.tolist()
    [['ann', 1.0, 1], ['bo', 1.0, 1]]
    >>> folder.cleanup()
    """

    def __init__(
        self,
        folder: Path,
        rules: DescentRules,
        make_learner: MakeLearner,
        is_right: IsRight = same_answer,
        seed: int = 0,
        initial_train: Sequence[Example] = (),
        initial_test: Sequence[Example] = (),
        check_answer: CheckAnswer | None = None,
        check_text: CheckText | None = None,
    ) -> None:
        self.folder, self.rules, self.seed = Path(folder), rules, seed
        self.make_learner, self.is_right = make_learner, is_right
        self.check_answer, self.check_text = check_answer, check_text
        self._kept = DescentFolder(self.folder, initial_train, initial_test)
        self._model: Learner | None = None
        self._model_of = -1  # the round after which the model was trained

    # -- what there is

    @property
    def rounds_closed(self) -> int:
        """The number of rounds that were closed."""
        return self._kept.rounds_closed

    @property
    def open_number(self) -> int:
        """The number of the round that is open, from 1; 0 if none is."""
        return self._kept.open_number

    def examples(self, use: str) -> list[Example]:
        """Return merged examples: those for "train" or "test", "removed" or "incomplete" ones."""
        return self._kept.examples(use)

    def open_examples(self, teacher_id: str) -> list[Example]:
        """Return what a teacher has given in the open round."""
        return self._kept.open_examples(teacher_id)

    def teachers(self) -> set[str]:
        """Return all whose examples or scores are kept, in the open round or before."""
        return self._kept.teachers()

    @property
    def is_model_current(self) -> bool:
        """Whether `model` returns at once: it has been trained on all that is merged now."""
        return self._model_of == self.rounds_closed

    def model(self) -> Learner | None:
        """Return the model of the last round, trained on all that was merged; None before any.

        It is trained when it is first needed, always to the same model.
        """
        closed = self.rounds_closed
        if self._model_of != closed:
            train = self.examples("train")
            self._model, self._model_of = None, closed
            if train:
                model = self.make_learner()
                model.fit(train, self._seed(closed, "shared"))
                self._model = model
        return self._model

    def shown_model(self) -> Learner | None:
        """Return the model whose answers teachers are shown; None if the rules show none."""
        return self.model() if self.rules.model_feedback else None

    # -- a round

    def open_round(self) -> int:
        """Open the next round and return its number.

        Raises
        ------
        DescentError
            If a round is open, the last one is not published, or all have been played.
        """
        self._require_no_round()
        if not self._kept.is_published():
            raise DescentError(f"round {self.rounds_closed} is not published: publish it first")
        if self.rounds_closed == self.rules.rounds:
            raise DescentError(f"all {self.rules.rounds} rounds have been played")
        return self._kept.open_round()

    def add_example(
        self,
        teacher_id: str,
        text: str,
        answer: str,
        context: str = "",
        number: int = 0,
        model_answer: str | None = None,
    ) -> Feedback:
        """Add an example to the open round; it is on disk when this returns.

        Parameters
        ----------
        teacher_id : str
            Who gives it.
        text : str
            The input.
        answer : str
            What the learner should answer.
        context : str
            What else the learner may read.
        number : int
            The round that the teacher believes to be in; not checked if 0.
        model_answer : str, optional
            What `shown_model` answered to the example that `check_example` returned. By default it
            is asked here, which takes as long as the model does.

        Raises
        ------
        DescentError
            If the round is not open, or the example is not acceptable; the message says why.
        """
        example = self.check_example(teacher_id, text, answer, context, number)
        row = example_row(example, self.open_number)
        feedback = Feedback(example.example_id)
        if model_answer is None and (model := self.shown_model()) is not None:
            model_answer = model.predict([example])[0]
        if model_answer is not None:
            is_right = bool(self.is_right(example, model_answer))
            feedback = Feedback(example.example_id, model_answer, is_right)
            row |= {"model_answer": model_answer, "model_right": is_right}
        self._kept.add(row)
        return feedback

    def check_example(
        self, teacher_id: str, text: str, answer: str, context: str = "", number: int = 0
    ) -> Example:
        """Return an example as `add_example` would add it; see there.

        Raises
        ------
        DescentError
            If it would not be added.
        """
        if not self.open_number or number not in (0, self.open_number):
            closed = number or self.rounds_closed
            raise DescentError(f"round {closed} is closed: wait until the next one opens")
        if not teacher_id:
            raise DescentError("an example needs the name of its teacher")
        text = acceptable_text(text, self.rules.longest_input, self.check_text)
        reason = self.check_answer(context, answer) if self.check_answer else ""
        if reason:
            raise DescentError(reason)
        example = Example(self._kept.next_id(), teacher_id, text, answer, context)
        earlier = self.open_examples(teacher_id)
        if is_repeated(example, earlier):
            raise DescentError("you have given this example already: write another one")
        if len(earlier) >= self.rules.most:
            count = len(earlier)
            raise DescentError(f"you have given {count} examples, all that this round takes")
        return example

    def close_round(self, jobs: int = 1, progress: ReportProgress | None = None) -> None:
        """Train and test a model a teacher, score the teachers, and merge their examples.

        After a crash, the same call goes on: models that were tested are not trained again.

        Parameters
        ----------
        jobs : int
            Number of processes that train.
        progress : callable, optional
            Called with the number of tested models and of all models.

        Raises
        ------
        DescentError
            If no round is open, or no teacher gave enough examples.
        gamelabel.parallel.ItemFailed
            If a process that trains ended twice; nothing is lost, call again.
        """
        if not self.open_number:
            raise DescentError("no round is open: open one first")
        number, rows = self.open_number, list(self._kept.open_rows)
        self._kept.discard_unfinished()
        counts = Counter(row["teacher_id"] for row in rows)
        complete = sorted(name for name, n in counts.items() if n >= self.rules.least)
        if not complete:
            raise DescentError(
                f"no teacher has given {self.rules.least} examples yet: keep round {number} open"
            )
        by_teacher = {name: self.open_examples(name) for name in complete}
        results = RoundResults(self.rules, by_teacher, len(self.examples("test")))
        if self.rules.competitive:
            self._test_models(results, jobs, progress)
        removed = results.teachers_below_last_model()
        rng = np.random.default_rng([self.seed, number])
        kept = {name: examples for name, examples in by_teacher.items() if name not in removed}
        uses = uses_of_examples(rows, by_teacher, removed, split_examples(kept, self.rules, rng))
        about = {
            "round": number,
            "subject": self.rules.subject(number),
            "teachers": len(by_teacher),
            "smallest": results.smallest,
            "test_before": results.n_test,
        }
        examples = [row | {"use": use} for row, use in zip(rows, uses, strict=True)]
        self._kept.close_round(examples, results.score_rows(number, removed), about)

    def _test_models(
        self, results: RoundResults, jobs: int, progress: ReportProgress | None
    ) -> None:
        shared, test = self.examples("train"), self.examples("test")
        start = self.model() if self.rules.warm_start else None
        folder = self.folder / "results" / f"round-{self.open_number}"
        work = []
        for place, (name, own) in enumerate(results.by_teacher.items()):
            others = {other: e for other, e in results.by_teacher.items() if other != name}
            tests: dict[str, Sequence[Example]] = {**others, "": test}
            # a result belongs to these examples: more may have been added since a failed closing
            used = [e.example_id for part in (own, *tests.values()) for e in part]
            path = folder / f"{place}-{sha256_text(json.dumps(used))[:16]}.json"
            seed = self._seed(self.open_number, str(place))
            learn = self.make_learner, self.is_right, seed, start, path
            work.append(TeacherWork(name, [*shared, *own], tests, *learn))
        with executor(jobs) as pool:
            names = [item.teacher_id for item in work]
            for done, result in enumerate(map_items(pool, train_and_test, work, names), 1):
                results.add(result)
                if progress:
                    progress(done, len(work))
        model = self.model() if self.rules.filter_margin is not None else None
        if model is not None:
            results.add_last_model(
                {
                    name: count_right(model, e, self.is_right)
                    for name, e in results.by_teacher.items()
                },
                count_right(model, test, self.is_right),
            )

    def publish(self) -> pd.DataFrame:
        """Publish the last round: return its scores from the best to the worst, with the pay.

        Raises
        ------
        DescentError
            If a round is open or none has been closed.
        """
        self._require_no_round()
        if not self.rounds_closed:
            raise DescentError("no round has been closed: there is nothing to publish")
        board = self._kept.publish()
        return board.sort_values(["rank", "teacher_id"]).reset_index(drop=True)

    def forget_teacher(self, teacher_id: str) -> int:
        """Remove all that a teacher gave, and the scores; return the number of examples removed.

        Scores of others stay as they were announced. The next model is trained without these
        examples.

        Parameters
        ----------
        teacher_id : str
            Who withdraws. An unknown name removes nothing.
        """
        n_removed, was_learned = self._kept.forget_teacher(teacher_id)
        if was_learned:
            self._model_of = -1  # any other teacher's withdrawal changes no model
        return n_removed

    def _require_no_round(self) -> None:
        if self.open_number:
            raise DescentError(f"round {self.open_number} is open: close it first")

    def _seed(self, number: int, what: str) -> int:
        text = [self.seed, number, *what.encode()]
        return int(np.random.SeedSequence(text).generate_state(1)[0])
