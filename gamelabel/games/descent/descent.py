"""Mechanical Turker Descent: rounds in which teachers give examples and compete by their models."""

from __future__ import annotations

import json
import unicodedata
from collections import Counter
from collections.abc import Callable, Sequence
from pathlib import Path
from typing import Any, NamedTuple

import numpy as np
import pandas as pd

from gamelabel.files import sha256_text
from gamelabel.games.descent.closing import RoundResults, split_examples
from gamelabel.games.descent.descent_example import (
    Example,
    IsRight,
    Learner,
    MakeLearner,
    same_answer,
)
from gamelabel.games.descent.descent_rules import DescentRules
from gamelabel.games.descent.descent_tables import (
    DescentError,
    OpenRound,
    append_rows,
    discard_rounds_after,
    read_descent_table,
    write_rows,
)
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
    ) -> None:
        self.folder, self.rules, self.seed = Path(folder), rules, seed
        self.make_learner, self.is_right = make_learner, is_right
        self.check_answer = check_answer
        self._journal = OpenRound(self.folder / "open_round.jsonl")
        self._model: Learner | None = None
        self._model_of = -1  # the round after which the model was trained
        self.folder.mkdir(parents=True, exist_ok=True)
        if not (self.folder / "examples.parquet").exists():
            first = [(initial_train, "train"), (initial_test, "test")]
            rows = [_row(e, 0) | {"use": use} for examples, use in first for e in examples]
            append_rows(self.folder, "examples", rows)
        self._open: list[dict[str, Any]] = []
        self._number = 0  # the round that is open; 0 if none
        self._next = 0  # the number of its next example
        if self._journal.path.is_file():
            self._number, self._open = self._journal.read()
            last = self._open[-1]["example_id"] if self._open else "r.-1"
            self._next = int(last.rpartition(".")[2]) + 1
            if self._number <= self.rounds_closed:  # a crash after closing, before this removal
                self._forget_journal()

    # -- what there is

    @property
    def rounds_closed(self) -> int:
        """The number of rounds that were closed."""
        return len(read_descent_table(self.folder, "rounds"))

    @property
    def open_number(self) -> int:
        """The number of the round that is open, from 1; 0 if none is."""
        return self._number

    def examples(self, use: str) -> list[Example]:
        """Return merged examples: those for "train" or "test", "removed" or "incomplete" ones."""
        table = read_descent_table(self.folder, "examples")
        return _as_examples(table[table["use"] == use])

    def open_examples(self, teacher_id: str) -> list[Example]:
        """Return what a teacher has given in the open round."""
        rows = [row for row in self._open if row["teacher_id"] == teacher_id]
        return [_as_example(row) for row in rows]

    def teachers(self) -> set[str]:
        """Return all whose examples or scores are kept, in the open round or before."""
        tables = (read_descent_table(self.folder, name) for name in ("examples", "scores"))
        return {row["teacher_id"] for row in self._open}.union(*(t["teacher_id"] for t in tables))

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

    # -- a round

    def open_round(self) -> int:
        """Open the next round and return its number.

        Raises
        ------
        DescentError
            If a round is open, the last one is not published, or all have been played.
        """
        if self._number:
            raise DescentError(f"round {self._number} is open: close it first")
        rounds = read_descent_table(self.folder, "rounds")
        if len(rounds) and not rounds["published"].iloc[-1]:
            raise DescentError(f"round {len(rounds)} is not published: publish it first")
        if len(rounds) == self.rules.rounds:
            raise DescentError(f"all {self.rules.rounds} rounds have been played")
        self._journal.begin(len(rounds) + 1)
        self._number, self._open, self._next = len(rounds) + 1, [], 0
        return self._number

    def add_example(
        self, teacher_id: str, text: str, answer: str, context: str = "", number: int = 0
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

        Raises
        ------
        DescentError
            If the round is not open, or the example is not acceptable; the message says why.
        """
        if not self._number or number not in (0, self._number):
            closed = number or self.rounds_closed
            raise DescentError(f"round {closed} is closed: wait until the next one opens")
        text = self._acceptable(teacher_id, text, answer, context)
        count = sum(row["teacher_id"] == teacher_id for row in self._open)
        name = f"r{self._number}.{self._next}"
        row = _row(Example(name, teacher_id, text, answer, context), self._number)
        feedback = Feedback(name)
        if count >= self.rules.most:
            raise DescentError(f"you have given {count} examples, all that this round takes")
        if self.rules.model_feedback and (model := self.model()) is not None:
            model_answer = model.predict([_as_example(row)])[0]
            is_right = bool(self.is_right(_as_example(row), model_answer))
            feedback = Feedback(name, model_answer, is_right)
            row |= {"model_answer": model_answer, "model_right": is_right}
        self._journal.add(row)
        self._open.append(row)
        self._next += 1
        return feedback

    def _acceptable(self, teacher_id: str, text: str, answer: str, context: str) -> str:
        if not teacher_id:
            raise DescentError("an example needs the name of its teacher")
        visible = (" " if unicodedata.category(c)[0] in "CZ" else c for c in text)
        text = " ".join("".join(visible).split())
        if not text:
            raise DescentError("the text is empty: write what the learner should understand")
        if len(text) > self.rules.longest_input:
            most = self.rules.longest_input
            raise DescentError(f"the text has {len(text):,} characters; at most {most} are allowed")
        reason = self.check_answer(context, answer) if self.check_answer else ""
        if reason:
            raise DescentError(reason)
        same = (teacher_id, text.casefold(), answer)
        if any((r["teacher_id"], r["input"].casefold(), r["answer"]) == same for r in self._open):
            raise DescentError("you have given this example already: write another one")
        return text

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
        if not self._number:
            raise DescentError("no round is open: open one first")
        discard_rounds_after(self.folder, self.rounds_closed)  # of a closing that was interrupted
        counts = Counter(row["teacher_id"] for row in self._open)
        complete = sorted(name for name, n in counts.items() if n >= self.rules.least)
        if not complete:
            raise DescentError(
                f"no teacher has given {self.rules.least} examples yet: "
                f"keep round {self._number} open"
            )
        by_teacher = {name: self.open_examples(name) for name in complete}
        results = RoundResults(self.rules, by_teacher, len(self.examples("test")))
        if self.rules.competitive:
            self._test_models(results, jobs, progress)
        removed = results.teachers_below_last_model()
        rng = np.random.default_rng([self.seed, self._number])
        kept = {name: examples for name, examples in by_teacher.items() if name not in removed}
        in_test = split_examples(kept, self.rules, rng)
        uses = {
            row["example_id"]: "incomplete"
            if row["teacher_id"] not in by_teacher
            else "removed"
            if row["teacher_id"] in removed
            else "test"
            if row["example_id"] in in_test
            else "train"
            for row in self._open
        }
        rows = [row | {"use": uses[row["example_id"]]} for row in self._open]
        self._write_round(rows, results, removed)
        self._forget_journal()

    def _test_models(
        self, results: RoundResults, jobs: int, progress: ReportProgress | None
    ) -> None:
        shared, test = self.examples("train"), self.examples("test")
        start = self.model() if self.rules.warm_start else None
        folder = self.folder / "results" / f"round-{self._number}"
        work = []
        for place, (name, own) in enumerate(results.by_teacher.items()):
            others = {other: e for other, e in results.by_teacher.items() if other != name}
            tests: dict[str, Sequence[Example]] = {**others, "": test}
            # a result belongs to these examples: more may have been added since a failed closing
            used = [e.example_id for part in (own, *tests.values()) for e in part]
            path = folder / f"{place}-{sha256_text(json.dumps(used))[:16]}.json"
            seed = self._seed(self._number, str(place))
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

    def _write_round(
        self, rows: list[dict[str, Any]], results: RoundResults, removed: set[str]
    ) -> None:
        """Write the round: `rounds` last, since a round is closed once it is in there."""
        number = self._number
        append_rows(self.folder, "examples", rows)
        append_rows(self.folder, "scores", results.score_rows(number, removed))
        row = {
            "round": number,
            "subject": self.rules.subject(number),
            "teachers": len(results.by_teacher),
            "smallest": results.smallest,
            "test_before": results.n_test,
            "train_after": len(self.examples("train")),
            "test_after": len(self.examples("test")),
            "published": False,
        }
        append_rows(self.folder, "rounds", [row])

    def publish(self) -> pd.DataFrame:
        """Publish the last round: return its scores from the best to the worst, with the pay.

        Raises
        ------
        DescentError
            If a round is open or none has been closed.
        """
        if self._number:
            raise DescentError(f"round {self._number} is open: close it first")
        rounds = read_descent_table(self.folder, "rounds")
        if not len(rounds):
            raise DescentError("no round has been closed: there is nothing to publish")
        if not rounds["published"].iloc[-1]:
            rounds.loc[rounds.index[-1], "published"] = True
            write_rows(self.folder, "rounds", rounds)
        scores = read_descent_table(self.folder, "scores")
        board = scores[scores["round"] == len(rounds)]
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
        kept = [row for row in self._open if row["teacher_id"] != teacher_id]
        removed = len(self._open) - len(kept)
        if removed:
            self._journal.begin(self._number, kept)
            self._open = kept
        for name in ("examples", "scores"):
            table = read_descent_table(self.folder, name)
            theirs = table["teacher_id"] == teacher_id
            if theirs.any():
                write_rows(self.folder, name, table[~theirs])
            if name == "examples":
                removed += int(theirs.sum())
                if (theirs & (table["use"] == "train")).any():
                    self._model_of = -1  # any other teacher's withdrawal changes no model
        for path in (self.folder / "results").glob("*/*.json"):
            path.unlink()  # of a closing that was interrupted: they name the teacher
        return removed

    def _seed(self, number: int, what: str) -> int:
        text = [self.seed, number, *what.encode()]
        return int(np.random.SeedSequence(text).generate_state(1)[0])

    def _forget_journal(self) -> None:
        self._journal.path.unlink()
        self._number, self._open = 0, []


def _row(example: Example, number: int) -> dict[str, Any]:
    return {**example._asdict(), "round": number}


def _as_example(row: dict[str, Any]) -> Example:
    return Example(*(row[name] for name in Example._fields))


def _as_examples(table: pd.DataFrame) -> list[Example]:
    return [Example(*row) for row in table[list(Example._fields)].itertuples(index=False)]
