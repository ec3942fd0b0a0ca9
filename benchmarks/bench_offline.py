"""Milliseconds an update of each offline algorithm, beside d3rlpy's on the same data.

    python -m benchmarks.bench_offline                   # updates of each: 500
    python -m benchmarks.bench_offline 200 --only BC CQL
    python -m benchmarks.bench_offline --pixels 5        # the small and the Nature CNN, ours alone

Both sides learn from the same transitions of 40 numbers and 6 actions with layers of 64 and 64
features, batches of 32, one thread, and time counts as processor time of whole trainings: drawing
the batch, update, target network and log. Ours runs in the project's loop. d3rlpy is not a part of
this environment, since it asks for an older Gymnasium: the script makes an environment in a
temporary folder that sees this one's PyTorch, and installs d3rlpy there without its dependencies.
Of these it needs the few in `D3RLPY`. Without a package index only ours is measured.
"""

from __future__ import annotations

import json
import os
import subprocess
import sys
import sysconfig
import tempfile
import time
from pathlib import Path

import numpy as np
import torch

from benchmarks.timing import make_parser
from gamelabel.offline import ALGORITHMS, Demonstration, Transitions, fit, make_learner
from gamelabel.offline import make_transitions as combine

D3RLPY = ["d3rlpy==2.8.1", "structlog", "dataclasses-json", "marshmallow", "typing-inspect"]
D3RLPY += ["mypy-extensions", "gym==0.26.2", "gym-notices", "colorama", "click"]
BATCH, TARGET_INTERVAL, FEATURES, ACTIONS = 32, 200, 40, 6
# the other side, a script for the environment of its own
THEIRS = """
import json, sys, time, warnings
warnings.filterwarnings("ignore")
import numpy as np
import torch
torch.set_num_threads(1)
import d3rlpy
from d3rlpy.models import (
    IQNQFunctionFactory, QRQFunctionFactory, VectorEncoderFactory,
)
file, updates, batch, interval = sys.argv[1], *map(int, sys.argv[2:5])
data = dict(np.load(file))
dataset = d3rlpy.dataset.MDPDataset(
    data["observations"], data["actions"], data["rewards"], data["terminals"], data["timeouts"],
    action_space=d3rlpy.ActionSpace.DISCRETE,
)
encoder = VectorEncoderFactory([64, 64])
common = {"batch_size": batch}
qr, iqn = QRQFunctionFactory(n_quantiles=32), IQNQFunctionFactory(n_quantiles=32)
algos = d3rlpy.algos
value = {"encoder_factory": encoder, "target_update_interval": interval, **common}
sac = {"actor_encoder_factory": encoder, "critic_encoder_factory": encoder}
sac |= {"target_update_interval": interval, **common}
configs = {
    "BC": lambda: algos.DiscreteBCConfig(encoder_factory=encoder, **common),
    "BCQ": lambda: algos.DiscreteBCQConfig(**value),
    "CQL": lambda: algos.DiscreteCQLConfig(**value),
    "IQN": lambda: algos.DoubleDQNConfig(q_func_factory=iqn, **value),
    "QR": lambda: algos.DoubleDQNConfig(q_func_factory=qr, **value),
    "DQN": lambda: algos.DoubleDQNConfig(**value),
    "SAC": lambda: algos.DiscreteSACConfig(**sac),
}
seconds = {}
for name in sys.argv[5:]:
    algorithm = configs[name]().create(device="cpu:0")
    algorithm.build_with_dataset(dataset)
    for _ in range(20):
        algorithm.update(dataset.sample_transition_batch(batch))
    start = time.process_time()
    for _ in range(updates):
        algorithm.update(dataset.sample_transition_batch(batch))
    seconds[name] = time.process_time() - start
print(json.dumps(seconds))
"""


def made_up_episodes(n: int = 20, steps: int = 250) -> list[Demonstration]:
    """Return episodes of random numbers: what is learned does not matter for the time it takes."""
    rng = np.random.default_rng(0)
    last = np.arange(steps) == steps - 1
    return [
        Demonstration(
            rng.normal(size=(steps + 1, FEATURES)).astype(np.float32),
            rng.integers(ACTIONS, size=steps),
            rng.normal(size=steps),
            last,
            last & False,
        )
        for _ in range(n)
    ]


def milliseconds(name: str, data: Transitions, updates: int, network: str = "mlp") -> float:
    """Return our processor time of an update, after one short training as warm-up."""
    settings = {"batch_size": BATCH, "target_interval": TARGET_INTERVAL}
    for count in (20, updates):
        learner = make_learner(name, data, settings, network)  # type: ignore[arg-type]
        with tempfile.TemporaryDirectory() as folder:
            start = time.process_time()
            fit(learner, data, count, Path(folder))
            seconds = time.process_time() - start
    return 1000 * seconds / updates


def make_environment(folder: Path) -> Path | None:
    """Return the Python of a new environment with d3rlpy, or None if it cannot be installed."""
    subprocess.run([sys.executable, "-m", "venv", folder], check=True)
    python = folder / "bin" / "python"
    paths = {"base": str(folder), "platbase": str(folder)}
    packages = Path(sysconfig.get_path("purelib", vars=paths))
    command = [python, "-m", "pip", "install", "-q", "--no-deps", "--disable-pip-version-check"]
    if subprocess.run([*command, *D3RLPY]).returncode:
        return None
    # after its own packages, those of this environment: PyTorch, NumPy, Gymnasium
    (packages / "this_environment.pth").write_text(sysconfig.get_path("purelib") + "\n")
    return python


def their_milliseconds(
    episodes: list[Demonstration], names: list[str], updates: int
) -> dict[str, float]:
    """Return d3rlpy's processor time of an update, empty if it cannot be installed."""
    with tempfile.TemporaryDirectory() as name:
        folder = Path(name)
        python = make_environment(folder / "environment")
        if python is None:
            print("d3rlpy could not be installed: only ours is measured")
            return {}
        np.savez(
            folder / "data.npz",
            observations=np.concatenate([episode.observations[:-1] for episode in episodes]),
            actions=np.concatenate([episode.actions for episode in episodes])[:, None],
            rewards=np.concatenate([episode.rewards for episode in episodes])[:, None],
            terminals=np.concatenate([episode.terminated for episode in episodes]).astype(float),
            timeouts=np.concatenate([episode.truncated for episode in episodes]).astype(float),
        )
        (folder / "theirs.py").write_text(THEIRS)
        numbers = [str(number) for number in (updates, BATCH, TARGET_INTERVAL)]
        result = subprocess.run(
            [python, folder / "theirs.py", folder / "data.npz", *numbers, *names],
            capture_output=True,
            text=True,
            cwd=folder,
            env={**os.environ, "PYTHONPATH": "", "OMP_NUM_THREADS": "1"},
        )
    if result.returncode:
        print(f"d3rlpy stopped: {result.stderr.strip().splitlines()[-1]}")
        return {}
    seconds = json.loads(result.stdout.strip().splitlines()[-1])
    return {name: 1000 * value / updates for name, value in seconds.items()}


def time_pixels(updates: int) -> None:
    """Print the time of an update on stacked frames."""
    rng = np.random.default_rng(0)
    last = np.arange(300) == 299
    frames = rng.integers(0, 256, (301, 84, 84), np.uint8)
    episode = Demonstration(
        frames, rng.integers(ACTIONS, size=300), rng.normal(size=300), last, last & False
    )
    data = combine([episode], ACTIONS, frame_stack=4)
    for network in ("small cnn", "nature cnn"):
        for name in ("BC", "DQN"):
            print(f"{network:>10} {name:>4} {milliseconds(name, data, updates, network):8.1f} ms")


def main() -> None:
    parser = make_parser(__doc__)
    parser.add_argument("updates", nargs="?", type=int, default=500, help="updates of each")
    parser.add_argument("--only", nargs="+", choices=list(ALGORITHMS), default=list(ALGORITHMS))
    parser.add_argument("--pixels", type=int, metavar="UPDATES", default=0)
    arguments = parser.parse_args()
    os.environ["TQDM_DISABLE"] = "1"
    torch.set_num_threads(1)
    if arguments.pixels:
        time_pixels(arguments.pixels)
        return
    episodes = made_up_episodes()
    data = combine(episodes, ACTIONS)
    print(f"load {os.getloadavg()[0]:.1f}; ms of processor time an update, batch {BATCH}")
    ours = {name: milliseconds(name, data, arguments.updates) for name in arguments.only}
    theirs = their_milliseconds(episodes, arguments.only, arguments.updates)
    print(f"{'':>4} {'ours':>8} {'d3rlpy':>8} {'times':>6}")
    for name, value in ours.items():
        other = theirs.get(name, float("nan"))
        print(f"{name:>4} {value:8.2f} {other:8.2f} {other / value:6.1f}")


if __name__ == "__main__":
    main()
