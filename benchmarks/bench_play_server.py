"""What a player of an environment costs the server: processor time, bytes, latency.

A server in a process of its own serves a task at 60 frames a second to 1, 4 and 15 players, who
are clients in this process and press keys. For each number of players it prints

- the share of a core of the server and its games together, per player, beside the .06 of a
  prototype that stepped the emulator in the server's event loop;
- the frames that arrived in a second;
- the frames from the one on screen when a key was pressed to the first that knew of it;
- bytes a second, beside those of JPEG at quality 75 of the same frames.

    python benchmarks/bench_play_server.py --seconds 20
"""

from __future__ import annotations

import argparse
import asyncio
import io
import subprocess
import sys
import tempfile
import time
from dataclasses import dataclass, field
from importlib.util import find_spec
from pathlib import Path

import numpy as np
import psutil
from PIL import Image
from websockets.asyncio.client import connect

from gamelabel.games.play.frame_codec import FrameDecoder
from gamelabel.games.play.recorded_tables import game_ids, read_episodes
from gamelabel.games.play.task_file import read_project
from gamelabel.games.play.tasks import Project
from gamelabel.service.play import play_start
from tests.service.play.play_harness import PlayServer

PROTOTYPE_CORES = 0.06  # a player, measured with JPEG and without games in processes of their own
FOLDER = Path(play_start.__file__).parent
SERVER = """
import sys; from benchmarks.bench_play_server import serve; serve(*sys.argv[1:])
"""


def project() -> Project:
    """Return the demo's tasks: with Atari games, if these are installed."""
    name = "demo_atari_tasks.yaml" if find_spec("ale_py") else "demo_tasks.yaml"
    return read_project(FOLDER / name)


def serve(folder: str, n_players: str) -> None:
    """Serve; print the port, and for each player a login session and a play session."""
    tasks = project()
    server = PlayServer(f"sqlite:///{folder}/game.db", Path(folder) / "recordings", tasks)
    task = "breakout" if "breakout" in tasks.tasks else "orchard"
    words = [str(server.port)]
    for number in range(int(n_players)):
        player = server.player(f"p{number}")
        words += [player.session, player.open(task)]
    print(*words, flush=True)
    sys.stdin.readline()
    server.close()


@dataclass
class Client:
    """What a player received."""

    bytes: int = 0
    arrivals: list[float] = field(default_factory=list)
    messages: list[bytes] = field(default_factory=list)


async def play(port: int, session: str, game: str, client: Client, end: float, seed: int) -> None:
    """Play until a time, and press or release a key about four times a second."""
    rng = np.random.default_rng(seed)
    origin = f"http://127.0.0.1:{port}"
    address = f"ws://127.0.0.1:{port}/v1/play/socket?room={game}"
    async with connect(address, origin=origin, compression=None) as wire:
        await wire.send(f'{{"hello": {{"session": "{session}", "play": "{game}"}}}}')
        episode = 0
        while time.monotonic() < end:
            message = await wire.recv()
            if isinstance(message, str):
                if '"episode": ' in message:
                    episode = int(message.partition('"episode": ')[2].split(",")[0].rstrip("}"))
                continue
            client.bytes += len(message)
            client.arrivals.append(time.monotonic())
            client.messages.append(message)
            frame = int.from_bytes(message[1:5], "little")
            if frame % 10 == 0:
                await wire.send(f'{{"seen": {frame}, "episode": {episode}}}')
            if rng.random() < 1 / 15:
                control = int(rng.integers(3))
                await wire.send(f'{{"act": {control}, "frame": {frame}, "episode": {episode}}}')


def processor_seconds(server: psutil.Process) -> float:
    """Return the processor time of a process and all its descendants."""
    total = 0.0
    for process in [server, *server.children(recursive=True)]:
        try:
            times = process.cpu_times()
        except psutil.NoSuchProcess:
            continue
        total += times.user + times.system
    return total


def jpeg_bytes(messages: list[bytes]) -> float:
    """Return the bytes of a frame as JPEG at quality 75: the mean of every tenth."""
    decoder, sizes = FrameDecoder(), []
    for number, message in enumerate(messages):
        picture = decoder.decode(message)
        if number % 10 == 0:
            file = io.BytesIO()
            Image.fromarray(picture).save(file, "JPEG", quality=75)
            sizes.append(len(file.getvalue()))
    return float(np.mean(sizes))


def latencies(recordings: Path) -> list[int]:
    """Return the frames between the one that a player saw and the first that knew of the key."""
    found: list[int] = []
    for game in game_ids(recordings):
        for episode in read_episodes(recordings, game):
            steps = episode.steps
            seen = steps["frame_seen"].to_numpy(int)
            is_new = np.append(False, seen[1:] != seen[:-1]) & (seen >= 0)
            found += (steps["frame"].to_numpy(int) - 1 - seen)[is_new].tolist()
    return found


async def measure(n_players: int, seconds: float) -> str:
    """Return a row of the table."""
    with tempfile.TemporaryDirectory() as folder:
        command = [sys.executable, "-c", SERVER, folder, str(n_players)]
        pipes = {"stdin": subprocess.PIPE, "stdout": subprocess.PIPE}
        with subprocess.Popen(command, text=True, **pipes) as running:
            assert running.stdout
            assert running.stdin
            port, *ids = running.stdout.readline().split()
            clients = [Client() for _ in range(n_players)]
            warm = 3.0 + n_players  # until all games have begun
            end = time.monotonic() + warm + seconds
            playing = [
                asyncio.create_task(play(int(port), ids[2 * i], ids[2 * i + 1], client, end, i))
                for i, client in enumerate(clients)
            ]
            await asyncio.sleep(warm)
            server = psutil.Process(running.pid)
            cpu, since = processor_seconds(server), time.monotonic()
            received = sum(client.bytes for client in clients)
            await asyncio.sleep(seconds - 0.5)
            cpu, passed = processor_seconds(server) - cpu, time.monotonic() - since
            received = sum(client.bytes for client in clients) - received
            await asyncio.gather(*playing)
            running.stdin.write("\n")
            running.stdin.close()
            running.wait(60)
        frames = [sum(t > since for t in client.arrivals) / passed for client in clients]
        rate = received / passed / n_players
        jpeg = jpeg_bytes(clients[0].messages) * float(np.mean(frames))
        lags = latencies(Path(folder) / "recordings")
    cores = cpu / passed / n_players
    lag = f"{np.median(lags):.0f} / {np.percentile(lags, 95):.0f}" if lags else "-"
    return (
        f"| {n_players} | {cores:.3f} | {cores / PROTOTYPE_CORES:.2f} | {np.mean(frames):.1f} | "
        f"{lag} | {rate / 1000:.2f} | {jpeg / 1000:.0f} | {jpeg / rate:.0f} |"
    )


def main() -> None:
    """Print the table."""
    parser = argparse.ArgumentParser(description=__doc__.partition("\n")[0])
    parser.add_argument("--seconds", type=float, default=20.0)
    parser.add_argument("--players", type=int, nargs="*", default=[1, 4, 15])
    options = parser.parse_args()
    print(f"load of the machine before: {psutil.getloadavg()[0]:.1f}")
    print(
        "| players | cores a player | of prototype | frames/s | latency p50 / p95 (frames) | ",
        end="",
    )
    print("kB/s | JPEG kB/s | JPEG is times |")
    print("| ---: " * 8 + "|")
    for n_players in options.players:
        print(asyncio.run(measure(n_players, options.seconds)), flush=True)


if __name__ == "__main__":
    main()
