"""Stage 8, the few-step student, as FLUX.1-schnell is to FLUX.1-dev.

The teacher draws pictures slowly and with guidance; the student, starting from the teacher's weights, learns to go from
the same starting noise to the same picture in four unguided steps (a straight path per picture: reflow, Liu et al.
2022, at the levels that sampling visits).
"""

from __future__ import annotations

import torch
from torch import Tensor, nn

from gamelabel.flow import Text, few_step_sigmas, velocity_errors
from gamelabel.training import Loss, Metrics, Step

STEPS = 4


def student_loss(
    transformer: nn.Module, clean: Tensor, noise: Tensor, prompt_of: Tensor, text: Text, batch: int
) -> Loss:
    """Flow matching where every picture keeps its own starting noise; levels 1, .75, .5, .25."""
    levels = torch.tensor(few_step_sigmas(STEPS))

    def loss(step: Step) -> tuple[Tensor, Metrics]:
        generator, worker = step.generator, step.worker
        rows = worker.share(batch)
        chosen = torch.randint(len(clean), (batch,), generator=generator)[rows]
        sigma = levels[torch.randint(STEPS, (batch,), generator=generator)][rows]
        x, z, s = (
            t.to(worker.device) for t in (clean[chosen].float(), noise[chosen].float(), sigma)
        )
        return velocity_errors(transformer, x, z, s, text.rows(prompt_of[chosen])).mean(), {}

    return loss
