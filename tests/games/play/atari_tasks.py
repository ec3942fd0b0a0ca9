"""Tasks of Atari games for tests, which are skipped where the extra `atari` is missing."""

import importlib.util
from pathlib import Path
from typing import Any

import pytest

from gamelabel.games.play.tasks import Seat, Task

needs_atari = pytest.mark.skipif(
    importlib.util.find_spec("ale_py") is None
    or importlib.util.find_spec("multi_agent_ale_py") is None,
    reason="needs the extra `atari`",
)


def atari(game: str, policy: str = "", **changes: Any) -> Task:
    """A task for one player."""
    arguments = {"frameskip": 1, "repeat_action_probability": 0.0, "obs_type": "ram"}
    seats = (Seat(policy=policy),)
    return Task(game, f"ale_py:ALE/{game}-v5", arguments, seats=seats, **changes)


def two_players(policy: str = "", **changes: Any) -> Task:
    """Space Invaders for two."""
    spec = importlib.util.find_spec("ale_py")
    assert spec is not None and spec.origin is not None
    roms = str(Path(spec.origin).parent / "roms")
    arguments = {"auto_rom_install_path": roms, "moving_shields": False, "obs_type": "ram"}
    seats = (Seat("first_0", policy=policy), Seat("second_0", policy=policy))
    environment = "pettingzoo.atari.space_invaders_v2:parallel_env"
    return Task("space_invaders_2p", environment, arguments, seats=seats, **changes)
