"""Each worker has a skill and each task an ease; a label is right the likelier, the greater the two."""

from __future__ import annotations

from typing import TYPE_CHECKING

import numpy as np

from gamelabel.aggregation.crowd import Crowd, Fit, Real
from gamelabel.aggregation.em import expect

if TYPE_CHECKING:
    from scipy.optimize import OptimizeResult

GAIN = 1e-9  # of the objective, relative, at which the climb ends
STEPS = 2_000


def glad(crowd: Crowd) -> Fit:
    """Maximum a posteriors of p(label is right) = 1 / (1 + exp(-skill_w ease_t)), any wrong category alike.

    Source: Whitehill, Ruvolo, Wu, Bergsma and Movellan, "Whose vote should count more" (2009), its priors included:
    skill and log ease are normal with mean 1 and deviation 1, all categories as likely. The gradient of the source's
    expected log likelihood is that of the likelihood itself (Fisher's identity), so this climbs the likelihood by
    quasi-Newton steps instead of many inner climbs.
    """
    from scipy.optimize import minimize
    from scipy.special import expit

    split = crowd.workers
    others = np.log(max(crowd.categories - 1, 1))
    objective: list[float] = []

    def expected(at: Real) -> tuple[Real, float, Real, Real]:
        skill, ease = at[:split][crowd.worker], np.exp(at[split:])[crowd.task]
        reach = skill * ease
        wrong = np.bincount(crowd.task, -np.logaddexp(0, reach) - others, len(crowd.known))
        posterior, likelihood = expect(
            crowd, wrong[:, None] + crowd.tally(reach + others) - np.log(crowd.categories)
        )
        return posterior, likelihood, reach, ease

    def loss(at: Real) -> tuple[float, Real]:
        posterior, likelihood, reach, ease = expected(at)
        surprise = crowd.given(posterior) - expit(reach)
        gradient = np.concatenate(
            [
                crowd.by_worker(surprise * ease),
                np.bincount(crowd.task, surprise * reach, len(crowd.known)),
            ]
        )
        return 0.5 * float(((at - 1) ** 2).sum()) - likelihood, at - 1 - gradient

    def note(intermediate_result: OptimizeResult) -> None:
        objective.append(-float(intermediate_result.fun))

    start = np.ones(split + len(crowd.known))
    end = minimize(
        loss,
        start,
        jac=True,
        method="L-BFGS-B",
        callback=note,
        options={"maxiter": STEPS, "ftol": GAIN, "gtol": 0},
    )
    posterior, likelihood, reach, _ = expected(end.x)
    right = crowd.by_worker(expit(reach)) / np.maximum(crowd.by_worker(np.ones(len(reach))), 1)
    return Fit(
        posterior,
        {"right": right, "ability": end.x[:split]},
        objective,
        end.status == 0,
        likelihood,
    )
