"""What an aggregation of labels is worth to the tuned model: arms that differ in nothing else."""

from __future__ import annotations

from collections.abc import Mapping
from pathlib import Path
from typing import Any

import pandas as pd
import torch
from diffusers import FluxPipeline

from gamelabel.reliability.estimate import Estimate, proportion
from gamelabel.tuning.adapter import fingerprint
from gamelabel.tuning.arms import Arm
from gamelabel.tuning.data import cache_pairs, preference_pairs
from gamelabel.tuning.dpo import pairwise_loss


def aggregation_arms(
    pipe: FluxPipeline,
    pairs: pd.DataFrame,
    aggregated: Mapping[str, pd.DataFrame],
    options: Mapping[str, Any],
    learning_rate: float,
    folder: Path,
) -> dict[str, Arm]:
    """Return an arm for each aggregation of the same labels: DPO with soft labels.

    Each pair counts by the probability that its preference is right, as the aggregation method
    estimates it.

    Parameters
    ----------
    pipe : FluxPipeline
        The base model.
    pairs : DataFrame
        The table `pairs`.
    aggregated : mapping of str to DataFrame
        A table `preferences` for each method.
    options : mapping
        Further arguments of `pairwise_loss`, such as `batch_size` and `beta`.
    learning_rate : float
        The learning rate of the arms.
    folder : Path
        The folder of the run; see `cache_pairs`.

    Returns
    -------
    dict of str to Arm
        The arms by method.
    """
    arms = {}
    for method, preferences in aggregated.items():
        preferred = preference_pairs(pairs, preferences)
        chosen, rejected = cache_pairs(pipe, preferred, folder)
        probabilities = torch.tensor(preferred["probability"].to_numpy(), dtype=torch.float32)
        loss = pairwise_loss(
            pipe.transformer,
            chosen,
            rejected,
            loss="soft_dpo",
            probabilities=probabilities,
            **options,
        )
        data = f"{options} {fingerprint(chosen.latents, rejected.latents, probabilities)}"
        arms[method] = Arm(loss, learning_rate, data)
    return arms


def share_right(preferences: pd.DataFrame, adherence: pd.DataFrame) -> Estimate:
    """Estimate how often the chosen image is the one that fits its prompt better.

    Parameters
    ----------
    preferences : DataFrame
        The table `preferences`.
    adherence : DataFrame
        The table `adherence`. Pairs that it does not have, and those whose images fit equally
        well, are left out.

    Returns
    -------
    Estimate
        The share with its Wilson interval; NaN if no pair is left.
    """
    known = preferences.merge(adherence[adherence["score_a"] != adherence["score_b"]], on="pair_id")
    a_fits_better = known["score_a"] > known["score_b"]
    return proportion(int((a_fits_better == (known["chosen"] == "a")).sum()), len(known))
