"""An example that a teacher gives, and what learns from examples."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from typing import Any, NamedTuple, Protocol


class Example(NamedTuple):
    """An input with the answer that its teacher means.

    Attributes
    ----------
    example_id, teacher_id : str
        Stable names of the example and of who gave it.
    input : str
        What the learner is told, such as a command.
    answer : str
        What it should answer, such as actions.
    context : str
        What else it may read, such as the state of a world as JSON.
    """

    example_id: str
    teacher_id: str
    input: str
    answer: str
    context: str = ""


class Learner(Protocol):
    """What is taught. `make_learner()` returns a new one that knows nothing."""

    def fit(self, examples: Sequence[Example], seed: int, start: Any = None) -> None:
        """Learn from examples.

        Parameters
        ----------
        examples : sequence of Example
            All examples to learn from.
        seed : int
            Seed of everything random.
        start : Learner, optional
            A fitted learner of this kind to start from, which must stay as it is; by default it
            starts from nothing.
        """
        ...

    def predict(self, examples: Sequence[Example]) -> list[str]:
        """Return an answer for the input of each example, whose own answer it does not read."""
        ...


MakeLearner = Callable[[], Learner]
IsRight = Callable[[Example, str], bool]


def same_answer(example: Example, prediction: str) -> bool:
    """Return whether a prediction is the answer, letter by letter.

    Examples
    --------
    >>> same_answer(Example("e1", "t1", "two plus two", "4"), "4")
    True
    """
    return example.answer == prediction
