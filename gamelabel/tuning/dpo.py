"""Direct preference optimization (DPO) on pairs of images, and its variants, for flow matching.

The margin h of a pair says how much more than the reference model the tuned one favors the chosen
image: h = (e_rejected - e_rejected_ref) - (e_chosen - e_chosen_ref), where e is the flow-matching
error averaged over latent dimensions. Losses of this file return one value a pair.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from typing import Any, Literal

import torch
from torch import Tensor
from torch.nn.functional import logsigmoid

from gamelabel.flow import few_step_sigmas, noised, velocity
from gamelabel.training import Loss, Metrics, TrainingStep
from gamelabel.tuning.adapter import reference_model
from gamelabel.tuning.data import LatentDataset


def preference_margin(
    chosen: Tensor, rejected: Tensor, chosen_reference: Tensor, rejected_reference: Tensor
) -> Tensor:
    """Compute h from the errors of the tuned and of the reference model, all of shape (N,)."""
    return (rejected - rejected_reference) - (chosen - chosen_reference)


def dpo_loss(margin: Tensor, beta: float) -> Tensor:
    """Compute -log sigma(beta / 2 h): Diffusion-DPO (Wallace et al. 2023, eq. 14)."""
    return soft_dpo_loss(margin, beta, 1.0)


def cdpo_loss(margin: Tensor, beta: float, flip_rate: float | Tensor) -> Tensor:
    """Compute -(1 - eps) log sigma(z) - eps log sigma(-z): conservative DPO (Mitchell 2023).

    z = beta / 2 h. Unlike DPO's, the loss is least at a finite margin. `flip_rate` is eps, the
    share of labels that are wrong: in [0, 0.5), one number or one a pair.
    """
    _check_flip_rate(flip_rate)
    return soft_dpo_loss(margin, beta, 1.0 - flip_rate)


def robust_dpo_loss(margin: Tensor, beta: float, flip_rate: float | Tensor) -> Tensor:
    """Compute robust DPO (Chowdhury et al. 2024, eq. 12), an unbiased estimate under wrong labels.

    (-(1 - eps) log sigma(z) + eps log sigma(-z)) / (1 - 2 eps), with z and eps as in `cdpo_loss`.
    Its mean over labels that are flipped at the rate eps is the DPO loss of the true labels. It can
    be negative.
    """
    _check_flip_rate(flip_rate)
    z = beta / 2.0 * margin
    loss = flip_rate * logsigmoid(-z) - (1.0 - flip_rate) * logsigmoid(z)
    return loss / (1.0 - 2.0 * flip_rate)


def ipo_loss(margin: Tensor, beta: float) -> Tensor:
    """Compute (h - 1 / (2 beta))^2: identity preference optimization (Azar et al. 2023, eq. 17)."""
    return (margin - 1.0 / (2.0 * beta)).square()


def soft_dpo_loss(margin: Tensor, beta: float, probability: float | Tensor) -> Tensor:
    """Compute -p log sigma(z) - (1 - p) log sigma(-z): DPO with soft labels.

    z = beta / 2 h; p is the probability that the chosen image is the better one.
    """
    z = beta / 2.0 * margin
    return -probability * logsigmoid(z) - (1.0 - probability) * logsigmoid(-z)


def _check_flip_rate(flip_rate: float | Tensor) -> None:
    rates = torch.as_tensor(flip_rate).flatten()
    wrong = rates[~((rates >= 0.0) & (rates < 0.5))].tolist()
    if wrong:
        raise ValueError(
            f"a flip rate must be at least 0 and below 0.5; {len(wrong)} of {len(rates)} are not, "
            f"such as {wrong[0]:g}. A label that is as often wrong as right says nothing about its "
            "pair: leave such pairs out"
        )


# name -> loss of the margin, and the option of `pairwise_loss` that it needs as a third argument
PAIRWISE_LOSSES: dict[str, tuple[Callable[..., Tensor], str]] = {
    "dpo": (dpo_loss, ""),
    "cdpo": (cdpo_loss, "flip_rate"),
    "robust_dpo": (robust_dpo_loss, "flip_rate"),
    "soft_dpo": (soft_dpo_loss, "probabilities"),
    "ipo": (ipo_loss, ""),
}


def pairwise_loss(
    transformer: Any,
    chosen: LatentDataset,
    rejected: LatentDataset,
    batch_size: int,
    loss: str = "dpo",
    beta: float = 30.0,
    flip_rate: float | Tensor | None = None,
    probabilities: Tensor | None = None,
    noise: Literal["own", "shared", "fresh"] = "shared",
    sigmas: Sequence[float] = tuple(few_step_sigmas(4)),
    anchor: float = 0.0,
) -> Loss:
    """Return the mean loss of a batch of pairs, a loss for `training.train`.

    Both images of a pair are seen at the same noise level. The log has the mean margin, the
    accuracy (the share of pairs of positive margin) and the drift, see `anchor`.

    Parameters
    ----------
    transformer : FluxTransformer2DModel
        The model, with an adapter on it. The reference is the model as training began, see
        `reference_model`.
    chosen, rejected : LatentDataset
        N images each; row i of both is pair i.
    batch_size : int
        Pairs a step, drawn with replacement.
    loss : {"dpo", "cdpo", "robust_dpo", "soft_dpo", "ipo"}
        The name of a loss in `PAIRWISE_LOSSES`.
    beta : float
        How closely the model is held to the reference, per mean squared error.
    flip_rate : float or Tensor of shape (N,)
        Share of wrong labels, or the probability that each label is wrong; for "cdpo" and
        "robust_dpo".
    probabilities : Tensor, shape (N,)
        Probability that each chosen image is the better one; for "soft_dpo".
    noise : {"own", "shared", "fresh"}
        The noise at which a pair is seen: each image at the noise that it was generated from; both
        at the one of either image at random; both at new noise, as in Diffusion-DPO.
    sigmas : sequence of float
        The noise levels to draw from.
    anchor : float
        Weight of a second term, the drift |v - v_ref|^2 (a mean over latent dimensions) at images
        that are seen at their own noise: there the reference samples. It is up to a factor the
        divergence that Flow-GRPO penalizes (Liu et al. 2025). The margin alone also grows by
        leaving the reference's paths, at the cost of image quality.

    Raises
    ------
    ValueError
        If the loss is unknown or needs an option that is not given, or for an anchor with "fresh"
        noise, where no image is seen at its own noise.
    """
    if anchor and noise == "fresh":
        raise ValueError("an anchor needs images at their own noise: with fresh noise it must be 0")
    if loss not in PAIRWISE_LOSSES:
        raise ValueError(f"unknown loss {loss!r}: choose one of {', '.join(PAIRWISE_LOSSES)}")
    pair_loss, option = PAIRWISE_LOSSES[loss]
    label = {"flip_rate": flip_rate, "probabilities": probabilities}.get(option)
    if option and label is None:
        raise ValueError(f"the loss {loss!r} needs {option}")
    levels = torch.tensor(list(sigmas))

    def mean_loss(step: TrainingStep) -> tuple[Tensor, Metrics]:
        rows = torch.randint(len(chosen.latents), (batch_size,), generator=step.generator)
        level = torch.randint(len(levels), (batch_size,), generator=step.generator)
        start, is_own = _starting_noise(chosen, rejected, rows, noise, step.generator)
        share = step.worker.share(batch_size)
        both = torch.arange(2 * batch_size).view(2, -1)[:, share].flatten()
        start, is_own, rows = start[both], is_own[both], rows[share]
        sigma = levels[level[share]].repeat(2)
        latents = torch.cat((chosen.latents[rows], rejected.latents[rows]))
        x_t, text = noised(latents, start, sigma), chosen.text.rows(rows.repeat(2))
        with reference_model(transformer):
            v_reference = velocity(transformer, x_t, sigma, text)
        v = velocity(transformer, x_t, sigma, text)
        target = (start - latents).to(v)
        errors, errors_reference = _squared_mean(v - target), _squared_mean(v_reference - target)
        margin = preference_margin(*errors.chunk(2), *errors_reference.chunk(2))
        drift = _squared_mean(v - v_reference)[is_own].mean()
        accuracy = ((margin > 0.0) + 0.5 * (margin == 0.0)).mean()
        metrics = {"rows": rows, "accuracy": accuracy, "margin": margin.mean(), "drift": drift}
        value = pair_loss(margin, beta, *_label_rows(label, rows, margin)).mean()
        return value + anchor * drift if anchor else value, metrics

    return mean_loss


def _label_rows(label: float | Tensor | None, rows: Tensor, margin: Tensor) -> list[Any]:
    """Return the third argument of a loss for the pairs of a batch, none if it takes none."""
    if label is None:
        return []
    return [label[rows].to(margin) if isinstance(label, Tensor) else float(label)]


def _starting_noise(
    chosen: LatentDataset,
    rejected: LatentDataset,
    rows: Tensor,
    noise: str,
    generator: torch.Generator,
) -> tuple[Tensor, Tensor]:
    """Return the noise of the chosen, then of the rejected images, and at which it is their own."""
    n = len(rows)
    own = torch.cat((chosen.noise[rows], rejected.noise[rows]))
    is_own = torch.ones(2 * n, dtype=torch.bool)
    if noise == "shared":
        source = torch.arange(n) + n * torch.randint(2, (n,), generator=generator)
        is_source = torch.zeros_like(is_own).index_fill(0, source, True)
        return own[source].repeat(2, 1, 1), is_source
    if noise == "fresh":
        fresh = torch.randn(n, *chosen.latents.shape[1:], generator=generator)
        return fresh.repeat(2, 1, 1), is_own
    return own, is_own


def _squared_mean(difference: Tensor) -> Tensor:
    return difference.square().mean((1, 2))
