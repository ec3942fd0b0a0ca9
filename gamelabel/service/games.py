"""The games that a service serves, each with keys, a pool and rates of its own, from a YAML file or one by one."""

from __future__ import annotations

import re
from dataclasses import asdict, dataclass, fields
from pathlib import Path
from urllib.parse import urlsplit

import yaml
from sqlalchemy import select, update

from gamelabel.service.database_tables import games, pools
from gamelabel.service.keys import public_key
from gamelabel.service.store import Store


@dataclass(frozen=True)
class Game:
    """A game. Raises ValueError for what could not work or would not be safe.

    game_id: its name in tokens; title: for people; origin: scheme and host of the pages that show the labelling page
    in a frame; launch_keys: its Ed25519 public keys, more than one while they are changed; reward_url: where rewards
    are sent, empty for nowhere; coin, coins: the currency, and what a batch pays at the highest level; pool: of points.
    """

    game_id: str
    title: str
    origin: str
    launch_keys: list[str]
    reward_url: str = ""
    coin: str = "coins"
    coins: int = 50
    pool: str = "study"

    def __post_init__(self) -> None:
        if not re.fullmatch(r"[A-Za-z0-9_.:-]{1,64}", self.game_id):
            raise ValueError(f"game_id {self.game_id!r} must be 1 to 64 letters, digits or _.:-")
        if not re.fullmatch(r"https?://[A-Za-z0-9.-]+(:\d+)?", self.origin):
            raise ValueError(
                f"game {self.game_id}: origin {self.origin!r} must be scheme and host, no more"
            )
        if not _is_safe(self.origin) or (self.reward_url and not _is_safe(self.reward_url)):
            raise ValueError(
                f"game {self.game_id}: origin and reward_url must be https (http on this machine alone)"
            )
        if self.coins < 1 or not self.launch_keys:
            raise ValueError(
                f"game {self.game_id}: coins must be 1 or more, and launch_keys at least one key"
            )
        for key in self.launch_keys:
            public_key(key)


def read_games(path: Path) -> list[Game]:
    """Games from a YAML file, a mapping of game_id to the other fields. Raises ValueError naming the game and field."""
    content = yaml.safe_load(path.read_text(encoding="utf-8"))
    if not isinstance(content, dict) or not content:
        raise ValueError(
            f"{path} must map the name of each game to its fields: see docs/deployment.md"
        )
    known = {field.name for field in fields(Game)} - {"game_id"}
    found = []
    for game_id, entry in content.items():
        if not isinstance(entry, dict) or not entry.keys() <= known:
            raise ValueError(
                f"{path}: game {game_id} may have {', '.join(sorted(known))} and nothing else"
            )
        try:
            found.append(Game(str(game_id), **entry))
        except TypeError as error:
            raise ValueError(f"{path}: game {game_id}: {error}") from error
    return found


def register(store: Store, game: Game) -> None:
    """Add a game, or change it to what is given here. Raises ValueError where there is no such pool."""
    values = asdict(game) | {"launch_keys": "\n".join(game.launch_keys)}
    with store.write() as connection:
        if not connection.execute(select(pools.c.pool).where(pools.c.pool == game.pool)).first():
            raise ValueError(
                f"game {game.game_id}: there is no pool {game.pool!r}: load one with --study"
            )
        if not store.add_new(connection, games, **values):
            connection.execute(update(games).where(games.c.game_id == game.game_id).values(values))


def _is_safe(url: str) -> bool:
    parts = urlsplit(url)
    return parts.scheme == "https" or (
        parts.scheme == "http" and parts.hostname in ("127.0.0.1", "localhost", "::1")
    )
