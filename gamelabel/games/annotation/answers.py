"""Checks of answers, one function a kind of task: what is wrong, in a sentence."""

from __future__ import annotations

import reprlib
from collections import Counter
from collections.abc import Collection, Mapping, Sequence
from typing import Any

from gamelabel.games.annotation.task_kinds import (
    HIGHEST_RATING,
    RATINGS,
    AnnotationStep,
    prompt_words,
)

MOST_POINTS = 50  # of an answer about regions
_DIGITS = 4  # of a point's coordinates: a ten-thousandth of the picture


class AnswerError(ValueError):
    """An answer that is not one to its task; the message says why."""


def check_annotation(step: AnnotationStep, prompt: str, answer: Any) -> dict[str, Any]:
    """Return an answer to a step as it is stored.

    Parameters
    ----------
    step : AnnotationStep
        What was asked.
    prompt : str
        The text of the prompt.
    answer : Any
        A mapping with the fields that the kind of task has, see the other functions.

    Raises
    ------
    AnswerError
        If it is not an answer to this step.
    """
    kind, options = step.task.kind, step.task.options
    if kind == "rate":
        return check_ratings(answer)
    if kind == "issues":
        return check_issues(answer, options)
    if kind == "words":
        return check_missing_words(answer, prompt_words(prompt))
    if kind == "regions":
        return check_points(answer)
    if kind == "rank":
        return check_places(answer, step.pictures)
    if kind == "categorise":
        return check_category(answer, options)
    return check_chosen(answer, step.pictures)


def check_ratings(answer: Any) -> dict[str, Any]:
    """Return three ratings from 1, the worst, to 7.

    Examples
    --------
    >>> check_ratings({"overall": 5, "alignment": 7, "fidelity": 0})
    Traceback (most recent call last):
    ...
    gamelabel.games.annotation.answers.AnswerError: fidelity has to be 1 to 7, not 0
    """
    fields = _fields(answer, RATINGS)
    for name, rating in fields.items():
        if type(rating) is not int or not 1 <= rating <= HIGHEST_RATING:
            raise AnswerError(f"{name} has to be 1 to {HIGHEST_RATING}, not {_short(rating)}")
    return fields


def check_issues(answer: Any, issues: Collection[str]) -> dict[str, Any]:
    """Return the issues that a picture has, in the order of the task.

    Examples
    --------
    >>> check_issues({"issues": ["blurry", "body"]}, ["body", "blurry"])
    {'issues': ['body', 'blurry']}
    """
    ticked = _list(_fields(answer, ["issues"])["issues"], "issues")
    _check_known(ticked, list(issues), "issue")
    return {"issues": [name for name in issues if name in ticked]}


def check_missing_words(answer: Any, words: Sequence[str]) -> dict[str, Any]:
    """Return the numbers of the words of a prompt that a picture does not show, from 0.

    Examples
    --------
    >>> check_missing_words({"words": [1]}, ["red", "ball"])
    {'words': [1]}
    >>> check_missing_words({"words": [2]}, ["red", "ball"])
    Traceback (most recent call last):
    ...
    gamelabel.games.annotation.answers.AnswerError: there is no word 2: the words are 0 to 1
    """
    missing = _list(_fields(answer, ["words"])["words"], "words")
    _check_numbers(missing, range(len(words)), "word")
    return {"words": sorted(missing)}


def check_points(answer: Any) -> dict[str, Any]:
    """Return the points where a picture is wrong, as shares of its width and height.

    Examples
    --------
    >>> check_points({"points": [[0.25, 1.5]]})
    Traceback (most recent call last):
    ...
    gamelabel.games.annotation.answers.AnswerError: point 1 is outside the picture: its y is 1.5, \
which has to be 0 to 1
    """
    points = _list(_fields(answer, ["points"])["points"], "points")
    if len(points) > MOST_POINTS:
        raise AnswerError(f"there are {len(points)} points; at most {MOST_POINTS} are allowed")
    return {"points": [_point(point, number) for number, point in enumerate(points, 1)]}


def check_places(answer: Any, pictures: Sequence[int]) -> dict[str, Any]:
    """Return the pictures at each place, best first; pictures at one place are a tie.

    Examples
    --------
    >>> check_places({"places": [[3], [2, 0], [1]]}, range(4))
    {'places': [[3], [0, 2], [1]]}
    >>> check_places({"places": [[3], [], [0, 1, 2]]}, range(4))
    Traceback (most recent call last):
    ...
    gamelabel.games.annotation.answers.AnswerError: place 2 is empty: places have no gaps
    """
    places = _list(_fields(answer, ["places"])["places"], "places")
    tied = [_list(place, f"place {number}") for number, place in enumerate(places, 1)]
    for number, place in enumerate(tied, 1):
        if not place:
            raise AnswerError(f"place {number} is empty: places have no gaps")
    ranked = [picture for place in tied for picture in place]
    _check_numbers(ranked, pictures, "picture")
    for picture in pictures:
        if picture not in ranked:
            raise AnswerError(f"picture {picture} has no place")
    return {"places": [sorted(place) for place in tied]}


def check_category(answer: Any, categories: Collection[str]) -> dict[str, Any]:
    """Return the category of a prompt, and whether the prompt is problematic.

    Examples
    --------
    >>> check_category({"category": "people", "problematic": False}, ["people", "animals"])
    {'category': 'people', 'problematic': False}
    """
    fields = _fields(answer, ["category", "problematic"])
    _check_known([fields["category"]], list(categories), "category")
    if type(fields["problematic"]) is not bool:
        raise AnswerError(
            f"problematic has to be true or false, not {_short(fields['problematic'])}"
        )
    return fields


def check_chosen(answer: Any, pictures: Sequence[int]) -> dict[str, Any]:
    """Return which picture of a pair was chosen.

    Examples
    --------
    >>> check_chosen({"chosen": 2}, (0, 2))
    {'chosen': 2}
    """
    fields = _fields(answer, ["chosen"])
    _check_numbers([fields["chosen"]], pictures, "picture")
    return fields


def _short(value: Any) -> str:
    """Return a value for a message; anybody can send values of any size and depth."""
    return reprlib.repr(value)[:40]


def _fields(answer: Any, names: Sequence[str]) -> dict[str, Any]:
    """Return an answer with exactly these fields, in this order."""
    if not isinstance(answer, Mapping) or answer.keys() != set(names):
        raise AnswerError(f"an answer has the fields {', '.join(names)}")
    return {name: answer[name] for name in names}


def _list(value: Any, name: str) -> list[Any]:
    if not isinstance(value, list):
        raise AnswerError(f"{name} has to be a list, not {_short(value)}")
    return value


def _check_known(names: Sequence[Any], known: Sequence[str], what: str) -> None:
    for number, name in enumerate(names):
        if not isinstance(name, str) or name not in known:
            raise AnswerError(f"there is no {what} {_short(name)}: they are {', '.join(known)}")
        if name in names[:number]:
            raise AnswerError(f"the {what} {name} is there twice")


def _check_numbers(numbers: Sequence[Any], known: Sequence[int], what: str) -> None:
    for number in numbers:
        if type(number) is not int or number not in known:
            text = f"0 to {len(known) - 1}" if known == range(len(known)) else _joined(known)
            raise AnswerError(f"there is no {what} {_short(number)}: the {what}s are {text}")
    twice = [number for number, count in Counter(numbers).items() if count > 1]
    if twice:
        raise AnswerError(f"{what} {twice[0]} is there twice")


def _joined(numbers: Sequence[int]) -> str:
    return ", ".join(map(str, numbers))


def _point(point: Any, number: int) -> list[float]:
    if not isinstance(point, list) or len(point) != 2:
        raise AnswerError(f"point {number} has to be a list of x and y, not {_short(point)}")
    for name, value in zip("xy", point, strict=True):
        if isinstance(value, bool) or not isinstance(value, int | float):
            raise AnswerError(f"{name} of point {number} has to be a number, not {_short(value)}")
        if not 0 <= value <= 1:
            raise AnswerError(
                f"point {number} is outside the picture: its {name} is {_short(value)}, which "
                "has to be 0 to 1"
            )
    return [round(float(value), _DIGITS) for value in point]
