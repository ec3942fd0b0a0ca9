"""A FLUX repository, from disk or hub -> pictures, in batches.

One path serves the embedded model and `black-forest-labs/FLUX.1-schnell` alike: stock `FluxPipeline`, called with many
prompts at a time, each picture with a generator of its own, so that a seed draws the same picture in any batch.
"""

from __future__ import annotations

import hashlib
import json
from collections.abc import Iterator, Sequence
from pathlib import Path

import numpy as np
import torch
from diffusers import FluxPipeline
from diffusers.utils import logging as diffusers_logging
from numpy.typing import NDArray
from tqdm import tqdm

from gamelabel.files import shipped
from gamelabel.flow import Text, pack, unpack

EMBEDDED = shipped("data/models/scenes-flux")
SCHNELL_TOKENS = 256  # FLUX.1-schnell's limit on T5 tokens
_BATCH, _PIXELS = (
    64,
    2**20,
)  # pictures and pixels drawn at once, at most: one of 1024 x 1024 fills a GPU by itself
_DECODED = 2**15  # pixels decoded at once, at least one picture: what a processor's cache holds

Pictures = NDArray[np.uint8]


class NotAFluxRepository(ValueError):
    """A model that is neither a folder in the layout of FluxPipeline nor a repository of the hub."""


def load(model: str | Path = EMBEDDED, device: str = "", adapter: str | Path = "") -> FluxPipeline:
    """Open a FLUX repository (a folder, or a name on the hub) in evaluation mode, with a LoRA adapter if one is given.

    The device is the GPU where there is one. Raises NotAFluxRepository with what is missing or torn, or that the hub
    does not give it, FileNotFoundError for an adapter that is not there.
    """
    if adapter and not Path(adapter).exists():
        raise FileNotFoundError(
            f"no adapter at {adapter}: give the .safetensors file that tuning saved"
        )
    if Path(model).exists():
        _check_folder(Path(model))
    elif Path(model).is_absolute() or str(model).count("/") != 1:
        raise NotAFluxRepository(
            f"{model}: no such folder; give a FLUX repository's folder or its name on the hub"
        )
    device = device or ("cuda" if torch.cuda.is_available() else "cpu")
    level = diffusers_logging.get_verbosity()
    diffusers_logging.set_verbosity_error()  # it warns of config entries that it then keeps
    try:
        pipe = FluxPipeline.from_pretrained(
            model, dtype=torch.bfloat16 if device == "cuda" else torch.float32
        )
    except OSError as error:  # of the hub, and of files that are torn or not there
        cure = (
            "copy it anew"
            if Path(model).exists()
            else "check the network and the name, or give a copy's folder"
        )
        raise NotAFluxRepository(
            f"{model} cannot be opened: {cure} ({str(error).split('. ')[0]})"
        ) from None
    finally:
        diffusers_logging.set_verbosity(level)
    pipe.set_progress_bar_config(disable=True)
    pipe.vae.to(memory_format=torch.channels_last)  # decodes in two thirds of the time
    if adapter:
        pipe.load_lora_weights(str(adapter))
    return pipe.to(device)


def _check_folder(folder: Path) -> None:
    index = folder / "model_index.json"
    if not index.is_file():
        raise NotAFluxRepository(f"{folder} is not a FLUX repository: it has no model_index.json")
    parts = json.loads(index.read_text())
    if parts.get("_class_name") != "FluxPipeline":
        raise NotAFluxRepository(
            f"{index} is of a {parts.get('_class_name')}, not of a FluxPipeline"
        )
    wanted = [name for name, kind in parts.items() if isinstance(kind, list) and kind[0]]
    missing = [name for name in wanted if not any((folder / name).glob("*"))]
    if missing:
        raise NotAFluxRepository(
            f"{folder} is not a whole FLUX repository: {', '.join(missing)} missing"
        )


def side_of(pipe: FluxPipeline) -> int:
    """Width and height, in pixels, of the pictures that the model was trained on."""
    return int(pipe.vae.config.sample_size)


def identity(pipe: FluxPipeline) -> str:
    """A short name of the weights that draw: another model, or the same one tuned further, has another."""
    digest = hashlib.sha256()
    for part in (pipe.transformer, pipe.vae, pipe.text_encoder, pipe.text_encoder_2):
        for weight in part.state_dict().values():
            digest.update(weight.detach().cpu().contiguous().flatten().view(torch.uint8).numpy())
    return digest.hexdigest()[:16]


def batch_of(pipe: FluxPipeline, asked: int = 0) -> int:
    """How many pictures to draw or encode at once: as asked, else fewer where they are larger, so that memory holds."""
    if asked < 0:
        raise ValueError(
            f"batch is how many pictures to draw at once, or 0 for as many as suit their size; not {asked}"
        )
    return asked or max(1, min(_BATCH, _PIXELS // side_of(pipe) ** 2))


def text_length(pipe: FluxPipeline) -> int:
    """T5 tokens a prompt: the tokenizer's limit, at most FLUX.1-schnell's 256."""
    return min(int(pipe.tokenizer_2.model_max_length), SCHNELL_TOKENS)


@torch.no_grad()
def encode(pipe: FluxPipeline, prompts: Sequence[str]) -> Text:
    """Encode prompts, repeated ones once: embeddings (N, length, width), pooled (N, width)."""
    unique = {prompt: row for row, prompt in enumerate(dict.fromkeys(prompts))}
    embeds, pooled, _ = pipe.encode_prompt(
        list(unique), list(unique), max_sequence_length=text_length(pipe)
    )
    rows = torch.tensor([unique[prompt] for prompt in prompts], device=embeds.device)
    return Text(embeds[rows], pooled[rows])


def starting_noise(pipe: FluxPipeline, seeds: Sequence[int]) -> torch.Tensor:
    """The packed noise (N, tokens, channels) from which `generate` draws the pictures of these seeds."""
    channels, side = (
        pipe.transformer.config.in_channels // 4,
        side_of(pipe) // pipe.vae_scale_factor,
    )
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
    batch: int = 0,
    progress: str = "",
) -> Iterator[Pictures]:
    """Draw one picture for each prompt and seed; yields uint8 RGB batches (n, H, W, 3) in the order asked.

    `guidance` above 1 is classifier-free guidance against the empty prompt (two passes a step); FLUX.1-schnell and the
    embedded student need none. `batch`: how many at once, 0 for as many as suit their size. `progress` names a bar.
    """
    if len(prompts) != len(seeds):
        raise ValueError(f"{len(prompts)} prompts but {len(seeds)} seeds: give one seed a prompt")
    batch = batch_of(pipe, batch)
    empty = encode(pipe, [""]) if guidance > 1.0 else None
    with tqdm(total=len(prompts), desc=progress, unit="picture", disable=not progress) as bar:
        for start in range(0, len(prompts), batch):
            part = slice(start, start + batch)
            text = encode(pipe, prompts[part])
            n = len(text.pooled)
            against = {}
            if empty is not None:
                bare, bare_pooled = (x.expand(n, *x.shape[1:]) for x in empty)
                against = {
                    "negative_prompt_embeds": bare,
                    "negative_pooled_prompt_embeds": bare_pooled,
                }
            latents = pipe(
                prompt_embeds=text.embeds,
                pooled_prompt_embeds=text.pooled,
                **against,
                true_cfg_scale=guidance,
                guidance_scale=0.0,
                num_inference_steps=steps,
                height=side_of(pipe),
                width=side_of(pipe),
                max_sequence_length=text_length(pipe),
                generator=[torch.Generator().manual_seed(seed) for seed in seeds[part]],
                output_type="latent",
            ).images
            yield decode(pipe, latents)
            bar.update(n)


@torch.no_grad()
def decode(pipe: FluxPipeline, tokens: torch.Tensor) -> Pictures:
    """Packed latents (n, tokens, channels) -> pictures, uint8 RGB (n, H, W, 3), as FluxPipeline decodes them."""
    latents = unpack(tokens) / pipe.vae.config.scaling_factor + pipe.vae.config.shift_factor
    few = max(1, _DECODED // side_of(pipe) ** 2)
    decoded = torch.cat(
        [pipe.vae.decode(part, return_dict=False)[0] for part in latents.split(few)]
    )
    return (
        (pipe.image_processor.postprocess(decoded, output_type="np") * 255.0)
        .round()
        .astype(np.uint8)
    )
