"""The card of an assistant: how ordinary it makes its base, how it is used, and its recipe."""

from __future__ import annotations

from pathlib import Path

from diffusers import FluxPipeline

from gamelabel.models.model_card import (
    describe_software,
    format_settings,
    last_log_row,
    write_card,
)
from gamelabel.reliability import proportion
from gamelabel.training import TrainingConfig
from gamelabel.tuning.adapter import base_hash, load_adapter, training_folder
from gamelabel.tuning.evaluate import generate_held_out
from gamelabel.tuning.scored import ScoredImages

ASSISTANT_TEMPLATE = Path(__file__).with_name("assistant_card.md.j2")
_FEW, _MANY = 4, 20  # sampling steps
_GUIDANCE = 2.0  # as the teacher of the embedded model sampled
_SEED = 500_000_000  # of the test images, far from the seeds of a run


def write_assistant_card(
    pipe: FluxPipeline,
    file: Path,
    config: TrainingConfig,
    rank: int,
    images: ScoredImages,
    workers: int,
    n_prompts: int,
) -> dict[str, float]:
    """Measure base and assistant on held-out prompts, and write README.md beside the assistant.

    Parameters
    ----------
    pipe : FluxPipeline
        The base model, without adapters.
    file : Path
        The assistant.
    config : TrainingConfig
        Settings of its training.
    rank : int
        Its rank.
    images : ScoredImages
        The images it was trained on.
    workers : int
        The number of processes that trained it.
    n_prompts : int
        Number of held-out prompts.

    Returns
    -------
    dict
        The adherence by model and number of steps.
    """
    test = {"n": n_prompts, "seed": _SEED}
    base = base_hash(pipe.transformer)
    fits = {f"base, {_FEW} steps": generate_held_out(pipe, **test, steps=_FEW, progress="base")}
    load_adapter(pipe, file)
    for steps, guidance in ((_MANY, _GUIDANCE), (_MANY, 1.0), (_FEW, 1.0)):
        guided = f", guidance {guidance:g}" if guidance > 1.0 else ""
        name = f"base and assistant, {steps} steps{guided}"
        fits[name] = generate_held_out(pipe, **test, steps=steps, guidance=guidance, progress=name)
    pipe.unload_lora_weights()
    shares = {name: proportion(int(m.fits.sum()), n_prompts) for name, m in fits.items()}
    log, device = last_log_row(training_folder(file.parent)), pipe.transformer.device.type
    values = {
        "base": base,
        "megabytes": file.stat().st_size / 1e6,
        "shares": shares,
        "n": n_prompts,
        "n_images": len(images.scores),
        "fit_share": (images.scores == 1.0).double().mean().item(),
        "rank": rank,
        "settings": format_settings(config),
        "minutes": log["seconds"] / 60,
        "loss": log["loss"],
        "machine": f"--workers {workers} --device {device}, {describe_software()}",
    }
    write_card(ASSISTANT_TEMPLATE, file.parent / "README.md", values)
    return {name: share.value for name, share in shares.items()}
