"""Observations as agents of Atari games get them, made of all the frames that people see.

An agent acts once in four frames. Its observation of these is the maximum of the last two, in gray
and 84 x 84 pixels, stacked with the three observations before it (Mnih et al., 2015). The usual
wrappers skip the frames between; a `FrameBuffer` gets every frame, live or from a recording, and
gives the same observations.

There are two conventions, whose observations differ in games of many colors:

- ``gymnasium``: gray, then the maximum. Equal to Gymnasium's `FrameStackObservation` of its
  `AtariPreprocessing`, where the first observation is stacked with itself.
- ``crowdplay``: the maximum of the colors, then gray, as in OpenAI's baselines and in CrowdPlay,
  where the first observation is stacked with zeros.
"""

from __future__ import annotations

from collections import deque
from collections.abc import Iterable, Iterator
from typing import TYPE_CHECKING, Literal, get_args

import numpy as np
from numpy.typing import NDArray

if TYPE_CHECKING:
    from gamelabel.games.play.pictures import ScreenPicture

Convention = Literal["gymnasium", "crowdplay"]
Frame = NDArray[np.uint8]
SKIP, STACK, SIZE = 4, 4, 84


class FrameBuffer:
    """Makes an agent's observations of the frames of an episode.

    Parameters
    ----------
    convention : {"gymnasium", "crowdplay"}
        The order of maximum and gray, and what the first observation is stacked with.
    skip : int
        Frames for which an action is held, at least 2.
    stack : int
        Observations in a stack.
    size : int
        Width and height of an observation in pixels.

    Notes
    -----
    An observation of a game that ends between two actions repeats what was last taken, as
    Gymnasium's does: nothing is taken of a frame at which the game is over.

    References
    ----------
    Mnih et al., "Human-level control through deep reinforcement learning" (2015).

    Examples
    --------
    >>> buffer = FrameBuffer(size=2)
    >>> frames = np.arange(9, dtype=np.uint8)[:, None, None] * np.ones((4, 4), np.uint8)
    >>> buffer.reset(frames[0]).shape
    (4, 2, 2)
    >>> made = [buffer.add(frame) for frame in frames[1:]]
    >>> [None if one is None else one[:, 0, 0].tolist() for one in made[:4]]
    [None, None, None, [0, 0, 0, 4]]
    >>> buffer.stacked()[:, 0, 0].tolist()
    [0, 0, 4, 8]
    """

    def __init__(
        self,
        convention: Convention = "gymnasium",
        skip: int = SKIP,
        stack: int = STACK,
        size: int = SIZE,
    ) -> None:
        if convention not in get_args(Convention):
            known = " or ".join(get_args(Convention))
            raise ValueError(f"the convention is {known}, not {convention!r}")
        if skip < 2:
            raise ValueError(f"an action is held for 2 frames or more, not {skip}")
        self.convention, self.skip, self.size = convention, skip, size
        self._stack: deque[Frame] = deque(maxlen=stack)
        self._frame = 0
        self._last = self._before_last = np.zeros((0, 0), np.uint8)

    def reset(self, frame: Frame | ScreenPicture) -> Frame:
        """Begin an episode with its frame 0 and return its stack of observations.

        Parameters
        ----------
        frame : ndarray of uint8 or ScreenPicture
            Gray of shape (height, width), or RGB of shape (height, width, 3).

        Returns
        -------
        ndarray of uint8, shape (stack, size, size)
            The oldest observation first.
        """
        self._frame = 0
        self._last = self._screen(frame)
        self._before_last = np.zeros_like(self._last)
        first = self._observation()
        is_repeated = self.convention == "gymnasium"
        empty = first if is_repeated else np.zeros_like(first)
        self._stack.extend([empty] * (self._stack.maxlen or 1))
        self._stack[-1] = first
        return self.stacked()

    def add(self, frame: Frame | ScreenPicture, is_last: bool = False) -> Frame | None:
        """Add the next frame; return a stack of observations when an agent would get one.

        Parameters
        ----------
        frame : ndarray of uint8 or ScreenPicture
            As in `reset`.
        is_last : bool
            Whether the episode ends with this frame.

        Returns
        -------
        ndarray of uint8, shape (stack, size, size), or None
            A stack after each `skip` frames and after the last one; None in between.
        """
        phase = self._frame % self.skip
        self._frame += 1
        if not is_last and phase == self.skip - 2:
            self._before_last = self._screen(frame)
        elif not is_last and phase == self.skip - 1:
            self._last = self._screen(frame)
        if not is_last and phase < self.skip - 1:
            return None
        self._stack.append(self._observation())
        return self.stacked()

    def stacked(self) -> Frame:
        """Return the last observations, shape (stack, size, size), the oldest first."""
        return np.stack(self._stack)

    def _screen(self, frame: Frame | ScreenPicture) -> Frame:
        return _gray(frame) if self.convention == "gymnasium" else _colors(frame)

    def _observation(self) -> Frame:
        import cv2

        self._last = np.maximum(self._last, self._before_last)
        gray = self._last if self.convention == "gymnasium" else _gray(self._last)
        resized = cv2.resize(gray, (self.size, self.size), interpolation=cv2.INTER_AREA)
        return np.asarray(resized, np.uint8)


def _gray(frame: Frame | ScreenPicture) -> Frame:
    """Return a frame in gray, as the emulator itself makes it."""
    import cv2

    if isinstance(frame, np.ndarray):
        if frame.ndim == 2:
            return frame.copy()
        return np.asarray(cv2.cvtColor(np.ascontiguousarray(frame), cv2.COLOR_RGB2GRAY))
    if frame.palette is None:
        return _gray(frame.pixels)
    shades: Frame = _gray(frame.palette[None])[0]
    return shades[frame.pixels]


def _colors(frame: Frame | ScreenPicture) -> Frame:
    """Return a frame in RGB."""
    rgb = frame if isinstance(frame, np.ndarray) else frame.rgb()
    if rgb.ndim != 3:
        raise ValueError("the convention crowdplay needs frames in color")
    return np.array(rgb)


def agent_observations(
    frames: Iterable[Frame | ScreenPicture],
    has_ended: bool = False,
    convention: Convention = "gymnasium",
) -> Frame:
    """Return the observations of an episode, one for each action of an agent.

    Parameters
    ----------
    frames : iterable of ndarray of uint8 or ScreenPicture
        All frames of the episode from frame 0, as `FrameBuffer.reset` takes them.
    has_ended : bool
        Whether the game was over at the last frame. If not, frames after the last whole action make
        no observation.
    convention : {"gymnasium", "crowdplay"}
        See the module.

    Returns
    -------
    ndarray of uint8, shape (n + 1, 84, 84)
        Observations of n actions, not stacked; see `stack_observations`.

    Examples
    --------
    >>> agent_observations(np.zeros((10, 210, 160), np.uint8)).shape  # 9 frames after frame 0
    (3, 84, 84)
    >>> agent_observations(np.zeros((10, 210, 160), np.uint8), has_ended=True).shape
    (4, 84, 84)
    """
    buffer = FrameBuffer(convention, stack=1)
    remaining = iter(frames)
    observations = [buffer.reset(next(remaining))[0]]
    for frame, is_last in _mark_last(remaining):
        made = buffer.add(frame, is_last and has_ended)
        if made is not None:
            observations.append(made[0])
    return np.stack(observations)


def _mark_last(
    frames: Iterator[Frame | ScreenPicture],
) -> Iterator[tuple[Frame | ScreenPicture, bool]]:
    """Yield each frame, and whether it is the last one."""
    frame = next(frames, None)
    while frame is not None:
        following = next(frames, None)
        yield frame, following is None
        frame = following


def stack_observations(
    observations: Frame, stack: int = STACK, convention: Convention = "gymnasium"
) -> Frame:
    """Return a stack for each observation of an episode, without copying them.

    Parameters
    ----------
    observations : ndarray of uint8, shape (n, height, width)
        The observations, from `agent_observations`.
    stack : int
        Observations in a stack.
    convention : {"gymnasium", "crowdplay"}
        What the first observations are stacked with.

    Returns
    -------
    ndarray of uint8, shape (n, stack, height, width)
        A read-only view, the oldest observation of a stack first.

    Examples
    --------
    >>> one = np.arange(1, 4, dtype=np.uint8)[:, None, None]
    >>> stack_observations(one)[:, :, 0, 0].tolist()
    [[1, 1, 1, 1], [1, 1, 1, 2], [1, 1, 2, 3]]
    >>> stack_observations(one, convention="crowdplay")[:, :, 0, 0].tolist()
    [[0, 0, 0, 1], [0, 0, 1, 2], [0, 1, 2, 3]]
    """
    first = observations[:1] if convention == "gymnasium" else np.zeros_like(observations[:1])
    padded = np.concatenate([np.repeat(first, stack - 1, axis=0), observations])
    windows = np.lib.stride_tricks.sliding_window_view(padded, stack, axis=0)
    return np.moveaxis(windows, -1, 1)
