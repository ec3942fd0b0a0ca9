"""Games in processes of their own: what happens when an environment or the server fails."""

import asyncio
import os
import signal
import subprocess
import sys
import time
from collections.abc import Awaitable, Callable
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path
from types import SimpleNamespace
from typing import Any

import pytest

pytest.importorskip("gymnasium", reason="needs the extra `play`")

from gamelabel.games.play import game_process
from gamelabel.games.play.environments import EnvironmentFault
from gamelabel.games.play.frame_codec import FrameDecoder
from gamelabel.games.play.game_messages import (
    ActionRefused,
    EpisodeEnded,
    FrameMessage,
    GameEnded,
    ProgressMessage,
)
from gamelabel.games.play.game_process import RunningGame, start_game
from gamelabel.games.play.game_worker import GameSetup
from gamelabel.games.play.recorded_tables import read_episodes
from gamelabel.games.play.recorder import SeatedPlayer
from gamelabel.games.play.recordings import recover
from gamelabel.games.play.replayed import verify_replay
from gamelabel.games.play.tasks import Pacing, Seat, Task

HERE = Path(__file__).parent
PLAYER = {"player": SeatedPlayer("anna", "email")}


def bad(fault: str, **changes: Any) -> Task:
    arguments = {"fault": fault}
    return Task(
        "bad", "bad_environments:Bad", arguments, folder=HERE, pacing=Pacing(rate=200), **changes
    )


async def until(condition: Callable[[], bool], seconds: float = 60) -> None:
    latest = time.monotonic() + seconds
    while not condition():
        assert time.monotonic() < latest, "it did not happen in time"
        await asyncio.sleep(0.02)


async def started(task: Task, folder: Path, name: str = "game") -> tuple[RunningGame, list[Any]]:
    messages: list[Any] = []
    game = await start_game(task, name, folder, PLAYER, seed=1, on_message=messages.append)
    game.next_episode()
    return game, messages


def run(test: Awaitable[None]) -> None:
    asyncio.run(asyncio.wait_for(test, 120))  # type: ignore[arg-type]


@pytest.mark.parametrize(
    ("fault", "reason"),
    [
        ("raise", "bad_environments:Bad raised ZeroDivisionError in step 10: float division by"),
        ("nan reward", "bad_environments:Bad returned the reward nan in step 10"),
        ("nan", "returned an observation with NaN in step 10"),
        ("shape", r"returned an observation of shape \(3,\) in step 10; its observation space"),
        ("picture", "has to render an RGB array of uint8 of shape"),
        ("exit", "the process of bad_environments:Bad ended with code 3"),
        ("killed", "the process of bad_environments:Bad ended by signal 9"),
        ("hang", "bad_environments:Bad did not answer for 4 seconds"),
    ],
)
def test_a_failing_environment_is_named_and_a_neighbour_plays_on(
    fault: str, reason: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    import re

    if fault == "hang":
        monkeypatch.setattr(game_process, "HANG_SECONDS", 4.0)

    async def test() -> None:
        good, messages = await started(bad(""), tmp_path, "good")
        game, _ = await started(bad(fault), tmp_path, "failing")
        ended = await game.ended()
        assert ended.reason == "crashed"
        assert re.search(reason, ended.detail), ended.detail
        await game.recorded()
        seen = len(messages)
        await until(lambda: len(messages) > seen + 5)
        good.stop()
        await good.recorded()

    run(test())
    if fault in ("exit", "killed", "hang"):  # nothing of the first moments had reached the journal
        assert [e.episode["ended"] for e in read_episodes(tmp_path, "good")] == ["left"]
    else:
        (recorded,) = read_episodes(tmp_path, "failing")
        assert recorded.episode["ended"] == "crashed"
        assert recorded.episode["frames"] == (10 if fault == "picture" else 9)
    assert not list((tmp_path / "journals").iterdir())


def test_what_cannot_be_made_is_said_at_the_start(tmp_path: Path) -> None:
    async def test() -> None:
        for task, reason in (
            (bad("no constructor"), "RuntimeError: the license server is away"),
            (Task("t", "NoSuchGame-v0"), "NoSuchGame"),
            (Task("t", "no_such_module:Game"), "No module named 'no_such_module'"),
            (Task("t", "bad_environments:Numbers", folder=HERE), "people can play Discrete, Box"),
            (bad("", seats=(Seat("first"),)), "has the seats player, but the task bad describes"),
            (bad("", idle_action=7), r"a whole number from 0 to 1, not 7"),
            (bad("", seats=(Seat(policy="nobody"),)), "there is no policy 'nobody'"),
        ):
            with pytest.raises(EnvironmentFault, match=reason):
                await start_game(task, f"game-{reason[:3]}", tmp_path, PLAYER, seed=0)

    run(test())


def test_nonsense_from_a_client_is_refused_and_the_game_goes_on(tmp_path: Path) -> None:
    async def test() -> None:
        game, messages = await started(bad(""), tmp_path)
        await until(lambda: len(messages) > 2)
        for arguments in (
            ("nobody", 1, 0),
            ("player", {"a": 1}, 0),
            ("player", [float("nan")], 0),
            ("player", 1, "now"),
            ("player", 1, True),
            ("player", 10**30, 0),
        ):
            with pytest.raises(ValueError):
                game.act(*arguments)
        game.act("player", 5, 0)
        game.act("player", 1, 10**6)
        await until(lambda: sum(isinstance(m, ActionRefused) for m in messages) == 2)
        reasons = [m.reason for m in messages if isinstance(m, ActionRefused)]
        assert "a whole number from 0 to 1, not 5" in reasons[0]
        assert "the frame seen is one up to" in reasons[1]
        for number in range(5000):  # far more than frames: the newest counts
            game.act("player", number % 2, 0)
        game.act("player", 1, 0)
        seen = len(messages)
        await until(lambda: len(messages) > seen + 30)
        game.stop()
        await game.recorded()

    run(test())
    (recorded,) = read_episodes(tmp_path, "game")
    assert recorded.actions("player")[-1] == 1
    assert recorded.seats["player_id"].tolist() == ["anna"]


def test_episodes_follow_each_other_and_clients_can_join(tmp_path: Path) -> None:
    task = Task(
        "balance",
        "gamelabel.games.play.worlds.cart_pole:CartPole",
        {"steps": 15},
        seats=(Seat(policy="cart_pole"),),
        pacing=Pacing(rate=100),
    )

    async def test() -> None:
        decoder, decoded = FrameDecoder(), []
        messages: list[Any] = []

        def receive(message: Any) -> None:
            messages.append(message)
            if isinstance(message, FrameMessage):
                decoded.append((message.frame, decoder.decode(message.content).shape))

        game = await start_game(task, "game", tmp_path, PLAYER, seed=1, on_message=receive)
        game.next_episode()
        game.disconnected("player")
        await until(lambda: any(isinstance(m, EpisodeEnded) for m in messages))
        game.send_whole_picture()
        game.next_episode()
        await until(lambda: sum(isinstance(m, EpisodeEnded) for m in messages) == 2)
        first, second = (m for m in messages if isinstance(m, EpisodeEnded))
        assert (first.episode_id, second.episode_id) == ("game-001", "game-002")
        assert second.ended == "truncated"
        assert {shape for _, shape in decoded} == {(160, 240, 3)}
        progress = [m for m in messages if isinstance(m, ProgressMessage)][-1]
        assert progress.controllers == {"player": "fallback"}
        game.stop("finished")
        assert await game.ended() == GameEnded("finished")
        await game.recorded()
        joined = [m.content[0] for m in messages if isinstance(m, FrameMessage)]
        assert joined.count(1) == 2  # the first picture, and the one asked for

    run(test())
    for recorded in read_episodes(tmp_path, "game"):
        assert recorded.episode["restore"] == "seed"
        verify_replay(recorded)


def test_pausing_holds_the_frames(tmp_path: Path) -> None:
    async def test() -> None:
        game, messages = await started(bad(""), tmp_path)
        await until(lambda: len(messages) > 5)
        game.pause()
        await asyncio.sleep(0.5)
        seen = sum(isinstance(m, FrameMessage) for m in messages)
        await asyncio.sleep(0.5)
        assert sum(isinstance(m, FrameMessage) for m in messages) == seen
        game.resume()
        await until(lambda: sum(isinstance(m, FrameMessage) for m in messages) > seen)
        game.stop()
        await game.recorded()

    run(test())


SERVER = """
import asyncio, pathlib, sys
from gamelabel.games.play.game_process import start_game
from gamelabel.games.play.recorder import SeatedPlayer
from gamelabel.games.play.tasks import Pacing, Seat, Task

async def main(folder):
    task = Task("cart", "gamelabel.games.play.worlds.cart_pole:CartPole", {"steps": 100000},
                seats=(Seat(played_by="policy", policy="cart_pole"),), pacing=Pacing(rate=60))
    for number in range(3):
        players = {"player": SeatedPlayer("anna")}
        game = await start_game(task, f"g{number}", folder, players, seed=1)
        game.next_episode()
    print("playing", flush=True)
    await asyncio.sleep(1000)

if __name__ == "__main__":
    asyncio.run(main(pathlib.Path(sys.argv[1])))
"""


@pytest.mark.parametrize("kill_all", [False, True])
def test_a_killed_server_loses_at_most_the_last_second(tmp_path: Path, kill_all: bool) -> None:
    script = tmp_path / "server.py"
    script.write_text(SERVER)
    command = [sys.executable, str(script), str(tmp_path)]
    server = subprocess.Popen(
        command,
        stdout=subprocess.PIPE,
        start_new_session=True,
        env=os.environ | {"PYTHONPATH": "."},
    )
    assert server.stdout is not None
    assert server.stdout.readline() == b"playing\n"
    time.sleep(2.0)
    if kill_all:
        os.killpg(server.pid, signal.SIGKILL)
    else:
        server.kill()
    server.wait()
    server.stdout.close()

    recovered: list[str] = []

    def all_finished() -> bool:
        if kill_all:  # a process that has not died yet still holds its journal
            finished, faults = recover(tmp_path)
            assert faults == []
            recovered.extend(finished)
        return not list((tmp_path / "journals").iterdir())

    async def finished() -> None:
        await until(all_finished)

    asyncio.run(finished())
    assert sorted(recovered) == (["g0", "g1", "g2"] if kill_all else [])
    for name in ("g0", "g1", "g2"):
        (recorded,) = read_episodes(tmp_path, name)
        assert recorded.episode["frames"] >= 10
        assert recorded.episode["ended"] == ("crashed" if kill_all else "left")
        verify_replay(recorded)


def test_no_thread_waits_while_a_recording_is_verified(tmp_path: Path) -> None:
    is_verifying = [True]

    async def test() -> None:
        asyncio.get_running_loop().set_default_executor(ThreadPoolExecutor(1))
        game = RunningGame(GameSetup(bad("none"), "game", tmp_path, {}, 0), lambda message: None)
        game._ended.set_result(GameEnded("left"))
        process: Any = SimpleNamespace(
            is_alive=lambda: is_verifying[0], join=lambda *timeout: time.sleep(3)
        )
        game._process = process
        waiting = asyncio.ensure_future(game.recorded())
        await asyncio.sleep(0.2)
        await asyncio.wait_for(asyncio.to_thread(str), 2)  # the only thread is free
        assert not waiting.done()
        is_verifying[0] = False
        await asyncio.wait_for(waiting, 5)

    run(test())


def test_a_discarded_game_leaves_nothing_and_a_played_one_is_not_recovered(tmp_path: Path) -> None:
    async def test() -> None:
        game, messages = await started(bad(""), tmp_path)
        await until(lambda: len(messages) > 5)
        assert recover(tmp_path) == ([], [])
        await game.discard()
        assert (await game.ended()).reason == "crashed"
        assert [path for path in tmp_path.rglob("*") if path.is_file()] == []

    run(test())
