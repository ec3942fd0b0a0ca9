"""Whether behaviors keep apart: features of episodes, their embedding, and their silhouette."""

from __future__ import annotations

from collections.abc import Mapping, Sequence

import numpy as np
import pandas as pd
from numpy.typing import ArrayLike, NDArray

from gamelabel.offline.transitions import EpisodeArrays
from gamelabel.reliability.estimate import CONFIDENCE, Estimate, estimate_mean


def action_shares(episodes: Sequence[EpisodeArrays], n_actions: int) -> NDArray[np.float64]:
    """Return how often each action occurs in each episode, (E, A).

    >>> from gamelabel.offline.transitions import Demonstration
    >>> episode = Demonstration(np.zeros((5, 1)), np.array([0, 2, 2, 2]), *[np.zeros(4)] * 3)
    >>> action_shares([episode], 3).tolist()
    [[0.25, 0.0, 0.75]]
    """
    counts = [np.bincount(np.asarray(e.actions, np.int64), minlength=n_actions) for e in episodes]
    shares = np.array(counts, float)
    return shares / np.maximum(shares.sum(1, keepdims=True), 1)


def behavior_features(
    episodes: Sequence[EpisodeArrays], n_actions: int, statistics: Mapping[str, ArrayLike]
) -> pd.DataFrame:
    """Return the features of CrowdPlay's Figure 6: action shares, and statistics of behavior.

    Parameters
    ----------
    episodes : sequence of EpisodeArrays
        The episodes.
    n_actions : int
        The number of actions.
    statistics : mapping of str to array_like
        Statistic -> its value in each episode, such as the share of time on the left. Where it is
        undefined (NaN), as the order of hits without a hit, it counts as 0.

    Returns
    -------
    DataFrame
        A row an episode: `action_0`, ..., and a column for each statistic.
    """
    columns = [f"action_{number}" for number in range(n_actions)]
    table = pd.DataFrame(action_shares(episodes, n_actions), columns=columns)
    for name, values in statistics.items():
        table[name] = np.nan_to_num(np.asarray(values, float))
    return table


def separation(
    features: pd.DataFrame,
    behaviors: Sequence[str],
    players: Sequence[str] | None = None,
    confidence: float = CONFIDENCE,
) -> Estimate:
    """Estimate how well behaviors separate in a space of features: the mean silhouette.

    The silhouette of an episode is (b - a) / max(a, b), where a is its mean distance to episodes of
    the same behavior, and b that to the nearest other behavior: 1 if behaviors are far apart, 0 if
    they overlap, below 0 if episodes are closer to another behavior than to their own.

    Parameters
    ----------
    features : DataFrame, shape (E, d)
        The features of each episode.
    behaviors : sequence of str
        The behavior that each episode was to show; at least two.
    players : sequence of str, optional
        Who played each: episodes of one player depend on each other. By default all are others.
    confidence : float
        Coverage of the interval.

    References
    ----------
    Rousseeuw, "Silhouettes: a graphical aid to the interpretation and validation of cluster
    analysis" (1987).

    Examples
    --------
    >>> features = pd.DataFrame({"left": [0.0, 0.1] * 3 + [0.9, 1.0] * 3})
    >>> value, low, high, n = separation(features, ["right"] * 6 + ["left"] * 6)
    >>> bool(value > 0.8), n
    (True, 12)
    """
    from sklearn.metrics import silhouette_samples

    values = silhouette_samples(features.to_numpy(float), np.asarray(behaviors))
    return estimate_mean(values, players, limits=(-1.0, 1.0), confidence=confidence)


def embed(features: pd.DataFrame, seed: int = 0) -> NDArray[np.float64]:
    """Return positions of episodes in two dimensions, (E, 2), by t-SNE as CrowdPlay used it.

    Its perplexity is 30, or a third of the episodes if they are fewer than 90.
    """
    from sklearn.manifold import TSNE

    perplexity = min(30.0, len(features) / 3)
    model = TSNE(perplexity=perplexity, learning_rate=200.0, init="pca", random_state=seed)
    positions: NDArray[np.float64] = model.fit_transform(features.to_numpy(float))
    return positions
