"""What was learned, as a file that plays a seat without torch."""

from __future__ import annotations

from pathlib import Path

from torch import nn

from gamelabel.games.play.network_policy import save_network
from gamelabel.offline.networks import VectorEncoder


def save_policy_network(network: nn.Module, path: Path) -> None:
    """Write a network of `networks.value_network` for `games.play.network_policy.NetworkPolicy`.

    Parameters
    ----------
    network : Module
        The network that scores actions, such as `BehaviorCloning.imitator`.
    path : Path
        The file, which ends with ``.npz``.

    Raises
    ------
    ValueError
        If it is not a network of fully connected layers.
    """
    parts = list(network.children())
    encoder, last = parts if len(parts) == 2 else (None, None)
    if not isinstance(encoder, VectorEncoder) or not isinstance(last, nn.Linear):
        raise ValueError(
            f"only a network of fully connected layers (mlp) can be saved, not {network}"
        )
    linear = [layer for layer in encoder.layers if isinstance(layer, nn.Linear)]
    layers = [
        (layer.weight.detach().cpu().numpy(), layer.bias.detach().cpu().numpy())
        for layer in [*linear, last]
    ]
    save_network(path, encoder.mean.cpu().numpy(), encoder.scale.cpu().numpy(), layers)
