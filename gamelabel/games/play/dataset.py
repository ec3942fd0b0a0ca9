"""Recorded episodes for learners: chosen by metadata, played again, as NumPy arrays."""

from __future__ import annotations

import json
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import Any, Literal

import numpy as np
from numpy.typing import NDArray

from gamelabel.games.play.deepmind_frames import SKIP, agent_observations
from gamelabel.games.play.environments import Environment
from gamelabel.games.play.recorded_folder import recorded_metadata, select
from gamelabel.games.play.recorded_tables import RecordedEpisode, read_episodes
from gamelabel.games.play.replayed import environment_of, replay, stored_observations
from gamelabel.games.play.transition import Transition

ObservationKind = Literal["native", "memory", "rgb", "gray", "deepmind"]


@dataclass(frozen=True)
class Episode:
    """What one seat saw, did and received in one episode, for learners.

    Attributes
    ----------
    observations : ndarray, shape (n + 1, ...)
        The observation before each of n actions, and the last one.
    actions : ndarray, shape (n,) or (n, k)
        The actions: numbers, or vectors of k values.
    rewards : ndarray of float32, shape (n,)
        What each action brought.
    terminated, truncated : ndarray of bool, shape (n,)
        Whether the episode came to its end with this action, or was cut short: by a limit of time,
        or because the player left.
    controllers : ndarray of str, shape (n,)
        Who acted: human, policy or fallback.
    info : dict
        The row of the episode's metadata.
    """

    observations: NDArray[Any]
    actions: NDArray[Any]
    rewards: NDArray[np.float32]
    terminated: NDArray[np.bool_]
    truncated: NDArray[np.bool_]
    controllers: NDArray[np.str_]
    info: dict[str, Any]

    def __len__(self) -> int:
        return len(self.rewards)


@dataclass(frozen=True)
class StoredEpisode:
    """An episode of a folder, of which so far only the metadata are read.

    Attributes
    ----------
    folder : Path
        The folder of recordings.
    info : dict
        Its row of the metadata: one seat of the episode.
    """

    folder: Path
    info: dict[str, Any]

    @property
    def seat(self) -> str:
        """The seat that the row is about."""
        return str(self.info["seat"])

    def recorded(self) -> RecordedEpisode:
        """Read its part of the recording."""
        of_game = read_episodes(self.folder, self.info["session_id"])
        name = self.info["episode_id"]
        return next(one for one in of_game if one.episode["episode_id"] == name)

    def load(
        self,
        observations: ObservationKind = "native",
        every: int | None = None,
        module_folder: Path | None = None,
        environment: Environment | None = None,
        watch: Callable[[Transition], object] | None = None,
    ) -> Episode:
        """Play the episode again and return it as arrays.

        Parameters
        ----------
        observations : {"native", "memory", "rgb", "gray", "deepmind"}
            What is observed: what the environment itself returned, the emulator's RAM (uint8, 128),
            its screen in color or gray, or gray screens of 84 x 84 pixels as agents of Atari games
            get them, not stacked (see `deepmind_frames.stack_observations`).
        every : int, optional
            Frames for which an agent's action holds: 1 for all frames; for "deepmind" always 4. The
            action of a group of frames is its most frequent one, and rewards are added up.
        module_folder : Path, optional
            Where the environment's module is looked for.
        environment : Environment, optional
            An environment of `replayed.environment_of` for the same task, to be used again. By
            default one is made and closed.
        watch : callable, optional
            Receives each transition of the replay, such as `Collector.add`; none where an episode
            was recorded with its observations, which are then read and not made again.

        Raises
        ------
        ReplayDiffers
            If the frames that are made again are not those that were played.
        ValueError
            If the observations are not of these kinds, or the game has no emulator to take them of.
        """
        every = SKIP if observations == "deepmind" else every or 1
        recorded = self.recorded()
        frames = _frames(recorded, self.seat, observations, module_folder, environment, watch)
        has_ended = recorded.episode["ended"] in ("terminated", "truncated")
        if observations == "deepmind":
            seen = agent_observations(frames, has_ended)
        else:
            seen = _every(frames, every, has_ended)
        return _grouped(recorded, self.info, self.seat, seen, every)


def episodes(folder: str | Path, where: str | None = None) -> list[StoredEpisode]:
    """Choose episodes of a folder of recordings by their metadata.

    Parameters
    ----------
    folder : str or Path
        The folder of recordings.
    where : str, optional
        A condition or SQL; see `gamelabel.games.play.recorded_folder.select`. Without it, all.

    Returns
    -------
    list of StoredEpisode
        One for each chosen row, an episode and a seat. `load` reads and replays it.

    Raises
    ------
    FileNotFoundError
        If the folder has no recordings.
    ValueError
        If the condition cannot be evaluated.
    """
    rows = select(recorded_metadata(folder), where)
    return [StoredEpisode(Path(folder), row) for row in rows.to_dict("records")]


def load_all(
    chosen: list[StoredEpisode], observations: ObservationKind = "native", every: int = 1
) -> Iterator[Episode]:
    """Load episodes one after the other, with one environment for those of the same settings.

    Parameters
    ----------
    chosen, observations, every
        From `episodes`; see `StoredEpisode.load`.

    Yields
    ------
    Episode
        In the order of `chosen`.
    """
    with SharedEnvironments() as environments:
        for stored in chosen:
            yield stored.load(observations, every, environment=environments.environment_for(stored))


class SharedEnvironments:
    """Environments for replays, made once for all episodes of the same settings.

    Used in a ``with`` statement, which closes them.
    """

    def __init__(self) -> None:
        self._opened: dict[tuple[str, ...], Environment] = {}

    def __enter__(self) -> SharedEnvironments:
        return self

    def __exit__(self, *_: object) -> None:
        for environment in self._opened.values():
            environment.close()

    def environment_for(self, stored: StoredEpisode) -> Environment:
        """Return the environment of an episode."""
        key = tuple(str(stored.info[name]) for name in ("environment", "settings", "seats"))
        if key not in self._opened:
            self._opened[key] = environment_of(stored.recorded())
        return self._opened[key]


def replayed_transitions(
    stored: StoredEpisode, module_folder: Path | None = None
) -> Iterator[Transition]:
    """Yield the transitions of a stored episode as its replay makes them."""
    recorded = stored.recorded()
    environment = environment_of(recorded, module_folder)
    try:
        yield from replay(recorded, environment)
    finally:
        environment.close()


def _frames(
    recorded: RecordedEpisode,
    seat: str,
    kind: ObservationKind,
    module_folder: Path | None,
    shared: Environment | None,
    watch: Callable[[Transition], object] | None,
) -> Iterator[NDArray[Any]]:
    """Yield the observation of each frame, from frame 0."""
    if kind == "native" and recorded.episode["restore"] == "observations":
        yield from map(np.asarray, stored_observations(recorded, seat))
        return
    environment = shared or environment_of(recorded, module_folder)
    try:
        observe = _observer(environment, seat, kind)
        for transition in replay(recorded, environment):
            if watch is not None:
                watch(transition)
            yield observe()
    finally:
        if shared is None:
            environment.close()


def _observer(
    environment: Environment, seat: str, kind: ObservationKind
) -> Callable[[], NDArray[Any]]:
    """Return a function that observes the environment's present frame."""
    if kind == "native":
        return lambda: np.array(environment.observation(seat))
    emulator = environment.emulator
    if emulator is None and kind == "rgb":
        return lambda: environment.picture().rgb()
    if emulator is None:
        raise ValueError(f"{environment.name} has no emulator: it has no observations {kind!r}")
    observers = {"memory": emulator.memory, "rgb": emulator.rgb, "gray": emulator.gray}
    if kind not in {*observers, "deepmind"}:
        raise ValueError(f"observations are native, {', '.join(observers)} or deepmind: {kind!r}")
    return observers["gray" if kind == "deepmind" else kind]


def _every(frames: Iterator[NDArray[Any]], every: int, has_ended: bool) -> NDArray[Any]:
    """Return each `every`-th frame from frame 0, and the last one of a game that is over."""
    kept, last, count = [], None, 0
    for count, last in enumerate(frames):
        if count % every == 0:
            kept.append(last)
    if has_ended and count % every and last is not None:
        kept.append(last)
    return np.stack(kept)


def _grouped(
    recorded: RecordedEpisode, info: dict[str, Any], seat: str, seen: NDArray[Any], every: int
) -> Episode:
    """Return the arrays of an episode whose frames are taken in groups."""
    steps = recorded.steps[recorded.steps["seat"] == seat]
    count = len(seen) - 1
    starts = np.arange(count) * every
    ends = np.minimum(starts + every, len(steps))
    actions = np.asarray(recorded.actions(seat))
    rewards = steps["reward"].to_numpy(np.float32)
    terminated, truncated = steps["terminated"].to_numpy(bool), steps["truncated"].to_numpy(bool)
    controllers = steps["controller"].to_numpy(str)
    spans = list(zip(starts.tolist(), ends.tolist(), strict=True))
    is_cut = np.zeros(count, bool)
    is_over = np.array([bool(terminated[a:b].any()) for a, b in spans], bool)
    if count and not is_over[-1]:
        is_cut[-1] = True  # the player left, or time ran out
    return Episode(
        seen,
        np.array([_most_frequent(actions[a:b]) for a, b in spans], actions.dtype),
        np.array([rewards[a:b].sum() for a, b in spans], np.float32),
        is_over,
        is_cut | np.array([bool(truncated[a:b].any()) for a, b in spans], bool),
        np.array([controllers[b - 1] for _, b in spans], dtype=str),
        {**info, "seats": json.loads(recorded.episode["seats"])},
    )


def _most_frequent(actions: NDArray[Any]) -> Any:
    """Return the most frequent number, the first of several; of vectors the mean."""
    if actions.ndim > 1:
        return actions.mean(axis=0)
    values, first, counts = np.unique(actions, return_index=True, return_counts=True)
    best = np.flatnonzero(counts == counts.max())
    return values[best[np.argmin(first[best])]]
