"""What each step of the study will take, before anything runs: time, GPU memory, memory, disk.

`step_work.WORK` says what work each step does, as numbers of the profile; what one piece of work
takes comes from the model's configuration, see `gamelabel.tuning.needs`.
"""

from __future__ import annotations

from dataclasses import dataclass, replace
from functools import cache
from pathlib import Path
from typing import Any, NamedTuple

from gamelabel.study.profiles import Profile
from gamelabel.study.step_work import WORK, Job, StepWork, Values
from gamelabel.study.steps import Study
from gamelabel.tuning.dry_run import Need
from gamelabel.tuning.needs import (
    BASE_BYTES,
    Setting,
    adapter_weights,
    encoder_weights,
    needs,
    read_configuration,
    transformer_weights,
)

RELEASED_PAIRS = 6800  # data points with a label in GameLabel-10K
_LIBRARIES = 0.75e9  # bytes of memory of a notebook that has imported torch and all of gamelabel
_CONTEXT = 1.0e9  # bytes that CUDA and its libraries keep on a card
# Bytes a pixel that cuDNN's convolutions take for themselves for gradients through the decoder:
# what an H100 took for ReFL beyond its tensors, 5 GB at 1024 x 1024.
_CONVOLUTIONS = {"refl": 5.0e9 / 2**20}
_FRAGMENTS = 1.1  # tensors do not lie next to each other: bytes on a card for each byte of work
# On a processor, the C library keeps what tensors had for the next ones: resident bytes for each
# byte of tensors, measured with `benchmarks/bench_plan.py`.
_KEPT = {"draw": 2.9, "sft": 2.9, "dpo": 2.8, "refl": 1.6, "reward": 1.55, "encode": 1.0}
_PICTURE_BYTES = 1.4  # of a PNG, a pixel
_CHECKPOINT_COPIES = 4  # weights, two moments of AdamW and the running average, in float32

# Speed in bfloat16 by the name of the card, and by its memory in GB where only that is known:
# the makers' figures for dense matrices, 10^12 operations a second.
CARD_SPEEDS = {
    "H200": 989,
    "H100": 989,
    "A100": 312,
    "L40S": 362,
    "RTX 6000 Ada": 364,
    "A6000": 155,
    "RTX 4090": 165,
    "RTX 3090": 71,
}
_TYPICAL_CARDS = {24: "RTX 4090", 48: "L40S", 80: "H100", 141: "H200"}
_CARD_SHARE = 0.33  # of it that FLUX reaches: 1.17 images a second, in 4 steps, on an H100
_PROCESSOR_SPEED = 0.05  # 10^12 operations a second, of one core
_PROCESSOR_SHARE = 0.7


# Parameters that make a step that does not fit fit, tried one after another, each on top of those
# before it. A step gets those that it has.
REMEDIES: tuple[dict[str, Any], ...] = (
    {"train_batch": 1},
    {"reward_batch": 32},
    {"base_weights": "int8"},
    {"base_weights": "nf4"},
    {"image_side": 512},
)


@dataclass(frozen=True)
class Hardware:
    """What a plan is made for.

    Attributes
    ----------
    card_gb : float
        Memory of the GPU, GB; 0 without one.
    card : str
        Its name, which its speed is known by.
    cores : int
        Cores of the processor that a step uses.
    """

    card_gb: float = 0.0
    card: str = ""
    cores: int = 1

    def speed(self) -> tuple[float, str]:
        """Return operations a second, and what that is taken from."""
        if not self.card_gb:
            speed = self.cores * _PROCESSOR_SPEED * 1e12 * _PROCESSOR_SHARE
            return speed, f"{self.cores} cores, {speed / 1e9:.0f} GFLOP/s"
        nearest = min(_TYPICAL_CARDS, key=lambda gb: abs(gb - self.card_gb))
        known = [name for name in CARD_SPEEDS if name in self.card]
        name = known[0] if known else _TYPICAL_CARDS[nearest]
        speed = CARD_SPEEDS[name] * 1e12 * _CARD_SHARE
        return speed, f"{name}, {speed / 1e12:.0f} TFLOP/s"


@dataclass(frozen=True)
class StepPlan:
    """What a step will take; memory and disk in bytes.

    Attributes
    ----------
    step : str
        The step.
    seconds : float
        Time of its work on the model.
    card : float
        Peak on the GPU; 0 without one.
    largest : Job
        The work with that peak.
    memory : float
        Peak of memory.
    disk : float
        What it leaves.
    scratch : float
        What it needs on disk besides, while it runs.
    problem : str
        Why it does not fit the card and what would make it fit; empty if it fits.
    """

    step: str
    seconds: float
    card: float
    largest: Job
    memory: float
    disk: float
    scratch: float
    problem: str


def plan_study(study: Study, profile: Profile, hardware: Hardware) -> list[StepPlan]:
    """Plan the steps of a study that use a model.

    Parameters
    ----------
    study : Study
        The study.
    profile : Profile
        Its parameters.
    hardware : Hardware
        What it will run on.

    Returns
    -------
    list of StepPlan
        In the order of the steps.
    """
    labels = profile.steps.get("03_labels", {})
    simulated = labels.get("label_source", "simulated") == "simulated"
    images = profile.steps.get("02_images", {})
    pairs = int(images.get("points", 0)) if simulated else RELEASED_PAIRS
    blip = profile.steps.get("07_reward_model", {}).get("blip", "")
    return [
        _plan_step(study, step, values, pairs, simulated, _place(study, blip), hardware)
        for step, values in profile.steps.items()
        if step in WORK
    ]


def totals(plans: list[StepPlan]) -> dict[str, float]:
    """Return seconds of all steps, and bytes of card, memory and disk that all of them need."""
    return {
        "seconds": sum(plan.seconds for plan in plans),
        "card": max(plan.card for plan in plans),
        "memory": max(plan.memory for plan in plans),
        "disk": sum(plan.disk for plan in plans) + max(plan.scratch for plan in plans),
    }


def plan_text(plans: list[StepPlan], hardware: Hardware) -> str:
    """Return plans as a table, with their totals and the speed that the times assume."""
    lines = [f"{'step':24}{'time':>9}{'card':>10}{'memory':>10}{'disk':>10}  largest work"]
    for plan in plans:
        disk = _gigabytes(plan.disk + plan.scratch)
        lines.append(
            f"{plan.step:24}{_hours(plan.seconds):>9}{_gigabytes(plan.card):>10}"
            f"{_gigabytes(plan.memory):>10}{disk:>10}  {_largest(plan.largest)}"
        )
    total = totals(plans)
    sizes = [_gigabytes(total[name]) for name in ("card", "memory", "disk")]
    lines.append(f"{'all':24}{_hours(total['seconds']):>9}" + "".join(f"{x:>10}" for x in sizes))
    return "\n".join([*lines, f"time for {hardware.speed()[1]}; disk is shared by all steps"])


def _hours(seconds: float) -> str:
    return f"{seconds / 3600:.1f} h" if seconds >= 3600 else f"{max(1, seconds / 60):.0f} min"


def _gigabytes(size: float) -> str:
    return f"{size / 1e9:.1f} GB" if size else "-"


def _largest(job: Job) -> str:
    return f"{job.kind}, {job.batch} at once" if job.batch else job.kind


def _place(study: Study, name: Any) -> str:
    """Return a parameter that names a model: a folder seen from the notebooks, or a hub's name."""
    folder = study.notebooks / str(name)
    return str(folder.resolve()) if name and folder.exists() else str(name)


def _plan_step(
    study: Study,
    step: str,
    values: Values,
    pairs: int,
    simulated: bool,
    blip: str,
    hardware: Hardware,
) -> StepPlan:
    work, model = WORK[step], _place(study, values["model"])
    drawn_world = Path(model).exists()  # of this project; models of the hub draw anything
    values = {**values, "noise_is_known": simulated, "drawn_world": drawn_world}
    on_card = bool(hardware.card_gb)
    setting = _setting(values, on_card)
    jobs = _jobs(work, values, pairs)
    costs = [_cost(job, model, setting, blip) for job in jobs]
    speed, _ = hardware.speed()
    seconds = sum(cost.flops for cost in costs) / speed
    largest = max(range(len(jobs)), key=lambda i: (costs[i].card, costs[i].memory))
    card = costs[largest].card if hardware.card_gb else 0.0
    disk, scratch = _disk(work, values, pairs, model, setting)
    return StepPlan(
        step,
        seconds,
        card,
        jobs[largest],
        max(cost.memory for cost in costs),
        disk,
        scratch,
        _problem(step, values, pairs, model, blip, hardware),
    )


def _setting(values: Values, on_card: bool) -> Setting:
    """Return how a step works, by its parameters."""
    return Setting(
        batch=0,  # that of each job
        rank=int(values.get("rank", 16)),
        steps=int(values.get("steps", 4)),
        on_card=on_card,
        base=str(values["base_weights"]),
        side=int(values["image_side"]),
    )


def _jobs(work: StepWork, values: Values, pairs: int) -> list[Job]:
    return [job for job in work.jobs(values, pairs) if job.times]


def resident_bytes(kind: str, need: Need) -> float:
    """Return the memory of work on a processor, beside the libraries, in bytes.

    Parameters
    ----------
    kind : str
        A kind of `needs.KINDS`.
    need : Need
        What its tensors take.
    """
    return need.weights + _KEPT[kind] * need.working


class _Cost(NamedTuple):
    card: float
    memory: float
    flops: float


def _cost(job: Job, model: str, setting: Setting, blip: str) -> _Cost:
    """Return what a job takes: bytes on the card, bytes of memory, and operations in all."""
    configuration = read_configuration(model)
    side = setting.side or configuration["vae"]["sample_size"]
    at_once = max(1, min(64, 2**20 // side**2))
    batch = job.batch or at_once
    # pictures are drawn with the text encoders beside the transformer, which encode their prompts
    encoders = setting.encoders or job.kind in ("draw", "encode")
    used = replace(setting, batch=batch, encoders=encoders)
    if job.kind not in ("sft", "dpo", "refl"):
        used = replace(used, rank=0)  # makes no difference
    need = _need(job.kind, model, used, blip if job.kind in ("refl", "reward") else "")
    flops = need.flops * job.times / (batch if job.kind in ("draw", "encode") else 1)
    if not setting.on_card:
        return _Cost(0.0, _LIBRARIES + resident_bytes(job.kind, need), flops)
    weights = need.weights
    if job.kind == "encode":  # beside the transformer
        weights += int(BASE_BYTES[setting.base] * transformer_weights(model))
    # models are read into memory before they go to the card; the text encoders come back
    memory = _LIBRARIES + 2 * (transformer_weights(model) + encoder_weights(model))
    beside = _CONTEXT + _CONVOLUTIONS.get(job.kind, 0.0) * side**2
    return _Cost(beside + weights + _FRAGMENTS * need.working, memory, flops)


_need, _adapter = cache(needs), cache(adapter_weights)


def _disk(
    work: StepWork, values: Values, pairs: int, model: str, setting: Setting
) -> tuple[float, float]:
    """Return bytes that a step leaves, and bytes that it needs besides while it runs."""
    configuration = read_configuration(model)
    side = setting.side or configuration["vae"]["sample_size"]
    transformer = configuration["transformer"]
    down = 2 ** len(configuration["vae"]["block_out_channels"])
    latent = 4.0 * (side // down) ** 2 * transformer["in_channels"]
    width = 2 if setting.on_card else 4
    text = width * (
        configuration["tokens"] * transformer["joint_attention_dim"]
        + transformer["pooled_projection_dim"]
    )
    rows = work.rows(values, pairs)
    adapters = work.adapters(values, pairs)
    disk = _PICTURE_BYTES * side**2 * work.pictures(values, pairs)
    if adapters:
        disk += adapters * (_CHECKPOINT_COPIES + 0.5) * 4 * _adapter(model, setting.rank)
    return disk, latent * (rows.latents + rows.noise) + text * rows.prompts


def _problem(
    step: str, values: Values, pairs: int, model: str, blip: str, hardware: Hardware
) -> str:
    """Return why a step does not fit the card and what would make it fit; empty if it fits."""
    if not hardware.card_gb:
        return ""

    def peak(tried: Values) -> tuple[float, str]:
        setting = _setting(tried, on_card=True)
        jobs = _jobs(WORK[step], tried, pairs)
        return max((_cost(job, model, setting, blip).card, job.kind) for job in jobs)

    card, kind = peak(values)
    if card <= hardware.card_gb * 1e9:
        return ""
    reason = f"{step} needs {card / 1e9:.0f} GB on the card ({kind}), not {hardware.card_gb:.0f}"
    changed: dict[str, Any] = {}
    for remedy in REMEDIES:
        changed |= _applied(remedy, values)
        if peak({**values, **changed})[0] <= hardware.card_gb * 1e9:
            return f"{reason}: it fits with {_options(changed)}"
    even = f", even with {_options(changed)}" if changed else ""
    return f"{reason}: it needs a larger card{even}"


def _applied(remedy: Values, values: Values) -> dict[str, Any]:
    """Return the parameters of a remedy that a step has and that it would change."""
    applied = {name: value for name, value in remedy.items() if name in values}
    if "train_batch" in applied and "pairwise_rate" in values:
        applied["train_batch"] = 2  # images, which are one pair
    return {name: value for name, value in applied.items() if value != values[name]}


def _options(values: Values) -> str:
    return " ".join(f"-p {name}={value}" for name, value in values.items())
