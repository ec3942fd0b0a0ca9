"""Policies from files of stable-baselines3, with a stand-in of its interface."""

from __future__ import annotations

import sys
from pathlib import Path
from types import ModuleType, SimpleNamespace
from typing import Any

import numpy as np
import pytest

pytest.importorskip("gymnasium", reason="needs the extra `play`")

from gamelabel.games.play.deepmind_frames import FrameBuffer
from gamelabel.games.play.environments import open_environment
from gamelabel.games.play.loop import Loop
from gamelabel.games.play.policies import open_policy
from gamelabel.games.play.tasks import Seat, Task
from tests.games.play.atari_tasks import atari, needs_atari

CART = Task("cart", "gamelabel.games.play.worlds.cart_pole:CartPole")


class PPO:
    """What the library has of this name: `load`, `observation_space`, `predict`."""

    shape: tuple[int, ...] = (4,)
    action = 1

    def __init__(self) -> None:
        self.observation_space = SimpleNamespace(shape=self.shape)
        self.seen: list[Any] = []

    @classmethod
    def load(cls, path: Path, device: str = "auto") -> PPO:
        if Path(path).read_bytes() != b"weights":
            raise ValueError("not a zip file")
        assert device == "cpu"
        return cls()

    def predict(self, observation: Any, deterministic: bool = False) -> tuple[Any, None]:
        assert deterministic
        self.seen.append(np.array(observation))
        return np.int64(self.action), None


@pytest.fixture
def folder(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    library: Any = ModuleType("stable_baselines3")
    library.PPO = PPO
    monkeypatch.setitem(sys.modules, "stable_baselines3", library)
    (tmp_path / "partner.zip").write_bytes(b"weights")
    (tmp_path / "broken.zip").write_bytes(b"wei")
    return tmp_path


def test_a_policy_of_numbers_plays_by_the_observation(folder: Path) -> None:
    task = Task(CART.name, CART.environment, seats=(Seat(policy="ppo:partner.zip"),), folder=folder)
    environment = open_environment(task)
    loop = Loop(task, environment, [])
    first = loop.begin_episode().observations["player"]
    assert loop.advance().actions == {"player": 1}
    model = loop.controls["player"].policy._model  # type: ignore[union-attr]
    np.testing.assert_array_equal(model.seen[0], first)


@needs_atari
@pytest.mark.parametrize("shape", [(84, 84, 4), (4, 84, 84)])
def test_a_policy_of_pictures_gets_the_stacks_of_the_frame_buffer(
    folder: Path, monkeypatch: pytest.MonkeyPatch, shape: tuple[int, ...]
) -> None:
    monkeypatch.setattr(PPO, "shape", shape)
    environment = open_environment(atari("SpaceInvaders"))
    environment.reset(seed=0)
    assert environment.emulator is not None
    policy: Any = open_policy("ppo:partner.zip", folder)
    policy.start(environment, "player", 0)
    buffer = FrameBuffer()
    expected = [buffer.reset(environment.emulator.gray())]
    for _ in range(12):
        assert policy.act(environment) == 1
        environment.step({"player": 1})
        stack = buffer.add(environment.emulator.gray())
        expected += [] if stack is None else [stack]
    policy.act(environment)
    assert len(expected) == len(policy._model.seen) == 4  # the start, and each fourth frame
    for stack, seen in zip(expected, policy._model.seen, strict=True):
        assert seen.shape == shape
        first = seen if shape[0] == 4 else seen.transpose(2, 0, 1)
        np.testing.assert_array_equal(first, stack)


def test_what_cannot_be_loaded_is_one_sentence(
    folder: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    with pytest.raises(ValueError, match=r"broken\.zip is not a policy of ppo: not a zip file"):
        open_policy("ppo:broken.zip", folder)
    with pytest.raises(ValueError, match="has no algorithm 'sarsa'"):
        open_policy("sarsa:partner.zip", folder)
    monkeypatch.setitem(sys.modules, "stable_baselines3", None)
    with pytest.raises(ValueError, match="needs stable-baselines3; install it"):
        open_policy("ppo:partner.zip", folder)
