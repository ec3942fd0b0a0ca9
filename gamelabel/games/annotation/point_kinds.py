"""Points: the questions of an annotation project of which one of several answers is right."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from itertools import combinations
from typing import Any, NamedTuple

from gamelabel.games.annotation.known_prompts import Asked
from gamelabel.games.annotation.task_kinds import AnnotationTask

FIRST, SECOND = "first", "second"  # the better one of two pictures, in the order of the file


class PointVote(NamedTuple):
    """An answer to a point.

    Attributes
    ----------
    pictures : tuple of int
        The pictures that the point is about, in ascending order: none for a category.
    answer : str
        One of `point_answers`.
    """

    pictures: tuple[int, ...]
    answer: str


def point_answers(task: AnnotationTask) -> list[str]:
    """Return the possible answers to points of a task.

    >>> point_answers(AnnotationTask("compare", ""))
    ['first', 'second']
    """
    return list(task.options) if task.kind == "categorise" else [FIRST, SECOND]


def point_pictures(kind: str, n_pictures: int) -> Sequence[tuple[int, ...]]:
    """Return which pictures each point of a prompt is about: every pair, or none for a category.

    >>> point_pictures("compare", 3)
    [(0, 1), (0, 2), (1, 2)]
    """
    return [()] if kind == "categorise" else list(combinations(range(n_pictures), 2))


def point_votes(kind: str, answers: Mapping[Asked, Mapping[str, Any]]) -> Iterator[PointVote]:
    """Yield what answers to the questions of a prompt say about its points of a kind.

    Parameters
    ----------
    kind : str
        The kind of task.
    answers : mapping of Asked to dict
        Answers with the file's numbers of pictures, see `answers.check_annotation`. Those of other
        kinds are passed over.

    Examples
    --------
    >>> list(point_votes("compare", {Asked("compare", (0, 2)): {"chosen": 2}}))
    [PointVote(pictures=(0, 2), answer='second')]
    """
    for question, answer in answers.items():
        if question.kind != kind:
            continue
        if kind == "categorise":
            yield PointVote((), answer["category"])
        else:
            is_first = answer["chosen"] == question.pictures[0]
            yield PointVote(question.pictures, FIRST if is_first else SECOND)
