"""What operators changed, and which of them: recorded with the change, in the same transaction."""

from __future__ import annotations

from typing import Annotated, Any

from fastapi import Depends, Request
from sqlalchemy import Connection, insert, select

from gamelabel.service.database_tables import operator_actions
from gamelabel.service.settings import Settings

_SHOWN = 100


def operator_of(request: Request) -> str:
    """Return the name of the operator whose key a call has."""
    name: str = request.state.operator
    return name


Operator = Annotated[str, Depends(operator_of)]


def record_action(
    connection: Connection,
    settings: Settings,
    operator: str,
    action: str,
    subject: str,
    reason: str = "",
) -> None:
    """Record an action in the transaction that carries it out.

    Parameters
    ----------
    connection : Connection
        Of a transaction that writes.
    settings : Settings
        Of the service.
    operator : str
        The operator's name.
    action : str
        What was done, such as `paused`.
    subject : str
        To which game or pair. Players are not named.
    reason : str
        Why, in the operator's words.
    """
    values = {"operator": operator, "action": action, "subject": subject, "reason": reason}
    connection.execute(insert(operator_actions), {"at": settings.now_ms, **values})


def recent_actions(connection: Connection) -> list[dict[str, Any]]:
    """Return the last actions, the newest first."""
    query = select(operator_actions).order_by(operator_actions.c.id.desc()).limit(_SHOWN)
    return [dict(row._mapping) for row in connection.execute(query)]
