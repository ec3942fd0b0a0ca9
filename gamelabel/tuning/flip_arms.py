"""What wrong labels cost each loss: arms on the same pairs, of which a known share is wrong."""

from __future__ import annotations

import warnings
from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Any

import pandas as pd
from diffusers import FluxPipeline

from gamelabel.tuning.adapter import fingerprint
from gamelabel.tuning.arms import Arm
from gamelabel.tuning.dpo import pairwise_loss
from gamelabel.tuning.evaluate import HeldOutImages, adherence_change, world_prompts
from gamelabel.tuning.pair_sides import flip_labels
from gamelabel.tuning.scored import ANNOTATORS, generate_scored, make_annotators

# the images of each arm, by share and loss
Generated = Mapping[tuple[float, str], Sequence[HeldOutImages]]

_LOSSES = {"DPO": "dpo", "cDPO": "cdpo", "robust DPO": "robust_dpo"}


def flip_arms(
    pipe: FluxPipeline,
    prompts: Sequence[str],
    images_per_prompt: int,
    shares: Sequence[float],
    options: Mapping[str, Any],
    learning_rate: float,
    folder: Path,
    seed: int = 0,
    steps: int = 4,
) -> dict[tuple[float, str], Arm]:
    """Return an arm for each share of wrong labels and each of DPO, cDPO and robust DPO.

    The pairs are the best and the worst image of each prompt, as five simulated annotators rank
    them: these are almost never wrong. A share of the labels is then made wrong, and the losses
    get to know that share. Without wrong labels the three are one loss, so 0 has DPO alone.

    Parameters
    ----------
    pipe : FluxPipeline
        The base model.
    prompts : sequence of str
        Those of the drawn world are used, which the annotators can judge.
    images_per_prompt : int
        Images to generate of each prompt, 4 to 9.
    shares : sequence of float
        Shares of wrong labels, 0 to 0.5. If empty, nothing is generated.
    options : mapping
        Further arguments of `pairwise_loss`, such as `batch_size` and `beta`.
    learning_rate : float
        The learning rate of the arms.
    folder : Path
        Where `generate_scored` saves its work.
    seed : int
        Seed of the images, the annotators and the choice of wrong labels.
    steps : int
        Sampling steps.

    Returns
    -------
    dict of (float, str) to Arm
        Keys are a share and the name of a loss. Without a prompt of the drawn world there is no
        arm, and a warning says so.
    """
    if not shares:
        return {}
    known = world_prompts(prompts)
    if not known:
        warnings.warn(
            "no labels are flipped: none of the prompts is of the drawn world, and simulated "
            "annotators can judge images of no others",
            stacklevel=2,
        )
        return {}
    annotators = make_annotators(seed=seed)
    ranked = generate_scored(
        pipe, known, images_per_prompt, annotators, ANNOTATORS, folder, seed, steps
    )
    best, worst = ranked.best_and_worst()
    arms = {}
    for share in shares:
        chosen, rejected = flip_labels(best, worst, share, seed)
        data = f"{options} {share} {fingerprint(chosen.latents, rejected.latents)}"
        for name, loss in _LOSSES.items() if share else [("DPO", "dpo")]:
            value = pairwise_loss(
                pipe.transformer, chosen, rejected, loss=loss, flip_rate=share, **options
            )
            arms[share, name] = Arm(value, learning_rate, data)
    return arms


def flip_changes(generated: Generated, base: HeldOutImages) -> pd.DataFrame:
    """Estimate the change of adherence of each arm of `flip_arms` against the base.

    The table has columns `flip` (the share of wrong labels), `loss`, `value`, `low`, `high`, `n`.
    """
    return _comparisons(generated, {key: [base] for key in generated})


def flip_gains(generated: Generated) -> pd.DataFrame:
    """Estimate the gain of each arm of `flip_arms` over DPO at the same share of wrong labels.

    The table has the columns of `flip_changes`.
    """
    others = {key: generated[key[0], "DPO"] for key in generated if key[1] != "DPO"}
    return _comparisons(generated, others)


def _comparisons(generated: Generated, others: Generated) -> pd.DataFrame:
    rows = [
        {"flip": share, "loss": loss, **adherence_change(generated[share, loss], other)._asdict()}
        for (share, loss), other in others.items()
    ]
    return pd.DataFrame(rows, columns=["flip", "loss", "value", "low", "high", "n"])
