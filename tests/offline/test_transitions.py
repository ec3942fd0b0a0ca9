"""The data set: what a learner sees of an episode, and episodes that are refused."""

from types import SimpleNamespace

import numpy as np
import pytest
import torch
from hypothesis import given, settings
from hypothesis import strategies as st

from gamelabel.offline import Demonstration, best_episodes, make_transitions, skip_frames


def episode(steps: int, start: float = 0.0, ended: bool = True, shape=(1,)) -> Demonstration:
    """An episode whose observations count up from `start`."""
    numbers = start + np.arange(steps + 1.0)
    last = np.arange(steps) == steps - 1
    return Demonstration(
        np.broadcast_to(numbers.reshape(-1, *[1] * len(shape)), (steps + 1, *shape)).copy(),
        np.arange(steps) % 3,
        np.arange(steps) + 1.0,
        last & ended,
        last & (not ended),
    )


def test_the_next_observation_is_of_the_same_episode() -> None:
    transitions = make_transitions([episode(3), episode(2, 10, ended=False)], 3)
    batch = transitions.batch(torch.arange(5))
    assert batch.observations[:, 0].tolist() == [0, 1, 2, 10, 11]
    assert batch.next_observations[:, 0].tolist() == [1, 2, 3, 11, 12]
    assert batch.actions.tolist() == [0, 1, 2, 0, 1]
    assert batch.terminated.tolist() == [0, 0, 1, 0, 0]  # the second one was cut off
    assert transitions.truncated.tolist() == [False, False, False, False, True]
    assert transitions.episode_returns().tolist() == [6.0, 3.0]
    assert len(transitions.observations) == 7  # stored once


def test_stacked_frames_repeat_the_first_and_stay_in_the_episode() -> None:
    transitions = make_transitions([episode(3), episode(3, 10)], 3, frame_stack=3)
    assert transitions.observation_shape == (3, 1)
    batch = transitions.batch(torch.tensor([0, 2, 3, 4]))
    assert batch.observations[..., 0].tolist() == [[0, 0, 0], [0, 1, 2], [10] * 3, [10, 10, 11]]
    assert batch.next_observations[..., 0].tolist() == [
        [0, 0, 1],
        [1, 2, 3],
        [10, 10, 11],
        [10, 11, 12],
    ]


def test_stacked_frames_are_gymnasiums() -> None:
    gymnasium = pytest.importorskip("gymnasium")
    env = gymnasium.wrappers.FrameStackObservation(gymnasium.make("CartPole-v1"), 4)
    plain = gymnasium.make("CartPole-v1")
    stacked, frames = [env.reset(seed=1)[0]], [plain.reset(seed=1)[0]]
    for _ in range(6):
        stacked.append(env.step(1)[0])
        frames.append(plain.step(1)[0])
    flags = np.zeros(6)
    played = Demonstration(np.stack(frames), np.ones(6), flags, flags, flags)
    batch = make_transitions([played], 2, frame_stack=4).batch(torch.arange(6))
    assert np.array_equal(batch.observations.numpy(), np.stack(stacked[:-1]))
    assert np.array_equal(batch.next_observations.numpy(), np.stack(stacked[1:]))


def test_screens_stay_bytes_and_any_object_with_the_attributes_will_do() -> None:
    screens = SimpleNamespace(
        observations=np.zeros((3, 84, 84), np.uint8),
        actions=[0, 1],
        rewards=[0, 1],
        terminated=[False, True],
        truncated=[False, False],
    )
    transitions = make_transitions([screens], 2, frame_stack=4)
    batch = transitions.batch(torch.tensor([1]))
    assert batch.observations.dtype == torch.uint8
    assert tuple(batch.observations.shape) == (1, 4, 84, 84)


@pytest.mark.parametrize(
    ("change", "message"),
    [
        ({"observations": np.zeros((3, 1))}, "episode 1: 3 steps need 4 observations"),
        ({"actions": np.array([0, 1, 3])}, "episode 1: an action is not from 0 to 2"),
        ({"actions": np.array([0, 1])}, "episode 1: .* not one number a step each"),
        ({"rewards": np.array([0, np.nan, 0])}, "episode 1: the reward of step 1 is not finite"),
        ({"observations": np.array([0, 1, np.inf, 3])[:, None]}, "observation 2 is not finite"),
        ({"terminated": np.array([1, 0, 0])}, "episode 1: it goes on after step 0"),
        ({"observations": np.zeros((4, 2))}, "observations of different shapes"),
    ],
)
def test_an_episode_that_is_not_whole_is_named(change, message: str) -> None:
    with pytest.raises(ValueError, match=message):
        make_transitions([episode(3), episode(3)._replace(**change)], 3)


def test_no_episodes() -> None:
    with pytest.raises(ValueError, match="no step to learn from"):
        make_transitions([], 3)


def test_the_best_episodes_keep_their_order() -> None:
    episodes = [episode(steps) for steps in (2, 5, 1, 4)]
    assert [len(e.actions) for e in best_episodes(episodes, 0.5)] == [5, 4]
    assert len(best_episodes(episodes, 0.01)) == 1
    with pytest.raises(ValueError, match="share of episodes"):
        best_episodes(episodes, 0)


@given(st.integers(1, 40), st.integers(1, 6), st.booleans())
@settings(max_examples=60, deadline=None)
def test_skipped_frames_of_all_offsets_are_all_transitions(
    steps: int, skip: int, ended: bool
) -> None:
    original = episode(steps, ended=ended)
    parts = [skip_frames(original, skip, offset) for offset in range(skip)]
    actions = sorted(number for part in parts for number in part.observations[:-1, 0])
    assert actions == list(range(steps))
    for offset, part in enumerate(parts):
        assert part.rewards.sum() == original.rewards[offset:].sum()
        assert len(part.observations) == len(part.actions) + 1
        if len(part.actions):
            assert part.observations[-1, 0] == steps
            assert (part.terminated[-1], part.truncated[-1]) == (ended, not ended)
            assert not (part.terminated | part.truncated)[:-1].any()


def test_the_fingerprint_is_of_the_content() -> None:
    prints = {
        make_transitions(episodes, n).fingerprint()
        for episodes, n in (
            ([episode(3)], 3),
            ([episode(3)], 4),
            ([episode(3, ended=False)], 3),
            ([episode(3, 1)], 3),
        )
    }
    assert len(prints) == 4
    assert make_transitions([episode(3)], 3).fingerprint() in prints
