"""ReFL: the gradient of a reward model itself, through the decoder and one late step of drawing (flow matching).

Xu et al. 2023, algorithm 1: draw without gradient down to a random late step, from there one step with gradient to the
clean picture, and minimise lambda relu(2 - r). Their own step with the pre-training loss comes before each: without it
models get worse than they were.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence

import torch
from diffusers import FluxPipeline
from torch import Tensor
from torch.nn.functional import relu

from gamelabel.flow import Text, few_step_sigmas, integrate, unpack
from gamelabel.images.pipeline import starting_noise
from gamelabel.training import Loss, Metrics, Step

LAMBDA, GOOD = (
    1e-3,
    2.0,
)  # ImageReward's own: the weight of the loss, and the score from which a picture is good enough

# pictures (n, 3, H, W) in [0, 1] and their prompts -> scores (n,), through which gradients reach the pictures
Reward = Callable[[Tensor, Sequence[str]], Tensor]


def refl_loss(
    pipe: FluxPipeline,
    prompts: Sequence[str],
    text: Text,
    reward: Reward,
    batch: int,
    steps: int = 4,
    late: int = 2,
    weight: float = LAMBDA,
) -> Loss:
    """The reward loss, which takes turns with one of pre-training: `tune_adapter(transformer, [before, this], ...)`.

    text: `prompts` encoded. reward: such as `RewardModel.reward`, of a model with `requires_grad_(False)`, or its
    weights gather gradients that nobody wants. Of the `steps` levels of drawing one of the last `late` has the
    gradient, and x0 = x_t - sigma v from there is the picture that is judged. ImageReward has the last quarter, which
    of 4 steps is one; from the last two more than the finest detail can change.
    Raises ValueError where `late` is not from 1 to `steps`.
    """
    if not 1 <= late <= steps:
        raise ValueError(
            f"the last {late} of {steps} steps cannot have the gradient: from 1 to {steps} of them can"
        )
    levels, transformer = few_step_sigmas(steps), pipe.transformer
    pipe.vae.requires_grad_(False)  # gradients go through it to the transformer, none is for itself

    def loss(step: Step) -> tuple[Tensor, Metrics]:
        generator = step.generator
        rows = torch.randint(len(prompts), (batch,), generator=generator)
        seeds = torch.randint(2**31, (batch,), generator=generator).tolist()
        at = steps - 1 - int(torch.randint(late, (), generator=generator))
        some = text.rows(rows)
        with torch.no_grad():
            noise = starting_noise(pipe, seeds).to(transformer.device)
            x = integrate(transformer, noise, some, levels[:at], end=levels[at])
        clean = integrate(transformer, x, some, levels[at : at + 1])
        scores = reward(to_pixels(pipe, clean), [prompts[row] for row in rows.tolist()])
        value = weight * relu(GOOD - scores).mean()
        return value, {"rows": rows, "reward": scores.mean()}

    return loss


def to_pixels(pipe: FluxPipeline, clean: Tensor) -> Tensor:
    """Packed latents -> pictures (n, 3, H, W) in [0, 1], through which gradients reach the latents."""
    latents = unpack(clean) / pipe.vae.config.scaling_factor + pipe.vae.config.shift_factor
    return (
        pipe.vae.decode(latents.to(pipe.vae.dtype), return_dict=False)[0]
        .float()
        .div(2.0)
        .add(0.5)
        .clamp(0.0, 1.0)
    )
