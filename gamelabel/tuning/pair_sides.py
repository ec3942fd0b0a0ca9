"""Pairs with their sides exchanged: at random for a control, or as wrong labels exchange them."""

from __future__ import annotations

import numpy as np
import torch
from torch import Tensor

from gamelabel.tuning.data import LatentDataset
from gamelabel.tuning.disk_tensors import view_rows


def random_of_pair(chosen: LatentDataset, rejected: LatentDataset, seed: int) -> LatentDataset:
    """Return one image of each pair at random: a control that ignores the preferences.

    The result is a view: no row is copied.
    """
    take_rejected = np.random.default_rng(seed).random(len(chosen.latents)) >= 0.5
    return _one_of_pair(chosen, rejected, torch.from_numpy(take_rejected))


def flip_labels(
    chosen: LatentDataset, rejected: LatentDataset, share: float, seed: int
) -> tuple[LatentDataset, LatentDataset]:
    """Make a share of the labels wrong: exchange the chosen and the rejected image of these pairs.

    Parameters
    ----------
    chosen, rejected : LatentDataset
        N images each; row i of both is pair i.
    share : float
        The probability of each label to be made wrong, 0 to 1.
    seed : int
        Seed of the choice. With the same seed, the labels that are wrong at a low share are also
        wrong at a higher one.

    Returns
    -------
    chosen, rejected : LatentDataset
        The pairs with the wrong labels, as views: no row is copied.
    """
    is_wrong = torch.from_numpy(np.random.default_rng(seed).random(len(chosen.latents)) < share)
    return _one_of_pair(chosen, rejected, is_wrong), _one_of_pair(chosen, rejected, ~is_wrong)


def _one_of_pair(
    chosen: LatentDataset, rejected: LatentDataset, take_rejected: Tensor
) -> LatentDataset:
    """Return one image of each pair, by a mask (N,)."""
    n = len(chosen.latents)
    index = torch.arange(n) + n * take_rejected
    return LatentDataset(
        view_rows((chosen.latents, rejected.latents), index),
        view_rows((chosen.noise, rejected.noise), index),
        chosen.text,
    )
