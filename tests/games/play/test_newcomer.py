"""A newcomer's environment in another folder, and two people of whom one leaves."""

import asyncio
import subprocess
import sys
import time
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest

pytest.importorskip("gymnasium", reason="needs the extra `play`")

from gamelabel.games.play.game_messages import EpisodeEnded, FrameMessage
from gamelabel.games.play.game_process import start_game
from gamelabel.games.play.recorded_tables import read_episodes
from gamelabel.games.play.recorder import SeatedPlayer
from gamelabel.games.play.replayed import verify_replay
from gamelabel.games.play.task_file import read_project
from gamelabel.games.play.tasks import Seat, Task

GAME = '''
import gymnasium
import numpy as np


class Corridor(gymnasium.Env):
    """Walk to the right end of a corridor."""

    action_space = gymnasium.spaces.Discrete(2)
    observation_space = gymnasium.spaces.Discrete(6)

    def reset(self, *, seed=None, options=None):
        super().reset(seed=seed)
        self.place = int(self.np_random.integers(3))
        return self.place, {}

    def step(self, action):
        self.place = max(0, self.place + (1 if action else -1))
        return self.place, float(self.place == 5), self.place == 5, False, {}

    def render(self):
        picture = np.full((20, 60, 3), 240, np.uint8)
        picture[5:15, 10 * self.place : 10 * self.place + 10] = (30, 90, 160)
        return picture
'''
TASKS = """
tasks:
  corridor:
    environment: my_corridor:Corridor
    pacing: {mode: turn based}
    keys: {ArrowLeft: 0, ArrowRight: 1}
    statistics: [score]
    requirements: [{statistic: score, at_least: 1}]
"""


async def until(condition: Callable[[], bool]) -> None:
    latest = time.monotonic() + 60
    while not condition():
        assert time.monotonic() < latest, "it did not happen in time"
        await asyncio.sleep(0.02)


def test_a_newcomers_class_is_played_from_one_file(tmp_path: Path) -> None:
    (tmp_path / "my_corridor.py").write_text(GAME)
    (tmp_path / "tasks.yaml").write_text(TASKS)
    task = read_project(tmp_path / "tasks.yaml").tasks["corridor"]
    messages: list[Any] = []

    async def play() -> None:
        game = await start_game(
            task, "game", tmp_path, {"player": SeatedPlayer("anna")}, 0, messages.append
        )
        assert game.ready.keys == {"ArrowLeft": 0, "ArrowRight": 1}
        game.next_episode()
        while not any(isinstance(message, EpisodeEnded) for message in messages):
            seen = sum(isinstance(message, FrameMessage) for message in messages)
            if seen:
                game.act("player", 1, seen - 1)
            await until(lambda seen=seen: len(messages) > seen)  # type: ignore[misc]
            await asyncio.sleep(0.05)
        game.stop()
        await game.recorded()

    asyncio.run(play())
    (ended,) = (message for message in messages if isinstance(message, EpisodeEnded))
    assert ended.session == {"player": {"score": 1.0}}
    (recorded,) = read_episodes(tmp_path, "game")
    assert (recorded.episode["ended"], recorded.episode["restore"]) == ("terminated", "seed")
    assert "my_corridor (sha256)" in recorded.episode["versions"]
    verify_replay(recorded, tmp_path)


def test_a_policy_plays_for_one_who_left_until_they_are_back(tmp_path: Path) -> None:
    seats = (Seat("left", policy="rally"), Seat("right", policy="rally"))
    task = Task("rally", "gamelabel.games.play.worlds.rally:Rally", seats=seats)
    players = {"left": SeatedPlayer("anna"), "right": SeatedPlayer("ben")}
    frames: list[int] = []

    async def play() -> None:
        def receive(message: Any) -> None:
            if isinstance(message, FrameMessage):
                frames.append(message.frame)

        game = await start_game(task, "game", tmp_path, players, 3, receive)
        game.disconnected("left")  # the ball stays in play on this side
        game.next_episode()
        await until(lambda: len(frames) >= 10)
        game.disconnected("right")
        await until(lambda: len(frames) >= 100)
        game.connected("right")
        await until(lambda: len(frames) >= 130)
        game.stop()
        await game.recorded()

    asyncio.run(play())
    (recorded,) = read_episodes(tmp_path, "game")
    steps = recorded.steps
    assert set(steps[steps["seat"] == "left"]["controller"]) == {"fallback"}
    right = list(steps[steps["seat"] == "right"]["controller"])
    changes = [frame for frame in range(1, len(right)) if right[frame] != right[frame - 1]]
    assert [right[0], *(right[frame] for frame in changes)] == ["human", "fallback", "human"]
    assert recorded.seats["player_id"].tolist() == ["anna", "ben"]
    verify_replay(recorded)


def test_the_rules_load_no_environments() -> None:
    code = (
        "import sys, gamelabel.games.play.loop, gamelabel.games.play.task_file,"
        " gamelabel.games.play.game_process, gamelabel.games.play.replayed;"
        " loaded = {'gymnasium', 'pettingzoo', 'cv2', 'torch', 'minari'} & set(sys.modules);"
        " sys.exit(str(loaded) if loaded else 0)"
    )
    subprocess.run([sys.executable, "-c", code], check=True)


def test_a_sessions_statistics_go_on_after_earlier_games(tmp_path: Path) -> None:
    (tmp_path / "my_corridor.py").write_text(GAME)
    (tmp_path / "tasks.yaml").write_text(TASKS.replace("turn based", "real time"))
    task = read_project(tmp_path / "tasks.yaml").tasks["corridor"]
    player = {"player": SeatedPlayer("anna")}

    async def score(name: str, earlier: list[str]) -> float:
        ends: list[EpisodeEnded] = []

        def receive(message: Any) -> None:
            if isinstance(message, FrameMessage) and message.frame == 0:
                game.act("player", 1, 0)
            elif isinstance(message, EpisodeEnded):
                ends.append(message)

        game = await start_game(
            task, name, tmp_path, player, 0, receive, earlier={"player": earlier}
        )
        game.next_episode()
        await until(lambda: bool(ends))
        game.stop()
        await game.recorded()
        return ends[0].session["player"]["score"]

    assert asyncio.run(score("first", [])) == 1.0
    assert asyncio.run(score("second", ["first", "one that is gone"])) == 2.0
