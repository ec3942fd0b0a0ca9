"""LoRA files: read in the form of any trainer, checked against a model, put on it, written again.

Read are the names of diffusers (and ai-toolkit, SimpleTuner), peft, kohya's scripts, ComfyUI, Black
Forest Labs, XLabs and OneTrainer. What does not fit a model is refused: diffusers leaves out, with
a warning at most, what it cannot place.
"""

from __future__ import annotations

import json
import re
import warnings
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from pathlib import Path
from typing import Any, Literal, NamedTuple

import torch
from diffusers import FluxPipeline
from peft import LoraConfig
from peft.utils.other import get_pattern_key
from safetensors import SafetensorError, safe_open
from safetensors.torch import save_file
from torch import Tensor
from torch.nn.functional import pad

from gamelabel.files import replacing
from gamelabel.images.adapter_names import SWAPPED_LAYER, original_names, translate_names

ADAPTER_FILE = "pytorch_lora_weights.safetensors"  # the name that diffusers looks for in a folder
PEFT_FILE, PEFT_CONFIG = "adapter_model.safetensors", "adapter_config.json"  # and those of peft
AdapterFormat = Literal["comfyui", "kohya", "peft"]
_METADATA = "lora_adapter_metadata"  # diffusers' entry in the header of a file
_WEIGHT = re.compile(r"(.+?)(\.lora)?\.(lora_A|lora_B|lora_down|lora_up|down|up)(\.\w+)?\.weight")
_IS_A = ("lora_A", "lora_down", "down")
_TEXT_ENCODERS = ("text_encoder", "lora_te", "text_encoders.")
_OTHER_METHODS = {
    "lora_magnitude_vector": "DoRA",
    "dora_scale": "DoRA",
    "lokr_": "LoKr",
    "hada_": "LoHa",
    "lora_mid": "LoCon",
}


class UnusableAdapter(ValueError):
    """A file that is not a LoRA adapter, is damaged, or does not fit the model."""

    def __init__(self, file: Path, what: str) -> None:
        super().__init__(f"the adapter {file.absolute()} {what}")


class _Layer(NamedTuple):
    """What a file has of a layer: both factors, and the number alpha, if any."""

    a: Tensor | None
    b: Tensor | None
    alpha: float | None


def find_adapter_file(place: Path) -> Path:
    """Return the file of an adapter: the place itself, or the one that a folder has.

    Raises FileNotFoundError if there is none.
    """
    if place.is_file():
        return place
    for file in (place / ADAPTER_FILE, place / PEFT_FILE):
        if file.is_file():
            return file
    others = sorted(place.glob("*.safetensors")) if place.is_dir() else []
    if len(others) == 1:
        return others[0]
    raise FileNotFoundError(
        f"no adapter at {place.absolute()}: give a .safetensors file, or a folder that has one"
    )


def read_adapter(place: Path) -> dict[str, Tensor]:
    """Read an adapter's weights under the names that they have in diffusers.

    Parameters
    ----------
    place : Path
        A .safetensors file, or a folder that has one.

    Returns
    -------
    dict of str to Tensor
        "LAYER.lora_A.weight" of shape (rank, inputs) and "LAYER.lora_B.weight" of shape (outputs,
        rank) of each layer, all of one rank, which is also alpha: the layer adds B A x.

    Raises
    ------
    FileNotFoundError
        If there is no file.
    UnusableAdapter
        If it is not a LoRA adapter, or is damaged.
    """
    file = find_adapter_file(place)
    tensors, config = _read_file(file)
    layers = _layers(tensors, file)
    names = translate_names(layers)
    factors: dict[str, tuple[Tensor, Tensor]] = {}
    for name, layer in layers.items():
        a, b = _both(layer, name, file)
        scale = _scale(layer.alpha, config, names[name][0], len(a))
        if scale != 1.0:
            b = b.float() * scale
        if names[name] == (SWAPPED_LAYER,) and "final_layer" in name:
            b = torch.cat(b.chunk(2)[::-1])
        factors |= dict(zip(names[name], _split(a, b, len(names[name])), strict=True))
    rank = max(len(a) for a, _ in factors.values())
    weights = {}
    for name, (a, b) in factors.items():
        weights[f"{name}.lora_A.weight"] = pad(a, (0, 0, 0, rank - len(a)))
        weights[f"{name}.lora_B.weight"] = pad(b, (0, rank - len(a)))
    return weights


def adapter_config(file: Path) -> dict[str, Any]:
    """Return the settings that a file of diffusers or peft states; empty for others.

    Raises UnusableAdapter if the file cannot be read.
    """
    with _opened(file) as opened:
        stated = json.loads((opened.metadata() or {}).get(_METADATA, "{}"))
    config = {name.removeprefix("transformer."): value for name, value in stated.items()}
    beside = file.with_name(PEFT_CONFIG)
    if not config and file.name == PEFT_FILE and beside.is_file():
        config = json.loads(beside.read_text(encoding="utf-8"))
    return config


@contextmanager
def _opened(file: Path) -> Iterator[Any]:
    """Open a .safetensors file; raise UnusableAdapter if its content is not one."""
    try:
        with safe_open(file, framework="pt") as opened:
            yield opened
    except (SafetensorError, OSError, ValueError) as error:
        reason = str(error).splitlines()[0]
        raise UnusableAdapter(
            file, f"cannot be read as a .safetensors file: copy it again ({reason})"
        ) from None


def _read_file(file: Path) -> tuple[dict[str, Tensor], dict[str, Any]]:
    config = adapter_config(file)
    with _opened(file) as opened:
        tensors = {name: opened.get_tensor(name) for name in opened.keys()}  # noqa: SIM118
    if config.get("use_dora"):
        raise UnusableAdapter(file, "is a DoRA: give a LoRA adapter")
    return {name: _unpacked(tensor) for name, tensor in tensors.items()}, config


def _unpacked(tensor: Tensor) -> Tensor:
    """Return 8-bit floats, with which nothing can be computed, as bfloat16."""
    return tensor.bfloat16() if tensor.is_floating_point() and tensor.itemsize == 1 else tensor


def _layers(tensors: Mapping[str, Tensor], file: Path) -> dict[str, _Layer]:
    """Sort the tensors of a file by layer."""
    layers: dict[str, _Layer] = {}
    of_text = [name for name in tensors if name.startswith(_TEXT_ENCODERS)]
    for name, tensor in tensors.items():
        if name in of_text:
            continue
        for mark, method in _OTHER_METHODS.items():
            if mark in name:
                raise UnusableAdapter(file, f"is a {method} ({name}): give a LoRA adapter")
        if not tensor.isfinite().all():
            raise UnusableAdapter(file, f"has values that are not finite, in {name}")
        match = _WEIGHT.fullmatch(name)
        if match:
            layer = layers.get(match[1], _Layer(None, None, None))
            is_a = match[3] in _IS_A
            layers[match[1]] = layer._replace(a=tensor) if is_a else layer._replace(b=tensor)
        elif name.endswith(".alpha"):
            layer = layers.get(name.removesuffix(".alpha"), _Layer(None, None, None))
            layers[name.removesuffix(".alpha")] = layer._replace(alpha=tensor.item())
        else:
            raise UnusableAdapter(file, f"has {name}, which is not part of a LoRA adapter")
    if not layers:
        raise UnusableAdapter(file, "has no layer of FLUX's transformer")
    if of_text:
        warnings.warn(
            f"the adapter {file.absolute()} also has layers of a text encoder, which are left out",
            stacklevel=4,
        )
    return layers


def _both(layer: _Layer, name: str, file: Path) -> tuple[Tensor, Tensor]:
    """Return both factors of a layer, of one rank."""
    if layer.a is None or layer.b is None:
        raise UnusableAdapter(file, f"has only a part of the layer {name}: it is incomplete")
    if layer.a.ndim != 2 or layer.b.ndim != 2 or len(layer.a) != layer.b.shape[1]:
        shapes = f"{tuple(layer.a.shape)} and {tuple(layer.b.shape)}"
        raise UnusableAdapter(file, f"has factors of {shapes} in {name}, which have no product")
    return layer.a, layer.b


def _scale(alpha: float | None, config: Mapping[str, Any], layer: str, rank: int) -> float:
    """Return alpha / rank of a layer; 1 where neither the layer nor the file states alpha."""
    if alpha is None:
        patterns: dict[str, float] = config.get("alpha_pattern") or {}
        pattern = get_pattern_key(patterns.keys(), layer)
        alpha = float(patterns.get(pattern, config.get("lora_alpha", rank)))
    return alpha / (rank**0.5 if config.get("use_rslora") else rank)


def _split(a: Tensor, b: Tensor, parts: int) -> list[tuple[Tensor, Tensor]]:
    """Return the factors of the layers that are one in the file: queries, keys, values and more."""
    if parts == 1:
        return [(a, b)]
    width = len(b) // (7 if parts == 4 else 3)  # the fourth, proj_mlp, is four times as wide
    sizes = [width] * 3 + [len(b) - 3 * width] * (parts - 3)
    factors = []
    for part in b.split(sizes):
        used = part.ne(0).any(0)  # layers that were separate when they were trained
        factors.append((a[used], part[:, used]) if used.any() else (a, part))
    return factors


def check_fit(weights: Mapping[str, Tensor], transformer: Any, file: Path) -> None:
    """Raise UnusableAdapter if a layer of an adapter is not in the model, or has another size."""
    sizes = {
        bare_name(name): (layer.in_features, layer.out_features)
        for name, layer in transformer.named_modules()
        if hasattr(layer, "in_features")
    }
    for name, a in weights.items():
        layer, half, _ = name.rsplit(".", 2)
        if half == "lora_B":
            continue
        if layer not in sizes:
            raise UnusableAdapter(
                file, f"is for another base: this model does not have its layer {layer}"
            )
        size = (a.shape[1], len(weights[f"{layer}.lora_B.weight"]))
        if size != sizes[layer]:
            raise UnusableAdapter(
                file,
                f"is for another base: its layer {layer} takes {size[0]} values and gives "
                f"{size[1]}, that of this model {sizes[layer][0]} and {sizes[layer][1]}",
            )


def bare_name(name: str) -> str:
    """Return a layer's name without what `torch.compile` adds to it."""
    return name.replace("_orig_mod.", "")


def put_on_adapter(
    transformer: Any, place: Path, name: str | None = None, pipe: FluxPipeline | None = None
) -> None:
    """Put a saved adapter on a transformer; several may be on it under names of their own.

    Parameters
    ----------
    transformer : FluxTransformer2DModel
        The model. `unload_lora()` takes off all its adapters.
    place : Path
        A .safetensors file, or a folder that has one.
    name : str, optional
        peft's name for it.
    pipe : FluxPipeline, optional
        The pipeline of the model, if parts of it are offloaded.

    Raises
    ------
    FileNotFoundError
        If there is no file.
    UnusableAdapter
        If it is not a LoRA adapter, is damaged, or does not fit the model.
    """
    file = find_adapter_file(place)
    weights = read_adapter(file)
    check_fit(weights, transformer, file)
    actual = {bare_name(layer): layer for layer, _ in transformer.named_modules()}
    state = {}
    for weight, value in weights.items():
        layer, half, _ = weight.rsplit(".", 2)
        state[f"transformer.{actual[layer]}.{half}.weight"] = value
    rank = len(next(iter(weights.values())))
    layers = [actual[layer] for layer in layer_names(weights)]
    config = {"r": rank, "lora_alpha": rank, "target_modules": layers}
    metadata = {f"transformer.{key}": value for key, value in config.items()}
    with several_adapters():
        transformer.load_lora_adapter(state, adapter_name=name, metadata=metadata, _pipeline=pipe)


@contextmanager
def several_adapters() -> Iterator[None]:
    """Within the block, let a model have several adapters without peft's warning."""
    with warnings.catch_warnings():
        warnings.filterwarnings("ignore", "Already found a `peft_config`")
        yield


def layer_names(weights: Mapping[str, Tensor]) -> list[str]:
    """Return the layers of an adapter's weights."""
    return [name.removesuffix(".lora_A.weight") for name in weights if ".lora_A." in name]


def export_adapter(place: Path, out: Path, format: AdapterFormat) -> Path:
    """Write an adapter for other programs.

    Parameters
    ----------
    place : Path
        A file or folder that `read_adapter` reads.
    out : Path
        The file to write; for "peft" the folder. It must not exist yet.
    format : {"comfyui", "kohya", "peft"}
        Whose names: those of ComfyUI (Black Forest Labs' after `diffusion_model.`), of kohya's
        scripts (the same with underscores, after `lora_unet_`), or peft's, with its configuration.

    Returns
    -------
    Path
        `out`.

    Raises
    ------
    FileExistsError
        If `out` exists.
    UnusableAdapter
        If the adapter cannot be read, or has only some of the layers that are one in that format.
    """
    file = find_adapter_file(place)
    weights = read_adapter(file)
    if out.exists():
        raise FileExistsError(f"{out.absolute()} exists: choose another name, or delete it first")
    if format == "peft":
        write_peft_config(weights, out, adapter_config(file).get("base_model_name_or_path"))
        named = {f"base_model.model.{name}": weight for name, weight in weights.items()}
        _write(named, out / PEFT_FILE)
        return out
    named = {}
    for layer, a, b in _fused(weights, file):
        name = f"diffusion_model.{layer}"
        if format == "kohya":
            name = f"lora_unet_{layer.replace('.', '_')}"
        named |= {f"{name}.lora_down.weight": a, f"{name}.lora_up.weight": b}
        named[f"{name}.alpha"] = torch.tensor(float(len(a)), dtype=a.dtype)
    _write(named, out)
    return out


def write_peft_config(weights: Mapping[str, Tensor], folder: Path, base: str | None) -> None:
    """Write peft's `adapter_config.json` of an adapter, for programs that look for one."""
    rank = len(next(iter(weights.values())))
    config = LoraConfig(
        r=rank,
        lora_alpha=rank,
        target_modules=layer_names(weights),
        base_model_name_or_path=base,
        inference_mode=True,
    )
    config.target_modules = sorted(layer_names(weights))  # peft makes a set of it, in no order
    config.save_pretrained(str(folder))


def _write(weights: Mapping[str, Tensor], out: Path) -> None:
    out.parent.mkdir(parents=True, exist_ok=True)
    with replacing(out) as partial:
        save_file({name: weight.contiguous() for name, weight in weights.items()}, partial)


def _fused(weights: Mapping[str, Tensor], file: Path) -> list[tuple[str, Tensor, Tensor]]:
    """Return the layers of Black Forest Labs' code, each with the factors of those it holds."""
    layers = layer_names(weights)
    numbers = [int(number) for layer in layers for number in re.findall(r"blocks\.(\d+)", layer)]
    fused, done = [], set()
    for name, parts in original_names(1 + max(numbers, default=0)).items():
        present = [part for part in parts if part in layers]
        if not present:
            continue
        if len(present) < len(parts):
            raise UnusableAdapter(
                file,
                f"has {present[0]} without {next(p for p in parts if p not in present)}, which are "
                "one layer in this format: export it as peft",
            )
        done |= set(parts)
        factors = [weights[f"{part}.lora_A.weight"] for part in parts]
        blocks = [weights[f"{part}.lora_B.weight"] for part in parts]
        b = torch.block_diag(*blocks)
        if parts == (SWAPPED_LAYER,):
            b = torch.cat(b.chunk(2)[::-1])
        fused.append((name, torch.cat(factors), b))
    if left := set(layers) - done:
        raise UnusableAdapter(file, f"has {sorted(left)[0]}, which this format has no name for")
    return fused
