"""What people annotate, one transaction a step: each answer is stored, the last one is paid."""

from __future__ import annotations

from typing import Any

import numpy as np
from sqlalchemy import (
    Connection,
    Row,
    insert,
    select,
    update,
)

from gamelabel.games.annotation.answers import AnswerError, check_annotation
from gamelabel.games.annotation.project_file import AnnotationProject
from gamelabel.games.annotation.task_kinds import AnnotationStep
from gamelabel.service.annotation.annotation_tables import (
    annotation_answers,
    annotation_items,
    annotation_prompts,
)
from gamelabel.service.annotation.annotator_trust import read_worker
from gamelabel.service.annotation.item_body import (
    find_item,
    in_file,
    item_steps,
    no_such,
    stored_answers,
)
from gamelabel.service.annotation.item_dealing import ItemDealing, read_picture
from gamelabel.service.annotation.known_answer_work import (
    answer_feedback,
    judge_question,
    judge_work,
)
from gamelabel.service.annotation.load_project import count_again
from gamelabel.service.annotation.prompt_choice import PromptChoice
from gamelabel.service.annotation.prompt_stopping import PromptStopping
from gamelabel.service.annotation.qualification_work import (
    example_bodies,
    example_picture,
)
from gamelabel.service.annotation.returned_items import is_returned, returned_item, send_back
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
        self.choice = PromptChoice(project, name, self.stopping, self.rng)
        self.dealing = ItemDealing(project, name, self.stopping, self.rng)
        inspection = project.quality.inspection
        self.inspectors = {
            settings.keys.mark("player", *person)
            for person in (inspection.inspectors if inspection else ())
        }

    def examples(self, session: str) -> list[dict[str, Any]]:
        """Return the worked examples; none for a person who is qualified already."""
        with self.store.read() as connection:
            player = current_player(connection, self.settings, session)
            require_active(player)
            require_consent(player)
            if read_worker(connection, player.id, self.name).qualified:
                return []
        return example_bodies(self.project)

    def example_picture(self, session: str, example: int, number: int) -> bytes:
        """Return a picture of a worked example."""
        with self.store.read() as connection:
            current_player(connection, self.settings, session)
            return example_picture(connection, self.project, self.name, example, number)

    def open_item(self, session: str) -> dict[str, Any]:
        """Return what a person has to answer: what was returned, what is open, or a new prompt.

        Raises
        ------
        Problem
            404 `finished` if there is none left for this person, 403 `unqualified` if they have not
            passed the qualification, 403 `inspector` for an inspector, who annotates elsewhere.
        """
        with self.store.write() as connection:
            player = current_player(connection, self.settings, session, lock=True)
            require_active(player)
            require_consent(player)
            if player.pseudonym in self.inspectors:
                title = "Inspectors do not annotate here"
                raise Problem(403, "inspector", title, "Open the page for inspectors.")
            returned = returned_item(connection, self.name, player.id)
            if returned is not None:
                return self.dealing.show(connection, returned, returned=returned.reason)
            item = self.dealing.open_item_of(connection, player)
            if item is not None and item.purpose == "question":
                # its last known answer may have been taken out of the file
                self._reply(connection, player, item, item_steps(self.project, item))
                item = self.dealing.open_item_of(connection, player)
            if item is None:
                require_running(player)
                prompt = self.choice.choose(connection, player.id)
                item = self.dealing.deal(connection, player, prompt)
            return self.dealing.show(connection, item)

    def picture(self, session: str, item_id: str, number: int) -> bytes:
        """Return a picture of an item, by its number in the order in which they are shown."""
        with self.store.read() as connection:
            player = current_player(connection, self.settings, session)
            item = find_item(connection, player, item_id, self.name)
            return read_picture(connection, item, number)

    def answer_step(
        self,
        session: str,
        item_id: str,
        number: int,
        answer: Any,
        response_ms: int | None,
        replaces: bool = False,
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
            item = find_item(connection, player, item_id, self.name)
            steps = item_steps(self.project, item)
            if number not in steps:
                raise no_such("step")
            step = steps[number]
            try:
                checked = check_annotation(step, item.text, answer)
            except AnswerError as error:
                title = "This is not an answer to this question"
                raise Problem(422, "answer", title, f"{error}.") from error
            checked = in_file(checked, item.shown)
            key = {"item": item.id, "step": number}
            query = select(annotation_answers.c.answer).filter_by(**key)
            before = connection.execute(query).first()
            if before is None:
                require_active(player)
                values = {**key, "kind": step.task.kind, "answer": checked}
                values |= self._times(player, response_ms)
                connection.execute(insert(annotation_answers).values(player=player.id, **values))
            elif before.answer != checked:
                is_open = item.reply is None and item.purpose != "question"
                if not ((replaces and is_open) or is_returned(connection, item)):
                    title = "This question has been answered"
                    raise Problem(409, "answered", title, "The first answer is kept.")
                require_active(player)
                change = update(annotation_answers).filter_by(**key)
                values = {"answer": checked, **self._times(player, response_ms)}
                connection.execute(change.values(values))
            reply, is_removed = self._reply(connection, player, item, steps)
            if item.purpose == "question":
                reply["feedback"] = answer_feedback(self.project, item, number, checked)
        if self.stopping and is_removed:
            self.stopping.note_removal()  # now that other transactions see it
        if self.stopping and reply["reward"]:
            self.stopping.rebuild_if_due()
        return reply

    def answer_again(self, session: str, item_id: str) -> None:
        """Give an item that an inspector returned to the inspectors again, as it is answered now.

        Raises
        ------
        Problem
            404 if the person has no such item, 409 if it was never returned.
        """
        with self.store.write() as connection:
            player = current_player(connection, self.settings, session, lock=True)
            require_active(player)
            send_back(connection, find_item(connection, player, item_id, self.name))

    def forget(self, _pseudonym: str) -> None:
        """Count again to how many people each prompt was dealt, after one has withdrawn."""
        with self.store.write() as connection:
            count_again(connection)
        if self.stopping:
            self.stopping.rebuild_soon()

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
        self,
        connection: Connection,
        player: Row[Any],
        item: Row[Any],
        steps: dict[int, AnnotationStep],
    ) -> tuple[dict[str, Any], bool]:
        """Return the reply to an answer, and whether the person has been removed by it.

        The last answer of an item closes it and books the reward.
        """
        if item.reply is not None:
            return {**item.reply}, False
        n_finished = self.dealing.n_finished(connection, player)
        reply: dict[str, Any] = {"reward": None, "prompts": n_finished}
        if len(stored_answers(connection, item.id)) < len(steps):
            return reply, False
        values: dict[str, Any] = {}
        if item.purpose == "question":
            reply["test"] = judge_question(self.store, connection, self.project, item)
        elif not item.is_double:
            reply["prompts"] += 1
            reply["reward"] = book_reward(connection, self.settings, player, self.project.coins)
            inspection = self.project.quality.inspection
            is_drawn = inspection is not None and self.rng.random() < inspection.share
            values["inspect"] = is_drawn and item.purpose == "open"
        is_item = annotation_items.c.id == item.id
        connection.execute(update(annotation_items).where(is_item).values(reply=reply, **values))
        if not item.is_double:
            change = update(annotation_prompts).where(annotation_prompts.c.id == item.prompt)
            connection.execute(change.values(finished=annotation_prompts.c.finished + 1))
        if self.stopping and item.purpose == "open" and not item.is_double:
            self.stopping.judge(connection, item.prompt)
        if item.purpose == "question" or item.is_double:
            return reply, False
        return reply, judge_work(self.store, connection, self.project, item, self.rng)
