"""Measure a FLUX of full size on a GPU: pictures and training samples a second, and memory.

    python -m benchmarks.appendix_gpu --out appendix_gpu.json

Weights are random, which costs the same: FLUX.1-schnell's transformer of 12 billion weights and its
autoencoder, 1024 x 1024 pixels in 4 steps, adapters of rank 64. Text encoders are left out, since
they leave the card once prompts are encoded. Training runs `gamelabel.training.train` with what the
profile `paper` keeps on the card: adapter, gradients, moments and average in float32, and for ReFL
BLIP-large.

Each row is printed, and written to `--out`, as soon as it is measured. A row that fails has its
error, and the next ones go on in a process of their own. No row starts later than `--seconds` after
the first. The full size needs a card of 80 GB; `--tiny` measures a narrow model, on any machine.
"""

from __future__ import annotations

import gc
import json
import subprocess
import sys
import time
import traceback
from collections.abc import Callable, Sequence
from copy import deepcopy
from dataclasses import replace
from functools import partial
from importlib.util import find_spec
from itertools import pairwise
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import Any, NamedTuple

import torch
from diffusers import (
    AutoencoderKL,
    FlowMatchEulerDiscreteScheduler,
    FluxPipeline,
    FluxTransformer2DModel,
)
from diffusers.utils import logging
from torch import Tensor, nn
from torch.nn.attention import SDPBackend, sdpa_kernel
from torch.utils.flop_counter import FlopCounterMode
from transformers import (
    BlipConfig,
    BlipForImageTextRetrieval,
    BlipTextConfig,
    BlipVisionConfig,
)

from benchmarks.timing import make_parser
from gamelabel.files import write_text
from gamelabel.flow import Text, few_step_sigmas, integrate, velocity
from gamelabel.images.latents import decode_latents, image_size
from gamelabel.images.pipeline import encode_prompts, load_pipeline, starting_noise
from gamelabel.models.blip_scenes.architecture import make_blip_tokenizer
from gamelabel.reward.reward_model import RewardModel
from gamelabel.training import Loss, Metrics, TrainingConfig, TrainingStep, train
from gamelabel.tuning.adapter import add_adapter, remove_adapter
from gamelabel.tuning.data import LatentDataset
from gamelabel.tuning.dpo import pairwise_loss
from gamelabel.tuning.needs import BASE_BYTES, Setting, needs
from gamelabel.tuning.refl import refl_loss
from gamelabel.tuning.sft import sft_loss
from tests.images.repositories import schnell_pipeline

STEPS, DEV_STEPS = 4, 28  # of sampling: FLUX.1-schnell's, and the default of FLUX.1-dev
TOKENS, DEV_TOKENS = 256, 512  # of T5
REPEATS = 3
SCHNELL, BLIP = "black-forest-labs/FLUX.1-schnell", "Salesforce/blip-itm-large-coco"
LAST_ROW_SECONDS = 60.0  # of the one that has begun when the time is over
PROMPT = "a red circle"
# as in notebooks 5, 8 and 9, but for the number of steps, which is cut
CONFIG = TrainingConfig(
    10**6, 1, 1e-4, decay_start=0.0, warmup_steps=20, ema_decay=0.99, log_every=10**6
)


class Int8Linear(nn.Linear):
    """A frozen linear layer with its weight in 8 bits, one scale a row."""

    def __init__(self, layer: nn.Linear) -> None:
        nn.Module.__init__(self)
        self.in_features, self.out_features = layer.in_features, layer.out_features
        scale = layer.weight.detach().abs().amax(1, keepdim=True).clamp_min(1e-12) / 127.0
        rounded = (layer.weight.detach() / scale).round().to(torch.int8)
        self.weight = nn.Parameter(rounded, requires_grad=False)
        self.register_buffer("scale", scale)
        self.bias = layer.bias

    def forward(self, input: Tensor) -> Tensor:
        return nn.functional.linear(input, self.weight.to(input.dtype) * self.scale, self.bias)


class Bench:
    """The model on the card, one kind at a time, and how its work is timed."""

    def __init__(self, tiny: bool) -> None:
        self.tiny = tiny
        self.device = "cuda" if torch.cuda.is_available() else "cpu"
        self.rank = 4 if tiny else 64
        self.pipe: FluxPipeline | None = None
        self.kind = ""

    def model(self, kind: str) -> FluxPipeline:
        """Return the model: "bf16", "dev" (with guidance), "int8", "nf4" or "compiled"."""
        if kind == "nf4" and find_spec("bitsandbytes") is None:
            raise LeftOut("bitsandbytes is not installed, which NF4 needs")
        if kind != self.kind:
            self.pipe, self.kind = None, ""
            self.free()
            make = narrow_model if self.tiny else full_model
            pipe = make(self.device, guidance=kind == "dev")
            pipe.vae.to(memory_format=torch.channels_last)
            pipe.transformer.eval().requires_grad_(False)
            pipe.vae.eval().requires_grad_(False)
            if kind == "int8":
                replace_linear_layers(pipe.transformer, Int8Linear)
            if kind == "nf4":
                quantize_nf4(pipe.transformer, self.device)
            if kind == "compiled":
                pipe.transformer.compile_repeated_blocks(fullgraph=True)
            self.pipe, self.kind = pipe, kind
            self.free()  # the memory of a row is not that of making its model
        assert self.pipe is not None
        return self.pipe

    def free(self) -> None:
        """Return memory that is not in use to the card."""
        gc.collect()
        if self.device == "cuda":
            torch.cuda.empty_cache()
            torch.cuda.reset_peak_memory_stats()

    def clock(self) -> float:
        """Return the time, once the card is done: calls return before their work is."""
        if self.device == "cuda":
            torch.cuda.synchronize()
        return time.perf_counter()

    def memory(self) -> dict[str, float]:
        """Return the most memory in use, and reserved from the card, since `free`."""
        if self.device != "cuda":
            return {}
        return {
            "peak_gb": torch.cuda.max_memory_allocated() / 1e9,
            "reserved_gb": torch.cuda.max_memory_reserved() / 1e9,
        }

    def seconds(self, work: Callable[[], object], repeats: int = REPEATS) -> float:
        """Return the median seconds of a call, after one that warms up."""
        work()
        marks = [self.clock()]
        for _ in range(repeats):
            work()
            marks.append(self.clock())
        return middle_difference(marks)


def middle_difference(marks: Sequence[float]) -> float:
    """Return the median of the differences between neighbors."""
    differences = sorted(after - before for before, after in pairwise(marks))
    return differences[len(differences) // 2]


def full_model(device: str, guidance: bool = False) -> FluxPipeline:
    """FLUX.1's transformer and autoencoder by their published settings, in bfloat16."""
    torch.set_default_dtype(torch.bfloat16)
    try:
        with torch.device(device):
            transformer = FluxTransformer2DModel(guidance_embeds=guidance)  # else its defaults
            vae = AutoencoderKL(
                down_block_types=("DownEncoderBlock2D",) * 4,
                up_block_types=("UpDecoderBlock2D",) * 4,
                block_out_channels=(128, 256, 512, 512),
                layers_per_block=2,
                latent_channels=16,
                sample_size=1024,
                scaling_factor=0.3611,
                shift_factor=0.1159,
                use_quant_conv=False,
                use_post_quant_conv=False,
            )
    finally:
        torch.set_default_dtype(torch.float32)
    parts: dict[str, Any] = dict.fromkeys(
        ("text_encoder", "tokenizer", "text_encoder_2", "tokenizer_2")
    )
    return FluxPipeline(
        scheduler=FlowMatchEulerDiscreteScheduler(), vae=vae, transformer=transformer, **parts
    )


def narrow_model(device: str, guidance: bool = False) -> FluxPipeline:
    """The same layers, narrow, for 128 x 128 pixels."""
    return schnell_pipeline(guidance_embeds=guidance).to(device, torch.bfloat16)


class LeftOut(Exception):
    """A row that cannot be measured here, and why."""


def replace_linear_layers(
    transformer: nn.Module, convert: Callable[[nn.Linear], nn.Module]
) -> None:
    """Replace the linear layers of the blocks in place, one after another to save memory."""
    for name, layer in list(transformer.named_modules()):
        if type(layer) is nn.Linear and name.startswith(("transformer_blocks.", "single_")):
            parent, _, child = name.rpartition(".")
            setattr(transformer.get_submodule(parent), child, convert(layer).requires_grad_(False))


def quantize_nf4(transformer: nn.Module, device: str) -> None:
    """Replace the linear layers of the blocks, in place, by layers of 4 bits (NF4)."""
    import bitsandbytes

    def convert(layer: nn.Linear) -> nn.Module:
        sizes, bias = (layer.in_features, layer.out_features), layer.bias is not None
        packed = bitsandbytes.nn.Linear4bit(*sizes, bias, torch.bfloat16, quant_type="nf4")
        packed.load_state_dict(layer.state_dict())
        return packed.to(torch.bfloat16).to(device)  # which packs the weight

    replace_linear_layers(transformer, convert)


def random_text(pipe: FluxPipeline, n: int, tokens: int = TOKENS) -> Text:
    """Return n encoded prompts with random values, in the memory of the machine."""
    config = pipe.transformer.config
    embeds = torch.randn(n, tokens, config.joint_attention_dim, dtype=torch.bfloat16)
    return Text(embeds, torch.randn(n, config.pooled_projection_dim, dtype=torch.bfloat16))


def random_images(pipe: FluxPipeline, n: int, seed: int = 0) -> LatentDataset:
    """Return n images with their noise and text, in the memory of the machine as in tuning."""
    latents, noise = starting_noise(pipe, range(2 * n * seed, 2 * n * (seed + 1))).chunk(2)
    return LatentDataset(latents, noise, random_text(pipe, n))


def matrix_rate(bench: Bench) -> dict[str, float]:
    """Measure a product of square matrices in bfloat16, the most that the card reaches."""
    side = 256 if bench.tiny else 8192
    a, b = torch.randn(2, side, side, device=bench.device, dtype=torch.bfloat16)
    return {"tflops": 2 * side**3 / bench.seconds(lambda: a @ b, 10) / 1e12}


def attention_gradient(bench: Bench, backend: SDPBackend) -> dict[str, float]:
    """Compare the gradient of an implementation of attention with that of the plain formula.

    The model has FLUX.1's width, in bfloat16, and one block of each kind. The difference is in
    shares of the largest gradient.
    """
    bench.pipe, bench.kind = None, ""
    torch.manual_seed(0)
    sizes = {"num_attention_heads": 2} if bench.tiny else {}
    transformer = FluxTransformer2DModel(num_layers=1, num_single_layers=1, **sizes)
    transformer.requires_grad_(False).to(bench.device, torch.bfloat16)
    side, config = 4 if bench.tiny else 32, transformer.config
    x_t = torch.randn(1, side**2, config.in_channels)
    text = Text(
        torch.randn(1, TOKENS, config.joint_attention_dim),
        torch.randn(1, config.pooled_projection_dim),
    )

    def gradient(used: SDPBackend) -> Tensor:
        x = x_t.to(bench.device).requires_grad_()
        with sdpa_kernel(used):
            velocity(transformer, x, torch.ones(1) / 2, text).square().sum().backward()
        assert x.grad is not None
        return x.grad

    expected, result = gradient(SDPBackend.MATH), gradient(backend)
    difference = (result - expected).abs().max() / expected.abs().max()
    return {
        "finite_share": result.isfinite().float().mean().item(),
        "largest_difference": difference.item(),
    }


@torch.no_grad()
def one_pass(bench: Bench, kind: str, tokens: int = TOKENS) -> dict[str, float]:
    """Measure a pass of the transformer over one image."""
    pipe = bench.model(kind)
    x_t, text = starting_noise(pipe, [0]), random_text(pipe, 1, tokens)
    work = partial(velocity, pipe.transformer, x_t, torch.ones(1), text)
    with FlopCounterMode(display=False) as counter:
        work()
    seconds, tflop = bench.seconds(work), counter.get_total_flops() / 1e12
    return {"seconds": seconds, "tflop": tflop, "tflops": tflop / seconds}


@torch.no_grad()
def pictures(
    bench: Bench,
    kind: str,
    n: int,
    steps: int = STEPS,
    tokens: int = TOKENS,
    repeats: int = REPEATS,
) -> dict[str, float]:
    """Measure sampling and decoding of n images at once."""
    pipe = bench.model(kind)
    device = pipe.transformer.device
    noise, text = starting_noise(pipe, range(n)).to(device), random_text(pipe, n, tokens)
    sigmas = few_step_sigmas(steps)

    def work() -> object:
        latents = integrate(pipe.transformer, noise, text, sigmas)
        return decode_latents(pipe, latents)

    return rates(n, bench.seconds(work, repeats))


def rates(n: int, seconds: float) -> dict[str, float]:
    """Return how many a second n in so many seconds are."""
    return {"a_second": n / seconds, "seconds": seconds}


class EnoughSteps(Exception):
    """Ends a training whose speed is known."""


def training(
    bench: Bench,
    kind: str,
    n: int,
    make_loss: Callable[[Bench, FluxPipeline, int], Loss],
    bf16: bool = True,
    side: int = 0,
) -> dict[str, float]:
    """Measure steps of training with n samples each: supervised, pairs, or a reward.

    `bf16` computes the adapter too in bfloat16 (autocast); otherwise it computes in float32.
    `side` is the size of the images, by default the model's own.
    """
    pipe = bench.model(kind)
    own_side = image_size(pipe)
    pipe.vae.register_to_config(sample_size=side or own_side)
    transformer, marks = pipe.transformer, []
    add_adapter(transformer, bench.rank)
    transformer.enable_gradient_checkpointing()
    try:
        loss = make_loss(bench, pipe, n)

        def timed(step: TrainingStep) -> tuple[Tensor, Metrics]:
            marks.append(bench.clock())
            if len(marks) > 1 + REPEATS + 1:  # the first step warms up
                raise EnoughSteps
            return loss(step)

        with TemporaryDirectory() as folder:
            train(transformer, timed, replace(CONFIG, bf16=bf16), Path(folder))
    except EnoughSteps:
        return rates(n, middle_difference(marks[1:]))
    finally:
        remove_adapter(transformer)
        transformer.disable_gradient_checkpointing()
        transformer.eval()
        pipe.vae.register_to_config(sample_size=own_side)
    raise RuntimeError("training ended before its speed was known")


def supervised(bench: Bench, pipe: FluxPipeline, n: int) -> Loss:
    """Return the loss of notebook 5."""
    return sft_loss(pipe.transformer, random_images(pipe, 2), n)


def pairs(bench: Bench, pipe: FluxPipeline, n: int) -> Loss:
    """Return the loss of notebook 8, DPO with an anchor, of n pairs."""
    chosen, rejected = random_images(pipe, 2), random_images(pipe, 2, 1)
    return pairwise_loss(pipe.transformer, chosen, rejected, n, anchor=2.5)


def reward(bench: Bench, pipe: FluxPipeline, n: int) -> Loss:
    """Return the loss of notebook 9, ReFL, with its reward model."""
    model = reward_model(bench.tiny).to(bench.device).requires_grad_(False)
    return refl_loss(pipe, [PROMPT], random_text(pipe, 1), model.reward, n, STEPS, last_steps=1)


def reward_model(tiny: bool) -> RewardModel:
    """ImageReward's architecture, BLIP-large at 224 pixels, with random weights."""
    width, layers = (64, 2) if tiny else (1024, 24)
    text_width, text_layers = (64, 2) if tiny else (768, 12)
    vision = BlipVisionConfig(
        hidden_size=width,
        intermediate_size=4 * width,
        num_hidden_layers=layers,
        num_attention_heads=width // 64,
        image_size=224,
        patch_size=16,
    )
    text = BlipTextConfig(
        hidden_size=text_width,
        encoder_hidden_size=width,
        intermediate_size=4 * text_width,
        num_hidden_layers=text_layers,
        num_attention_heads=text_width // 64,
    )
    blip = BlipForImageTextRetrieval(BlipConfig(text_config=text, vision_config=vision))
    return RewardModel(blip, make_blip_tokenizer())


def agreement(bench: Bench) -> dict[str, float]:
    """Compare the embedded model on the card and on the processor: images, and losses in float32.

    Images have values from 0 to 255.
    """
    here = load_pipeline(device="cpu")
    there = deepcopy(here).to(bench.device)
    latents, there_latents = drawn(here), drawn(there)
    images = as_images(here, latents)
    difference = (as_images(there, there_latents) - images).abs()
    losses = training_losses(here, latents)
    there_losses = training_losses(there, latents)
    half = there.to(torch.bfloat16)  # as `load_pipeline` loads a model on a card
    return {
        "largest_latent_difference": (there_latents.cpu() - latents).abs().max().item(),
        "largest_image_difference": difference.max().item(),
        "share_of_values_that_differ": (difference > 0).float().mean().item(),
        "mean_image_difference_in_bfloat16": (as_images(half, drawn(half)) - images)
        .abs()
        .mean()
        .item(),
        "largest_loss_difference": (losses - there_losses).abs().max().item(),
        "first_loss": losses[0].item(),
        "last_loss": losses[-1].item(),
    }


@torch.no_grad()
def drawn(pipe: FluxPipeline, n: int = 16) -> Tensor:
    """Return the latents of n images."""
    text = encode_prompts(pipe, [PROMPT] * n)
    noise = starting_noise(pipe, range(n)).to(pipe.transformer.device)
    return integrate(pipe.transformer, noise, text, few_step_sigmas(STEPS))


def as_images(pipe: FluxPipeline, latents: Tensor) -> Tensor:
    """Decode latents, without the shortened float32 (TF32) that cards use for convolutions."""
    with torch.backends.cudnn.flags(allow_tf32=False):
        return torch.from_numpy(decode_latents(pipe, latents)).float()


def training_losses(pipe: FluxPipeline, latents: Tensor, steps: int = 20) -> Tensor:
    """Return the losses of a short supervised training."""
    text = Text(*(part.cpu() for part in encode_prompts(pipe, [PROMPT] * len(latents))))
    noise = starting_noise(pipe, range(len(latents)))
    loss, losses = sft_loss(pipe.transformer, LatentDataset(latents, noise, text), 8), []

    def recorded(step: TrainingStep) -> tuple[Tensor, Metrics]:
        value, metrics = loss(step)
        losses.append(value.item())
        return value, metrics

    add_adapter(pipe.transformer, 4)
    try:
        with TemporaryDirectory() as folder:
            config = TrainingConfig(steps, 8, 1e-3, decay_start=0.0, warmup_steps=1, bf16=False)
            train(pipe.transformer, recorded, config, Path(folder))
    finally:
        remove_adapter(pipe.transformer)
        pipe.transformer.eval()
    return torch.tensor(losses)


class Row(NamedTuple):
    """A row of the table, how it is measured, and the work of `tuning.needs` that it is, if any."""

    name: str
    measure: Callable[[Bench], dict[str, float]]
    work: str = ""
    setting: Setting = Setting()


def pictures_row(name: str, kind: str, n: int) -> Row:
    """Return a row of `pictures`."""
    setting = Setting(batch=n, steps=STEPS, base=kind if kind in BASE_BYTES else "bf16")
    return Row(name, partial(pictures, kind=kind, n=n), "draw", setting)


def training_row(name: str, kind: str, n: int, loss: Any, **settings: Any) -> Row:
    """Return a row of `training`."""
    base = kind if kind in BASE_BYTES else "bf16"
    setting = Setting(batch=n, steps=STEPS, base=base, side=settings.get("side", 0))
    measure = partial(training, kind=kind, n=n, make_loss=loss, **settings)
    return Row(name, measure, {supervised: "sft", pairs: "dpo", reward: "refl"}[loss], setting)


ROWS = (
    Row(
        "gradient of FlashAttention",
        partial(attention_gradient, backend=SDPBackend.FLASH_ATTENTION),
    ),
    training_row("supervised, batch 1", "bf16", 1, supervised),
    training_row("pairs, batch 1", "bf16", 1, pairs),
    training_row("ReFL, batch 1", "bf16", 1, reward),
    training_row("supervised, batch 4", "bf16", 4, supervised),
    training_row("ReFL, batch 2", "bf16", 2, reward),
    Row("transformer pass", partial(one_pass, kind="bf16")),
    pictures_row("pictures, batch 1", "bf16", 1),
    pictures_row("pictures, batch 4", "bf16", 4),
    training_row("int8, supervised, batch 1", "int8", 1, supervised),
    training_row("int8, supervised, batch 1, 512 pixels", "int8", 1, supervised, side=512),
    pictures_row("int8, pictures, batch 1", "int8", 1),
    pictures_row("compiled, pictures, batch 1", "compiled", 1),
    Row(
        "with guidance, 28 steps, 512 tokens, batch 1",
        partial(pictures, kind="dev", n=1, steps=DEV_STEPS, tokens=DEV_TOKENS, repeats=1),
    ),
    Row("matrix product", matrix_rate),
    Row("embedded model, card against processor", agreement),
    training_row("supervised, batch 1, adapter in float32", "bf16", 1, supervised, bf16=False),
    pictures_row("NF4, pictures, batch 1", "nf4", 1),
    training_row("NF4, supervised, batch 1", "nf4", 1, supervised),
    training_row("NF4, supervised, batch 1, 512 pixels", "nf4", 1, supervised, side=512),
    training_row("compiled, supervised, batch 1", "compiled", 1, supervised),
    Row(
        "gradient of cuDNN's attention",
        partial(attention_gradient, backend=SDPBackend.CUDNN_ATTENTION),
    ),
)


def predict(file: Path) -> None:
    """Add to the rows of a file the peak of memory that `gamelabel plan` foresees."""
    report = json.loads(file.read_text())
    rows = {row.name: row for row in ROWS if row.work}
    for result in report["rows"]:
        row = rows.get(result["row"])
        if row is not None and "peak_gb" in result:
            need = needs(row.work, SCHNELL, row.setting, BLIP)
            result["predicted_gb"] = need.peak / 1e9
            result["predicted_tflop"] = need.flops / 1e12
        show(result)
    write_text(file, json.dumps(report, indent=1) + "\n")


def measure_row(bench: Bench, row: Row) -> dict[str, Any]:
    """Return what a row measures, or its error."""
    try:
        bench.free()
        return {"row": row.name, **row.measure(bench), **bench.memory()}
    except LeftOut as reason:
        return {"row": row.name, "left_out": str(reason)}
    except Exception as error:  # the rows after it are measured all the same
        traceback.print_exc()
        return {"row": row.name, "error": f"{type(error).__name__}: {error}"}


def show(result: dict[str, Any]) -> None:
    """Print the line of a row."""
    values = {name: value for name, value in result.items() if name != "row"}
    shown = [f"{n} {v:.4g}" if isinstance(v, float) else f"{n} {v}" for n, v in values.items()]
    print(f"{result['row']}: {', '.join(shown)}", flush=True)


def measure_rows(tiny: bool, seconds: float, out: Path) -> None:
    """Measure the rows that are not in the file yet, until one fails, and print and write each.

    A fault may leave the card unusable for its process, so the rest is for another one.
    """
    start = time.perf_counter()
    bench = Bench(tiny)
    report: dict[str, Any] = {
        "device": torch.cuda.get_device_name() if bench.device == "cuda" else "cpu",
        "torch": torch.__version__,
        "size": "tiny" if tiny else "full",
        "rank": bench.rank,
        "rows": [],
    }
    if out.exists():
        report = json.loads(out.read_text())

    def write(rows: list[dict[str, Any]]) -> None:
        write_text(out, json.dumps(report | {"rows": rows}, indent=1) + "\n")

    rows = report["rows"]
    for row in ROWS[len(rows) :]:
        write([*rows, {"row": row.name, "error": "its process ended"}])  # unless it is overwritten
        if time.perf_counter() - start > seconds:
            result = {"row": row.name, "left_out": "there was no time left"}
        else:
            result = measure_row(bench, row)
        result["at_second"] = round(time.perf_counter() - start)
        show(result)
        rows.append(result)
        write(rows)
        if "error" in result:
            return


def measure_in_processes(tiny: bool, seconds: float, out: Path) -> None:
    """Run `measure_rows` in processes of its own until all rows are in the file."""
    out.unlink(missing_ok=True)
    end = time.perf_counter() + seconds
    command = [sys.executable, "-m", "benchmarks.appendix_gpu", "--here", "--out", str(out)]
    command += ["--tiny"] if tiny else []
    while not out.exists() or len(json.loads(out.read_text())["rows"]) < len(ROWS):
        left = max(0.0, end - time.perf_counter())
        try:
            run = subprocess.run(
                [*command, "--seconds", str(left)], timeout=left + LAST_ROW_SECONDS, check=False
            )
        except subprocess.TimeoutExpired:
            print(f"{out}: the last row took too long", flush=True)
            return
        if not out.exists():  # not even a row was begun
            sys.exit(run.returncode)


def main() -> None:
    """Measure the rows in turn, and print and write each."""
    parser = make_parser(__doc__)
    parser.add_argument("--tiny", action="store_true", help="measure a narrow model")
    parser.add_argument(
        "--seconds", type=float, default=300.0, help="start no row later (default 300)"
    )
    parser.add_argument(
        "--out", type=Path, default=Path("appendix_gpu.json"), help="JSON file to write"
    )
    parser.add_argument(
        "--here", action="store_true", help="go on with the file in this process, until a row fails"
    )
    parser.add_argument(
        "--predict", type=Path, help="measure nothing; add to this file what the planner foresees"
    )
    options = parser.parse_args()
    logging.set_verbosity_error()  # of casts that are meant
    if options.predict:
        predict(options.predict)
    elif not options.tiny and not torch.cuda.is_available():
        parser.error("there is no GPU, and the full size needs one of 80 GB: give --tiny")
    elif options.here:
        measure_rows(options.tiny, options.seconds, options.out)
    else:
        measure_in_processes(options.tiny, options.seconds, options.out)


if __name__ == "__main__":
    main()
