"""Networks that turn observations into features: for vectors, and for screens of 84 x 84 pixels."""

from __future__ import annotations

import copy
import math
from collections.abc import Callable, Sequence
from functools import partial
from typing import Literal, TypeVar

import torch
from torch import Tensor, nn

from gamelabel.offline.transitions import Transitions

NetworkKind = Literal["mlp", "small cnn", "nature cnn"]
MakeEncoder = Callable[[], "Encoder"]
NetworkModule = TypeVar("NetworkModule", bound=nn.Module)


class Encoder(nn.Module):
    """A network from observations to `size` features."""

    size: int


class VectorEncoder(Encoder):
    """Standardized numbers through fully connected layers.

    Parameters
    ----------
    mean, scale : Tensor, shape (d,)
        What to subtract from each number, and then to divide it by.
    widths : sequence of int
        Features of each layer.
    """

    mean: Tensor
    scale: Tensor

    def __init__(self, mean: Tensor, scale: Tensor, widths: Sequence[int] = (64, 64)) -> None:
        super().__init__()
        self.register_buffer("mean", mean)
        self.register_buffer("scale", scale)
        layers: list[nn.Module] = []
        for n_in, n_out in zip([len(mean), *widths], widths, strict=False):
            layers += [nn.Linear(n_in, n_out), nn.ReLU()]
        self.layers = nn.Sequential(*layers)
        self.size = widths[-1]

    def forward(self, observations: Tensor) -> Tensor:
        """Return features (n, size) of observations (n, d)."""
        features: Tensor = self.layers((observations.float() - self.mean) / self.scale)
        return features


# filters, kernel and stride of each convolution; then the width of the last, connected layer
_CONVOLUTIONS: dict[str, tuple[list[tuple[int, int, int]], int]] = {
    "small cnn": ([(16, 8, 4), (32, 4, 2)], 128),  # Mnih et al. 2013, with half the last layer
    "nature cnn": ([(32, 8, 4), (64, 4, 2), (64, 3, 1)], 512),  # Mnih et al. 2015
}


class ImageEncoder(Encoder):
    """Convolutions over stacked frames of bytes.

    Parameters
    ----------
    channels : int
        The number of frames.
    side : int
        Height and width of a frame, in pixels.
    kind : {"small cnn", "nature cnn"}
        Which layers.
    """

    def __init__(self, channels: int = 4, side: int = 84, kind: NetworkKind = "nature cnn") -> None:
        super().__init__()
        convolutions, self.size = _CONVOLUTIONS[kind]
        layers: list[nn.Module] = []
        for filters, kernel, stride in convolutions:
            layers += [nn.Conv2d(channels, filters, kernel, stride), nn.ReLU()]
            channels, side = filters, (side - kernel) // stride + 1
        layers += [nn.Flatten(), nn.Linear(channels * side * side, self.size), nn.ReLU()]
        self.layers = nn.Sequential(*layers)

    def forward(self, observations: Tensor) -> Tensor:
        """Return features (n, size) of frames (n, channels, side, side) of bytes."""
        features: Tensor = self.layers(observations.float() / 255.0)
        return features


def encoder_for(transitions: Transitions, kind: NetworkKind = "mlp") -> MakeEncoder:
    """Return a function that makes a new network for the observations of a data set.

    Parameters
    ----------
    transitions : Transitions
        The data; vectors are standardized by their mean and standard deviation.
    kind : {"mlp", "small cnn", "nature cnn"}
        Fully connected layers of 64 and 64 features, or convolutions.

    Raises
    ------
    ValueError
        If the network does not fit the observations.
    """
    shape = transitions.observation_shape
    if kind == "mlp" and len(shape) == 1:
        numbers = transitions.observations.double()
        scale = numbers.std(0, correction=0).clamp(min=1e-3)  # some numbers never change
        return partial(VectorEncoder, numbers.mean(0).float(), scale.float())
    if kind in _CONVOLUTIONS and len(shape) == 3 and shape[1] == shape[2]:
        return partial(ImageEncoder, shape[0], shape[1], kind)
    raise ValueError(
        f"a network of the kind {kind!r} does not fit observations of the shape {shape}: use mlp "
        "for vectors, and small cnn or nature cnn for stacked square frames"
    )


def value_network(make_encoder: MakeEncoder, n_actions: int) -> nn.Sequential:
    """Return a network from observations to one number for each action: (n, ...) -> (n, A)."""
    encoder = make_encoder()
    return nn.Sequential(encoder, nn.Linear(encoder.size, n_actions))


def frozen_copy(network: NetworkModule) -> NetworkModule:
    """Return a copy that is not trained: a target network."""
    return copy.deepcopy(network).requires_grad_(False)


class CosineEmbedding(nn.Module):
    """Features of quantile levels: relu of a linear map of cos(pi i tau), i = 0, 1, ... (IQN)."""

    frequencies: Tensor

    def __init__(self, size: int, cosines: int = 64) -> None:
        super().__init__()
        self.register_buffer("frequencies", math.pi * torch.arange(cosines))
        self.linear = nn.Linear(cosines, size)

    def forward(self, levels: Tensor) -> Tensor:
        """Return features (..., size) of levels (...) between 0 and 1."""
        return torch.relu(self.linear(torch.cos(levels[..., None] * self.frequencies)))
