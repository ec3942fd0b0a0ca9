"""Items that an inspector has returned: their annotators answer them again."""

from __future__ import annotations

from typing import Any

from sqlalchemy import Connection, Row, select, update

from gamelabel.service.annotation.annotation_tables import annotation_items, annotation_prompts
from gamelabel.service.annotation.item_body import ITEM
from gamelabel.service.annotation.quality_tables import annotation_inspections
from gamelabel.service.problems import Problem

_RETURNED = (
    ITEM.add_columns(annotation_inspections.c.reason)
    .join(annotation_inspections, annotation_inspections.c.item == annotation_items.c.id)
    .where(annotation_inspections.c.round == annotation_items.c.round)
    .where(annotation_inspections.c.decision == "returned")
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
