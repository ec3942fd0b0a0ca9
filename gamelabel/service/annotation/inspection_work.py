"""Inspectors accept, return or correct what others have answered, and annotate a share themselves.

Whether an item waits for an inspector follows from the rows that exist: it is to be inspected, it
is answered, and nobody has decided about its present round. So nothing is lost when somebody
withdraws.
"""

from __future__ import annotations

from typing import Any

from sqlalchemy import Connection, Row, Select, exists, select
from sqlalchemy.exc import IntegrityError

from gamelabel.games.annotation.answers import AnswerError, check_annotation
from gamelabel.service.annotation.annotation_tables import annotation_items, annotation_prompts
from gamelabel.service.annotation.annotation_work import AnnotationWork
from gamelabel.service.annotation.item_body import (
    ITEM,
    in_file,
    item_body,
    item_steps,
    step_bodies,
    stored_answers,
)
from gamelabel.service.annotation.item_dealing import read_picture
from gamelabel.service.annotation.quality_tables import annotation_inspections
from gamelabel.service.annotation.returned_items import last_reason, waiting_items
from gamelabel.service.database_tables import players
from gamelabel.service.people import (
    current_player,
    require_active,
    require_consent,
    require_running,
)
from gamelabel.service.problems import Problem

LONGEST_REASON = 500  # characters
_MOST_WAITING = 50  # items among which those that other inspectors look at are avoided


class InspectionWork:
    """The inspections of a project.

    Parameters
    ----------
    annotations : AnnotationWork
        The annotations that are inspected.
    """

    def __init__(self, annotations: AnnotationWork) -> None:
        self.annotations = annotations
        self.store, self.settings = annotations.store, annotations.settings
        self._looked_at: dict[int, str] = {}  # the item of each inspector, so that two rarely meet

    def next_item(self, session: str) -> dict[str, Any]:
        """Return what an inspector does next: a prompt to annotate, or answers to decide about.

        Raises
        ------
        Problem
            403 `inspector` if the person is not one, 404 `finished` if nothing waits.
        """
        with self.store.write() as connection:
            player = self._inspector(connection, session, lock=True)
            require_consent(player)
            dealing = self.annotations.dealing
            own = dealing.open_item_of(connection, player)
            if own is None:
                require_running(player)
                prompt = connection.execute(self._doubled(player)).scalar()
                if prompt is not None:
                    own = dealing.deal(connection, player, prompt, is_double=True)
            if own is not None:
                return {**dealing.show(connection, own), "is_double": True, "round": 0}
            item = self._choose(connection, player)
            if item is None:
                title = "There is nothing to inspect"
                raise Problem(404, "finished", title, "Nothing waits for an inspector now.")
            self._looked_at[player.id] = item.id
            return self._show(connection, item)

    def picture(self, session: str, item_id: str, number: int) -> bytes:
        """Return a picture of an item that an inspector looks at."""
        with self.store.read() as connection:
            player = self._inspector(connection, session)
            return read_picture(connection, self._find(connection, player, item_id), number)

    def decide(
        self,
        session: str,
        item_id: str,
        round_number: int,
        decision: str,
        reason: str,
        corrections: dict[int, Any],
    ) -> None:
        """Store what an inspector decides about the answers to a prompt.

        The same decision again changes nothing.

        Parameters
        ----------
        session : str
            The inspector's session.
        item_id : str
            The item.
        round_number : int
            How often the item had come back when the inspector got it.
        decision : str
            accepted, returned or corrected.
        reason : str
            Why it is returned.
        corrections : dict of int to Any
            The right answers by the number of the step, for `corrected`.

        Raises
        ------
        Problem
            403 `own` for the inspector's own answers; 404 `gone` if the item does not exist any
            more; 409 `decided` if there is another decision, `left` if the annotator cannot answer
            again; 422 `answer` if a correction is not an answer, `reason` without a reason.
        """
        with self.store.write() as connection:
            player = self._inspector(connection, session, lock=True)
            item = self._find(connection, player, item_id)
            checked = self._check(connection, item, decision, reason, corrections)
            stored = {"decision": decision, "reason": reason, "corrections": checked}
            query = select(annotation_inspections).filter_by(item=item_id, round=round_number)
            before = connection.execute(query).first()
            if before is not None:
                same = {name: getattr(before, name) for name in stored} == stored
                if before.player == player.id and same:
                    return
                raise _decided()
            if round_number != item.round:
                raise _decided()
            if decision == "returned" and item.state != "active":
                title = "The annotator takes no part any more"
                raise Problem(409, "left", title, "Accept or correct these answers.")
            values = {"item": item_id, "round": round_number, "player": player.id, **stored}
            if not self.settings.minimal:
                values["decided_at"] = self.settings.now_ms
            try:
                is_first = self.store.insert_new(connection, annotation_inspections, **values)
            except IntegrityError as error:  # the annotator has withdrawn at the same moment
                raise _gone() from error
            if not is_first:
                raise _decided()  # another inspector did, at the same moment
            self._looked_at.pop(player.id, None)

    def _inspector(self, connection: Connection, session: str, lock: bool = False) -> Row[Any]:
        player = current_player(connection, self.settings, session, lock=lock)
        require_active(player)
        if player.pseudonym not in self.annotations.inspectors:
            title = "This person is not an inspector"
            raise Problem(403, "inspector", title, "The project's file names the inspectors.")
        return player

    def _doubled(self, player: Row[Any]) -> Select[Any]:
        """Return a query of a prompt that an inspector annotates, too, without having seen it."""
        prompts = annotation_prompts.c
        item = annotation_items.alias()
        had = select(item.c.id).where(item.c.prompt == prompts.id)
        has_own = exists(had.where(item.c.is_double | (item.c.player == player.id)))
        seen = had.join(annotation_inspections, annotation_inspections.c.item == item.c.id)
        has_seen = exists(seen.where(annotation_inspections.c.player == player.id))
        return (
            select(prompts.id)
            .where(prompts.project == self.annotations.name, prompts.doubled, ~prompts.retired)
            .where(prompts.finished > 0, ~has_own, ~has_seen)
            .order_by(prompts.place)
            .limit(1)
        )

    def _choose(self, connection: Connection, player: Row[Any]) -> Row[Any] | None:
        """Return the item that an inspector looks at, or another one that waits."""
        query = waiting_items(self.annotations.name).where(annotation_items.c.player != player.id)
        waiting = connection.execute(query.limit(_MOST_WAITING)).all()
        by_id = {item.id: item for item in waiting}
        own = by_id.get(self._looked_at.get(player.id, ""))
        looked_at = list(self._looked_at.items())  # which other threads change
        others = {item for other, item in looked_at if other != player.id}
        free = [item for item in waiting if item.id not in others]
        return own or next(iter(free or waiting), None)

    def _show(self, connection: Connection, item: Row[Any]) -> dict[str, Any]:
        steps = item_steps(self.annotations.project, item)
        answers = stored_answers(connection, item.id)
        bodies = step_bodies(steps, item.shown, answers, show_answers=True)
        reason = last_reason(connection, item)
        return item_body(item, 0, bodies, is_double=False, round=item.round, returned=reason)

    def _find(self, connection: Connection, player: Row[Any], item_id: str) -> Row[Any]:
        """Return an item of another person that is to be inspected."""
        query = ITEM.add_columns(players.c.state).join(
            players, players.c.id == annotation_items.c.player
        )
        item = connection.execute(query.where(annotation_items.c.id == item_id)).first()
        if item is not None and item.player == player.id:
            title = "These are your own answers"
            raise Problem(403, "own", title, "Another inspector decides about them.")
        is_inspected = item is not None and item.inspect and item.project == self.annotations.name
        if item is None or not is_inspected:
            raise _gone()
        return item

    def _check(
        self,
        connection: Connection,
        item: Row[Any],
        decision: str,
        reason: str,
        corrections: dict[int, Any],
    ) -> dict[str, Any]:
        """Return corrections as they are stored."""
        if (decision == "returned") != bool(reason.strip()):
            title = "The reason is missing" if decision == "returned" else "There is a reason"
            raise Problem(422, "reason", title, "Say why if you return something, and only then.")
        steps = item_steps(self.annotations.project, item)
        answers = stored_answers(connection, item.id)
        checked = {}
        for number, answer in sorted(corrections.items()):
            if number not in steps:
                raise _not_an_answer(f"there is no step {number}")
            try:
                right = check_annotation(steps[number], item.text, answer)
            except AnswerError as error:
                raise _not_an_answer(f"step {number}: {error}") from error
            right = in_file(right, item.shown)
            if right != answers.get(number):
                checked[str(number)] = right
        if (decision == "corrected") != bool(checked):
            raise _not_an_answer("corrected answers differ from those that were given")
        return checked


def _gone() -> Problem:
    title = "These answers do not exist any more"
    return Problem(404, "gone", title, "Their annotator has withdrawn. Go on with others.")


def _decided() -> Problem:
    title = "This has been decided already"
    return Problem(409, "decided", title, "The first decision is kept. Go on with others.")


def _not_an_answer(why: str) -> Problem:
    return Problem(422, "answer", "This is not a correction", f"{why[0].upper()}{why[1:]}.")
