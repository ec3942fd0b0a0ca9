"""Open a FLUX repository, from disk or from the hub, and generate images in batches.

One path serves the shipped model of drawn scenes and `black-forest-labs/FLUX.1-schnell` alike:
diffusers' `FluxPipeline`, called with many prompts at a time. Each image has a random generator of
its own, so a seed gives the same image in any batch.
"""

from __future__ import annotations

import hashlib
import json
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from copy import deepcopy
from pathlib import Path
from typing import Any

import numpy as np
import torch
from diffusers import FluxPipeline
from diffusers.pipelines.flux.pipeline_flux import calculate_shift
from diffusers.utils import logging as diffusers_logging
from numpy.typing import NDArray
from tqdm import tqdm

from gamelabel.files import shipped
from gamelabel.flow import DISTILLED_GUIDANCE, Text, few_step_sigmas, pack
from gamelabel.images.adapter_files import find_adapter_file, put_on_adapter
from gamelabel.images.fused_blocks import fused_blocks
from gamelabel.images.latents import decode_latents, image_size
from gamelabel.images.quantized import quantization

FLUX_SCENES = shipped("data/models/scenes-flux")
SCHNELL_TOKENS = 256  # FLUX.1-schnell's limit on T5 tokens
DEV_TOKENS = 512  # that of FLUX.1-dev, which takes its guidance as an input
_BATCH_IMAGES = 64  # generated at once, at most
_BATCH_PIXELS = 2**20  # one image of 1024 x 1024 fills a GPU by itself


class NotAFluxRepository(ValueError):
    """A model that is neither a folder in FluxPipeline's layout nor a repository on the hub."""


def load_pipeline(
    model: str | Path = FLUX_SCENES,
    device: str = "",
    adapter: str | Path = "",
    weights: str = "bf16",
    side: int = 0,
) -> FluxPipeline:
    """Open a FLUX repository in evaluation mode.

    Parameters
    ----------
    model : str or Path
        A folder in FluxPipeline's layout, or a repository's name on the hub.
    device : str
        A torch device; by default the GPU if there is one.
    adapter : str or Path
        A LoRA adapter (.safetensors) to load, if any, of any form that `read_adapter` reads.
    weights : {"bf16", "int8", "nf4"}
        How a GPU holds the transformer's weights, see `quantization`. A processor has float32.
    side : int
        Width and height of the images to draw and to tune on, in pixels; 0 for the model's own.

    Returns
    -------
    FluxPipeline

    Raises
    ------
    NotAFluxRepository
        If the folder is incomplete or damaged, or the hub does not deliver the model.
    ValueError
        If these weights need a GPU, or the model cannot draw images of that size.
    FileNotFoundError
        If the adapter does not exist.
    UnusableAdapter
        If it is damaged, or does not fit the model.
    """
    check_model(model)
    if adapter:
        find_adapter_file(Path(adapter))
    device = device or ("cuda" if torch.cuda.is_available() else "cpu")
    options = {"quantization_config": quantization(weights, device)}
    pipe = _from_pretrained(model, torch.bfloat16 if device == "cuda" else torch.float32, **options)
    pipe.set_progress_bar_config(disable=True)
    if side:
        _set_image_size(pipe, side)
    pipe.vae.to(memory_format=torch.channels_last)  # decodes in two thirds of the time
    if adapter:
        put_on_adapter(pipe.transformer, Path(adapter))
    return pipe.to(device)


def check_model(model: str | Path) -> None:
    """Raise NotAFluxRepository if a model cannot be a FLUX repository, without opening it."""
    if Path(model).exists():
        _check_folder(Path(model))
    elif Path(model).is_absolute() or str(model).count("/") != 1:
        raise NotAFluxRepository(
            f"{Path(model).absolute()}: no such folder; give a FLUX repository's folder or its "
            "name on the hub"
        )


def _set_image_size(pipe: FluxPipeline, side: int) -> None:
    unit = 2 * pipe.vae_scale_factor  # the transformer takes two by two latents as a token
    if side < unit or side % unit:
        raise ValueError(
            f"this model cannot draw {side} x {side} pixels: give a multiple of {unit}"
        )
    pipe.vae.register_to_config(sample_size=side)


def _from_pretrained(model: str | Path, dtype: torch.dtype, **options: Any) -> FluxPipeline:
    level = diffusers_logging.get_verbosity()
    diffusers_logging.set_verbosity_error()  # it warns of config entries that it then keeps
    try:
        return FluxPipeline.from_pretrained(model, dtype=dtype, **options)
    except OSError as error:  # from the hub, and for missing or truncated files
        remedy = "check the network and the name, or give a copy's folder"
        if Path(model).exists():
            remedy = "copy it again"
        reason = str(error).split(". ")[0]
        raise NotAFluxRepository(f"{model} cannot be opened: {remedy} ({reason})") from None
    finally:
        diffusers_logging.set_verbosity(level)


def _check_folder(folder: Path) -> None:
    index = folder / "model_index.json"
    if not index.is_file():
        raise NotAFluxRepository(f"{folder} is not a FLUX repository: it has no model_index.json")
    parts = json.loads(index.read_text())
    kind = parts.get("_class_name")
    if kind != "FluxPipeline":
        raise NotAFluxRepository(f"{index} describes a {kind}, not a FluxPipeline")
    required = [name for name, entry in parts.items() if isinstance(entry, list) and entry[0]]
    missing = [name for name in required if not any((folder / name).glob("*"))]
    if missing:
        raise NotAFluxRepository(
            f"{folder} is not a complete FLUX repository: {', '.join(missing)} missing"
        )


def weights_hash(pipe: FluxPipeline) -> str:
    """Return a short hash of the weights and the size of the images.

    A tuned model has another one than its base model.
    """
    digest = hashlib.sha256(str(image_size(pipe)).encode())
    for part in (pipe.transformer, pipe.vae, pipe.text_encoder, pipe.text_encoder_2):
        for weight in part.state_dict().values():
            digest.update(weight.detach().cpu().contiguous().flatten().view(torch.uint8).numpy())
    return digest.hexdigest()[:16]


def fit_batch_size(pipe: FluxPipeline, batch_size: int = 0) -> int:
    """Return `batch_size`, or, if it is 0, how many images of the model's size fit into memory."""
    if batch_size < 0:
        raise ValueError(
            f"batch_size is {batch_size}: give the number of images to process at once, or 0 for "
            "as many as their size allows"
        )
    return batch_size or max(1, min(_BATCH_IMAGES, _BATCH_PIXELS // image_size(pipe) ** 2))


def max_prompt_tokens(pipe: FluxPipeline) -> int:
    """Return the T5 tokens per prompt: the tokenizer's limit, at most the model's.

    That is 512 for a model with embedded guidance, as FLUX.1-dev, and 256 for FLUX.1-schnell.
    """
    limit = DEV_TOKENS if pipe.transformer.config.guidance_embeds else SCHNELL_TOKENS
    return min(int(pipe.tokenizer_2.model_max_length), limit)


def sampling_sigmas(pipe: FluxPipeline, steps: int) -> list[float]:
    """Return the noise levels at which a model samples, falling; tuning on its paths uses them too.

    Those of FLUX.1-schnell and of the shipped model are `flow.few_step_sigmas`. The scheduler of
    FLUX.1-dev shifts them upward, by more the larger the image.

    Parameters
    ----------
    pipe : FluxPipeline
        The model.
    steps : int
        Number of sampling steps.

    Returns
    -------
    list of float
        `steps` levels.
    """
    scheduler = deepcopy(pipe.scheduler)
    config = scheduler.config
    mu = None
    if config.use_dynamic_shifting:
        tokens = (image_size(pipe) // pipe.vae_scale_factor // 2) ** 2
        mu = calculate_shift(
            tokens,
            config.base_image_seq_len,
            config.max_image_seq_len,
            config.base_shift,
            config.max_shift,
        )
    scheduler.set_timesteps(sigmas=few_step_sigmas(steps), mu=mu)
    levels: list[float] = scheduler.sigmas[:-1].tolist()
    return levels


@contextmanager
def encoders_on_device(pipe: FluxPipeline) -> Iterator[None]:
    """Within the block the text encoders are where the transformer is.

    Those that were elsewhere return there.
    """
    device = pipe.transformer.device
    moved = [part for part in _text_encoders(pipe) if part.device != device]
    places = [part.device for part in moved]
    for part in moved:
        part.to(device)
    try:
        yield
    finally:
        for part, place in zip(moved, places, strict=True):
            part.to(place)


def release_encoders(pipe: FluxPipeline) -> None:
    """Take the text encoders off a GPU, where FLUX.1's need 10 GB, until they encode again."""
    if pipe.transformer.device.type == "cuda":
        for part in _text_encoders(pipe):
            part.to("cpu")


def _text_encoders(pipe: FluxPipeline) -> list[Any]:
    return [part for part in (pipe.text_encoder, pipe.text_encoder_2) if part is not None]


@torch.no_grad()
def encode_prompts(pipe: FluxPipeline, prompts: Sequence[str]) -> Text:
    """Encode prompts, repeated ones once.

    Returns
    -------
    Text
        Embeddings (N, length, width) and pooled vectors (N, width).
    """
    unique = {prompt: row for row, prompt in enumerate(dict.fromkeys(prompts))}
    with encoders_on_device(pipe):
        embeds, pooled, _ = pipe.encode_prompt(
            list(unique), list(unique), max_sequence_length=max_prompt_tokens(pipe)
        )
    rows = torch.tensor([unique[prompt] for prompt in prompts], device=embeds.device)
    return Text(embeds[rows], pooled[rows])


def starting_noise(pipe: FluxPipeline, seeds: Sequence[int]) -> torch.Tensor:
    """Return the packed noise (N, tokens, channels) with which `generate` starts for seeds."""
    channels = pipe.transformer.config.in_channels // 4
    side = image_size(pipe) // pipe.vae_scale_factor
    noise = [
        torch.randn(1, channels, side, side, generator=torch.Generator().manual_seed(seed))
        for seed in seeds
    ]
    return pack(torch.cat(noise))


def generate(
    pipe: FluxPipeline,
    prompts: Sequence[str],
    seeds: Sequence[int],
    steps: int = 4,
    guidance: float = 1.0,
    batch_size: int = 0,
    progress: str = "",
) -> Iterator[NDArray[np.uint8]]:
    """Generate one image for each prompt and seed.

    Parameters
    ----------
    pipe : FluxPipeline
        The model.
    prompts, seeds : sequences of equal length N
        What to draw, and the seed of each image's noise.
    steps : int
        Number of sampling steps.
    guidance : float
        Above 1, the scale of classifier-free guidance against the empty prompt, which takes two
        passes a step. FLUX.1-schnell and the shipped model need none.
    batch_size : int
        Images generated at once; 0 for as many as their size allows.
    progress : str
        Name of a progress bar; none if empty.

    Yields
    ------
    ndarray of uint8, shape (n, H, W, 3)
        Batches of RGB images, in order.

    Raises
    ------
    ValueError
        If there are not as many seeds as prompts.
    """
    if len(prompts) != len(seeds):
        raise ValueError(
            f"{len(prompts)} prompts but {len(seeds)} seeds: give one seed for each prompt"
        )
    batch_size = fit_batch_size(pipe, batch_size)
    empty = encode_prompts(pipe, [""]) if guidance > 1.0 else None
    hidden = {} if progress else {"disable": True}  # with a name as TQDM_DISABLE says
    bar = tqdm(total=len(prompts), desc=progress, unit="image", **hidden)
    with bar, encoders_on_device(pipe):
        for start in range(0, len(prompts), batch_size):
            rows = slice(start, start + batch_size)
            text = encode_prompts(pipe, prompts[rows])
            n = len(text.pooled)
            negative = {}
            if empty is not None:
                embeds, pooled = (x.expand(n, *x.shape[1:]) for x in empty)
                negative = {
                    "negative_prompt_embeds": embeds,
                    "negative_pooled_prompt_embeds": pooled,
                }
            with fused_blocks(pipe):
                latents = pipe(
                    prompt_embeds=text.embeds,
                    pooled_prompt_embeds=text.pooled,
                    **negative,
                    true_cfg_scale=guidance,
                    guidance_scale=DISTILLED_GUIDANCE,
                    num_inference_steps=steps,
                    height=image_size(pipe),
                    width=image_size(pipe),
                    max_sequence_length=max_prompt_tokens(pipe),
                    generator=[torch.Generator().manual_seed(seed) for seed in seeds[rows]],
                    output_type="latent",
                ).images
                images = decode_latents(pipe, latents)
            yield images
            bar.update(n)
