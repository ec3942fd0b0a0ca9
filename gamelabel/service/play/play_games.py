"""A game whose players play environments, and the links by which people come without a game."""

from __future__ import annotations

import re
from typing import Annotated

from pydantic import AfterValidator, Field

from gamelabel.service.games import Game, LaunchKey

_CHANNEL = re.compile(r"[a-z0-9_-]{1,32}")
PLAY = "gamelabel/play"  # the audience of launches to play
TURK = "mturk"  # the channel whose links have the ids of Amazon Mechanical Turk
TURK_FRAMES = "https://worker.mturk.com https://workersandbox.mturk.com"
TURK_FORMS = "https://www.mturk.com https://workersandbox.mturk.com"


def _check_channels(channels: dict[str, str]) -> dict[str, str]:
    for name in channels:
        if not _CHANNEL.fullmatch(name):
            raise ValueError(f"the channel {name!r} may have 1 to 32 of a to z, 0 to 9, _ and -")
    return channels


class PlayGame(Game):
    """A game whose players play the tasks of a group.

    Parameters
    ----------
    new_by_link_per_hour : int
        How many people may be new in an hour who came by a link. They do not count among
        `new_players_per_hour`: anybody can make many of them.
    group : str
        The group of tasks that players of the game's launches get; empty for all tasks.
    channels : dict
        The group that people get who come by a link with `?channel=NAME`, by the channel's name;
        empty for all tasks. Without channels, only launches of the game let people in. A link of
        the channel `mturk` has the ids of Amazon Mechanical Turk.
    coins_per_unit : int
        How many of the game's coins one unit of a bonus's currency is.
    """

    launch_keys: list[LaunchKey] = Field(default=[])
    new_by_link_per_hour: int = Field(default=300, ge=1, le=10**9)
    group: str = ""
    channels: Annotated[dict[str, str], AfterValidator(_check_channels)] = Field(default={})
    coins_per_unit: int = Field(default=100, ge=1, le=10**6)
