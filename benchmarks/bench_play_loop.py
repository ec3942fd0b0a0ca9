"""What a player of an Atari game costs: processor time, bytes, disk, and the time of a replay.

    python -m benchmarks.bench_play_loop [loop] [bytes] [disk] [replay]

Needs the extra `atari`. The players are scripted or random: frames and sizes are theirs.

`loop` plays Space Invaders at 60 Hz in a process of its own for 20 seconds: processor time of that
process and of the receiving one, and the share of frames that arrive within 4 ms of their time,
which means something on a quiet machine only. `bytes` sends the same frames as messages and as JPEG
of quality 75. `disk` records 10 minutes of play, and keeps 10 seconds of it as CrowdPlay does, as
pickled transitions with screens and memory, compressed by bzip2. `replay` makes frames again.
"""

import asyncio
import bz2
import io
import pickle
import tempfile
import time
from pathlib import Path
from typing import Any

import numpy as np
import psutil
from PIL import Image

from benchmarks.timing import parse_parts
from gamelabel.games.play.environments import open_environment
from gamelabel.games.play.frame_codec import encode
from gamelabel.games.play.game_messages import FrameMessage
from gamelabel.games.play.game_process import start_game
from gamelabel.games.play.loop import Loop
from gamelabel.games.play.recorded_tables import RecordedEpisode, read_episodes
from gamelabel.games.play.recorder import Recorder, SeatedPlayer
from gamelabel.games.play.recordings import finish
from gamelabel.games.play.replayed import environment_of, replay
from gamelabel.games.play.tasks import Seat, Task, TaskStatistic

RATE = 60
ARGUMENTS = {"frameskip": 1, "repeat_action_probability": 0.0, "obs_type": "ram"}
STATISTICS = (TaskStatistic("score", "score"), TaskStatistic("active_time", "active_time"))


def task(game: str, policy: str) -> Task:
    """A task with two statistics, played by a policy."""
    seats = (Seat(played_by="policy", policy=policy),)
    name = f"ale_py:ALE/{game}-v5"
    return Task(game, name, ARGUMENTS, seats=seats, no_ops=30, statistics=STATISTICS)


def measure_loop(seconds: float = 20.0) -> None:
    """Play in real time, and measure both processes."""
    arrivals: list[float] = []
    game: Any = None

    def receive(message: Any) -> None:
        if isinstance(message, FrameMessage):
            arrivals.append(time.perf_counter())
        elif type(message).__name__ == "EpisodeEnded":
            game.next_episode()

    async def play(folder: Path) -> tuple[float, float, int]:
        nonlocal game
        space_invaders = task("SpaceInvaders", "space_invaders")
        game = await start_game(space_invaders, "game", folder, {}, seed=0, on_message=receive)
        game.next_episode()
        await asyncio.sleep(3)  # imports and the first screens
        own, other = psutil.Process(), psutil.Process(game._process.pid)
        before = [sum(process.cpu_times()[:2]) for process in (own, other)]
        frames = len(arrivals)
        await asyncio.sleep(seconds)
        after = [sum(process.cpu_times()[:2]) for process in (own, other)]
        frames = len(arrivals) - frames
        game.stop()
        await game.recorded()
        return after[0] - before[0], after[1] - before[1], frames

    with tempfile.TemporaryDirectory() as folder:
        receiver, worker, frames = asyncio.run(play(Path(folder)))
    print(f"loop: {frames / seconds:.1f} frames a second")
    for name, spent in (("game", worker), ("receiver", receiver), ("both", worker + receiver)):
        print(f"  {name}: {spent / frames * 1e3:.2f} ms a frame, {spent / frames * RATE:.3f} core")
    late = np.array(arrivals[-frames:]) - np.arange(frames) / RATE
    late -= np.median(late)
    print(f"  within 4 ms of their time: {(abs(late) <= 0.004).mean():.1%}")


def measure_bytes(frames: int = 3600) -> None:
    """Compare the bytes of frame messages with those of JPEG."""
    for game, policy in (("SpaceInvaders", "space_invaders"), ("Riverraid", "random")):
        one = task(game, policy)
        loop = Loop(one, open_environment(one))
        ours = jpeg = 0
        seconds = 0.0
        previous = None
        for _ in range(frames):
            if loop.is_over:
                loop.begin_episode()
            loop.advance()
            start = time.process_time()
            picture = loop.environment.picture()
            ours += len(encode(picture, previous, loop.frame))
            seconds += time.process_time() - start
            previous = picture
            if loop.frame % 10 == 0:  # of every tenth, to save time
                file = io.BytesIO()
                Image.fromarray(picture.rgb()).save(file, "JPEG", quality=75)
                jpeg += 10 * len(file.getvalue())
        print(
            f"bytes: {game} {ours / frames:.0f} a frame ({ours / frames * RATE / 1e3:.1f} kB/s,"
            f" {seconds / frames * 1e3:.3f} ms), JPEG {jpeg / frames:.0f}, {jpeg / ours:.0f} x"
        )


def record(folder: Path, frames: int) -> list[RecordedEpisode]:
    """Record frames of Space Invaders in one game."""
    space_invaders = task("SpaceInvaders", "space_invaders")
    environment = open_environment(space_invaders)
    players = {"player": SeatedPlayer("anna", "email")}
    recorder = Recorder(folder, "game", space_invaders, environment, players)
    loop = Loop(space_invaders, environment, seed=0, recorder=recorder)
    for _ in range(frames):
        if loop.is_over:
            loop.begin_episode()
        loop.advance()
    loop.end_episode("left")
    finish(recorder.close())
    return read_episodes(folder, "game")


def pickled_bytes(recorded: RecordedEpisode, frames: int) -> int:
    """Size of the first frames as pickled transitions with screens and memory, compressed."""
    environment = environment_of(recorded)
    trajectory = []
    for transition in replay(recorded, environment):
        assert environment.emulator is not None
        step = {
            "obs": environment.emulator.rgb().copy(),
            "action": dict(transition.actions),
            "reward": dict(transition.rewards),
            "done": dict(transition.terminated),
            "info": {"RAM": transition.memory},
        }
        trajectory.append(step)
        if len(trajectory) > frames:
            break
    return len(bz2.compress(pickle.dumps(trajectory)))


def measure_disk(minutes: int = 10, sample: int = 600) -> None:
    """Compare the size of an hour of play."""
    frames = minutes * 60 * RATE
    with tempfile.TemporaryDirectory() as folder:
        episodes = record(Path(folder), frames)
        ours = sum(path.stat().st_size for path in Path(folder).rglob("*.parquet"))
    longest = max(episodes, key=lambda recorded: recorded.episode["frames"])
    theirs = pickled_bytes(longest, sample) / sample * frames
    per_hour = 60 / minutes
    print(
        f"disk: an hour {ours * per_hour / 1e3:.0f} kB, pickled and bzip2"
        f" {theirs * per_hour / 1e6:.0f} MB, {theirs / ours:.0f} x ({len(episodes)} episodes)"
    )


def measure_replay(frames: int = 6000) -> None:
    """Make recorded frames again, with and without their RGB."""
    with tempfile.TemporaryDirectory() as folder:
        episodes = record(Path(folder), frames)
    environment = environment_of(episodes[0])
    for name, is_drawn in (("compared", False), ("compared, with RGB", True)):
        start, made = time.process_time(), 0
        for recorded in episodes:
            for _ in replay(recorded, environment):
                made += 1
                if is_drawn and environment.emulator is not None:
                    environment.emulator.rgb()
        print(f"replay: {made / (time.process_time() - start):,.0f} frames a second, {name}")


def main() -> None:
    parts = {
        "loop": measure_loop,
        "bytes": measure_bytes,
        "disk": measure_disk,
        "replay": measure_replay,
    }
    for name in parse_parts(__doc__, parts):
        parts[name]()


if __name__ == "__main__":
    main()
