"""Krippendorff's alpha of the answers so far, for the operator's page."""

from __future__ import annotations

from typing import Any

import pandas as pd
from sqlalchemy import Connection, func, select

from gamelabel.games.annotation.project_file import AnnotationProject
from gamelabel.games.annotation.task_agreement import agreement_by_task
from gamelabel.service.annotation.annotation_export import read_answers
from gamelabel.service.annotation.annotation_tables import annotation_items, annotation_prompts
from gamelabel.service.annotation.quality_export import compared_prompts
from gamelabel.service.database_tables import players


class LiveAgreement:
    """The alpha of each kind of task, computed anew when a prompt has been finished.

    Parameters
    ----------
    project : AnnotationProject
        The project.
    name : str
        Its name in the database.
    """

    def __init__(self, project: AnnotationProject, name: str) -> None:
        self.project, self.name = project, name
        self._state: tuple[int, ...] = ()
        self._rows: list[dict[str, Any]] = []

    def rows(self, connection: Connection) -> list[dict[str, Any]]:
        """Return `task`, `value`, `low`, `high` and `n` for what two annotators or more answered.

        Parameters
        ----------
        connection : Connection
            Of a transaction.
        """
        state = self._read_state(connection)
        if state != self._state:
            self._state, self._rows = state, self._compute(connection)
        return self._rows

    def _read_state(self, connection: Connection) -> tuple[int, ...]:
        """Return what changes when answers come in, are given again, or do not count any more."""
        items = annotation_items.c
        query = (
            select(func.count(items.reply), func.coalesce(func.sum(items.round), 0))
            .join(annotation_prompts, annotation_prompts.c.id == items.prompt)
            .join(players, players.c.id == items.player)
            .where(annotation_prompts.c.project == self.name, players.c.state != "removed")
        )
        return tuple(connection.execute(query).one())

    def _compute(self, connection: Connection) -> list[dict[str, Any]]:
        compared = compared_prompts(connection, self.name)
        answers = read_answers(connection, self.project, self.name, compared)
        table = agreement_by_task({name: pd.DataFrame(rows) for name, rows in answers.items()})
        # without two different answers to anything there is not an alpha
        rows: list[dict[str, Any]] = table.dropna().reset_index().to_dict("records")
        return rows
