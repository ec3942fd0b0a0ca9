"""Dataset filtering: good pictures are learned under their prompts, bad ones under a prompt that says so.

The best of several pictures of a prompt as it is, the worst with the prefix "Weird image.", and pre-training pairs
(Wu et al. 2023, as Xu et al. 2023, section 4.2, compare it). What is bad is then not asked for.
"""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path
from typing import Any

from diffusers import FluxPipeline
from diffusers.utils import logging

from gamelabel.training import Loss
from gamelabel.tuning.data import Pictures, join, read_text
from gamelabel.tuning.sft import sft_loss

WEIRD = "Weird image."


def marked(
    pipe: FluxPipeline, worst: Pictures, prompts: Sequence[str], scratch: Path | None = None
) -> Pictures:
    """The worst pictures, of these prompts, under the prompt that says what they are.

    A prompt that becomes longer than the model reads loses its end: the embedded model knows no words to spare.
    """
    level = logging.get_verbosity()
    logging.set_verbosity_error()  # else each of them is printed
    try:
        return worst._replace(
            text=read_text(pipe, [f"{WEIRD} {prompt}" for prompt in prompts], scratch)
        )
    finally:
        logging.set_verbosity(level)


def filtering_loss(
    transformer: Any,
    best: Pictures,
    worst: Pictures,
    pretraining: Pictures,
    batch: int,
    own_noise: bool = False,
    sigmas: Sequence[float] = (),
    scratch: Path | None = None,
) -> Loss:
    """`sft_loss` on the best, the worst as `marked` has them, and pre-training pairs, all pictures equally often."""
    return sft_loss(
        transformer, join((best, worst, pretraining), scratch), batch, own_noise, sigmas
    )
