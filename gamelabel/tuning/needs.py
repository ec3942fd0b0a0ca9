"""What each kind of work on a FLUX needs, from its configuration alone: drawing, tuning, rewards.

`KINDS` has the kinds of work by name. Each runs the code that the study runs, on the meta device.
"""

from __future__ import annotations

import json
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, replace
from functools import cache
from pathlib import Path
from typing import Any

import torch
import yaml
from diffusers import (
    AutoencoderKL,
    FlowMatchEulerDiscreteScheduler,
    FluxPipeline,
    FluxTransformer2DModel,
)
from torch import Tensor, nn
from transformers import (
    BlipConfig,
    BlipForImageTextRetrieval,
    CLIPTextConfig,
    CLIPTextModel,
    T5Config,
    T5EncoderModel,
)

from gamelabel.files import shipped
from gamelabel.flow import Text, few_step_sigmas, integrate
from gamelabel.images.latents import decode_batches
from gamelabel.images.pipeline import (
    DEV_TOKENS,
    SCHNELL_TOKENS,
    NotAFluxRepository,
    starting_noise,
)
from gamelabel.reward.reward_model import IMAGE_SIZE, TEXT_LENGTH, RewardModel
from gamelabel.reward.tune_reward import freeze_layers
from gamelabel.training import TrainingStep
from gamelabel.tuning.adapter import add_adapter
from gamelabel.tuning.data import LatentDataset
from gamelabel.tuning.dpo import pairwise_loss
from gamelabel.tuning.dry_run import Need, dry_run, extrapolate
from gamelabel.tuning.refl import refl_loss
from gamelabel.tuning.sft import sft_loss

# published configurations by their names on the hub, for plans without the hub
_PUBLISHED = {
    "black-forest-labs/FLUX.1-schnell": "data/published/flux_schnell.yaml",
    "Salesforce/blip-itm-large-coco": "data/published/blip_large.yaml",
}
_PARTS = ("transformer", "vae", "text_encoder", "text_encoder_2")
# bytes of the transformer's weights, each, by how it is loaded; NF4 has a scale for 64 weights
BASE_BYTES = {"bf16": 2.0, "int8": 1.0, "nf4": 0.5 + 4.0 / 64.0}
_FEW_BLOCKS = 10  # up to this number, a model is run whole
_ADAPTER_COPIES = 4  # beside the weights: gradients, two moments of AdamW, their running average


@dataclass(frozen=True)
class Setting:
    """How work is done, as far as its needs depend on it.

    Attributes
    ----------
    batch : int
        Images at once; pairs of images for "dpo" and "reward".
    rank : int
        Rank of the adapter.
    steps : int
        Sampling steps.
    on_card : bool
        On a GPU, in bfloat16 and with gradient checkpointing; else on a processor, in float32.
    base : {"bf16", "int8", "nf4"}
        How the transformer is loaded on a GPU.
    side : int
        Width and height of the images, in pixels; 0 for the model's.
    encoders : bool
        Whether the text encoders stay on the device.
    assistant : bool
        Whether a second, frozen adapter of the same rank is on the transformer.
    """

    batch: int = 1
    rank: int = 64
    steps: int = 4
    on_card: bool = True
    base: str = "bf16"
    side: int = 0
    encoders: bool = False
    assistant: bool = False


def adapter_weights(model: str | Path, rank: int) -> int:
    """Return the number of weights of an adapter on all linear layers of a model's blocks."""
    configuration = read_configuration(model)
    transformer = configuration["transformer"]

    def measure(layers: int, single_layers: int) -> Need:
        blocks = {"num_layers": layers, "num_single_layers": single_layers}
        smaller = configuration | {"transformer": transformer | blocks}
        weights = add_adapter(_pipeline(smaller, Setting(side=64)).transformer, rank)
        return Need(sum(weight.numel() for weight in weights), 0, 0)

    need = extrapolate(measure, transformer["num_layers"], transformer["num_single_layers"])
    return need.weights


@cache
def read_configuration(model: str | Path) -> dict[str, Any]:
    """Return the configuration of a FLUX repository or of a BLIP.

    Parameters
    ----------
    model : str or Path
        A folder in the hub's layout, or a name on the hub. FLUX.1-schnell's and BLIP-large's
        published configurations ship with the project.

    Returns
    -------
    dict
        For FLUX the configurations of its parts, and `tokens`, those of T5 of a prompt.

    Raises
    ------
    NotAFluxRepository
        If there is no such folder and the name is not known.
    """
    folder = Path(model)
    if (folder / "model_index.json").is_file():
        parts = {part: _read_json(folder / part / "config.json") for part in _PARTS}
        tokens = _read_json(folder / "tokenizer_2" / "tokenizer_config.json")["model_max_length"]
        limit = DEV_TOKENS if parts["transformer"].get("guidance_embeds") else SCHNELL_TOKENS
        return parts | {"tokens": min(int(tokens), limit)}
    if (folder / "config.json").is_file():
        return _read_json(folder / "config.json")
    if str(model) in _PUBLISHED:
        text = shipped(_PUBLISHED[str(model)]).read_text(encoding="utf-8")
        published: dict[str, Any] = yaml.safe_load(text)
        return published
    raise NotAFluxRepository(
        f"the configuration of {model} is not known: give the folder of a repository, or one of "
        f"{', '.join(_PUBLISHED)}"
    )


def _read_json(path: Path) -> dict[str, Any]:
    content: dict[str, Any] = json.loads(path.read_text(encoding="utf-8"))
    return content


def needs(kind: str, model: str | Path, setting: Setting, blip: str | Path = "") -> Need:
    """Return what one step of a kind of work needs.

    Parameters
    ----------
    kind : str
        A key of `KINDS`.
    model : str or Path
        See `read_configuration`.
    setting : Setting
        How it is done.
    blip : str or Path
        The BLIP of the reward model, for "refl" and "reward".

    Returns
    -------
    Need
        On the device that does the work: without the libraries, and without what the device keeps
        for itself.
    """
    configuration = read_configuration(model)
    side = setting.side or configuration["vae"]["sample_size"]
    setting = replace(setting, side=side)
    blip_configuration = read_configuration(blip) if blip else {}
    work = KINDS[kind]
    if kind in _WITHOUT_BLOCKS:
        return work(configuration, setting, blip_configuration)
    transformer = configuration["transformer"]

    def measure(layers: int, single_layers: int) -> Need:
        blocks = {"num_layers": layers, "num_single_layers": single_layers}
        smaller = configuration | {"transformer": transformer | blocks}
        return work(smaller, setting, blip_configuration)

    blocks = (transformer["num_layers"], transformer["num_single_layers"])
    few = sum(blocks) <= _FEW_BLOCKS
    need = measure(*blocks) if few else extrapolate(measure, *blocks)
    return need._replace(weights=need.weights - _saved_bytes(model, setting))


def _saved_bytes(model: str | Path, setting: Setting) -> int:
    """Return how many bytes less than in bfloat16 the transformer's weights take."""
    if not setting.on_card:
        return 0
    return int(transformer_weights(model) * (BASE_BYTES["bf16"] - BASE_BYTES[setting.base]))


@cache
def transformer_weights(model: str | Path) -> int:
    """Return the number of weights of the transformer; see `read_configuration`."""
    with torch.device("meta"):
        transformer = FluxTransformer2DModel(**_options(read_configuration(model)["transformer"]))
    return sum(weight.numel() for weight in transformer.parameters())


@cache
def encoder_weights(model: str | Path) -> int:
    """Return the number of weights of both text encoders; see `read_configuration`."""
    encoders = _text_encoders(read_configuration(model))
    return sum(weight.numel() for part in encoders for weight in part.parameters())


def _options(configuration: Mapping[str, Any]) -> dict[str, Any]:
    return {name: value for name, value in configuration.items() if not name.startswith("_")}


def _text_encoders(configuration: Mapping[str, Any]) -> tuple[nn.Module, nn.Module]:
    with torch.device("meta"):
        clip = CLIPTextModel(CLIPTextConfig(**configuration["text_encoder"]))
        t5 = T5EncoderModel(T5Config(**configuration["text_encoder_2"]))
    return clip, t5


def _pipeline(configuration: Mapping[str, Any], setting: Setting) -> FluxPipeline:
    """Return a pipeline on the meta device, without text encoders."""
    with torch.device("meta"):
        vae = AutoencoderKL(**_options(configuration["vae"]) | {"sample_size": setting.side})
        transformer = FluxTransformer2DModel(**_options(configuration["transformer"]))
    for part in (vae, transformer):
        nn.Module.to(part.requires_grad_(False).eval(), _dtype(setting))  # diffusers' own warns
    parts: dict[str, Any] = dict.fromkeys(
        ("text_encoder", "tokenizer", "text_encoder_2", "tokenizer_2")
    )
    scheduler = FlowMatchEulerDiscreteScheduler()
    return FluxPipeline(scheduler=scheduler, vae=vae, transformer=transformer, **parts)


def _dtype(setting: Setting) -> torch.dtype:
    return torch.bfloat16 if setting.on_card else torch.float32


def _modules(
    pipe: FluxPipeline, configuration: Mapping[str, Any], setting: Setting
) -> dict[str, nn.Module]:
    """Return all modules that are on the device while the transformer works."""
    modules = {"transformer": pipe.transformer, "vae": pipe.vae}
    if setting.encoders or not setting.on_card:
        encoders = _text_encoders(configuration)
        modules |= {f"encoder {i}": part.to(_dtype(setting)) for i, part in enumerate(encoders)}
    return modules


def _text(configuration: Mapping[str, Any], setting: Setting, device: str) -> Text:
    transformer, rows = configuration["transformer"], setting.batch
    shape = (rows, configuration["tokens"], transformer["joint_attention_dim"])
    pooled = (rows, transformer["pooled_projection_dim"])
    return Text(*(torch.zeros(x, dtype=_dtype(setting), device=device) for x in (shape, pooled)))


def _images(
    pipe: FluxPipeline, configuration: Mapping[str, Any], setting: Setting
) -> LatentDataset:
    """Return a dataset as it is in training: in files, of which only a batch is in memory."""
    noise = starting_noise(pipe, range(setting.batch))
    return LatentDataset(noise, noise, _text(configuration, setting, "cpu"))


def _add_adapter(pipe: FluxPipeline, setting: Setting) -> int:
    """Add an adapter with gradients; return the bytes of what training keeps beside both."""
    weights = add_adapter(pipe.transformer, setting.rank)
    for weight in weights:
        weight.grad = torch.zeros_like(weight)
    pipe.transformer.train()
    if setting.on_card:
        pipe.transformer.enable_gradient_checkpointing()
    size = sum(weight.nbytes for weight in weights)
    return (_ADAPTER_COPIES - 1 + setting.assistant) * size


def _train(
    configuration: Mapping[str, Any],
    setting: Setting,
    make_loss: Callable[[FluxPipeline, LatentDataset], Any],
    others: Mapping[str, nn.Module] | None = None,
) -> Need:
    pipe = _pipeline(configuration, setting)
    modules = _modules(pipe, configuration, setting) | dict(others or {})
    kept = _add_adapter(pipe, setting)
    loss = make_loss(pipe, _images(pipe, configuration, setting))
    step = TrainingStep(0, torch.Generator().manual_seed(0))
    need = dry_run(modules, lambda: loss(step)[0].backward())
    return need._replace(weights=need.weights + kept)


def _sft(configuration: Mapping[str, Any], setting: Setting, _: Mapping[str, Any]) -> Need:
    return _train(
        configuration, setting, lambda pipe, data: sft_loss(pipe.transformer, data, setting.batch)
    )


def _dpo(configuration: Mapping[str, Any], setting: Setting, _: Mapping[str, Any]) -> Need:
    return _train(
        configuration,
        setting,
        lambda pipe, data: pairwise_loss(pipe.transformer, data, data, setting.batch),
    )


def _refl(configuration: Mapping[str, Any], setting: Setting, blip: Mapping[str, Any]) -> Need:
    model = _reward_model(blip).requires_grad_(False)
    prompts = [""] * setting.batch

    def reward(pixels: Tensor, texts: Sequence[str]) -> Tensor:
        return model(model.preprocess(pixels), _tokens(len(texts), model))

    return _train(
        configuration,
        setting,
        lambda pipe, data: refl_loss(pipe, prompts, data.text, reward, setting.batch, last_steps=1),
        {"reward": model},
    )


def _draw(configuration: Mapping[str, Any], setting: Setting, _: Mapping[str, Any]) -> Need:
    pipe = _pipeline(configuration, setting)
    modules = _modules(pipe, configuration, setting)
    noise = starting_noise(pipe, range(setting.batch)).to("meta")
    text = _text(configuration, setting, "meta")
    sigmas = few_step_sigmas(setting.steps)

    @torch.no_grad()
    def work() -> None:
        latents = integrate(pipe.transformer, noise, text, sigmas)
        decode_batches(pipe, latents.to(pipe.vae.dtype))

    return dry_run(modules, work)


def _encode_prompts(
    configuration: Mapping[str, Any], setting: Setting, _: Mapping[str, Any]
) -> Need:
    encoders = [part.to(_dtype(setting)).eval() for part in _text_encoders(configuration)]
    lengths = (configuration["text_encoder"]["max_position_embeddings"], configuration["tokens"])
    tokens = [
        torch.zeros(setting.batch, length, dtype=torch.long, device="meta") for length in lengths
    ]

    @torch.no_grad()
    def work() -> list[Any]:
        return [part(ids) for part, ids in zip(encoders, tokens, strict=True)]

    return dry_run(dict(zip("ab", encoders, strict=True)), work)


def _reward(configuration: Mapping[str, Any], setting: Setting, blip: Mapping[str, Any]) -> Need:
    """One step of Bradley-Terry training on `batch` pairs of images."""
    model = _reward_model(blip)
    freeze_layers(model, 0.7)
    trained = [weight for weight in model.parameters() if weight.requires_grad]
    for weight in trained:
        weight.grad = torch.zeros_like(weight)
    size = model.image_size
    pixels = torch.zeros(2 * setting.batch, 3, size, size, device="meta")
    tokens = _tokens(2 * setting.batch, model)

    def work() -> None:
        model.head(model.features(pixels, tokens).float()).mean().backward()

    need = dry_run({"reward": model}, work)
    return need._replace(weights=need.weights + 2 * sum(weight.nbytes for weight in trained))


def _reward_model(configuration: Mapping[str, Any]) -> RewardModel:
    vision = configuration["vision_config"]
    vision = vision | {"image_size": min(vision["image_size"], IMAGE_SIZE)}
    configuration = {**configuration, "vision_config": vision}
    with torch.device("meta"):
        blip = BlipForImageTextRetrieval(BlipConfig(**configuration))
        tokenizer: Any = None  # its tokens are replaced by `_tokens`
        model = RewardModel(blip, tokenizer, min(TEXT_LENGTH, _positions(configuration)))
    return model.float()


def _positions(configuration: Mapping[str, Any]) -> int:
    return int(configuration["text_config"]["max_position_embeddings"])


def _tokens(rows: int, model: RewardModel) -> dict[str, Tensor]:
    # without a mask, whose values decide how it is applied
    return {"input_ids": torch.zeros(rows, model.text_length, dtype=torch.long, device="meta")}


# name -> function of configuration, setting and the BLIP's configuration
KINDS: dict[str, Callable[[Mapping[str, Any], Setting, Mapping[str, Any]], Need]] = {
    "draw": _draw,
    "sft": _sft,
    "dpo": _dpo,
    "refl": _refl,
    "encode": _encode_prompts,
    "reward": _reward,
}
_WITHOUT_BLOCKS = ("encode", "reward")
