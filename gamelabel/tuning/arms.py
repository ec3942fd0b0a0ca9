"""The arms of a comparison: methods that tune the same base with one budget, and one test of all.

An arm may be tuned from several seeds; it then counts as the mean over its models.
"""

from __future__ import annotations

from collections.abc import Hashable, Mapping, Sequence
from dataclasses import replace
from functools import partial
from pathlib import Path
from typing import Any, NamedTuple, TypeVar

import pandas as pd
from diffusers import FluxPipeline
from numpy.typing import NDArray

from gamelabel.files import snake
from gamelabel.images.adapter_files import find_adapter_file
from gamelabel.images.quality import quality_change
from gamelabel.parallel import executor, map_items
from gamelabel.shared_objects import Shared, shared
from gamelabel.training import Loss, TrainingConfig
from gamelabel.tuning.adapter import (
    ADAPTER_FILE,
    DEFAULT_RANK,
    load_adapter,
    training_cost,
    training_folder,
    tune_adapter,
)
from gamelabel.tuning.evaluate import HeldOutImages, adherence_change, generate_held_out

Name = TypeVar("Name", bound=Hashable)  # of an arm: a string, or a tuple of what makes it up


class Arm(NamedTuple):
    """One method of a comparison.

    Attributes
    ----------
    loss : Loss or sequence of Loss
        See `training.train`.
    learning_rate : float
        The highest learning rate.
    data : str
        A hash of all that the loss depends on, such as `fingerprint` of its datasets.
    seeds : int
        How many adapters to train, each from a seed of its own.
    assistant : Path, optional
        The adapter that is on while these are trained; see `tuning.assistant`.
    """

    loss: Loss | Sequence[Loss]
    learning_rate: float
    data: str
    seeds: int = 1
    assistant: Path | None = None


def tune_arms(
    transformer: Any,
    arms: Mapping[Name, Arm],
    config: TrainingConfig,
    folder: Path,
    rank: int = DEFAULT_RANK,
    seed: int = 0,
) -> dict[Name, list[Path]]:
    """Tune the adapters of each arm, several at once if `executor` has several processes.

    Finished adapters are kept, interrupted ones resume.

    Parameters
    ----------
    transformer : FluxTransformer2DModel
        The base model.
    arms : mapping of name to Arm
        The arms by name, which is a string or a tuple.
    config : TrainingConfig
        The budget of each adapter; its learning rate is replaced by the arm's.
    folder : Path
        Where the adapters are saved: `folder/NAME-SEED`, with the arm's name in snake_case.
    rank : int
        Rank and alpha of the adapters.
    seed : int
        The first seed.

    Returns
    -------
    dict of name to list of Path
        The adapters of each arm.
    """
    runs = arm_runs(arms, seed)
    names = [run_name(*run) for run in runs]
    file = training_folder(folder / "arms.pt")
    # a cluster's workers run in another folder
    placed = {
        name: arm._replace(assistant=arm.assistant and arm.assistant.absolute())
        for name, arm in arms.items()
    }
    with executor() as pool, shared((transformer, placed), file) as task:
        tune = partial(_tune_run, task, config, folder.absolute(), rank)
        for _ in map_items(pool, tune, runs, names, "adapters"):
            pass
    adapters: dict[Name, list[Path]] = {name: [] for name in arms}
    for name, number in runs:
        adapters[name].append(folder / run_name(name, number) / ADAPTER_FILE)
    return adapters


def arm_runs(arms: Mapping[Name, Any], seed: int) -> list[tuple[Name, int]]:
    """Return the name and the seed of each training of arms that have `seeds`."""
    seeds = {name: range(seed, seed + arm.seeds) for name, arm in arms.items()}
    return [(name, number) for name in arms for number in seeds[name]]


def run_name(name: Hashable, seed: int) -> str:
    """Return the folder's name of an arm's training from a seed.

    >>> run_name("DPO, own noise", 0)
    'dpo_own_noise-0'
    """
    return f"{snake(str(name))}-{seed}"


def _tune_run(
    task: Shared[tuple[Any, dict[Any, Arm]]],
    config: TrainingConfig,
    folder: Path,
    rank: int,
    run: tuple[Hashable, int],
) -> None:
    """Train one adapter, in whichever process."""
    transformer, arms = task.value
    name, seed = run
    arm = arms[name]
    settings = replace(config, learning_rate=arm.learning_rate)
    place = folder / run_name(name, seed)
    tune_adapter(
        transformer, arm.loss, settings, place, arm.data, rank, seed, assistant=arm.assistant
    )


def find_adapters(folder: Path, names: Sequence[str]) -> dict[str, list[Path]]:
    """Return the adapters that `tune_arms` saved of these arms; arms without any are left out.

    Raises
    ------
    FileNotFoundError
        If none of the arms has an adapter.
    """
    adapters = {name: sorted(folder.glob(f"{snake(name)}-[0-9]*/{ADAPTER_FILE}")) for name in names}
    adapters = {name: files for name, files in adapters.items() if files}
    if not adapters:
        raise FileNotFoundError(
            f"{folder.absolute()} has no adapter of {', '.join(names)}: run "
            "notebooks/08_pairwise_losses.ipynb first"
        )
    return adapters


def own_arm(adapter: str | Path, pipe: FluxPipeline) -> dict[str, list[Path]]:
    """Return an adapter of the user's as an arm, after checking that it fits the model.

    Parameters
    ----------
    adapter : str or Path
        The adapter, see `load_adapter`; empty for none.
    pipe : FluxPipeline
        The base model.

    Returns
    -------
    dict of str to list of Path
        The arm "own adapter", or nothing.

    Raises
    ------
    ValueError, FileNotFoundError
        As `load_adapter`.
    """
    if not str(adapter):
        return {}
    load_adapter(pipe, Path(adapter))
    pipe.unload_lora_weights()
    return {"own adapter": [find_adapter_file(Path(adapter))]}


def generate_arms(
    pipe: FluxPipeline,
    adapters: Mapping[Name, Sequence[Path]],
    n: int,
    steps: int = 4,
    seed: int = 0,
) -> dict[Name, list[HeldOutImages]]:
    """Generate images of held-out prompts with each adapter of each arm; see `executor`.

    Parameters
    ----------
    pipe : FluxPipeline
        The base model.
    adapters : mapping of name to sequence of Path
        The adapters of each arm.
    n, steps, seed
        See `generate_held_out`: all models get the same prompts and noise.

    Returns
    -------
    dict of name to list of HeldOutImages
        The images of each arm, one entry an adapter.
    """
    files = [file.absolute() for arm in adapters.values() for file in arm]
    names = [f"images of {file.parent.name}" for file in files]
    generated: dict[Name, list[HeldOutImages]] = {name: [] for name in adapters}
    owners = [name for name, arm in adapters.items() for _ in arm]
    if not files:
        return generated
    place = training_folder(files[0].parent.with_name("images.pt"))
    with executor() as pool, shared(pipe, place) as model:
        generate = partial(_generate_images, model, n, steps, seed)
        images = map_items(pool, generate, files, names, "models tested")
        for name, model_images in zip(owners, images, strict=True):
            generated[name].append(model_images)
    return generated


def _generate_images(
    model: Shared[FluxPipeline], n: int, steps: int, seed: int, file: Path
) -> HeldOutImages:
    """Generate with one adapter, in whichever process."""
    pipe = model.value
    load_adapter(pipe, file)
    try:
        return generate_held_out(pipe, n, steps, seed, progress=file.parent.name)
    finally:
        pipe.unload_lora_weights()


def change_table(
    generated: Mapping[str, Sequence[HeldOutImages]],
    base: HeldOutImages,
    drawings: NDArray[Any],
) -> pd.DataFrame:
    """Estimate what each arm changed against the base.

    Parameters
    ----------
    generated : mapping of str to sequence of HeldOutImages
        The images of each arm; see `generate_arms`.
    base : HeldOutImages
        The images of the base.
    drawings : ndarray, shape (N, d)
        The reference of image quality; see `drawing_features`.

    Returns
    -------
    DataFrame
        A row an arm: `arm`; `value`, `low`, `high` and `n` of the change of adherence; `seeds`;
        `quality`, `quality_low` and `quality_high` of the change of quality, of the first seed.
        The highest adherence comes first.
    """
    rows = []
    for name, models in generated.items():
        change = adherence_change(models, base)
        quality = quality_change(models[0].features, base.features, drawings)
        row = {"arm": name, **change._asdict(), "seeds": len(models), "quality": quality.value}
        rows.append(row | {"quality_low": quality.low, "quality_high": quality.high})
    columns = [
        "arm",
        "value",
        "low",
        "high",
        "n",
        "seeds",
        "quality",
        "quality_low",
        "quality_high",
    ]
    table = pd.DataFrame(rows, columns=columns)
    return table.sort_values("value", ascending=False, kind="stable", ignore_index=True)


def paired_gains(
    generated: Mapping[str, Sequence[HeldOutImages]], arms: Sequence[str], others: Sequence[str]
) -> pd.DataFrame:
    """Estimate how much more often the images of some arms fit their prompts than those of others.

    Parameters
    ----------
    generated : mapping of str to sequence of HeldOutImages
        The images of each arm; see `generate_arms`.
    arms, others : sequence of str
        Each arm is compared with each of the others, prompt by prompt. Those without images are
        left out.

    Returns
    -------
    DataFrame
        A row a comparison: `arm`, `over`, `value`, `low`, `high`, `n`.
    """
    rows = [
        {"arm": arm, "over": other, **adherence_change(generated[arm], generated[other])._asdict()}
        for arm in arms
        for other in others
        if arm != other and {arm, other} <= set(generated)
    ]
    return pd.DataFrame(rows, columns=["arm", "over", "value", "low", "high", "n"])


def cost_table(adapters: Mapping[str, Sequence[Path]], batch_size: int) -> pd.DataFrame:
    """Return what the training of each arm cost, see `training_cost`; of its first seed."""
    costs = {name: training_cost(files[0], batch_size) for name, files in adapters.items()}
    return pd.DataFrame.from_dict(costs, orient="index").rename_axis("arm")
