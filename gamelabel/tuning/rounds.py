"""Tuning in rounds: the model as it has become draws, a scorer chooses, the adapter goes on from there."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from pathlib import Path

from diffusers import FluxPipeline

from gamelabel.training import Loss, TrainingConfig
from gamelabel.tuning.adapter import fingerprint, put_on, tune_adapter
from gamelabel.tuning.data import read_text
from gamelabel.tuning.scored import Scored, Scorer, draw_scored


def tune_in_rounds(
    pipe: FluxPipeline,
    prompts: Sequence[str],
    scorer: Scorer,
    judge: str,
    loss_of: Callable[[Scored], Loss],
    config: TrainingConfig,
    folder: Path,
    rounds: int,
    each: int,
    rank: int = 16,
    seed: int = 0,
    steps: int = 4,
    draws: Path | None = None,
    data: str = "",
) -> list[Path]:
    """The adapters after each round, in `folder`; a round draws `each` pictures a prompt and tunes by their scores.

    `loss_of` makes the loss out of what was drawn, `config` is that of one round. A pairwise loss is held to what its
    round began with, as iterated DPO has it: held to the first base, a second round undid the first. draws: where
    `draw_scored` keeps its work, beside the adapters by default; methods that share the folder share the first round's
    pictures. data: names what the loss depends on beside what was drawn, such as its beta: a call goes on where it was
    interrupted, and does nothing again, where all this is the same.
    """
    kept = draws or folder / ".drawn"
    kept.mkdir(parents=True, exist_ok=True)
    text = read_text(pipe, prompts, kept)
    files: list[Path] = []
    for number in range(rounds):
        if files:
            put_on(pipe, files[-1])
        try:
            drawn = draw_scored(
                pipe, prompts, each, scorer, judge, kept, seed + number, steps, text
            )
        finally:
            pipe.unload_lora_weights()
        start = files[-1] if files else None
        known = f"{data}{fingerprint(drawn.clean.flatten(0, 1), drawn.scores)}"
        here = folder / f"round-{number + 1}"
        files.append(
            tune_adapter(pipe.transformer, loss_of(drawn), config, here, known, rank, seed, start)
        )
    return files
