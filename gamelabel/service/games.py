"""The studios' games that the service serves, from a YAML file or registered one by one."""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from pathlib import Path
from typing import Annotated, Any, TypeVar

import httpx
import yaml
from pydantic import (
    AfterValidator,
    BaseModel,
    ConfigDict,
    Field,
    HttpUrl,
    TypeAdapter,
    ValidationError,
)
from sqlalchemy import Connection, Table, delete, select, update

from gamelabel.service.database_tables import game_keys, games
from gamelabel.service.keys import public_key
from gamelabel.service.launch_tokens import SERVICE
from gamelabel.service.store import Store

_LOCAL = ("127.0.0.1", "localhost", "[::1]")
_WEB_ADDRESS = TypeAdapter(HttpUrl)
# What is wrong with a field, by the type of pydantic's error. {} are from the error's context.
_SENTENCES = {
    "missing": "is missing",
    "extra_forbidden": "is not a field of a game",
    "string_type": "must be text; put numbers in quotes",
    "string_too_short": "must not be empty",
    "int_type": "must be a whole number",
    "greater_than_equal": "must be {ge} or more",
    "less_than_equal": "must be {le} or less",
    "list_type": "must be a list",
    "too_short": "must have at least one entry",
}
_PATTERNS = {
    "game_id": "may have 1 to 64 letters, digits, and _ . : -",
    "origin": "must be scheme and host only, such as https://play.game.example",
}
_SHOWN = 10  # errors that a message lists


def _check_url(url: str) -> str:
    if not url:
        return url
    try:
        parts = _WEB_ADDRESS.validate_python(url)
        httpx.URL(url)  # what sends the rewards must understand it too
    except (ValidationError, httpx.InvalidURL) as error:
        raise ValueError(
            f"{url!r} is not a web address: write one such as https://api.game.example/rewards"
        ) from error
    if parts.scheme != "https" and parts.host not in _LOCAL:
        raise ValueError("must begin with https:// (http:// only on this machine)")
    return url


def _check_key(key: str) -> str:
    public_key(key)
    return key


LaunchKey = Annotated[str, AfterValidator(_check_key)]


class Game(BaseModel):
    """A game of a studio. A game in which players label has more fields, see `PairGame`.

    Parameters
    ----------
    game_id : str
        Its name in tokens and addresses.
    title : str
        Its name for people.
    origin : str
        Scheme and host of the pages that show the service's page in a frame.
    launch_keys : list of str
        Its Ed25519 public keys as base64url; two while they are being changed.
    reward_url : str
        Where rewards are sent; empty if they are only shown.
    coin : str
        The name of its currency.
    min_account_days : int
        The least age of the account of a new player. If it is above 0, launch tokens must say the
        age, in the claim `account_days`.
    new_players_per_hour : int
        How many players may be new in an hour. Others may come back in the next hour.

    Raises
    ------
    ValidationError
        A ValueError, if a field is missing, unknown, or would not be safe.
    """

    model_config = ConfigDict(extra="forbid", strict=True, frozen=True)

    game_id: str = Field(pattern=r"^[A-Za-z0-9_.:-]{1,64}$")
    title: str = Field(min_length=1)
    origin: Annotated[
        str, Field(pattern=r"^https?://[A-Za-z0-9.-]+(:\d+)?$"), AfterValidator(_check_url)
    ]
    launch_keys: list[LaunchKey] = Field(min_length=1)
    reward_url: Annotated[str, AfterValidator(_check_url)] = ""
    coin: str = Field(default="coins", min_length=1)
    min_account_days: int = Field(default=0, ge=0, le=10_000)
    new_players_per_hour: int = Field(default=300, ge=1, le=10**9)


AnyGame = TypeVar("AnyGame", bound=Game)


def read_games(path: Path, model: type[AnyGame]) -> list[AnyGame]:
    """Read games from a YAML file that maps each game's id to its other fields.

    Parameters
    ----------
    path : Path
        The YAML file.
    model : type
        `Game` or a subclass, which says what fields there are.

    Raises
    ------
    ValueError
        If the file is not valid. The message names file, line, field, and the allowed fields.
    """
    try:
        text = path.read_text(encoding="utf-8")
        root = yaml.compose(text, Loader=yaml.SafeLoader)
        content = yaml.safe_load(text)
    except (yaml.YAMLError, ValueError) as error:  # or a date in the month 13
        reason = " ".join(str(error).split())
        if isinstance(error, yaml.MarkedYAMLError) and error.problem_mark:
            reason = f"line {error.problem_mark.line + 1}: {error.problem}"
        raise ValueError(f"{path.absolute()} is not valid YAML: {reason}") from error
    if not isinstance(content, dict) or not content:
        raise ValueError(
            f"{path.absolute()} must map the id of each game to its fields; "
            "docs/deployment.md has an example"
        )
    problems = [f"line {line}: {name} is there twice" for name, line in _duplicates(root)]
    parsed: list[AnyGame] = []
    for game_id, fields in content.items():
        try:
            if not isinstance(fields, dict):
                fields = {}
            parsed.append(model(**{**fields, "game_id": str(game_id)}))
        except (ValidationError, TypeError) as error:
            problems += _explain(error, root, game_id)
    if problems:
        allowed = ", ".join(name for name in model.model_fields if name != "game_id")
        more = [f"and {len(problems) - _SHOWN} more"] if len(problems) > _SHOWN else []
        lines = "\n  ".join([*problems[:_SHOWN], *more])
        raise ValueError(
            f"{path.absolute()} is not a valid file of games:\n  {lines}\n"
            f"A game may have the fields {allowed}; docs/deployment.md explains them."
        )
    return parsed


def register_game(
    store: Store, connection: Connection, game: Game, audience: str = SERVICE
) -> None:
    """Add a game, or change it, and store its launch keys.

    Parameters
    ----------
    store, connection
        Of a transaction that writes.
    game : Game
        The game.
    audience : str
        What launches with its keys are for. Servers of other audiences that share the database
        keep the keys that they have of the game.
    """
    register_fields(store, connection, game, games)
    row = {"game_id": game.game_id, "audience": audience}
    connection.execute(delete(game_keys).filter_by(**row))
    if game.launch_keys:
        store.insert_new(connection, game_keys, **row, launch_keys="\n".join(game.launch_keys))


def register_fields(store: Store, connection: Connection, game: Game, table: Table) -> None:
    """Add a game's row to a table, or update it.

    Parameters
    ----------
    store, connection
        Of a transaction that writes.
    game : Game
        The game.
    table : Table
        A table with the key `game_id`; it takes the fields that are its columns.
    """
    values: dict[str, Any] = game.model_dump(include=set(table.columns.keys()))
    if not store.insert_new(connection, table, **values):
        row = table.c.game_id == game.game_id
        connection.execute(update(table).where(row).values(values))


def launch_keys_of(connection: Connection, game_id: str, audience: str) -> str:
    """Return a game's launch keys for an audience, one a line; empty if the game is closed."""
    is_game = (game_keys.c.game_id == game_id) & (game_keys.c.audience == audience)
    keys = connection.execute(select(game_keys.c.launch_keys).where(is_game)).scalar()
    return keys or ""


def close_other_games(store: Store, listed: Iterable[str], audience: str = SERVICE) -> list[str]:
    """Close the games that a file does not list (any more), and return which have been open.

    A closed game has no launch keys for the audience, so that nobody can enter. Open batches can
    still be answered, and rewards are still sent. When the file lists it again, the game is open
    again.
    """
    is_closing = (game_keys.c.audience == audience) & game_keys.c.game_id.not_in(list(listed))
    closing = delete(game_keys).where(is_closing).returning(game_keys.c.game_id)
    with store.write() as connection:
        return sorted(connection.execute(closing).scalars())


def _explain(
    error: ValidationError | TypeError, root: yaml.Node | None, game_id: Any
) -> Iterator[str]:
    """Say for each error of a game in which line it is, in which field, and what is wrong."""
    if isinstance(error, TypeError):
        yield f"line {_line(root, [game_id])}: game {game_id}: field names must be words"
        return
    for fault in error.errors():
        location = [game_id, *fault["loc"]]
        field = ".".join(str(part) for part in fault["loc"])
        sentence = _sentence(fault["type"], field, fault["msg"], fault.get("ctx", {}))
        yield f"line {_line(root, location)}: game {game_id}: the field {field} {sentence}"


def _sentence(kind: str, field: str, message: str, context: dict[str, Any]) -> str:
    """Return what is wrong with a field, in words that need no knowledge of pydantic."""
    if kind == "string_pattern_mismatch" and field in _PATTERNS:
        return _PATTERNS[field]
    if kind in _SENTENCES:
        return _SENTENCES[kind].format(**context)
    return message.removeprefix("Value error, ")


def _line(node: yaml.Node | None, location: list[Any]) -> int:
    """Return the line of a value in a YAML file, or of the nearest node around it, from 1."""
    line = node.start_mark.line + 1 if node else 1
    for part in location:
        if isinstance(node, yaml.MappingNode):
            entries = [entry for entry in node.value if entry[0].value == str(part)]
            if not entries:
                return line
            line, node = entries[0][0].start_mark.line + 1, entries[0][1]
        elif isinstance(node, yaml.SequenceNode) and isinstance(part, int):
            node = node.value[part]
            line = node.start_mark.line + 1
    return line


def _duplicates(node: yaml.Node | None) -> Iterator[tuple[str, int]]:
    """Yield the keys that a mapping has twice, with their line: YAML itself would take the last."""
    if not isinstance(node, yaml.MappingNode):
        return
    seen = set()
    for key, value in node.value:
        if key.value in seen:
            yield key.value, key.start_mark.line + 1
        seen.add(key.value)
        yield from _duplicates(value)
