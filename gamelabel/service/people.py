"""Players: a launch lets them in, they consent, and their data are deleted when they withdraw."""

from __future__ import annotations

import secrets
from collections.abc import Sequence
from typing import Any, NamedTuple

from sqlalchemy import (
    Column,
    Connection,
    Row,
    Table,
    bindparam,
    case,
    delete,
    select,
    update,
)

from gamelabel.service.calls import current_call
from gamelabel.service.database_tables import (
    game_keys,
    games,
    launches,
    players,
    rewards,
    sessions,
)
from gamelabel.service.games import launch_keys_of
from gamelabel.service.launch_tokens import SKEW_S, Launch, token_issuer, verify_launch
from gamelabel.service.outbox import forget_rewards
from gamelabel.service.problems import Problem
from gamelabel.service.settings import Settings
from gamelabel.service.store import Store

_HOUR_MS = 3_600_000
# of the player's game at this server; null if it is closed
_LAUNCH_KEYS = (
    select(game_keys.c.launch_keys)
    .where(game_keys.c.game_id == players.c.game_id)
    .where(game_keys.c.audience == bindparam("audience"))
    .scalar_subquery()
    .label("launch_keys")
)
# the player of a session that is valid now
PLAYER = (
    select(players, sessions.c.launch, sessions.c.channel, games.c.paused, _LAUNCH_KEYS)
    .join(sessions, sessions.c.player == players.c.id)
    .join(games, games.c.game_id == players.c.game_id)
    .where(sessions.c.token_hash == bindparam("token_hash"))
    .where(sessions.c.expires_at > bindparam("now"))
)
_PLAYER_LOCKED = PLAYER.with_for_update(of=players)


class _Newcomers(NamedTuple):
    """The columns that count new players of an hour, and the one with their limit."""

    so_far: Column[int]
    hour: Column[int]
    limit: Column[int]


_NEW = _Newcomers(games.c.newcomers, games.c.newcomers_hour, games.c.new_players_per_hour)
# apart, so that made-up visitors keep out no player whom the game has sent
_NEW_BY_LINK = _Newcomers(
    games.c.link_newcomers, games.c.link_newcomers_hour, games.c.new_by_link_per_hour
)


def open_session(
    store: Store, settings: Settings, token: str, idempotency_key: str | None
) -> dict[str, Any]:
    """Exchange a launch token for a session, once; the same key repeats the exchange.

    Returns
    -------
    dict
        `session`, `player`, `state`, whether the player has `consented`, also to `times`.

    Raises
    ------
    Problem
        401 if the token is not valid or was used before; 403 if the account is too young, 503 if
        too many players are new.
    """
    game_id, keys = token_issuer(token), settings.keys
    with store.read() as connection:
        game = connection.execute(select(games).where(games.c.game_id == game_id)).first()
        launch_keys = launch_keys_of(connection, game_id, settings.audience)
    # before anything is locked: everybody can send tokens that are not valid
    now_s = settings.now_ms / 1000
    launch = verify_launch(token, game_id, launch_keys, now_s, settings.audience)
    with store.write() as connection:
        session = keys.mark("session", game_id, launch.jti, idempotency_key or _random_key())
        used_with = keys.mark("launch", session)
        is_new = store.insert_new(
            connection,
            launches,
            game_id=game_id,
            jti=launch.jti,
            used_with=used_with,
            expires_at=(launch.expires_s + SKEW_S + 1) * 1000,
        )
        if not is_new and _used_with(connection, game_id, launch.jti) != used_with:
            detail = "The launch token has been used before."
            raise Problem(401, "launch", "This launch is not valid", detail)
        current_call().game = game_id
        pseudonym = keys.mark("player", game_id, launch.player)
        is_newcomer = store.insert_new(
            connection, players, game_id=game_id, pseudonym=pseudonym, state="active"
        )
        if game and is_newcomer:
            _admit(connection, settings, game, launch)
        player = connection.execute(select(players).where(players.c.pseudonym == pseudonym)).one()
        store.insert_new(
            connection,
            sessions,
            token_hash=_token_hash(settings, session),
            player=player.id,
            launch=launch.jti,
            channel=launch.channel,
            expires_at=settings.now_ms + int(settings.session_s * 1000),
        )
    return {
        "session": session,
        "player": keys.mark("device", pseudonym),
        "state": player.state,
        "consented": player.consented,
        "times": player.times and not settings.minimal,
    }


def give_consent(store: Store, settings: Settings, session: str, times: bool) -> None:
    """Store that a player agrees to take part, and with `times` to response times being stored."""
    with store.write() as connection:
        player = current_player(connection, settings, session, lock=True)
        require_active(player)
        consent = {"consented": True, "times": times and not settings.minimal}
        connection.execute(update(players).where(players.c.id == player.id).values(consent))


def withdraw(store: Store, settings: Settings, session: str, player_tables: Sequence[Table]) -> str:
    """Delete a player's data, and return the pseudonym.

    The pseudonym is kept, and whether the player withdrew or was removed, so that it still holds
    when the player comes back. Rewards that the game does not have yet are kept until it has them,
    without the player. With SQLite, no file has the deleted data any more.

    Parameters
    ----------
    store, settings
        Of the service.
    session : str
        The player's session.
    player_tables : sequence of Table
        The tables of games with a column `player`, in the order in which to delete from them. Rows
        in those of activities that another process serves are deleted as well.
    """
    emptied_tables = (*player_tables, *_other_tables(store, player_tables), sessions)
    with store.write() as connection:
        player = current_player(connection, settings, session, lock=True)
        forget_rewards(connection, player)
        jtis = select(sessions.c.launch).where(sessions.c.player == player.id)
        is_own = (launches.c.game_id == player.game_id) & launches.c.jti.in_(jtis)
        connection.execute(delete(launches).where(is_own))
        for table in emptied_tables:
            connection.execute(delete(table).where(table.c.player == player.id))
        state = "removed" if player.state == "removed" else "withdrawn"
        emptied = {"consented": False, "times": False, "state": state}
        connection.execute(update(players).where(players.c.id == player.id).values(emptied))
    store.empty_log()
    pseudonym: str = player.pseudonym
    return pseudonym


def _other_tables(store: Store, player_tables: Sequence[Table]) -> list[Table]:
    """Return the tables with rows of players of activities that another process serves."""
    known = {table.name for table in (*player_tables, sessions, rewards)}
    tables = reversed(store.schema.sorted_tables)  # those that refer to others first
    return [table for table in tables if "player" in table.c and table.name not in known]


def current_player(
    connection: Connection, settings: Settings, session: str, lock: bool = False
) -> Row[Any]:
    """Return the player of a session, with the launch and whether the game is paused.

    Parameters
    ----------
    connection : Connection
        Of a transaction.
    settings : Settings
        Of the service.
    session : str
        The session.
    lock : bool
        Lock the player's row until the transaction ends.

    Raises
    ------
    Problem
        401 if the session does not exist or has expired.
    """
    query = _PLAYER_LOCKED if lock else PLAYER
    player = connection.execute(query, session_values(settings, session)).first()
    if player is None:
        raise Problem(401, "session", "The session has expired", "Ask the game for a new launch.")
    current_call().game = player.game_id
    return player


def session_values(settings: Settings, session: str) -> dict[str, Any]:
    """Return what the query `PLAYER` asks for a session."""
    return {
        "token_hash": _token_hash(settings, session),
        "now": settings.now_ms,
        "audience": settings.audience,
    }


def require_active(player: Row[Any]) -> None:
    """Raise Problem 403 if a player has been removed or has withdrawn."""
    if player.state == "removed":
        title = "This player may not take part any more"
        raise Problem(403, "removed", title, "The game offers them advertisements.")
    if player.state == "withdrawn":
        title = "This player has withdrawn"
        raise Problem(403, "withdrawn", title, "Their data are deleted.")


def require_consent(player: Row[Any]) -> None:
    """Raise Problem 403 if a player has not consented yet."""
    if not player.consented:
        title = "The player has not consented yet"
        raise Problem(403, "consent", title, "Ask for consent first.")


def require_running(player: Row[Any]) -> None:
    """Raise Problem 503 if the player's game is closed, or the operator has paused it."""
    if not player.launch_keys:
        detail = "The game does not offer this any more."
        raise Problem(503, "paused", "The game is closed", detail, retry_s=86_400)
    if player.paused:
        detail = "The operator has paused it. Try again later."
        raise Problem(503, "paused", "The game is paused", detail, retry_s=600)


def _admit(connection: Connection, settings: Settings, game: Row[Any], launch: Launch) -> None:
    """Count a new player. Raises Problem if the account is too young, or too many are new."""
    if (launch.account_days or 0) < game.min_account_days:
        detail = f"The game must say that the account is {game.min_account_days} days old."
        raise Problem(403, "young", "This account is too new to label", detail)
    hour, into_hour_ms = divmod(settings.now_ms, _HOUR_MS)
    newcomers = _NEW_BY_LINK if launch.is_link else _NEW
    is_same_hour = newcomers.hour == hour
    counted = case((is_same_hour, newcomers.so_far + 1), else_=1)
    admitted = connection.execute(
        update(games)
        .where(games.c.game_id == game.game_id)
        .where(~is_same_hour | (newcomers.so_far < newcomers.limit))
        .values({newcomers.so_far: counted, newcomers.hour: hour})
        .returning(newcomers.so_far)
    ).first()
    if admitted is None:
        detail = "Many players are new at the moment. Try again in the next hour."
        retry_s = (_HOUR_MS - into_hour_ms) / 1000
        raise Problem(503, "crowded", "No more new players for now", detail, retry_s=retry_s)


def _used_with(connection: Connection, game_id: str, jti: str) -> str | None:
    query = select(launches.c.used_with).where(launches.c.game_id == game_id, launches.c.jti == jti)
    used_with: str | None = connection.execute(query).scalar()
    return used_with


def _random_key() -> str:
    return secrets.token_urlsafe()


def _token_hash(settings: Settings, session: str) -> str:
    """Return what a session is stored as, so that nobody can use a session from the database.

    It differs by audience: a session to play is none for a process that serves labeling.
    """
    return settings.keys.mark("stored", settings.audience, session)
