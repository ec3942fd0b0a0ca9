"""LoRA adapters (low-rank adaptation) of a FLUX transformer: added, trained, saved, loaded.

Saved adapters load with diffusers' own `FluxPipeline.load_lora_weights`; `images.adapter_files`
reads those of other trainers and writes them for other programs.
"""

from __future__ import annotations

import hashlib
import json
import re
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from copy import deepcopy
from pathlib import Path
from typing import Any, Literal
from weakref import WeakKeyDictionary

import torch
from diffusers import FluxPipeline
from diffusers.training_utils import cast_training_params
from peft import LoraConfig, get_peft_model_state_dict, set_peft_model_state_dict
from torch import Tensor

from gamelabel.data_parallel import SINGLE_WORKER, Worker
from gamelabel.images.adapter_files import (
    ADAPTER_FILE,
    adapter_config,
    bare_name,
    find_adapter_file,
    put_on_adapter,
    read_adapter,
    several_adapters,
    write_peft_config,
)
from gamelabel.training import Loss, TrainingConfig, train

DEFAULT_RANK = 16
_TRAINED = "default"  # peft's name of the adapter that learns
_START = "start"  # and of the frozen one that it continues from
_ASSISTANT = "assistant"  # and of the frozen one that is on while it learns, see `tuning.assistant`
_ROWS_AT_ONCE = 64
# transformer -> hash of a sample of its weights, and of all of them
_base_hashes: WeakKeyDictionary[Any, tuple[str, str]] = WeakKeyDictionary()
_FLUX_WIDTH = 3072  # of all models of the FLUX.1 family
_BLOCKS = ("transformer_blocks.", "single_transformer_blocks.")
_DTYPES = {"fp16": torch.float16, "bf16": torch.bfloat16, "fp32": torch.float32}
Precision = Literal["fp16", "bf16", "fp32"]


class WrongBase(ValueError):
    """An adapter that was tuned on another base model than the one that it is loaded on."""


def add_adapter(
    transformer: Any, rank: int = DEFAULT_RANK, seed: int = 0
) -> list[torch.nn.Parameter]:
    """Add a LoRA adapter to the transformer, which is frozen and at first unchanged by it.

    It covers every linear layer of the blocks, those of their norms among them, as the adapter
    published with GameLabel-10K does: 687.3 MB at rank 64 of FLUX.1 in 16 bits are these layers.

    Parameters
    ----------
    transformer : FluxTransformer2DModel
        The base model.
    rank : int
        Rank and alpha of the adapter.
    seed : int
        Seed of the initial weights.

    Returns
    -------
    list of Parameter
        The adapter's weights, in float32 whatever the base has: in bfloat16 small steps would be
        rounded away.
    """
    transformer = _uncompiled(transformer)
    transformer.requires_grad_(False)
    torch.manual_seed(seed)
    config = LoraConfig(
        r=rank,
        lora_alpha=rank,
        init_lora_weights="gaussian",
        target_modules=_block_layers(transformer),
    )
    transformer.add_adapter(config)
    cast_training_params(transformer)
    return [weight for weight in transformer.parameters() if weight.requires_grad]


def _block_layers(transformer: Any) -> list[str]:
    """Return the names of the linear layers of the blocks."""
    return [
        name
        for name, layer in transformer.named_modules()
        if isinstance(layer, torch.nn.Linear) and name.startswith(_BLOCKS)
    ]


def _uncompiled(transformer: Any) -> Any:
    """Return the model that `torch.compile` wraps; its layers stay the wrapper's."""
    return getattr(transformer, "_orig_mod", transformer)


def remove_adapter(transformer: Any) -> None:
    """Remove the adapter and the layers that it put around the base's."""
    transformer.unload_lora()


@contextmanager
def reference_model(transformer: Any) -> Iterator[None]:
    """Within the block the transformer is, without gradient, what it was when training began.

    That is the base with its assistant, if it has one, and with the adapter that training continues
    from, if there is one.
    """
    references = [name for name in (_ASSISTANT, _START) if name in transformer.peft_config]
    if references:
        transformer.set_adapter(references)
    else:
        transformer.disable_adapters()
    try:
        with torch.no_grad():
            yield
    finally:
        if references:
            _learn(transformer)
        else:
            transformer.enable_adapters()


def _learn(transformer: Any) -> None:
    """Switch on the adapter that learns, and the assistant, frozen, if there is one."""
    active = [name for name in (_ASSISTANT, _TRAINED) if name in transformer.peft_config]
    transformer.set_adapter(active)
    for name, weight in transformer.named_parameters():
        if f".{_ASSISTANT}." in name:
            weight.requires_grad_(False)


def base_hash(transformer: Any) -> str:
    """Return a hash of the transformer's own weights, without those of an adapter.

    It is computed once for a transformer, and again if a sample of its weights has changed: of
    FLUX.1 it takes half a minute.
    """
    weights = [w for name, w in transformer.named_parameters() if "lora_" not in name]
    sample = fingerprint(*(w.detach().flatten()[:: max(1, w.numel() // 64)] for w in weights))
    known = _base_hashes.get(transformer)
    if known is None or known[0] != sample:
        known = _base_hashes[transformer] = (sample, fingerprint(*weights))
    return known[1]


def load_adapter(pipe: FluxPipeline, file: Path) -> None:
    """Put an adapter on the pipeline's model; `pipe.unload_lora_weights()` takes it off.

    Parameters
    ----------
    pipe : FluxPipeline
        The model.
    file : Path
        A .safetensors file of any form that `read_adapter` reads, or a folder that has one.

    Raises
    ------
    WrongBase
        If the file says that it was tuned on another base.
    UnusableAdapter
        If it is damaged, or does not fit the model.
    FileNotFoundError
        If it does not exist.
    """
    transformer = _uncompiled(pipe.transformer)
    _check_base(file, transformer)
    put_on_adapter(transformer, file, pipe=pipe)


def _check_base(file: Path, transformer: Any, base: str = "") -> None:
    """Raise WrongBase if the file names another base; adapters from elsewhere may name none.

    Adapters tuned here name the hash of their base. Other trainers write a model's name: then the
    base must at least be as wide as all models of that family.
    """
    tuned_on = adapter_config(find_adapter_file(file)).get("base_model_name_or_path")
    if not tuned_on:
        return
    if re.fullmatch(r"[0-9a-f]{16}", tuned_on):
        if _is_quantized(transformer):
            return
        base = base or base_hash(transformer)
        fits, this = tuned_on == base, f"the base {base}"
    else:
        width = transformer.config.num_attention_heads * transformer.config.attention_head_dim
        fits, this = width == _FLUX_WIDTH, f"{width} wide and not {_FLUX_WIDTH}"
    if not fits:
        raise WrongBase(
            f"the adapter {file.absolute()} was tuned on the base {tuned_on}, but this model is "
            f"{this}: load the model that it was tuned on, or tune it again on this one"
        )


def _is_quantized(transformer: Any) -> bool:
    """Return whether the weights are in 8 or 4 bits: their hash is not that of the model then."""
    return bool(getattr(transformer, "is_quantized", False))


def _put_on_assistant(transformer: Any, file: Path, base: str) -> str:
    """Put an assistant on beside the adapter that learns; return a hash of its weights."""
    _check_base(file, transformer, base)
    put_on_adapter(transformer, file, _ASSISTANT)
    _learn(transformer)
    weights = [w for name, w in transformer.named_parameters() if f".{_ASSISTANT}." in name]
    return fingerprint(*weights)


def _continue_from(transformer: Any, file: Path, base: str) -> None:
    """Give the new adapter a saved one's weights; keep those, frozen, for `reference_model`."""
    _check_base(file, transformer, base)
    state = read_adapter(file)
    own_state = get_peft_model_state_dict(transformer)
    shapes = {bare_name(name): weight.shape for name, weight in own_state.items()}
    if shapes != {name: weight.shape for name, weight in state.items()}:
        raise WrongBase(
            f"the adapter {file.absolute()} has other layers or another rank than the one to be "
            "tuned: use its rank"
        )
    with several_adapters():
        transformer.add_adapter(deepcopy(transformer.peft_config[_TRAINED]), _START)
    for name in (_START, _TRAINED):  # the last one stays active
        transformer.set_adapter(name)
        values = {own: state[bare_name(own)] for own in own_state}
        set_peft_model_state_dict(transformer, values, name)
    cast_training_params(transformer)


def save_adapter(
    transformer: Any, folder: Path, base: str | None = None, precision: Precision = "fp16"
) -> Path:
    """Write the adapter to `folder`, with its metadata, and peft's configuration beside it.

    Parameters
    ----------
    transformer : FluxTransformer2DModel
        The model with the adapter.
    folder : Path
        Where to write it.
    base : str, optional
        What `base_hash` says of the base model.
    precision : {"fp16", "bf16", "fp32"}
        Of the saved weights. 16 bits halve the file, as in the published one; of the two, fp16 is
        the finer for weights below 65,504, and the default of the trainers that write FLUX's LoRAs.

    Returns
    -------
    Path
        The file. Equal adapters are equal files.
    """
    transformer = _uncompiled(transformer)
    weights = {
        bare_name(name): weight.to(_DTYPES[precision])
        for name, weight in get_peft_model_state_dict(transformer).items()
    }
    config = transformer.peft_config[_TRAINED].to_dict() | {"base_model_name_or_path": base}
    config["target_modules"] = sorted(map(bare_name, config["target_modules"]))
    FluxPipeline.save_lora_weights(
        folder,
        transformer_lora_layers=weights,
        transformer_lora_adapter_metadata={
            key: sorted(value) if isinstance(value, set) else value for key, value in config.items()
        },
    )
    write_peft_config(weights, folder, base)
    _sort_metadata(folder / ADAPTER_FILE)
    return folder / ADAPTER_FILE


def _sort_metadata(file: Path) -> None:
    """Sort the metadata of a safetensors file, whose order its writer leaves to chance."""
    with file.open("r+b") as stream:
        size = int.from_bytes(stream.read(8), "little")
        header = json.loads(stream.read(size))
        header["__metadata__"] = dict(sorted(header["__metadata__"].items()))
        text = json.dumps(header, separators=(",", ":"), ensure_ascii=False)
        stream.seek(8)
        stream.write(text.encode().ljust(size))


def tune_adapter(
    transformer: Any,
    loss: Loss | Sequence[Loss],
    config: TrainingConfig,
    folder: Path,
    data: str,
    rank: int = DEFAULT_RANK,
    seed: int = 0,
    start: Path | None = None,
    precision: Precision = "fp16",
    assistant: Path | None = None,
    worker: Worker = SINGLE_WORKER,
) -> Path:
    """Train an adapter, save it in `folder` and remove it from the transformer.

    An interrupted call resumes from the checkpoint in `training_folder(folder)` if base, start,
    config, seed and data are the same. That folder is not part of what a run leaves.

    Parameters
    ----------
    transformer : FluxTransformer2DModel
        The base model.
    loss : Loss or sequence of Loss
        See `training.train`.
    config : TrainingConfig
        The settings.
    folder : Path
        Where the adapter is saved.
    data : str
        A hash of all that the loss depends on, such as `fingerprint` of its dataset.
    rank : int
        Rank and alpha of the adapter.
    seed : int
        Seed of the adapter's initial weights and of training.
    start : Path, optional
        An adapter to continue from.
    precision : {"fp16", "bf16", "fp32"}
        Of the saved weights; training itself is in float32.
    assistant : Path, optional
        An adapter that is on, frozen, while this one is trained, and is not in its file; see
        `tuning.assistant`.
    worker : Worker
        This process, if there are several; the first one saves the adapter.

    Returns
    -------
    Path
        The adapter's file.

    Raises
    ------
    WrongBase
        If `start` or `assistant` is an adapter of another base, or `start` has another rank.
    UnusableAdapter
        If one of them is damaged, or does not fit the model.
    ValueError
        If the model's layers are offloaded one by one.
    """
    transformer = _uncompiled(transformer)
    home = _bring_to_card(transformer)
    base = base_hash(transformer)
    key = f"rank {rank} {data} base {base}"
    add_adapter(transformer, rank, seed)
    if transformer.device.type == "cuda":
        # FLUX.1's activations would need more memory than its weights
        transformer.enable_gradient_checkpointing()
    try:
        if start is not None:
            _continue_from(transformer, start, base)
            weights = (w for w in transformer.parameters() if w.requires_grad)
            key += f" start {fingerprint(*weights)}"
        if assistant is not None:
            key += f" assistant {_put_on_assistant(transformer, assistant, base)}"
        train(transformer, loss, config, training_folder(folder), seed, key, worker)
        if worker.rank == 0:
            name = None if _is_quantized(transformer) else base
            save_adapter(transformer, folder, name, precision)
        return folder / ADAPTER_FILE
    finally:
        remove_adapter(transformer)
        if transformer.device != home:
            transformer.to(home)


def _bring_to_card(transformer: Any) -> torch.device:
    """Move an offloaded model to the device that computes; return where it was.

    Raises ValueError if its layers are offloaded one by one: gradients need them all at once.
    """
    home = transformer.device
    if home.type == "meta" or any("group_offloading" in name for name in _hook_names(transformer)):
        raise ValueError(
            "the model's layers are offloaded one by one, so it cannot be tuned: use "
            "enable_model_cpu_offload, or a base in 8 or 4 bits"
        )
    device = getattr(getattr(transformer, "_hf_hook", None), "execution_device", None)
    if device is not None:
        transformer.to(device)
    return home


def _hook_names(transformer: Any) -> list[str]:
    """Return the names of diffusers' hooks on the layers of a model."""
    registries = (getattr(layer, "_diffusers_hook", None) for layer in transformer.modules())
    return [name for registry in registries if registry for name in registry.hooks]


def training_folder(folder: Path) -> Path:
    """Return where the training of the adapter in `folder` keeps its checkpoint and its log."""
    return folder.parent / ".training" / folder.name


def training_cost(file: Path, batch_size: int) -> dict[str, float]:
    """Return what an adapter's training cost: `seconds`, `steps` and `pictures` learned from.

    The seconds are those of the machine that trained it, over all calls if it was interrupted.
    Raises FileNotFoundError if the adapter was trained elsewhere.
    """
    log = training_folder(file.parent) / "log.jsonl"
    if not log.exists():
        raise FileNotFoundError(
            f"{log.absolute()} does not exist: the adapter {file} was trained elsewhere, so its "
            "cost is not known"
        )
    last = json.loads(log.read_text().splitlines()[-1])
    return {
        "seconds": last["seconds"],
        "steps": last["step"],
        "pictures": last["step"] * batch_size,
    }


def fingerprint(*tensors: Tensor) -> str:
    """Return a hash of the values of tensors."""
    digest = hashlib.sha256()
    for tensor in tensors:
        for rows in tensor.detach().split(_ROWS_AT_ONCE):  # memory maps are read in parts
            digest.update(rows.float().cpu().contiguous().numpy().tobytes())
    return digest.hexdigest()[:16]
