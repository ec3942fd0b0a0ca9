"""Tuning in rounds: the tuned model generates, a scorer selects, tuning continues from there."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import replace
from functools import partial
from pathlib import Path
from typing import Any, Literal, NamedTuple

from diffusers import FluxPipeline

from gamelabel.parallel import executor, map_items
from gamelabel.shared_objects import Shared, shared
from gamelabel.training import Loss, TrainingConfig
from gamelabel.tuning.adapter import (
    ADAPTER_FILE,
    DEFAULT_RANK,
    fingerprint,
    load_adapter,
    training_folder,
    tune_adapter,
)
from gamelabel.tuning.arms import arm_runs, run_name
from gamelabel.tuning.by_reward import raft_loss
from gamelabel.tuning.data import cache_prompts
from gamelabel.tuning.dpo import pairwise_loss
from gamelabel.tuning.scored import ImageScorer, ScoredImages, generate_scored


def tune_in_rounds(
    pipe: FluxPipeline,
    prompts: Sequence[str],
    scorer: ImageScorer,
    judge: str,
    method: Literal["raft", "dpo"],
    options: Mapping[str, Any],
    config: TrainingConfig,
    folder: Path,
    rounds: int,
    images_per_prompt: int,
    rank: int = DEFAULT_RANK,
    seed: int = 0,
    steps: int = 4,
    generated: Path | None = None,
) -> list[Path]:
    """Tune an adapter in rounds, each on images that the model generates as the last round left it.

    An interrupted call resumes, and finished rounds are not repeated.

    Parameters
    ----------
    pipe : FluxPipeline
        The base model.
    prompts : sequence of str
        The prompts to generate.
    scorer, judge
        The scorer and its name, see `generate_scored`.
    method : {"raft", "dpo"}
        "raft" learns from the best image of each prompt (`raft_loss`), "dpo" from the best and the
        worst (`pairwise_loss`). DPO is held to the model as the round began, as in iterated DPO:
        held to the first base, a second round undid the first.
    options : mapping
        Further arguments of the method's loss, such as `batch_size` and `beta`.
    config : TrainingConfig
        The settings of one round.
    folder : Path
        Where the adapters are saved.
    rounds : int
        Number of rounds.
    images_per_prompt : int
        Images to generate of each prompt in each round.
    rank, seed
        See `tune_adapter`.
    steps : int
        Sampling steps.
    generated : Path, optional
        Where `generate_scored` saves its work, by default in `folder`. Methods that share it share
        the images of the first round.

    Returns
    -------
    list of Path
        The adapter after each round.
    """
    generated = generated or folder / ".generated"
    generated.mkdir(parents=True, exist_ok=True)
    text = cache_prompts(pipe, prompts, generated)
    adapters: list[Path] = []
    for number in range(rounds):
        start = adapters[-1] if adapters else None
        if start:
            load_adapter(pipe, start)
        try:
            scored = generate_scored(
                pipe,
                prompts,
                images_per_prompt,
                scorer,
                judge,
                generated,
                seed + number,
                steps,
                text,
            )
        finally:
            pipe.unload_lora_weights()
        loss = _make_loss(pipe.transformer, scored, method, options)
        images = fingerprint(scored.latents.flatten(0, 1), scored.scores)
        data = f"{method} {sorted(options.items())} {images}"
        place = round_folder(folder, number + 1)
        adapters.append(
            tune_adapter(pipe.transformer, loss, config, place, data, rank, seed, start)
        )
    return adapters


def round_folder(folder: Path, number: int) -> Path:
    """Return the folder of the adapter after a round, counted from 1."""
    return folder / f"round-{number}"


class RoundsArm(NamedTuple):
    """One method of a comparison that tunes in rounds; see `tune_in_rounds` and `arms.Arm`."""

    scorer: ImageScorer
    judge: str
    method: Literal["raft", "dpo"]
    options: Mapping[str, Any]
    learning_rate: float
    seeds: int = 1


def tune_arms_in_rounds(
    pipe: FluxPipeline,
    prompts: Sequence[str],
    arms: Mapping[str, RoundsArm],
    config: TrainingConfig,
    folder: Path,
    rounds: int,
    images_per_prompt: int,
    rank: int = DEFAULT_RANK,
    seed: int = 0,
    steps: int = 4,
    generated: Path | None = None,
) -> dict[str, list[Path]]:
    """Tune the adapters of each arm in rounds, several arms at once; see `executor`.

    They are saved as `folder/NAME-SEED/round-NUMBER`.

    Parameters
    ----------
    pipe : FluxPipeline
        The base model.
    prompts : sequence of str
        The prompts to generate.
    arms : mapping of str to RoundsArm
        The arms by name.
    config : TrainingConfig
        The budget of each round; its learning rate is replaced by the arm's.
    folder : Path
        Where the adapters are saved.
    rounds, images_per_prompt, rank, steps, generated
        See `tune_in_rounds`.
    seed : int
        The first seed.

    Returns
    -------
    dict of str to list of Path
        The adapters of each arm after each round, by "NAME, NUMBER".
    """
    runs = arm_runs(arms, seed)
    names = [run_name(*run) for run in runs]
    file = training_folder(folder / "rounds.pt")
    settings = (config, folder.absolute(), rounds, images_per_prompt, rank, steps)
    generated = generated.absolute() if generated else None
    with executor() as pool, shared((pipe, list(prompts), dict(arms)), file) as task:
        tune = partial(_tune_run, task, *settings, generated)
        for _ in map_items(pool, tune, runs, names, "arms in rounds"):
            pass
    adapters: dict[str, list[Path]] = {}
    for name, number in runs:
        for k in range(1, rounds + 1):
            place = round_folder(folder / run_name(name, number), k)
            adapters.setdefault(f"{name}, {k}", []).append(place / ADAPTER_FILE)
    return adapters


def _tune_run(
    task: Shared[tuple[FluxPipeline, list[str], dict[str, RoundsArm]]],
    config: TrainingConfig,
    folder: Path,
    rounds: int,
    images_per_prompt: int,
    rank: int,
    steps: int,
    generated: Path | None,
    run: tuple[str, int],
) -> None:
    """Tune one adapter in rounds, in whichever process."""
    pipe, prompts, arms = task.value
    name, seed = run
    arm = arms[name]
    tune_in_rounds(
        pipe,
        prompts,
        arm.scorer,
        arm.judge,
        arm.method,
        arm.options,
        replace(config, learning_rate=arm.learning_rate),
        folder / run_name(name, seed),
        rounds,
        images_per_prompt,
        rank,
        seed,
        steps,
        generated,
    )


def _make_loss(
    transformer: Any, scored: ScoredImages, method: str, options: Mapping[str, Any]
) -> Loss:
    if method == "raft":
        return raft_loss(transformer, scored, **options)
    if method == "dpo":
        return pairwise_loss(transformer, *scored.best_and_worst(), **options)
    raise ValueError(f"unknown method {method!r}: choose raft or dpo")
