"""What people annotate, one transaction a step: a prompt is dealt, answered and paid."""

from __future__ import annotations

import secrets
from typing import Any

import numpy as np
from sqlalchemy import (
    ColumnElement,
    Connection,
    Row,
    Select,
    exists,
    func,
    insert,
    select,
    update,
)

from gamelabel.games.annotation.answers import AnswerError, check_annotation
from gamelabel.games.annotation.project_file import AnnotationProject
from gamelabel.games.annotation.task_kinds import AnnotationStep, annotation_steps, prompt_words
from gamelabel.service.annotation.annotation_tables import (
    annotation_answers,
    annotation_items,
    annotation_pictures,
    annotation_prompts,
)
from gamelabel.service.annotation.load_project import count_again
from gamelabel.service.annotation.prompt_stopping import WITH_ONE_MORE, PromptStopping
from gamelabel.service.outbox import book_reward
from gamelabel.service.people import (
    current_player,
    require_active,
    require_consent,
    require_running,
)
from gamelabel.service.problems import Problem
from gamelabel.service.settings import Settings
from gamelabel.service.store import Store

_ITEM = select(
    annotation_items, annotation_prompts.c.prompt.label("text"), annotation_prompts.c.prompt_id
).join(annotation_prompts, annotation_prompts.c.id == annotation_items.c.prompt)
_LONGEST_RESPONSE_MS = 600_000  # longer times are not stored: nobody looked for that long


class AnnotationWork:
    """The annotations of all people in a project.

    Pictures are shown in a random order. A page numbers them in that order, from 0; what is stored
    has the numbers of the project's file.

    Parameters
    ----------
    store, settings
        Of the service.
    project : AnnotationProject
        The project, which `load_project` has loaded.
    name : str
        Its name in the database.
    rng : numpy.random.Generator, optional
        Draws the order of pictures.
    """

    def __init__(
        self,
        store: Store,
        settings: Settings,
        project: AnnotationProject,
        name: str,
        rng: np.random.Generator | None = None,
    ) -> None:
        self.store, self.settings, self.project, self.name = store, settings, project, name
        self.rng = rng or np.random.default_rng()
        self.stopping = PromptStopping(store, project, name) if project.stop else None

    def open_item(self, session: str) -> dict[str, Any]:
        """Return the prompt that a person annotates, or a new one.

        Raises
        ------
        Problem
            404 `finished` if there is none left for this person.
        """
        with self.store.write() as connection:
            player = current_player(connection, self.settings, session, lock=True)
            require_active(player)
            require_consent(player)
            item = connection.execute(self._own(player, is_open=True)).first()
            if item is None:
                require_running(player)
                item = self._deal(connection, player)
            return self._show(connection, player, item)

    def picture(self, session: str, item_id: str, number: int) -> bytes:
        """Return a picture of an item, by its number in the order in which they are shown."""
        with self.store.read() as connection:
            player = current_player(connection, self.settings, session)
            item = _find(connection, player, item_id)
            if number >= len(item.shown):
                raise _missing("picture")
            is_picture = annotation_pictures.c.prompt == item.prompt
            is_picture &= annotation_pictures.c.number == int(item.shown[number])
            query = select(annotation_pictures.c.data).where(is_picture)
            data: bytes = connection.execute(query).scalar_one()
        return data

    def answer_step(
        self, session: str, item_id: str, number: int, answer: Any, response_ms: int | None
    ) -> dict[str, Any]:
        """Store the answer to a step; book the reward when all steps of the item are answered.

        The same answer again returns the same reply.

        Raises
        ------
        Problem
            404 if there is no such item or step, 409 if another answer has been stored, 422 if it
            is not an answer to this step.
        """
        with self.store.write() as connection:
            player = current_player(connection, self.settings, session, lock=True)
            item = _find(connection, player, item_id)
            steps = self._steps(item)
            if number >= len(steps):
                raise _missing("step")
            step = steps[number]
            try:
                checked = check_annotation(step, item.text, answer)
            except AnswerError as error:
                title = "This is not an answer to this question"
                raise Problem(422, "answer", title, f"{error}.") from error
            checked = _in_file(checked, item.shown)
            key = {"item": item.id, "step": number}
            query = select(annotation_answers.c.answer).filter_by(**key)
            before = connection.execute(query).first()
            if before is not None and before.answer != checked:
                title = "This question has been answered"
                raise Problem(409, "answered", title, "The first answer is kept.")
            if before is None:
                require_active(player)
                values = {**key, "kind": step.task.kind, "answer": checked}
                values |= self._times(player, response_ms)
                connection.execute(insert(annotation_answers).values(player=player.id, **values))
            reply = self._reply(connection, player, item, len(steps))
        if self.stopping and reply["reward"]:
            self.stopping.rebuild_if_due()
        return reply

    def forget(self, _pseudonym: str) -> None:
        """Count again to how many people each prompt was dealt, after one has withdrawn."""
        with self.store.write() as connection:
            count_again(connection)
        if self.stopping:
            self.stopping.rebuild_soon()

    def _own(self, player: Row[Any], is_open: bool) -> Any:
        is_own = annotation_items.c.player == player.id
        is_own &= annotation_prompts.c.project == self.name
        reply = annotation_items.c.reply
        return _ITEM.where(is_own, reply.is_(None) if is_open else reply.is_not(None))

    def _deal(self, connection: Connection, player: Row[Any]) -> Row[Any]:
        """Deal the prompt that needs one more person most, of those not annotated enough."""
        had = exists().where(
            annotation_items.c.player == player.id,
            annotation_items.c.prompt == annotation_prompts.c.id,
        )
        query = self.stopping.open_prompts(had) if self.stopping else self._least_dealt(had)
        prompt = connection.execute(query.limit(1).with_for_update()).scalar()
        if prompt is None:
            title = "There is nothing left to annotate"
            raise Problem(404, "finished", title, "This person has annotated all there is.")
        of_prompt = annotation_pictures.c.prompt == prompt
        counted = select(func.count()).select_from(annotation_pictures).where(of_prompt)
        n_pictures = connection.execute(counted).scalar_one()
        shown = "".join(map(str, self.rng.permutation(n_pictures).tolist()))
        item = {"id": secrets.token_urlsafe(16), "player": player.id, "prompt": prompt}
        connection.execute(insert(annotation_items).values(shown=shown, **item))
        change = update(annotation_prompts).where(annotation_prompts.c.id == prompt)
        change = change.values(dealt=annotation_prompts.c.dealt + 1)
        connection.execute(change.values(certainty=WITH_ONE_MORE) if self.stopping else change)
        return connection.execute(self._own(player, is_open=True)).one()

    def _least_dealt(self, had: ColumnElement[bool]) -> Select[tuple[int]]:
        """Return the query for the prompts that need more people, the least dealt first."""
        return (
            select(annotation_prompts.c.id)
            .where(annotation_prompts.c.project == self.name, ~annotation_prompts.c.retired)
            .where(annotation_prompts.c.finished < self.project.annotators, ~had)
            .order_by(annotation_prompts.c.dealt, annotation_prompts.c.place)
        )

    def _show(self, connection: Connection, player: Row[Any], item: Row[Any]) -> dict[str, Any]:
        query = select(annotation_answers.c.step).where(annotation_answers.c.item == item.id)
        answered = set(connection.execute(query).scalars())
        return {
            "item": item.id,
            "prompt": item.text,
            "words": prompt_words(item.text),
            "pays": self.project.coins,
            "pictures": len(item.shown),
            "steps": [
                {
                    "kind": step.task.kind,
                    "question": step.task.question,
                    "options": [
                        {"name": name, "text": text} for name, text in step.task.options.items()
                    ],
                    "pictures": list(step.pictures),
                    "is_answered": number in answered,
                }
                for number, step in enumerate(self._steps(item))
            ],
        }

    def _steps(self, item: Row[Any]) -> list[AnnotationStep]:
        return annotation_steps(self.project.tasks, len(item.shown))

    def _times(self, player: Row[Any], response_ms: int | None) -> dict[str, int | None]:
        """Return the times of an answer that may be stored."""
        if self.settings.minimal:
            return {}
        is_kept = player.times and response_ms is not None and response_ms <= _LONGEST_RESPONSE_MS
        return {
            "answered_at": self.settings.now_ms,
            "response_ms": response_ms if is_kept else None,
        }

    def _reply(
        self, connection: Connection, player: Row[Any], item: Row[Any], n_steps: int
    ) -> dict[str, Any]:
        """Return the reply to an answer; the last one of an item closes it and books the reward."""
        if item.reply is not None:
            closed: dict[str, Any] = item.reply
            return closed
        is_answer = annotation_answers.c.item == item.id
        counted = select(func.count()).select_from(annotation_answers).where(is_answer)
        if connection.execute(counted).scalar_one() < n_steps:
            return {"reward": None, "prompts": self._n_finished(connection, player)}
        reward = book_reward(connection, self.settings, player, self.project.coins)
        reply = {"reward": reward, "prompts": self._n_finished(connection, player) + 1}
        is_item = annotation_items.c.id == item.id
        connection.execute(update(annotation_items).where(is_item).values(reply=reply))
        change = update(annotation_prompts).where(annotation_prompts.c.id == item.prompt)
        connection.execute(change.values(finished=annotation_prompts.c.finished + 1))
        if self.stopping:
            self.stopping.judge(connection, item.prompt)
        return reply

    def _n_finished(self, connection: Connection, player: Row[Any]) -> int:
        own = self._own(player, is_open=False).with_only_columns(func.count())
        return int(connection.execute(own).scalar_one())


def _find(connection: Connection, player: Row[Any], item_id: str) -> Row[Any]:
    is_item = (annotation_items.c.player == player.id) & (annotation_items.c.id == item_id)
    item = connection.execute(_ITEM.where(is_item)).first()
    if item is None:
        raise _missing("item")
    return item


def _in_file(answer: dict[str, Any], shown: str) -> dict[str, Any]:
    """Return an answer in which pictures have the numbers of the project's file."""
    if "places" in answer:
        return {"places": [sorted(int(shown[n]) for n in place) for place in answer["places"]]}
    if "chosen" in answer:
        return {"chosen": int(shown[answer["chosen"]])}
    return answer


def _missing(noun: str) -> Problem:
    detail = f"This person has no {noun} with that number or id."
    return Problem(404, "missing", f"There is no such {noun}", detail)
