"""Recorded episodes as a dataset of Minari, for exchange; the recordings stay the original."""

from __future__ import annotations

import os
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from pathlib import Path
from typing import Any

import numpy as np
import pandas as pd

from gamelabel.files import write_text
from gamelabel.games.play.dataset import Episode, ObservationKind, StoredEpisode
from gamelabel.games.play.recordings_card import recordings_card

_CONTENT = """\
A dataset of [Minari](https://minari.farama.org), which `minari.load_dataset` loads: observations
({observations}), actions (one in {every} frames), rewards, terminations and truncations of each
episode. It has no infos, and not who acted: the recordings that it was made from have that."""
_PATH_VARIABLE = "MINARI_DATASETS_PATH"


def export_minari(
    chosen: Sequence[StoredEpisode],
    dataset_id: str,
    folder: str | Path,
    observations: ObservationKind = "native",
    every: int = 1,
    licence: str = "",
) -> Path:
    """Write episodes as a dataset of Minari, without any loss, and a card beside it.

    Parameters
    ----------
    chosen : sequence of StoredEpisode
        Episodes of one task and one kind of seat.
    dataset_id : str
        Minari's name of the dataset, such as "gamelabel/inside-out-v0".
    folder : str or Path
        Where datasets are kept, Minari's ``MINARI_DATASETS_PATH``.
    observations : {"native", "memory", "rgb", "gray", "deepmind"}
        See `StoredEpisode.load`.
    every : int
        Frames of an action.
    licence : str
        What the card states, such as cc-by-4.0; if empty, that none is stated.

    Returns
    -------
    Path
        The folder of the dataset, which `minari.load_dataset` reads.

    Raises
    ------
    ValueError
        If no episode is chosen, or the dataset exists.

    Notes
    -----
    Minari writes images as JPEG by default, which changes them, and its Arrow format cannot read
    numbers of infos back. So images are written as they are, in HDF5, and without infos. The file
    has no compression: an hour of screens in color takes 22 GB, an hour of memory 28 MB.
    """
    import minari
    from gymnasium import spaces

    target = Path(folder).absolute() / dataset_id
    if target.exists():
        raise ValueError(f"{target} exists: choose another name, or remove it")
    if not chosen:
        raise ValueError("no episode is chosen: a dataset needs at least one")
    buffers, least, most = [], np.inf, -np.inf
    for number, stored in enumerate(chosen):
        episode = stored.load(observations, every)
        least = min(least, float(episode.observations.min()))
        most = max(most, float(episode.observations.max()))
        buffers.append(_buffer(number, episode))
    is_bytes = episode.observations.dtype == np.uint8
    low, high = (0, 255) if is_bytes else (least, most)
    shape, kind = episode.observations.shape[1:], episode.observations.dtype
    actions = np.concatenate([np.asarray(buffer.actions) for buffer in buffers])
    with _datasets_in(Path(folder)):
        minari.create_dataset_from_buffers(
            dataset_id,
            buffers,
            observation_space=spaces.Box(low, high, shape, kind.type),
            action_space=_action_space(actions, spaces),
            description=f"Recorded with gamelabel; observations: {observations}",
            data_format="hdf5",
            jpeg_encoding=False,
        )
    content = _CONTENT.format(observations=observations, every=every)
    rows = pd.DataFrame([stored.info for stored in chosen])
    write_text(target / "README.md", recordings_card(rows, licence, content))
    return target


def _buffer(number: int, episode: Episode) -> Any:
    from minari.data_collector import EpisodeBuffer

    return EpisodeBuffer(
        id=number,
        observations=list(episode.observations),
        actions=list(episode.actions),
        rewards=episode.rewards.tolist(),
        terminations=episode.terminated.tolist(),
        truncations=episode.truncated.tolist(),
    )


def _action_space(actions: Any, spaces: Any) -> Any:
    """Return a space that has all of these actions."""
    if actions.ndim == 1 and actions.dtype.kind in "iu":
        return spaces.Discrete(int(actions.max()) + 1)
    return spaces.Box(actions.min(), actions.max(), actions.shape[1:], actions.dtype.type)


@contextmanager
def _datasets_in(folder: Path) -> Iterator[None]:
    """Let Minari keep its datasets in a folder."""
    before = os.environ.get(_PATH_VARIABLE)
    folder.mkdir(parents=True, exist_ok=True)
    os.environ[_PATH_VARIABLE] = str(folder.absolute())
    try:
        yield
    finally:
        if before is None:
            del os.environ[_PATH_VARIABLE]
        else:
            os.environ[_PATH_VARIABLE] = before
