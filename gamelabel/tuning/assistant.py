"""The assistant: an adapter that lets a distilled model be tuned like an ordinary one.

A distilled model such as FLUX.1-schnell does not do flow matching: its velocity at a noise level
leads along its own few-step paths, and not to the mean of the images. Trained by flow matching, an
adapter first unlearns these paths, and the images decay before anything else is learned. An
assistant unlearns them once, on the model's own unselected images, and teaches nothing else: base
and assistant together are an ordinary flow-matching model. It is on and frozen while another
adapter is trained (`tune_adapter(assistant=...)`), which so has nothing but its own images to
learn, and off when the tuned model samples, in few steps as before.

For FLUX.1-schnell there is a public one (ostris/FLUX.1-schnell-training-adapter), a LoRA file in
diffusers' names, given by its path. For the embedded model `gamelabel world train-assistant` trains
one, which is shipped.
"""

from __future__ import annotations

from pathlib import Path
from typing import Any

from huggingface_hub import hf_hub_download

from gamelabel.data_parallel import SINGLE_WORKER, Worker
from gamelabel.files import shipped
from gamelabel.training import TrainingConfig
from gamelabel.tuning.adapter import ADAPTER_FILE, fingerprint, tune_adapter
from gamelabel.tuning.data import LatentDataset
from gamelabel.tuning.sft import sft_loss

FLUX_SCENES_ASSISTANT = shipped("data/models/scenes-flux-assistant") / ADAPTER_FILE


def find_assistant(place: str | Path) -> Path | None:
    """Return the file of an assistant.

    Parameters
    ----------
    place : str or Path
        A file, a folder that has one, or a repository's name on the hub; empty for no assistant.

    Returns
    -------
    Path or None

    Raises
    ------
    FileNotFoundError
        If there is none.
    """
    if not str(place):
        return None
    path = Path(place)
    file = path / ADAPTER_FILE if path.is_dir() else path
    if file.is_file():
        return file
    if path.exists() or path.is_absolute() or str(place).count("/") != 1:
        raise FileNotFoundError(
            f"no assistant at {file.absolute()}: train one with `gamelabel world train-assistant`, "
            "or give an empty name to tune without"
        )
    try:
        return Path(hf_hub_download(str(place), ADAPTER_FILE))
    except OSError as error:
        reason = str(error).split(". ")[0]
        raise FileNotFoundError(
            f"the hub does not deliver the assistant {place}: check the network and the name, or "
            f"give a copy's file ({reason})"
        ) from None


def train_assistant(
    transformer: Any,
    images: LatentDataset,
    config: TrainingConfig,
    folder: Path,
    rank: int,
    seed: int = 0,
    worker: Worker = SINGLE_WORKER,
) -> Path:
    """Train the assistant of a base model: flow matching with new noise at all noise levels.

    Parameters
    ----------
    transformer : FluxTransformer2DModel
        The base model.
    images : LatentDataset
        Images that the base generated, unselected.
    config : TrainingConfig
        The settings. Train until `generate_held_out` with the assistant in many steps adheres as
        well as the base does in few.
    folder : Path
        Where the assistant is saved; see `tune_adapter`, an interrupted call resumes.
    rank : int
        Rank and alpha of the assistant.
    seed : int
        Seed of the initial weights and of training.
    worker : Worker
        This process, if several share each batch.

    Returns
    -------
    Path
        The assistant's file.
    """
    loss = sft_loss(transformer, images, config.batch_size)
    data = fingerprint(images.latents)
    return tune_adapter(transformer, loss, config, folder, data, rank, seed, worker=worker)
