"""Tasks as agents play them, and what they see of Space Invaders."""

from functools import partial

import numpy as np
import pytest

from gamelabel.games.play.agent_environment import AgentEnvironment, observe_memory
from gamelabel.games.play.memory_features import N_FEATURES, space_invaders_features
from gamelabel.games.play.tasks import Task, TaskStatistic

CART = Task(
    "cart",
    "gamelabel.games.play.worlds.cart_pole:CartPole",
    statistics=(TaskStatistic("points", "score"),),
)
INVADERS = Task(
    "plain",
    "ale_py:ALE/SpaceInvaders-v5",
    {"frameskip": 1, "repeat_action_probability": 0.0},
    no_ops=30,
)


def test_an_action_holds_for_its_frames_and_rewards_add_up() -> None:
    environment = AgentEnvironment(CART, every=3)
    assert environment.n_actions == 2
    environment.reset(seed=1)
    rewards, terminated = [], False
    while not terminated:
        _, reward, terminated, truncated, info = environment.step(1)
        rewards.append(reward)
        assert not truncated
    assert all(reward == 3 for reward in rewards[:-1]) and 1 <= rewards[-1] <= 3
    assert info == {"points": sum(rewards)}
    with pytest.raises(ValueError, match="call reset first"):
        environment.step(0)
    environment.close()


def test_an_episode_is_cut_off_after_the_most_frames() -> None:
    environment = AgentEnvironment(CART, every=4, max_frames=6)
    environment.reset(seed=1)
    assert environment.step(0)[2:4] == (False, False)
    _, reward, terminated, truncated, _ = environment.step(1)
    assert (reward, terminated, truncated) == (2.0, False, True)
    environment.close()


def test_the_same_seed_starts_alike_and_another_does_not() -> None:
    environment = AgentEnvironment(CART)
    starts = [environment.reset(seed=seed)[0] for seed in (4, 4, 5)]
    environment.close()
    assert np.array_equal(starts[0], starts[1]) and not np.array_equal(starts[0], starts[2])


def test_a_game_without_an_emulator_has_no_memory() -> None:
    environment = AgentEnvironment(CART, observe_memory)
    with pytest.raises(ValueError, match="no emulator"):
        environment.reset(seed=0)
    environment.close()


def test_features_of_several_frames_are_those_of_each() -> None:
    memory = np.random.default_rng(0).integers(0, 256, (3, 5, 128), np.uint8)
    features = space_invaders_features(memory)
    assert features.shape == (3, 5, N_FEATURES)
    assert np.array_equal(features[1, 2], space_invaders_features(memory[1, 2]))
    aliens = features[..., :36].reshape(3, 5, 6, 6) @ (2 ** np.arange(6))
    assert np.array_equal(aliens, memory[..., 18:24] & 0b111111)
    with pytest.raises(ValueError, match="128 bytes"):
        space_invaders_features(memory[..., :100])


def test_the_aliens_of_a_new_game_all_stand() -> None:
    pytest.importorskip("ale_py", reason="the extra atari is not installed")
    make = partial(AgentEnvironment, INVADERS, observe_memory, 4)
    environment = make()
    memory, _ = environment.reset(seed=0)
    features = space_invaders_features(memory)
    assert features[:36].sum() == 36
    for _ in range(40):  # nothing moves in the first frames
        memory, *_ = environment.step(1)
    following = space_invaders_features(memory)
    environment.close()
    assert not np.array_equal(features[36:], following[36:])
