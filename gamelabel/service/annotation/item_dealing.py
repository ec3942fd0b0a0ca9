"""Deals prompts to people, each in a random order of its pictures, and shows what is dealt."""

from __future__ import annotations

import secrets
from typing import Any

import numpy as np
from sqlalchemy import Connection, Row, func, insert, select, update

from gamelabel.games.annotation.project_file import AnnotationProject
from gamelabel.service.annotation.annotation_tables import (
    annotation_items,
    annotation_pictures,
    annotation_prompts,
)
from gamelabel.service.annotation.item_body import (
    ITEM,
    item_body,
    item_steps,
    no_such,
    step_bodies,
    stored_answers,
)
from gamelabel.service.annotation.prompt_stopping import WITH_ONE_MORE, PromptStopping


class ItemDealing:
    """Deals the prompts of a project.

    Parameters
    ----------
    project : AnnotationProject
        The project.
    name : str
        Its name in the database.
    stopping : PromptStopping or None
        Its stopping rule.
    rng : numpy.random.Generator
        Draws the order of pictures.
    """

    def __init__(
        self,
        project: AnnotationProject,
        name: str,
        stopping: PromptStopping | None,
        rng: np.random.Generator,
    ) -> None:
        self.project, self.name, self.stopping, self.rng = project, name, stopping, rng

    def open_item_of(self, connection: Connection, player: Row[Any]) -> Row[Any] | None:
        """Return the item that a person has begun; None if there is none."""
        return connection.execute(self._own(player, is_open=True)).first()

    def deal(
        self, connection: Connection, player: Row[Any], prompt: int, is_double: bool = False
    ) -> Row[Any]:
        """Deal a prompt to a person, and return the item."""
        of_prompt = annotation_pictures.c.prompt == prompt
        counted = select(func.count()).select_from(annotation_pictures).where(of_prompt)
        n_pictures = connection.execute(counted).scalar_one()
        shown = "".join(map(str, self.rng.permutation(n_pictures).tolist()))
        item = {"id": secrets.token_urlsafe(16), "player": player.id, "prompt": prompt}
        added = insert(annotation_items).values(shown=shown, is_double=is_double, **item)
        connection.execute(added)
        if not is_double:
            change = update(annotation_prompts).where(annotation_prompts.c.id == prompt)
            change = change.values(dealt=annotation_prompts.c.dealt + 1)
            connection.execute(change.values(certainty=WITH_ONE_MORE) if self.stopping else change)
        return connection.execute(self._own(player, is_open=True)).one()

    def show(self, connection: Connection, item: Row[Any], returned: str = "") -> dict[str, Any]:
        """Return an item as a page gets it.

        Parameters
        ----------
        connection : Connection
            Of a transaction.
        item : Row
            The item.
        returned : str
            Why an inspector returned it. The page then gets the answers, too.
        """
        steps = item_steps(self.project, item)
        answers = stored_answers(connection, item.id)
        bodies = step_bodies(steps, item.shown, answers, show_answers=bool(returned))
        is_work = item.purpose != "question"
        pays = self.project.coins if is_work and not item.is_double else 0
        return item_body(item, pays, bodies, returned=returned, is_question=not is_work)

    def n_finished(self, connection: Connection, player: Row[Any]) -> int:
        """Return how many prompts a person has finished, without questions of the test."""
        is_work = annotation_prompts.c.purpose != "question"
        own = self._own(player, is_open=False).where(is_work).with_only_columns(func.count())
        return int(connection.execute(own).scalar_one())

    def _own(self, player: Row[Any], is_open: bool) -> Any:
        is_own = annotation_items.c.player == player.id
        is_own &= annotation_prompts.c.project == self.name
        # a question that is not in the file any more has no steps
        is_question = annotation_prompts.c.purpose == "question"
        is_own &= ~(annotation_prompts.c.retired & is_question)
        reply = annotation_items.c.reply
        return ITEM.where(is_own, reply.is_(None) if is_open else reply.is_not(None))


def read_picture(connection: Connection, item: Row[Any], number: int) -> bytes:
    """Return a picture of an item. Raises Problem 404 if it has none with this number."""
    if number >= len(item.shown):
        raise no_such("picture")
    is_picture = annotation_pictures.c.prompt == item.prompt
    is_picture &= annotation_pictures.c.number == int(item.shown[number])
    query = select(annotation_pictures.c.data).where(is_picture)
    data: bytes = connection.execute(query).scalar_one()
    return data
