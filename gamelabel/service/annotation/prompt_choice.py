"""Which prompt a person gets next: a question of the test, a known one, or an open one."""

from __future__ import annotations

import numpy as np
from sqlalchemy import ColumnElement, Connection, Select, exists, func, select

from gamelabel.games.annotation.project_file import AnnotationProject
from gamelabel.service.annotation.annotation_tables import annotation_items, annotation_prompts
from gamelabel.service.annotation.annotator_trust import WorkerStanding, allowance, read_worker
from gamelabel.service.annotation.prompt_stopping import PromptStopping
from gamelabel.service.annotation.qualification_work import choose_question, prompts_not_had
from gamelabel.service.problems import Problem


class PromptChoice:
    """Chooses prompts of a project.

    Parameters
    ----------
    project : AnnotationProject
        The project.
    name : str
        Its name in the database.
    stopping : PromptStopping or None
        Its stopping rule.
    rng : numpy.random.Generator
        Draws questions, and when a prompt has known answers.
    """

    def __init__(
        self,
        project: AnnotationProject,
        name: str,
        stopping: PromptStopping | None,
        rng: np.random.Generator,
    ) -> None:
        self.project, self.name, self.stopping, self.rng = project, name, stopping, rng

    def choose(self, connection: Connection, player: int) -> int:
        """Return the prompt to deal to a person, by its key.

        Parameters
        ----------
        connection : Connection
            Of a transaction that has locked the person.
        player : int
            The person, who has not begun another prompt.

        Raises
        ------
        Problem
            404 `finished` if there is none for this person, 403 `unqualified` if there are no more
            tries of the test.
        """
        rules = self.project.quality
        worker = read_worker(connection, player, self.name)
        if rules.qualification and not worker.qualified:
            return choose_question(
                connection, rules.qualification, self.name, player, worker, self.rng
            )
        prompt = self._next_open(connection, player)
        if prompt is None:
            title = "There is nothing left to annotate"
            raise Problem(404, "finished", title, "This person has annotated all there is.")
        if rules.trust is None:
            return prompt
        is_limited = self._is_limited(connection, player, worker)
        known = prompts_not_had(connection, self.name, player, "known")
        if is_limited and not known:
            title = "There is nothing left for this person"
            raise Problem(404, "finished", title, "This person has annotated all they may.")
        if known and (is_limited or self.rng.random() < rules.trust.share):
            return int(self.rng.choice(known))
        return prompt

    def _is_limited(self, connection: Connection, player: int, worker: WorkerStanding) -> bool:
        """Whether a person has annotated as much as their known answers allow."""
        trust = self.project.quality.trust
        assert trust is not None
        prompts, items = annotation_prompts.c, annotation_items.c
        query = (
            select(prompts.purpose, func.count().label("n"))
            .join(annotation_items, items.prompt == prompts.id)
            .where(prompts.project == self.name, items.player == player)
            .where(items.reply.is_not(None))
            .group_by(prompts.purpose)
        )
        counts = {row.purpose: row.n for row in connection.execute(query)}
        allowed = allowance(trust, worker, counts.get("known", 0))
        return bool(counts.get("open", 0) >= allowed)

    def _next_open(self, connection: Connection, player: int) -> int | None:
        """Return the prompt that needs one more person most, of those not annotated enough."""
        had = exists().where(
            annotation_items.c.player == player,
            annotation_items.c.prompt == annotation_prompts.c.id,
        )
        query = self.stopping.open_prompts(had) if self.stopping else self._least_dealt(had)
        query = query.where(annotation_prompts.c.purpose == "open").limit(1).with_for_update()
        row = connection.execute(query).first()
        return row.id if row else None

    def _least_dealt(self, had: ColumnElement[bool]) -> Select[tuple[int]]:
        """Return the query for the prompts that need more people, the least dealt first."""
        return (
            select(annotation_prompts.c.id)
            .where(annotation_prompts.c.project == self.name, ~annotation_prompts.c.retired)
            .where(annotation_prompts.c.finished < self.project.annotators, ~had)
            .order_by(annotation_prompts.c.dealt, annotation_prompts.c.place)
        )
