"""The frame buffer against Gymnasium's wrappers, pixel by pixel, in both conventions."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

import numpy as np
import pytest

from gamelabel.games.play.deepmind_frames import (
    Convention,
    FrameBuffer,
    agent_observations,
    stack_observations,
)
from gamelabel.games.play.pictures import ScreenPicture
from tests.games.play.atari import atari

cv2 = pytest.importorskip("cv2")


def palette_picture(ale: Any) -> ScreenPicture:
    """Return the screen as the emulator's indices and their colors."""
    pixels, rgb = ale.getScreen(), ale.getScreenRGB()
    palette = np.zeros((256, 3), np.uint8)
    palette[pixels.ravel()] = rgb.reshape(-1, 3)
    return ScreenPicture(pixels.copy(), palette)


def wrapped(game: str) -> Any:
    """Return Gymnasium's own pipeline, of four frames an action and without random starts."""
    from gymnasium.wrappers import AtariPreprocessing, FrameStackObservation

    return FrameStackObservation(AtariPreprocessing(atari(game), noop_max=0), 4)


def agent_actions(seed: int, count: int, frames: int) -> Iterator[int]:
    rng = np.random.default_rng(seed)
    yield from rng.integers(0, count, -(-frames // 4)).tolist()


@pytest.mark.slow
@pytest.mark.parametrize("kind", [pytest.param("gray", marks=pytest.mark.full), "color", "palette"])
@pytest.mark.parametrize("game", ["SpaceInvaders", "Riverraid", "Qbert"])
def test_live_it_equals_gymnasium(game: str, kind: str) -> None:
    """All frames of a game go into the buffer, and every observation comes out as Gymnasium's."""
    frames = 10_000 if kind == "gray" else 1_200
    reference, env = wrapped(game), atari(game)
    ale = env.unwrapped.ale
    screen = {
        "gray": ale.getScreenGrayscale,
        "color": ale.getScreenRGB,
        "palette": lambda: palette_picture(ale),
    }[kind]
    actions = agent_actions(0, env.action_space.n, 2 * frames)
    buffer, played, games = FrameBuffer(), 0, 0
    while played < frames:
        expected, _ = reference.reset(seed=0)
        env.reset(seed=0)
        np.testing.assert_array_equal(buffer.reset(screen()), expected)
        terminated, games = False, games + 1
        while not terminated and played < frames:
            action = next(actions)
            expected, _, terminated, _, _ = reference.step(action)
            made = None
            while made is None:
                _, _, is_over, _, _ = env.step(action)
                made = buffer.add(screen(), is_last=is_over)
                played += 1
            assert is_over == terminated
            np.testing.assert_array_equal(made, expected)
    assert games > 1 or kind != "gray"  # ends of games were among them


@pytest.mark.slow
@pytest.mark.parametrize("game", ["SpaceInvaders", "Riverraid"])
def test_afterwards_it_equals_gymnasium(game: str) -> None:
    """The frames of a whole game, and its observations for learners."""
    reference, env = wrapped(game), atari(game)
    expected, frames = [reference.reset(seed=0)[0]], []
    env.reset(seed=0)
    frames.append(env.unwrapped.ale.getScreenGrayscale())
    is_over = False
    for action in agent_actions(1, env.action_space.n, 40_000):
        if is_over:
            break
        expected.append(reference.step(action)[0])
        for _ in range(4):
            is_over = env.step(action)[2]
            frames.append(env.unwrapped.ale.getScreenGrayscale())
            if is_over:
                break
    assert is_over
    made = stack_observations(agent_observations(frames, has_ended=True))
    np.testing.assert_array_equal(made, expected)
    cut = agent_observations(frames[: 4 * 20 + 3])  # a player who leaves in between two actions
    np.testing.assert_array_equal(stack_observations(cut), expected[:21])


@pytest.mark.slow
def test_the_two_conventions_differ_in_colors_but_not_in_space_invaders() -> None:
    """River Raid has colors whose maximum is another color than either."""
    differing = {}
    for game in ("SpaceInvaders", "Riverraid"):
        env = atari(game)
        env.reset(seed=0)
        screens = [env.unwrapped.ale.getScreenRGB()]
        for action in agent_actions(2, env.action_space.n, 600):
            for _ in range(4):
                env.step(action)
                screens.append(env.unwrapped.ale.getScreenRGB())
        gray_first = agent_observations(screens, convention="gymnasium")
        color_first = agent_observations(screens, convention="crowdplay")
        differing[game] = (gray_first != color_first).any(axis=(1, 2))[1:].mean()
    assert differing["SpaceInvaders"] == 0
    assert differing["Riverraid"] > 0.5


def crowdplay_buffer(frames: list[np.ndarray]) -> np.ndarray:
    """The convention as its definition says: maxima of two frames, four apart, zeros before."""

    def observation(last: int) -> np.ndarray:
        pair = [frames[i] if i >= 0 else np.zeros_like(frames[0]) for i in (last, last - 1)]
        gray = cv2.cvtColor(np.maximum(*pair), cv2.COLOR_RGB2GRAY)
        return cv2.resize(gray, (84, 84), interpolation=cv2.INTER_AREA)

    last = len(frames) - 1
    return np.stack([observation(last - 4 * i) for i in (3, 2, 1, 0)])


@pytest.mark.parametrize("agent_steps", [0, 1, 3, 6])
def test_the_convention_of_crowdplay(agent_steps: int) -> None:
    rng = np.random.default_rng(0)
    frames = list(rng.integers(0, 256, (4 * agent_steps + 1, 30, 20, 3), np.uint8))
    buffer = FrameBuffer("crowdplay")
    buffer.reset(frames[0])
    for frame in frames[1:]:
        buffer.add(frame)
    made = buffer.stacked()
    np.testing.assert_array_equal(made, crowdplay_buffer(frames))
    stacked = stack_observations(agent_observations(frames, convention="crowdplay"), 4, "crowdplay")
    np.testing.assert_array_equal(stacked[-1], made)


@pytest.mark.parametrize("convention", ["gymnasium", "crowdplay"])
def test_a_second_episode_remembers_nothing_of_the_first(convention: Convention) -> None:
    rng = np.random.default_rng(0)
    first, second = rng.integers(0, 256, (2, 9, 30, 20, 3), np.uint8)
    used, fresh = FrameBuffer(convention), FrameBuffer(convention)
    used.reset(first[0])
    for frame in first[1:7]:
        used.add(frame)
    for buffer in (used, fresh):
        buffer.reset(second[0])
        for frame in second[1:]:
            buffer.add(frame)
    np.testing.assert_array_equal(used.stacked(), fresh.stacked())


def test_what_it_is_given_is_not_changed_and_not_kept() -> None:
    buffer = FrameBuffer()
    frame = np.full((20, 20), 7, np.uint8)
    expected = buffer.reset(frame).copy()
    frame[:] = 0
    np.testing.assert_array_equal(buffer.stacked(), expected)


def test_bad_arguments_are_one_sentence() -> None:
    with pytest.raises(ValueError, match="gymnasium or crowdplay, not 'atari'"):
        FrameBuffer("atari")  # type: ignore[arg-type]
    with pytest.raises(ValueError, match="2 frames or more, not 1"):
        FrameBuffer(skip=1)
    with pytest.raises(ValueError, match="frames in color"):
        FrameBuffer("crowdplay").reset(np.zeros((4, 4), np.uint8))
