"""The answers of a project in memory, which every layout reads and writes."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass, field
from typing import Any, NamedTuple

from gamelabel.games.annotation.answer_tables import ANSWER_TABLES, StoredAnswer, answer_rows

PictureSize = tuple[int, int] | None


def stated_size(width: int, height: int) -> PictureSize:
    """Return the size that a file states for a picture, None if no picture has it.

    >>> stated_size(640, 480), stated_size(640, 0)
    ((640, 480), None)
    """
    is_possible = 0 < width < 2**31 and 0 < height < 2**31
    return (width, height) if is_possible else None


class RowPlace(NamedTuple):
    """A row of a file, counted from 0 without a header."""

    file: str
    row: int


class RejectedAnswer(NamedTuple):
    """A row, or a part of it, that could not be read.

    Attributes
    ----------
    file : str
        The file.
    row : int
        The row, counted from 0 without a header.
    column : str
        The column or field; empty if it is the row as a whole.
    reason : str
        What is wrong, and what to do.
    """

    file: str
    row: int
    column: str
    reason: str

    def __str__(self) -> str:
        """Return it as a sentence.

        >>> str(RejectedAnswer("a.json", 3, "rank", "is 0: places begin with 1"))
        'a.json, row 3: rank is 0: places begin with 1'
        """
        what = f"{self.column} {self.reason}" if self.column else self.reason
        return f"{self.file}, row {self.row}: {what}"


@dataclass
class AnnotatedPrompt:
    """A prompt and its pictures.

    Parameters
    ----------
    text : str
        The prompt.
    pictures : dict of str to tuple of int
        Width and height in pixels by the picture's name, in order; None where they are unknown.
    """

    text: str
    pictures: dict[str, PictureSize]


@dataclass
class AnswerSet:
    """Prompts, pictures and answers.

    Parameters
    ----------
    prompts : dict of str to AnnotatedPrompt
        By their names.
    answers : list of StoredAnswer
        Each with the pictures that it is about, and no others, in `pictures`; `about` counts
        them.
    rejected : list of RejectedAnswer
        What could not be read.
    """

    prompts: dict[str, AnnotatedPrompt] = field(default_factory=dict)
    answers: list[StoredAnswer] = field(default_factory=list)
    rejected: list[RejectedAnswer] = field(default_factory=list)

    def kinds(self) -> list[str]:
        """Return the kinds of tasks of which there are answers, in the order of the tables."""
        answered = {answer.kind for answer in self.answers}
        return [kind for kind in ANSWER_TABLES if kind in answered]

    def tables(self) -> dict[str, list[dict[str, Any]]]:
        """Return the rows of the tables of `ANSWER_TABLES` that there are, by name.

        Examples
        --------
        >>> answers = AnswerSet({"p1": AnnotatedPrompt("a star", {"1.png": (64, 48)})})
        >>> answers.tables()["pictures"]
        [{'prompt_id': 'p1', 'picture': '1.png', 'width': 64, 'height': 48}]
        """
        tables: dict[str, list[dict[str, Any]]] = {"prompts": [], "pictures": []}
        for prompt_id, prompt in self.prompts.items():
            tables["prompts"].append({"prompt_id": prompt_id, "prompt": prompt.text})
            for picture, size in prompt.pictures.items():
                width, height = size or (None, None)
                shape = {"width": width, "height": height}
                tables["pictures"].append({"prompt_id": prompt_id, "picture": picture, **shape})
        tables |= {kind: [] for kind in self.kinds()}
        for answer in self.answers:
            tables[answer.kind] += answer_rows(answer)
        return tables


class LayoutResult(NamedTuple):
    """What was written.

    Attributes
    ----------
    rows : dict of str to int
        Number of rows or records by file.
    omitted : dict of str to int
        Number of answers, or what else it says, that the layout has no place for, by reason.
    """

    rows: dict[str, int]
    omitted: dict[str, int]


def count_kinds(answers: Iterable[StoredAnswer]) -> dict[str, int]:
    """Return the number of answers by kind of task.

    >>> count_kinds([])
    {}
    """
    counts: dict[str, int] = {}
    for answer in answers:
        counts[answer.kind] = counts.get(answer.kind, 0) + 1
    return counts
