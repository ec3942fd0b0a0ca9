"""Points: the questions of an annotation project of which one of several answers is right."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from itertools import combinations
from typing import Any, NamedTuple

from gamelabel.games.annotation.answer_rules import RATING_TOLERANCE
from gamelabel.games.annotation.known_prompts import Asked
from gamelabel.games.annotation.task_kinds import AnnotationTask

# the better one of two pictures, in the order of the file
_FIRST, _SECOND, _TIE = "first", "second", "tie"


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
    >>> point_answers(AnnotationTask("rank", ""))
    ['first', 'second', 'tie']
    """
    if task.kind == "categorise":
        return list(task.options)
    return [_FIRST, _SECOND] if task.kind == "compare" else [_FIRST, _SECOND, _TIE]


def point_pictures(kind: str, n_pictures: int) -> Sequence[tuple[int, ...]]:
    """Return which pictures each point of a prompt is about: every pair, or none for a category.

    >>> point_pictures("compare", 3)
    [(0, 1), (0, 2), (1, 2)]
    """
    return [()] if kind == "categorise" else list(combinations(range(n_pictures), 2))


def point_votes(kind: str, answers: Mapping[Asked, Mapping[str, Any]]) -> Iterator[PointVote]:
    """Yield what a person's answers about a prompt say about its points of a kind.

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
    >>> ratings = {Asked("rate", (n,)): {"overall": overall} for n, overall in enumerate([5, 5, 2])}
    >>> [vote.answer for vote in point_votes("rate", ratings)]
    ['tie', 'first', 'first']
    """
    own = {question: answer for question, answer in answers.items() if question.kind == kind}
    if kind == "categorise":
        yield from (PointVote((), answer["category"]) for answer in own.values())
    elif kind == "compare":
        for question, answer in own.items():
            is_first = answer["chosen"] == question.pictures[0]
            yield PointVote(question.pictures, _FIRST if is_first else _SECOND)
    else:
        worth = _worth_by_rank(own) if kind == "rank" else _overall(own)
        for first, second in combinations(sorted(worth), 2):
            yield PointVote((first, second), _better(worth[first], worth[second]))


def known_votes(kind: str, answers: Mapping[Asked, Mapping[str, Any]]) -> Iterator[PointVote]:
    """Yield what known answers to a prompt's questions say about its points of a kind.

    A rating is right if it differs from the known one by one step, so pictures whose known ratings
    differ by no more have no known order.

    Parameters
    ----------
    kind, answers
        As for `point_votes`.

    Examples
    --------
    >>> ratings = {Asked("rate", (n,)): {"overall": overall} for n, overall in enumerate([5, 4, 2])}
    >>> list(known_votes("rate", ratings))
    [PointVote(pictures=(0, 2), answer='first'), PointVote(pictures=(1, 2), answer='first')]
    """
    votes = point_votes(kind, answers)
    if kind != "rate":
        yield from votes
        return
    overall = _overall(answers)
    for vote in votes:
        first, second = vote.pictures
        if abs(overall[first] - overall[second]) > RATING_TOLERANCE:
            yield vote


def _overall(answers: Mapping[Asked, Mapping[str, Any]]) -> dict[int, int]:
    """Return the overall rating of each picture."""
    return {
        question.pictures[0]: answer["overall"]
        for question, answer in answers.items()
        if question.kind == "rate"
    }


def _worth_by_rank(answers: Mapping[Asked, Mapping[str, Any]]) -> dict[int, int]:
    """Return a number of each picture that is higher the better its place; equal ones are tied."""
    return {
        picture: -place
        for answer in answers.values()
        for place, tied in enumerate(answer["places"])
        for picture in tied
    }


def _better(first: int, second: int) -> str:
    if first == second:
        return _TIE
    return _FIRST if first > second else _SECOND
