"""When a prompt of an annotation project has enough answers: once all its points have."""

from __future__ import annotations

from collections.abc import Hashable, Mapping, Sequence
from typing import Any, NamedTuple

import pandas as pd
import pyarrow as pa

from gamelabel.games.annotation.known_prompts import KnownPrompt, asked_of
from gamelabel.games.annotation.open_points import OpenPoints
from gamelabel.games.annotation.point_kinds import (
    known_votes,
    point_answers,
    point_pictures,
    point_votes,
)
from gamelabel.games.annotation.project_file import AnnotationProject
from gamelabel.games.annotation.task_kinds import MOST_PICTURES, annotation_steps, counted_kinds

_Name = tuple[Any, ...]  # of a point: the prompt's id and the numbers of the pictures
_MOST_REPEATS = 4  # of an estimate, after which few known points are open again
_BY_WEAKNESS = ("maximum", "quorum", "confidence")
POINT_SCHEMA = pa.schema(
    [
        *(pa.field(name, pa.string(), nullable=False) for name in ("prompt_id", "kind")),
        *(pa.field(name, pa.string()) for name in ("first", "second", "answer")),
        pa.field("confidence", pa.float64(), nullable=False),
        pa.field("votes", pa.int64(), nullable=False),
        pa.field("stopped", pa.string()),
    ]
)


class PromptVote(NamedTuple):
    """All that a person answered about a prompt.

    Attributes
    ----------
    item : str
        The name of this annotation: it is counted once.
    prompt_id : str
        The prompt.
    person : int
        Who answered.
    shown : str
        The pictures' numbers in the file, in the order in which they were shown, such as "2013".
    answers : mapping of int to dict
        The answer to each step, see `answers.check_annotation`, with the numbers of the file.
        Those to tasks without points can be left out.
    """

    item: str
    prompt_id: str
    person: int
    shown: str
    answers: Mapping[int, Mapping[str, Any]]


class PromptState(NamedTuple):
    """How sure the answers about a prompt are, from 0 to 1, and why it is closed, if it is."""

    certainty: float
    closed: str | None


class PromptPoints:
    """The points of a project's prompts: its category, and each two of its pictures.

    Which of two pictures is better is what people say in `compare`; in a project without it, the
    places that they give them in `rank`; without that, the overall ratings in `rate`. In places and
    ratings pictures can be equal. Other tasks have no points.

    People answer all questions about a prompt, so it is closed when all its points are. Points of
    the same kind have the same possible answers; each kind has its own estimate of the workers.

    Prompts of the `trust` have points with known answers, which show how often answers of a given
    confidence are right. Everybody is asked these prompts. As many of the answers count as the rule
    would have asked for, in the order in which they are added: with more votes than other points
    have, known ones would say nothing about the others. Known points do not belong to a prompt that
    is open or closed, and are in no table.

    Parameters
    ----------
    project : AnnotationProject
        A project with a stopping rule.

    Examples
    --------
    >>> from pathlib import Path
    >>> from gamelabel.games.annotation.prompt_file import AnnotationPrompt
    >>> from gamelabel.games.annotation.stopping_rule import StoppingRule
    >>> from gamelabel.games.annotation.task_kinds import AnnotationTask
    >>> prompts = (AnnotationPrompt("p1", "a red ball", ("x.png", "y.png")),)
    >>> tasks, rule = (AnnotationTask("compare", ""),), StoppingRule(quorum=2)
    >>> project = AnnotationProject(Path(), "", "", tasks, prompts, 0, 1, rule)
    >>> points = PromptPoints(project)
    >>> points.add(PromptVote("i1", "p1", 7, "10", {0: {"chosen": 1}}))
    >>> points.add(PromptVote("i2", "p1", 8, "01", {0: {"chosen": 1}}))
    >>> points.state("p1").closed
    'quorum'
    >>> points.table()[["first", "second", "answer", "votes"]].values.tolist()
    [['x.png', 'y.png', 'y.png', 2]]
    """

    def __init__(self, project: AnnotationProject) -> None:
        self.project = project
        self._pictures = {prompt.prompt_id: prompt.pictures for prompt in project.prompts}
        trust = project.quality.trust
        known_prompts = trust.known if trust else ()
        ids = [*self._pictures, *(known.prompt.prompt_id for known in known_prompts)]
        self._counted: dict[str, set[str]] = {prompt_id: set() for prompt_id in ids}
        sizes = range(MOST_PICTURES + 1)
        self._steps = [annotation_steps(project.tasks, n_pictures) for n_pictures in sizes]
        self._kinds: dict[str, OpenPoints] = {}
        self._known: dict[str, dict[Hashable, Hashable]] = {}
        self._spare: dict[str, list[tuple[_Name, int, str]]] = {}  # votes on known points
        counted = counted_kinds([task.kind for task in project.tasks])
        for task in project.tasks:
            if task.kind not in counted:
                continue
            names = [
                name for prompt_id in self._pictures for name in self._names(task.kind, prompt_id)
            ]
            known = _known_points(task.kind, known_prompts)
            answers = point_answers(task)
            self._kinds[task.kind] = OpenPoints(
                [*names, *known], answers, project.stop, known=known, known_may_be_easier=True
            )
            self._known[task.kind], self._spare[task.kind] = known, []

    def add(self, vote: PromptVote) -> None:
        """Count what a person answered about a prompt, unless it has been counted."""
        counted = self._counted.get(vote.prompt_id)
        if counted is None or vote.item in counted:  # retired, or counted before
            return
        counted.add(vote.item)
        steps = self._steps[len(vote.shown)]
        answers = {asked_of(steps[n], vote.shown): answer for n, answer in vote.answers.items()}
        for kind, points in self._kinds.items():
            for pictures, answer in point_votes(kind, answers):
                name = (vote.prompt_id, *pictures)
                is_known = name in self._known[kind]
                if is_known and not points.is_open(name):
                    self._spare[kind].append((name, vote.person, answer))
                elif is_known or vote.prompt_id in self._pictures:
                    points.update(name, vote.person, answer)

    def __contains__(self, prompt_id: str) -> bool:
        return prompt_id in self._pictures

    def state(self, prompt_id: str) -> PromptState:
        """Return how sure the answers about a prompt are, on average of its points.

        It is closed when all points are; the reason is the weakest of theirs: the maximum before a
        quorum, and a quorum before the confidence. The certainty of a closed point is 1.
        """
        certainties, reasons = [], []
        for kind, points in self._kinds.items():
            for name in self._names(kind, prompt_id):
                reason = points.stopped(name)
                reasons.append(reason)
                certainties.append(points.confidence_of(name) if reason is None else 1.0)
        closed = None
        if None not in reasons:
            closed = next(reason for reason in _BY_WEAKNESS if reason in reasons)
        return PromptState(sum(certainties) / len(certainties), closed)

    def n_counted(self, prompt_id: str) -> int:
        """Return how many people's answers about a prompt are counted."""
        return len(self._counted[prompt_id])

    @property
    def refit_due(self) -> bool:
        """Whether there is much more to learn about the workers than at the last `refit`."""
        return any(points.refit_due for points in self._kinds.values())

    def refit(self) -> None:
        """Estimate workers and points of each kind that has enough new votes.

        Known points that are open again have further votes counted, if there are any; the
        estimate is then repeated.
        """
        for kind, points in self._kinds.items():
            if not points.refit_due:
                continue
            points.refit()
            for _ in range(_MOST_REPEATS):
                if not self._take_spare(kind):
                    break
                points.refit()

    def table(self) -> pd.DataFrame:
        """Return all points of open prompts as they are now, with the columns of `POINT_SCHEMA`.

        Returns
        -------
        DataFrame
            `prompt_id`, `kind`, `first` and `second`, the two pictures, None for a category;
            `answer`, the most probable category or picture, or "tie", None without votes; its
            probability `confidence`, `votes`, and `stopped`, why the point is closed, or None.
        """
        tables = []
        for kind, points in self._kinds.items():
            table = points.table()
            table = table[[name[0] in self._pictures for name in table["point"]]]
            table = table.reset_index(drop=True)
            names = table.pop("point").tolist()
            files = [[self._pictures[name[0]][number] for number in name[1:]] for name in names]
            table.insert(0, "prompt_id", [name[0] for name in names])
            table.insert(1, "kind", kind)
            for column, side in enumerate(("first", "second")):
                pictures = [pair[column] if pair else None for pair in files]
                table.insert(2 + column, side, pd.Series(pictures, dtype=object))
            if kind != "categorise":
                for side in ("first", "second"):
                    is_side = table["answer"] == side
                    table.loc[is_side, "answer"] = table.loc[is_side, side]
            tables.append(table)
        return pd.concat(tables, ignore_index=True)

    def _take_spare(self, kind: str) -> bool:
        """Count votes on known points that are open, and return whether there were any."""
        points, kept = self._kinds[kind], []
        for vote in self._spare[kind]:
            if points.is_open(vote[0]):
                points.update(*vote)
            else:
                kept.append(vote)
        has_taken = len(kept) < len(self._spare[kind])
        self._spare[kind] = kept
        return has_taken

    def _names(self, kind: str, prompt_id: str) -> list[_Name]:
        """Return the names of a prompt's points of a kind."""
        n_pictures = len(self._pictures[prompt_id])
        return [(prompt_id, *pictures) for pictures in point_pictures(kind, n_pictures)]


def _known_points(kind: str, prompts: Sequence[KnownPrompt]) -> dict[Hashable, Hashable]:
    """Return the answers to points of a kind that are known."""
    return {
        (known.prompt.prompt_id, *pictures): answer
        for known in prompts
        for pictures, answer in known_votes(
            kind, {question: right.answer for question, right in known.answers.items()}
        )
    }
