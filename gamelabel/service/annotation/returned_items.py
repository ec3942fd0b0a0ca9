"""Items that wait for an inspector, and those that one has returned to their annotators."""

from __future__ import annotations

from typing import Any

from sqlalchemy import Connection, Row, Select, exists, select, update

from gamelabel.service.annotation.annotation_tables import annotation_items, annotation_prompts
from gamelabel.service.annotation.item_body import ITEM
from gamelabel.service.annotation.quality_tables import annotation_inspections
from gamelabel.service.database_tables import players
from gamelabel.service.problems import Problem

_RETURNED = (
    ITEM.add_columns(annotation_inspections.c.reason)
    .join(annotation_inspections, annotation_inspections.c.item == annotation_items.c.id)
    .where(annotation_inspections.c.round == annotation_items.c.round)
    .where(annotation_inspections.c.decision == "returned")
)


def waiting_items(project: str) -> Select[Any]:
    """Return a query of the items that wait for an inspector, those that came back first.

    Answers of people who were removed do not wait: others answer in their place.

    Parameters
    ----------
    project : str
        The project's name in the database.
    """
    same_round = annotation_inspections.c.round == annotation_items.c.round
    decided = exists().where(annotation_inspections.c.item == annotation_items.c.id, same_round)
    return (
        ITEM.join(players, players.c.id == annotation_items.c.player)
        .where(annotation_prompts.c.project == project, annotation_items.c.inspect)
        .where(annotation_items.c.reply.is_not(None), players.c.state != "removed", ~decided)
        .order_by(
            annotation_items.c.round.desc(), annotation_prompts.c.place, annotation_items.c.id
        )
    )


def returned_item(connection: Connection, project: str, player: int) -> Row[Any] | None:
    """Return an item that a person has to answer again, with the `reason`; None if there is none.

    Parameters
    ----------
    connection : Connection
        Of a transaction.
    project : str
        The project's name in the database.
    player : int
        The person.
    """
    query = _RETURNED.where(annotation_items.c.player == player)
    return connection.execute(query.where(annotation_prompts.c.project == project)).first()


def is_returned(connection: Connection, item: Row[Any]) -> bool:
    """Whether an item has been returned and not been answered again since."""
    return connection.execute(_RETURNED.where(annotation_items.c.id == item.id)).first() is not None


def send_back(connection: Connection, item: Row[Any]) -> None:
    """Give an item that was returned to the inspectors again.

    The same request again changes nothing.

    Raises
    ------
    Problem
        409 if the item was never returned.
    """
    if is_returned(connection, item):
        change = update(annotation_items).where(annotation_items.c.id == item.id)
        connection.execute(change.values(round=item.round + 1))
    elif not item.round:
        title = "This was not returned"
        raise Problem(409, "answered", title, "Only what an inspector returns is answered again.")


def last_reason(connection: Connection, item: Row[Any]) -> str:
    """Return why an item was returned the last time; empty if it never was."""
    inspections = annotation_inspections.c
    query = (
        select(inspections.reason)
        .where(inspections.item == item.id, inspections.decision == "returned")
        .order_by(inspections.round.desc())
        .limit(1)
    )
    return connection.execute(query).scalar() or ""
