"""Which prompts of a project have enough answers, kept in the database for all processes."""

from __future__ import annotations

import threading
from collections.abc import Iterator
from itertools import groupby
from typing import Any

from sqlalchemy import (
    ColumnElement,
    Connection,
    Row,
    Select,
    bindparam,
    false,
    select,
    true,
    update,
)

from gamelabel.games.annotation.project_file import AnnotationProject
from gamelabel.games.annotation.prompt_points import PromptPoints, PromptVote
from gamelabel.games.annotation.task_kinds import counted_kinds
from gamelabel.service.annotation.annotation_tables import (
    annotation_answers,
    annotation_items,
    annotation_prompts,
)
from gamelabel.service.database_tables import players
from gamelabel.service.store import Store, snapshot

_AT_ONCE = 500  # prompts changed in a transaction, so that others need not wait long
_prompts = annotation_prompts.c
_N_ASKED = _prompts.dealt - _prompts.finished  # people who have begun
# The certainty of a prompt that one more person is dealt, who counts in `dealt`; see `_values`.
WITH_ONE_MORE = 1 - (1 - _prompts.certainty) * (1 + _N_ASKED) / (2.0 + _N_ASKED)


class PromptStopping:
    """Judges the prompts of a project by a stopping rule.

    Votes are the answers of people who have finished a prompt. What is in the database decides
    which prompt is dealt: `certainty` and `closed` of `annotation_prompts`. They are changed by
    `judge` in the transaction that finishes a prompt, from all votes on it, whichever process took
    them. The estimate of the workers is each process's own, as of the last `rebuild`, which reads
    all votes anew and judges all prompts again.

    Parameters
    ----------
    store : Store
        The database.
    project : AnnotationProject
        A project with a stopping rule, which `load_project` has loaded.
    name : str
        Its name in the database.
    """

    def __init__(self, store: Store, project: AnnotationProject, name: str) -> None:
        self.store, self.project, self.name = store, project, name
        self._using, self._rebuilding = threading.Lock(), threading.Lock()
        self._points, self._is_stale = PromptPoints(project), False
        self.rebuild()

    def open_prompts(self, had: ColumnElement[bool]) -> Select[tuple[int]]:
        """Return the query for the prompts that need more people, the least certain first."""
        return (
            select(_prompts.id)
            .where(_prompts.project == self.name, _prompts.retired == false())
            .where(_prompts.closed.is_(None), ~had)
            .order_by(_prompts.certainty, _prompts.place)
        )

    def judge(self, connection: Connection, prompt: int) -> None:
        """Judge a prompt again by all votes on it; after `finished` has been counted.

        The count locks the prompt's row, so one process after the other judges it.
        """
        row = connection.execute(select(annotation_prompts).where(_prompts.id == prompt)).one()
        if row.prompt_id not in self._points:  # it is not in the file any more
            return
        votes = list(_votes(connection, self.project, self.name, _prompts.id == prompt))
        with self._using:
            for vote in votes:
                self._points.add(vote)
            # somebody has withdrawn, perhaps in another process
            self._is_stale |= self._points.n_counted(row.prompt_id) > len(votes)
            values = _values(self._points, row)
        connection.execute(update(annotation_prompts).where(_prompts.id == prompt).values(values))

    def note_removal(self) -> None:
        """Let the next `rebuild_if_due` rebuild: the votes of a person do not count any more."""
        self._is_stale = True

    def rebuild_if_due(self) -> None:
        """Rebuild in the background once there is much more to learn, or votes are gone."""
        with self._using:
            is_due = self._is_stale or self._points.refit_due
        if is_due and not self._rebuilding.locked():
            self.rebuild_soon()

    def rebuild_soon(self) -> None:
        """Rebuild in the background."""
        threading.Thread(target=self.rebuild, name="stopping", daemon=True).start()

    def rebuild(self) -> None:
        """Read all votes, estimate the workers from them, and judge all prompts again.

        A closed prompt may be open again. Prompts that people are dealt or finish in the meantime
        stay as they are; the person who finishes them next has them judged by the new estimate.
        """
        with self._rebuilding:
            self._is_stale = False  # before the votes are read: what changes later makes it true
            with snapshot(self.store.engine) as connection:
                points = read_points(connection, self.project, self.name)
                is_own = (_prompts.project == self.name) & (_prompts.retired == false())
                rows = connection.execute(select(annotation_prompts).where(is_own)).all()
            judged = [(row, _values(points, row)) for row in rows if row.prompt_id in points]
            with self._using:
                self._points = points
            changes = [
                {"id_": row.id, "dealt_": row.dealt, "finished_": row.finished, **values}
                for row, values in judged
                if (row.certainty, row.closed) != (values["certainty"], values["closed"])
            ]
            for start in range(0, len(changes), _AT_ONCE):
                with self.store.write() as connection:
                    connection.execute(_CHANGE, changes[start : start + _AT_ONCE])


def read_points(connection: Connection, project: AnnotationProject, name: str) -> PromptPoints:
    """Return the points of a project with all votes on them.

    Parameters
    ----------
    connection : Connection
        Of a transaction that sees one moment, see `store.snapshot`.
    project : AnnotationProject
        A project with a stopping rule.
    name : str
        Its name in the database.
    """
    points = PromptPoints(project)
    for vote in _votes(connection, project, name, true()):
        points.add(vote)
    points.refit()
    return points


_CHANGE = (
    update(annotation_prompts)
    .where(_prompts.id == bindparam("id_"))
    .where(_prompts.dealt == bindparam("dealt_"), _prompts.finished == bindparam("finished_"))
    .values(certainty=bindparam("certainty"), closed=bindparam("closed"))
)


def _values(points: PromptPoints, row: Row[Any]) -> dict[str, Any]:
    """Return what the database says about a prompt.

    The first person who is asked leaves half as much to learn for a second one, a third for a
    third one, and so on.
    """
    certainty, closed = points.state(row.prompt_id)
    is_asked = row.dealt - row.finished
    return {"certainty": 1 - (1 - certainty) / (1 + is_asked), "closed": closed}


def _votes(
    connection: Connection,
    project: AnnotationProject,
    name: str,
    condition: ColumnElement[bool],
) -> Iterator[PromptVote]:
    """Yield what people answered about prompts which they have finished, as far as it is counted.

    Second annotations by inspectors do not count, nor do people who have been removed.
    """
    items, answers = annotation_items.c, annotation_answers.c
    query = (
        select(items.id, items.player, items.shown, _prompts.prompt_id)
        .add_columns(answers.step, answers.answer)
        .join_from(annotation_answers, annotation_items, items.id == answers.item)
        .join(annotation_prompts, _prompts.id == items.prompt)
        .join(players, players.c.id == items.player)
        .where(_prompts.project == name, condition, items.reply.is_not(None))
        .where(~items.is_double, players.c.state != "removed")
        .where(answers.kind.in_(counted_kinds([task.kind for task in project.tasks])))
        .order_by(items.id, answers.step)
    )
    for item, rows in groupby(connection.execute(query), key=lambda row: row.id):
        steps = list(rows)
        answers_by_step = {row.step: row.answer for row in steps}
        yield PromptVote(item, steps[0].prompt_id, steps[0].player, steps[0].shown, answers_by_step)
