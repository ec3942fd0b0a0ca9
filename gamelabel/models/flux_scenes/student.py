"""Stage 8, the student: four steps without guidance, as FLUX.1-schnell is to FLUX.1-dev.

The teacher samples images slowly and with guidance. The student starts from its weights and learns
to go from the same noise to the same image along a straight path, at the four noise levels that
sampling visits (reflow; Liu et al. 2022, arXiv 2209.03003).
"""

from __future__ import annotations

import torch
from torch import Tensor, nn

from gamelabel.flow import Text, few_step_sigmas, velocity_errors
from gamelabel.training import Loss, Metrics, TrainingStep

STUDENT_STEPS = 4


def student_loss(
    transformer: nn.Module,
    clean: Tensor,
    noise: Tensor,
    prompt_rows: Tensor,
    text: Text,
    batch: int,
) -> Loss:
    """Return the flow-matching loss in which every image keeps the noise it was sampled from.

    Parameters
    ----------
    transformer : FluxTransformer2DModel
        The model to train.
    clean, noise : Tensor
        The teacher's packed latents and the noise of each, (n_images, tokens, channels).
    prompt_rows : Tensor
        The row of `text` of each image, (n_images,).
    text : Text
        Encoded prompts.
    batch : int
        Images a step, over all workers.
    """
    levels = torch.tensor(few_step_sigmas(STUDENT_STEPS))

    def loss(step: TrainingStep) -> tuple[Tensor, Metrics]:
        generator, worker = step.generator, step.worker
        rows = worker.share(batch)
        sample = torch.randint(len(clean), (batch,), generator=generator)[rows]
        sigma = levels[torch.randint(STUDENT_STEPS, (batch,), generator=generator)][rows]
        x0, x1 = clean[sample].float().to(worker.device), noise[sample].float().to(worker.device)
        prompts = text.rows(prompt_rows[sample])
        return velocity_errors(transformer, x0, x1, sigma.to(worker.device), prompts).mean(), {}

    return loss
