"""Whether behaviors keep apart: features of episodes, and the silhouette of behaviors in them."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from pathlib import Path

import numpy as np
import pandas as pd
from numpy.typing import ArrayLike, NDArray

from gamelabel.offline.benchmark import BenchmarkSettings
from gamelabel.offline.learner import fit
from gamelabel.offline.learners import make_learner
from gamelabel.offline.policy_evaluation import MakeEnvironment, play_policy
from gamelabel.offline.transitions import Demonstration, EpisodeArrays, Transitions
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


def combine_behaviors(tables: Sequence[pd.DataFrame]) -> pd.DataFrame:
    """Return tables of `behavior_features` with columns behavior and player as one, or none."""
    empty = pd.DataFrame(columns=["behavior", "player"])
    return pd.concat(tables, ignore_index=True) if tables else empty


def feature_array(table: pd.DataFrame) -> NDArray[np.float64]:
    """Return the features of a table of `combine_behaviors` as numbers, (E, d)."""
    return table.drop(columns=["behavior", "player"]).to_numpy(float)


def separation(table: pd.DataFrame, confidence: float = CONFIDENCE) -> Estimate:
    """Estimate how well behaviors separate in a space of features: the mean silhouette.

    The silhouette of an episode is (b - a) / max(a, b), where a is its mean distance to episodes of
    the same behavior, and b that to the nearest other behavior: 1 if behaviors are far apart, 0 if
    they overlap, below 0 if episodes are closer to another behavior than to their own.

    Parameters
    ----------
    table : DataFrame
        A row an episode: `behavior`, which it was to show; `player`, since the episodes of one
        player depend on each other; all other columns are features.
    confidence : float
        Coverage of the interval, which is over players.

    Returns
    -------
    Estimate
        Its n is the number of episodes. With fewer than two behaviors, or without two episodes of
        one, there is no silhouette: the value is NaN, with a warning.

    References
    ----------
    Rousseeuw, "Silhouettes: a graphical aid to the interpretation and validation of cluster
    analysis" (1987).

    Examples
    --------
    >>> table = pd.DataFrame({"share on the left": [0.0, 0.1] * 3 + [0.9, 1.0] * 3})
    >>> table["behavior"] = ["right"] * 6 + ["left"] * 6
    >>> value, low, high, n = separation(table.assign(player=range(12)))
    >>> bool(value > 0.8), n
    (True, 12)
    """
    if not 1 < table.behavior.nunique() < len(table):
        nothing = Estimate(float("nan"), -1.0, 1.0, len(table))
        return nothing.with_warning("a silhouette needs two behaviors and two episodes of one")
    from sklearn.metrics import silhouette_samples

    values = silhouette_samples(feature_array(table), table.behavior.to_numpy(str))
    return estimate_mean(values, table.player, limits=(-1.0, 1.0), confidence=confidence)


def clone_players(
    transitions: Transitions,
    make_environment: MakeEnvironment,
    settings: BenchmarkSettings,
    folder: Path,
    agents: int = 4,
    seed: int = 0,
) -> dict[str, list[Demonstration]]:
    """Train agents by behavior cloning, and let each play by drawing from its probabilities.

    Parameters
    ----------
    transitions : Transitions
        What they learn from.
    make_environment : callable
        Makes the environment in which they play.
    settings : BenchmarkSettings
        How they are trained, and how many episodes each plays.
    folder : Path
        Where the trainings are kept.
    agents : int
        How many, each from a seed of its own; four in CrowdPlay.
    seed : int
        The first seed.

    Returns
    -------
    dict of str to list of Demonstration
        The name of each agent -> its episodes, with the environment's statistics in `info`.
    """
    played = {}
    for number in range(seed, seed + agents):
        learner = make_learner("BC", transitions, settings.learner, settings.network, number)
        fit(learner, transitions, settings.updates, folder / f"agent-{number}", number)
        policy = learner.policy(sampled=True, seed=number)
        played[f"agent {number}"] = play_policy(
            policy, make_environment, settings.episodes, number, settings.max_steps
        )
    return played
