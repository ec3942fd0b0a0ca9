"""A LoRA adapter on a FLUX transformer: put on, trained, and saved so that stock `load_lora_weights` takes it."""

from __future__ import annotations

import hashlib
import json
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from copy import deepcopy
from pathlib import Path
from typing import Any

import torch
from diffusers import FluxPipeline
from diffusers.training_utils import cast_training_params
from peft import LoraConfig, get_peft_model_state_dict, set_peft_model_state_dict
from safetensors import safe_open
from torch import Tensor

from gamelabel.training import Loss, TrainingConfig, train

_TUNED, _START = (
    "default",
    "start",
)  # adapters: the one that learns, and as it was when it goes on from another
FILE = "pytorch_lora_weights.safetensors"  # the name that diffusers looks for in a folder
_ROWS = 64
# The linear layers of diffusers' own Flux LoRA script, in double and single blocks alike.
TARGETS = (
    "attn.to_k",
    "attn.to_q",
    "attn.to_v",
    "attn.to_out.0",
    "attn.add_k_proj",
    "attn.add_q_proj",
    "attn.add_v_proj",
    "attn.to_add_out",
    "ff.net.0.proj",
    "ff.net.2",
    "ff_context.net.0.proj",
    "ff_context.net.2",
    "proj_mlp",
    "proj_out",
)


class WrongBase(ValueError):
    """An adapter that was tuned on another model than the one it is put on."""


def add_adapter(transformer: Any, rank: int = 16, seed: int = 0) -> list[torch.nn.Parameter]:
    """Put a LoRA adapter (alpha = rank) on the frozen transformer, which it leaves unchanged at first.

    Returns the adapter's weights, float32 whatever the base has: bfloat16 would round small steps away.
    `transformer.disable_adapters()` gives the base back.
    """
    transformer.requires_grad_(False)
    torch.manual_seed(seed)
    # by whole name: the output head has the short name of the single blocks' own projection
    names = [
        name
        for name, layer in transformer.named_modules()
        if isinstance(layer, torch.nn.Linear)
        and name.endswith(tuple(f".{target}" for target in TARGETS))
    ]
    transformer.add_adapter(
        LoraConfig(r=rank, lora_alpha=rank, init_lora_weights="gaussian", target_modules=names)
    )
    cast_training_params(transformer)
    return [weight for weight in transformer.parameters() if weight.requires_grad]


@contextmanager
def reference(transformer: Any) -> Iterator[None]:
    """What the model was when this training began, without gradient: the bare base, or the adapter it goes on from."""
    transformer.set_adapter(
        _START
    ) if _START in transformer.peft_config else transformer.disable_adapters()
    try:
        with torch.no_grad():
            yield
    finally:
        transformer.set_adapter(
            _TUNED
        ) if _START in transformer.peft_config else transformer.enable_adapters()


def remove_adapter(transformer: Any) -> None:
    """Take the adapter off again, and with it the layers that it put around the base's."""
    transformer.unload_lora()


def base_of(transformer: Any) -> str:
    """A short name of the transformer's own weights, whatever adapter is on it."""
    return fingerprint(
        *(weight for name, weight in transformer.named_parameters() if "lora_" not in name)
    )


def put_on(pipe: FluxPipeline, file: Path) -> None:
    """Load an adapter's file, so that the pipeline draws with it; `pipe.unload_lora_weights()` takes it off.

    Raises WrongBase, naming both, where the file says that it was tuned on another base.
    """
    _check_base(file, base_of(pipe.transformer))
    pipe.transformer.load_lora_adapter(
        str(file)
    )  # the pipeline's own way warns that no text encoder has an adapter


def _check_base(file: Path, base: str) -> None:
    """An adapter that was tuned elsewhere may not say on what: then only its shapes can tell."""
    with safe_open(file, framework="pt") as opened:
        config = json.loads((opened.metadata() or {}).get("lora_adapter_metadata", "{}"))
    tuned_on = config.get("transformer.base_model_name_or_path")
    if tuned_on not in (None, base):
        raise WrongBase(
            f"the adapter {file} was tuned on the base {tuned_on}, but this model is the base {base}: give "
            "the model that it was tuned on, or tune it anew on this one"
        )


def _go_on_from(transformer: Any, file: Path, base: str) -> None:
    """Give the fresh adapter the weights of a saved one, and keep those beside it, frozen, for `reference`."""
    _check_base(file, base)
    with safe_open(file, framework="pt") as opened:
        state = {
            name.removeprefix("transformer."): opened.get_tensor(name)
            for name in opened.keys()  # noqa: SIM118
        }
    mine = get_peft_model_state_dict(transformer)
    if {name: weight.shape for name, weight in state.items()} != {
        name: weight.shape for name, weight in mine.items()
    }:
        raise WrongBase(
            f"the adapter {file} has other layers or another rank than the one to be tuned: give its rank"
        )
    transformer.add_adapter(deepcopy(transformer.peft_config[_TUNED]), _START)
    for name in (_START, _TUNED):  # the last one stays active
        transformer.set_adapter(name)
        set_peft_model_state_dict(transformer, state, name)
    cast_training_params(transformer)


def save_adapter(transformer: Any, folder: Path, base: str | None = None) -> Path:
    """Write the adapter with the metadata without which alpha would be read as the rank; the file's path.

    base: what `base_of` calls the model it belongs to.
    """
    config = transformer.peft_config[_TUNED].to_dict() | {"base_model_name_or_path": base}
    FluxPipeline.save_lora_weights(
        folder,
        transformer_lora_layers=get_peft_model_state_dict(transformer),
        # sets in order, so that equal adapters are equal files
        transformer_lora_adapter_metadata={
            k: sorted(v) if isinstance(v, set) else v for k, v in config.items()
        },
    )
    _order(folder / FILE)
    return folder / FILE


def _order(file: Path) -> None:
    """Put a safetensors file's metadata in order, which its writer leaves to chance: equal adapters, equal files."""
    with file.open("r+b") as stream:
        size = int.from_bytes(stream.read(8), "little")
        header = json.loads(stream.read(size))
        header["__metadata__"] = dict(sorted(header["__metadata__"].items()))
        stream.seek(8)
        stream.write(
            json.dumps(header, separators=(",", ":"), ensure_ascii=False).encode().ljust(size)
        )


def tune_adapter(
    transformer: Any,
    loss: Loss | Sequence[Loss],
    config: TrainingConfig,
    folder: Path,
    data: str,
    rank: int = 16,
    seed: int = 0,
    start: Path | None = None,
) -> Path:
    """Train an adapter on `loss`, a fresh one or on from the file `start`, save it in `folder`, take it off again.

    Returns the file's path. An interrupted call resumes where base, start, settings, seed and `data` (see
    `fingerprint`) agree, from a checkpoint in a hidden folder beside: it holds times, and is no part of what a run
    leaves. Raises WrongBase where `start` was tuned on another base, or has another rank.
    """
    base = base_of(transformer)
    key = f"rank {rank} {data} base {base}"
    add_adapter(transformer, rank, seed)
    if transformer.device.type == "cuda":
        transformer.enable_gradient_checkpointing()  # else FLUX.1 keeps all its activations, more than its weights
    try:
        if start is not None:
            _go_on_from(transformer, start, base)
            key += (
                f" start {fingerprint(*(w for w in transformer.parameters() if w.requires_grad))}"
            )
        train(transformer, loss, config, training_folder(folder), seed, key)
        return save_adapter(transformer, folder, base)
    finally:
        remove_adapter(transformer)


def training_folder(folder: Path) -> Path:
    """Where the training of the adapter in `folder` keeps its checkpoint and its log."""
    return folder.parent / ".training" / folder.name


def fingerprint(*tensors: Tensor) -> str:
    """A short name of what is learned from: equal data, equal name."""
    digest = hashlib.sha256()
    for tensor in tensors:
        for rows in tensor.detach().split(_ROWS):  # of what lies on disk, a part at a time
            digest.update(rows.float().cpu().contiguous().numpy().tobytes())
    return digest.hexdigest()[:16]
