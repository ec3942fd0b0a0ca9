"""What work each step of the study does with a model, computed from its parameters.

Steps that use no model are not in `WORK`: they take seconds to minutes on any machine.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from typing import Any, NamedTuple

Values = Mapping[str, Any]  # a step's parameters


class Job(NamedTuple):
    """A piece of work: a kind of `needs.KINDS`, how often, and images (or pairs) at once."""

    kind: str
    times: float
    batch: int


class RowCounts(NamedTuple):
    """What a step keeps on disk while it runs: rows of latents, of noise and of encoded prompts."""

    latents: float
    noise: float
    prompts: float


@dataclass(frozen=True)
class StepWork:
    """What a step does, computed from its parameters and the number of labeled pairs.

    Attributes
    ----------
    jobs : callable
        Its work.
    pictures : callable
        Number of picture files that it leaves.
    adapters : callable
        Number of adapters that it trains.
    rows : callable
        What it keeps on disk while it runs.
    """

    jobs: Callable[[Values, int], list[Job]]
    pictures: Callable[[Values, int], float] = lambda p, pairs: 0
    adapters: Callable[[Values, int], float] = lambda p, pairs: 0
    rows: Callable[[Values, int], RowCounts] = lambda p, pairs: RowCounts(0, 0, 0)


def _draw(images: float) -> Job:
    return Job("draw", images, 0)  # 0: as many at once as `fit_batch_size` says


def _listed(text: str) -> int:
    return len([item for item in text.split(",") if item.strip()])


def _tuning_jobs(p: Values, pairs: int) -> list[Job]:
    adapters = _tuning_adapters(p, pairs)
    judged = p["drawn_world"] * p["best_prompts"] * p["best_of"]
    tested = (adapters + 1) * p["test_prompts"]
    return [
        Job("encode", pairs, 64),
        Job("sft", adapters * p["train_steps"], p["train_batch"]),
        _draw(judged + tested + _compared_pictures(p, pairs)),
    ]


def _compared_pictures(p: Values, pairs: int) -> float:
    return 3 * p["compared_share"] * pairs  # by the base and by both models of one recipe


def _tuning_adapters(p: Values, pairs: int) -> int:
    published = 2 * p["repeats"]  # what players preferred, and a control
    best = int(p["drawn_world"])  # only its judge can tell the best of several images
    plain = 2 if p["assistant"] else 0  # the same two without the assistant
    return published + best + plain


def _reward_jobs(p: Values, pairs: int) -> list[Job]:
    return [
        Job("reward", p["reward_steps"], p["reward_batch"]),
        _draw((8 + 6) * p["ranked_prompts"]),
    ]


def _pairwise_arms(p: Values) -> int:
    """Arms of pairs: the losses, the aggregations, and those of each share of wrong labels."""
    losses = 7 + p["repeats"] if p["noise_is_known"] else 1
    flips = sum(3 if float(x) else 1 for x in p["flips"].split(",") if x.strip())
    return losses + _listed(p["methods"]) + flips


def _loss_adapters(p: Values, pairs: int) -> int:
    supervised = 2 * p["repeats"] if p["noise_is_known"] else 0
    return supervised + _pairwise_arms(p)


def _loss_jobs(p: Values, pairs: int) -> list[Job]:
    ranked = p["scored_prompts"] * p["images_per_prompt"] if _listed(p["flips"]) else 0
    supervised = 2 * p["repeats"] if p["noise_is_known"] else 0
    return [
        Job("encode", pairs, 64),
        Job("sft", supervised * p["train_steps"], p["train_batch"]),
        Job("dpo", _pairwise_arms(p) * p["train_steps"], p["train_batch"] // 2),
        _draw(ranked + (_loss_adapters(p, pairs) + 1) * p["test_prompts"]),
    ]


def _round_methods(p: Values) -> int:
    return 1 + p["repeats"] * (2 if p["drawn_world"] else 1)


def _round_adapters(p: Values, pairs: int) -> int:
    return 3 + _round_methods(p) * p["rounds"]


def _round_jobs(p: Values, pairs: int) -> list[Job]:
    scored = p["scored_prompts"] * p["images_per_prompt"]
    sets = 1 + _round_methods(p) * (p["rounds"] - 1) + p["drawn_world"]  # all share the first
    steps, batch = p["train_steps"], p["train_batch"]
    models = 1 + _round_adapters(p, pairs) + (4 if p["noise_is_known"] else 1)
    return [
        Job("encode", 2 * p["scored_prompts"], 64),
        Job("sft", (2 + 1 + 0.5 + p["rounds"]) * steps, batch),  # weighting takes two passes
        Job("refl", 0.5 * steps, batch),
        Job("dpo", (_round_methods(p) - 1) * p["rounds"] * steps, batch // 2),
        _draw(scored * sets + models * p["test_prompts"]),
    ]


def _pair_rows(p: Values, pairs: int) -> RowCounts:
    return RowCounts(2 * pairs, 2 * pairs * p["noise_is_known"], pairs)


def _round_rows(p: Values, pairs: int) -> RowCounts:
    scored = p["scored_prompts"] * p["images_per_prompt"]
    sets = 1 + _round_methods(p) * (p["rounds"] - 1) + p["drawn_world"]
    # each set's latents are also in the files from which an interrupted step resumes
    return RowCounts(scored * (1 + sets), scored, 3 * p["scored_prompts"])


WORK: dict[str, StepWork] = {
    "02_images": StepWork(
        lambda p, pairs: [_draw(2 * (p["points"] + p["comparisons"]))],
        pictures=lambda p, pairs: 2 * (p["points"] + p["comparisons"]),
    ),
    "05_tuning": StepWork(
        _tuning_jobs, pictures=_compared_pictures, adapters=_tuning_adapters, rows=_pair_rows
    ),
    "07_reward_model": StepWork(_reward_jobs, pictures=lambda p, pairs: 14 * p["ranked_prompts"]),
    "08_pairwise_losses": StepWork(_loss_jobs, adapters=_loss_adapters, rows=_pair_rows),
    "09_rewards_and_rounds": StepWork(_round_jobs, adapters=_round_adapters, rows=_round_rows),
}
