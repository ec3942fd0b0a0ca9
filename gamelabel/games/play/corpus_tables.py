"""What a folder of recordings holds: hours, latency, actions; and whether it can be replayed."""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path
from typing import Any

import numpy as np
import pandas as pd
import pyarrow.parquet as pq
from numpy.typing import NDArray

from gamelabel.games.play.recorded_folder import recorded_metadata
from gamelabel.games.play.recorded_tables import game_ids, read_episodes, table_path
from gamelabel.games.play.recordings_card import episode_hours
from gamelabel.games.play.replayed import ReplayDiffers, environment_of, replay


def hours_table(rows: pd.DataFrame) -> pd.DataFrame:
    """Return the hours of play by task and channel, with totals, as in CrowdPlay's Table 1.

    Parameters
    ----------
    rows : DataFrame
        From `recorded_folder.recorded_metadata`: columns task, channel, controller, play_time. An
        episode counts once for each channel whose people play in it.

    Examples
    --------
    >>> rows = pd.DataFrame({"task": ["a", "a"], "channel": ["email", "mturk"],
    ...                      "controller": "human", "play_time": [1800.0, 3600.0]})
    >>> hours_table(rows)
    channel  email  mturk  Total
    task
    a          0.5    1.0    1.5
    Total      0.5    1.0    1.5
    """
    people = rows[rows.controller == "human"]
    table = people.pivot_table("play_time", "task", "channel", aggfunc="sum", fill_value=0.0)
    hours = table / 3600
    hours["Total"] = hours.sum(axis=1)
    hours.loc["Total"] = hours.sum()
    return hours


def read_steps(folder: str | Path, columns: Sequence[str] | None = None) -> pd.DataFrame:
    """Return the steps of all games of a folder, or some columns of them."""
    folder = Path(folder)
    parts = [
        pq.read_table(table_path(folder, "steps", game), columns=columns).to_pandas()
        for game in game_ids(folder)
    ]
    return pd.concat([part.astype({"episode_id": str, "seat": str}) for part in parts])


def latencies(folder: str | Path) -> pd.DataFrame:
    """Return the latency of each key: frames from the one on the screen to the one that answers.

    Returns
    -------
    DataFrame
        Columns episode_id, seat, latency: a row for each step with a newer frame seen than before,
        while a person played.
    """
    columns = ["episode_id", "seat", "frame", "frame_seen", "controller"]
    steps = read_steps(folder, columns)
    steps = steps[(steps.controller == "human") & (steps.frame_seen >= 0)]
    keys = steps.drop_duplicates(["episode_id", "seat", "frame_seen"])
    keys = keys.assign(latency=keys.frame - 1 - keys.frame_seen)
    return keys[["episode_id", "seat", "latency"]].reset_index(drop=True)


def action_frequencies(
    folder: str | Path, rows: pd.DataFrame, actions: int, least_frames: int = 300
) -> pd.DataFrame:
    """Return how often each action was chosen in each episode.

    Parameters
    ----------
    folder : str or Path
        The folder of recordings.
    rows : DataFrame
        Rows of the metadata: the episodes and seats.
    actions : int
        Number of actions, of a discrete space.
    least_frames : int
        Shorter episodes are left out.

    Returns
    -------
    DataFrame
        A row for each of these episodes and seats, indexed by episode_id and seat; a column an
        action, the shares of frames.
    """
    keys = ["episode_id", "seat"]
    chosen = pd.MultiIndex.from_frame(rows.loc[rows.frames >= least_frames, keys])
    steps = read_steps(folder, [*keys, "action"]).set_index(keys)
    steps = steps[steps.index.isin(chosen)]
    if steps.empty:
        return pd.DataFrame(columns=range(actions), index=chosen[:0], dtype=float)
    counts = steps.groupby(keys).action.value_counts(normalize=True).unstack(fill_value=0.0)
    return counts.reindex(columns=range(actions), fill_value=0.0)


def embed(features: NDArray[Any], seed: int = 0) -> NDArray[np.float64]:
    """Return a point in the plane for each row of features, by t-SNE.

    Parameters
    ----------
    features : ndarray, shape (n, k)
        The features.
    seed : int
        Seed.

    Returns
    -------
    ndarray, shape (n, 2)
        Rows that are alike are neighbors; distances between clusters mean nothing.

    References
    ----------
    van der Maaten and Hinton, "Visualizing data using t-SNE" (2008). As in CrowdPlay the start is
    by PCA and the perplexity 30, or less where there are few rows.
    """
    if len(features) < 3:
        return np.zeros((len(features), 2))
    from sklearn.manifold import TSNE

    perplexity = min(30.0, max(2.0, (len(features) - 1) / 3))
    spread = np.random.default_rng(seed).normal(0, 1e-6, features.shape)  # equal rows: PCA of none
    model = TSNE(2, perplexity=perplexity, init="pca", random_state=seed)
    return np.asarray(model.fit_transform(features + spread), float)


def neighbors_alike(
    points: NDArray[Any], groups: Sequence[Any], neighbors: int = 5
) -> NDArray[np.float64]:
    """Return for each point how much more its neighbors are of its group than by chance.

    Parameters
    ----------
    points : ndarray, shape (n, k)
        The points.
    groups : sequence of length n
        The group of each.
    neighbors : int
        How many nearest neighbors are asked.

    Returns
    -------
    ndarray, shape (n,)
        The share of the neighbors in the point's group, minus the share of all others in it.

    Examples
    --------
    >>> points = np.array([[0.0], [0.1], [5.0], [5.1]])
    >>> neighbors_alike(points, ["a", "a", "b", "b"], neighbors=1).round(2).tolist()
    [0.67, 0.67, 0.67, 0.67]
    """
    names = np.asarray(groups)
    count = len(names)
    if count < 2:
        return np.zeros(count)
    distances = ((points[:, None] - points[None]) ** 2).sum(axis=-1)
    np.fill_diagonal(distances, np.inf)
    nearest = np.argsort(distances, axis=1)[:, : min(neighbors, count - 1)]
    share = (names[nearest] == names[:, None]).mean(axis=1)
    by_chance = np.array([(names == name).sum() - 1 for name in names]) / max(1, count - 1)
    return np.asarray(share - by_chance, float)


def replay_check(folder: str | Path, most: int = 0) -> pd.DataFrame:
    """Play recorded episodes again and compare them with what was played.

    Parameters
    ----------
    folder : str or Path
        The folder of recordings.
    most : int
        How many games are replayed, spread over the folder; 0 for all.

    Returns
    -------
    DataFrame
        A row an episode: episode_id, task, frames, same, message.
    """
    folder = Path(folder)
    games = game_ids(folder)
    if most and most < len(games):
        games = [games[i] for i in np.linspace(0, len(games) - 1, most).astype(int)]
    rows = []
    for game in games:
        recorded = read_episodes(folder, game)
        environment = environment_of(recorded[0])
        try:
            for one in recorded:
                message = ""
                try:
                    for _ in replay(one, environment):
                        pass
                except ReplayDiffers as error:
                    message = str(error)
                row = {name: one.episode[name] for name in ("episode_id", "task", "frames")}
                rows.append(row | {"same": not message, "message": message})
        finally:
            environment.close()
    return pd.DataFrame(rows)


def folder_bytes(folder: str | Path) -> int:
    """Return the size of the tables of a folder of recordings."""
    return sum(path.stat().st_size for path in Path(folder).glob("*/*.parquet"))


def corpus_summary(folder: str | Path) -> dict[str, float]:
    """Return the counts of a folder: players, games, episodes, frames, hours, bytes an hour."""
    rows = recorded_metadata(folder)
    by_episode = rows.drop_duplicates("episode_id")
    frames = int(by_episode.frames.sum())
    hours = float(episode_hours(by_episode).sum())
    return {
        "players": rows.player_id.nunique(),
        "games": by_episode.session_id.nunique(),
        "episodes": len(by_episode),
        "frames": frames,
        "hours": hours,
        "bytes_an_hour": folder_bytes(folder) / hours if hours else float("nan"),
    }
