"""Pairs with their sides exchanged: at random for a control, or as wrong labels exchange them."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

import numpy as np
import torch
from torch import Tensor

from gamelabel.tuning.data import LatentDataset
from gamelabel.tuning.disk_tensors import stack_on_disk

_ROWS_AT_ONCE = 64


def random_of_pair(
    chosen: LatentDataset, rejected: LatentDataset, seed: int, scratch: Path | None = None
) -> LatentDataset:
    """Return one image of each pair at random: a control that ignores the preferences."""
    take_rejected = np.random.default_rng(seed).random(len(chosen.latents)) >= 0.5
    return _one_of_pair(chosen, rejected, torch.from_numpy(take_rejected), scratch)


def flip_labels(
    chosen: LatentDataset,
    rejected: LatentDataset,
    share: float,
    seed: int,
    scratch: Path | None = None,
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
    scratch : Path, optional
        A folder on the disk that holds the rows.

    Returns
    -------
    chosen, rejected : LatentDataset
        The pairs with the wrong labels.
    """
    is_wrong = torch.from_numpy(np.random.default_rng(seed).random(len(chosen.latents)) < share)
    return (
        _one_of_pair(chosen, rejected, is_wrong, scratch),
        _one_of_pair(chosen, rejected, ~is_wrong, scratch),
    )


def _one_of_pair(
    chosen: LatentDataset, rejected: LatentDataset, take_rejected: Tensor, scratch: Path | None
) -> LatentDataset:
    """Return one image of each pair, by a mask (N,)."""
    n = len(chosen.latents)

    def batches() -> Iterator[tuple[Tensor, ...]]:
        for rows in torch.arange(n).split(_ROWS_AT_ONCE):
            mask = take_rejected[rows].view(-1, 1, 1)
            yield (
                torch.where(mask, rejected.latents[rows], chosen.latents[rows]),
                torch.where(mask, rejected.noise[rows], chosen.noise[rows]),
            )

    latents, noise = stack_on_disk(batches(), n, scratch)
    return LatentDataset(latents, noise, chosen.text)
