"""One teacher's model of a round: trained, tested on what the others gave, and kept in a file."""

from __future__ import annotations

import json
from collections.abc import Sequence
from dataclasses import asdict, dataclass
from pathlib import Path

from gamelabel.files import write_text
from gamelabel.games.descent.descent_example import Example, IsRight, Learner, MakeLearner


@dataclass(frozen=True)
class TeacherWork:
    """What it takes to train and test the model of one teacher.

    Attributes
    ----------
    teacher_id : str
        The teacher.
    train : sequence of Example
        The shared training set and the teacher's own examples.
    tests : dict of str to sequence of Example
        The examples of each other teacher; the shared test set has the name "".
    make_learner : callable
        Gives a new learner.
    is_right : callable
        Whether a prediction is right.
    seed : int
        Seed of the training.
    start : Learner or None
        The learner to start from.
    path : Path
        Where the result goes.
    """

    teacher_id: str
    train: Sequence[Example]
    tests: dict[str, Sequence[Example]]
    make_learner: MakeLearner
    is_right: IsRight
    seed: int
    start: Learner | None
    path: Path


@dataclass(frozen=True)
class TeacherResult:
    """The number of right answers of a teacher's model to each test; see `TeacherWork`."""

    teacher_id: str
    right: dict[str, int]
    failure: str = ""


def train_and_test(work: TeacherWork) -> TeacherResult:
    """Train and test one teacher's model, and keep the result in a file, or read it from there.

    A training that fails, such as one that diverges, is a result too: nothing is right, and the
    reason is kept.

    Parameters
    ----------
    work : TeacherWork
        What to do.

    Examples
    --------
    >>> import tempfile
    >>> from gamelabel.games.descent import WordClassifier, same_answer
    >>> examples = [Example("e1", "t1", "hello", "greet"), Example("e2", "t1", "bye", "leave")]
    >>> with tempfile.TemporaryDirectory() as folder:
    ...     path = Path(folder) / "t1.json"
    ...     work = TeacherWork(
    ...         "t1", examples, {"": examples}, WordClassifier, same_answer, 0, None, path
    ...     )
    ...     train_and_test(work).right
    {'': 2}
    """
    if work.path.is_file():
        return TeacherResult(**json.loads(work.path.read_text(encoding="utf-8")))
    failure = ""
    try:
        learner = work.make_learner()
        learner.fit(work.train, work.seed, work.start)
        right = {
            name: count_right(learner, examples, work.is_right)
            for name, examples in work.tests.items()
        }
    except (ArithmeticError, ValueError, RuntimeError) as error:
        right = dict.fromkeys(work.tests, 0)
        failure = f"{type(error).__name__}: {error}"
    result = TeacherResult(work.teacher_id, right, failure)
    write_text(work.path, json.dumps(asdict(result)))
    return result


def count_right(learner: Learner, examples: Sequence[Example], is_right: IsRight) -> int:
    """Return how many examples a learner answers right.

    Parameters
    ----------
    learner : Learner
        A fitted learner.
    examples : sequence of Example
        What it is asked.
    is_right : callable
        Whether a prediction is right.

    Examples
    --------
    >>> from gamelabel.games.descent import WordClassifier, same_answer
    >>> learner, examples = WordClassifier(), [Example("e1", "t1", "hello", "greet")]
    >>> learner.fit(examples, seed=0)
    >>> count_right(learner, examples, same_answer)
    1
    """
    if not examples:
        return 0
    predictions = learner.predict(examples)
    if len(predictions) != len(examples):
        raise ValueError(f"{len(predictions)} predictions for {len(examples)} examples")
    pairs = zip(examples, predictions, strict=True)
    return sum(bool(is_right(example, prediction)) for example, prediction in pairs)
