"""The algorithms by name."""

from __future__ import annotations

import dataclasses
from collections.abc import Mapping
from typing import Any, NamedTuple

import torch

from gamelabel.offline.batch_constrained_q import BatchConstrainedQ, BatchConstrainedQConfig
from gamelabel.offline.behavior_cloning import BehaviorCloning, BehaviorCloningConfig
from gamelabel.offline.conservative_q import ConservativeQ, ConservativeQConfig
from gamelabel.offline.deep_q import DeepQ
from gamelabel.offline.learner import LearnerConfig, OfflineLearner
from gamelabel.offline.networks import NetworkKind, encoder_for
from gamelabel.offline.quantile_networks import (
    ImplicitQuantileQ,
    QuantileConfig,
    QuantileRegressionQ,
)
from gamelabel.offline.soft_actor_critic import SoftActorCritic, SoftActorCriticConfig
from gamelabel.offline.transitions import Transitions


class Algorithm(NamedTuple):
    """A class of learners and the class of its settings."""

    learner: type[Any]
    config: type[LearnerConfig]


ALGORITHMS = {
    "BC": Algorithm(BehaviorCloning, BehaviorCloningConfig),
    "BCQ": Algorithm(BatchConstrainedQ, BatchConstrainedQConfig),
    "CQL": Algorithm(ConservativeQ, ConservativeQConfig),
    "IQN": Algorithm(ImplicitQuantileQ, QuantileConfig),
    "QR": Algorithm(QuantileRegressionQ, QuantileConfig),
    "DQN": Algorithm(DeepQ, LearnerConfig),
    "SAC": Algorithm(SoftActorCritic, SoftActorCriticConfig),
}


def make_learner(
    name: str,
    transitions: Transitions,
    settings: Mapping[str, Any] | None = None,
    network: NetworkKind = "mlp",
    seed: int = 0,
) -> OfflineLearner:
    """Return a learner with random weights.

    Parameters
    ----------
    name : str
        A key of `ALGORITHMS`: BC, BCQ, CQL, IQN, QR, DQN or SAC.
    transitions : Transitions
        The data that it will learn from, for the shapes and the scale of its observations.
    settings : mapping, optional
        Fields of the algorithm's config that are not the defaults. Those that it does not have are
        an error.
    network : {"mlp", "small cnn", "nature cnn"}
        The network of its features; see `encoder_for`.
    seed : int
        Seed of the weights.

    Raises
    ------
    ValueError
        If there is no such algorithm, setting or network.
    """
    if name not in ALGORITHMS:
        raise ValueError(f"there is no algorithm {name!r}; there are {', '.join(ALGORITHMS)}")
    algorithm = ALGORITHMS[name]
    known = [field.name for field in dataclasses.fields(algorithm.config)]
    for setting in settings or {}:
        if setting not in known:
            raise ValueError(f"{name} has no setting {setting!r}; it has {', '.join(known)}")
    with torch.random.fork_rng(devices=[]):
        torch.default_generator.manual_seed(seed)
        config = algorithm.config(**(settings or {}))
        learner: OfflineLearner = algorithm.learner(
            encoder_for(transitions, network), transitions.n_actions, config
        )
    return learner
