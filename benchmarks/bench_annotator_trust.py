"""How many prompts SIMULATED people annotate before known answers end their work.

``python -m benchmarks.bench_annotator_trust`` plays the rules of `annotator_trust` with people who
get a fixed share of known answers right, independently. There are 60 prompts with four known
answers each, and nobody annotates more than 300 prompts.
"""

import numpy as np

from gamelabel.games.annotation.quality_file import Trust
from gamelabel.games.pairs.pay import REVIEW_PROBABILITY
from gamelabel.service.annotation.annotator_trust import WorkerStanding, allowance, is_below, judged

PEOPLE, MOST, N_KNOWN, ANSWERS = 200, 300, 60, 4


def annotate(accuracy: float, trust: Trust, rng: np.random.Generator) -> tuple[int, bool]:
    """Return how many prompts a person annotates, and whether known answers ended the work."""
    worker, n_known, n_open = WorkerStanding(), 0, 0
    for n in range(1, MOST + 1):
        is_limited = n_open >= allowance(trust, worker, n_known)
        if is_limited and n_known == N_KNOWN:
            return n - 1, False
        if n_known < N_KNOWN and (is_limited or rng.random() < trust.share):
            right = int(rng.binomial(ANSWERS, accuracy))
            worker, n_known = judged(trust, worker, right, ANSWERS - right), n_known + 1
        else:
            n_open += 1
        if is_below(trust, worker) and rng.random() < REVIEW_PROBABILITY:
            return n, True
    return MOST, False


def main() -> None:
    """Print the number of prompts for several accuracies and shares."""
    for accuracy in (0.2, 0.5, 0.9):
        for share in (0.1, 0.25):
            trust, rng = Trust(share, (), 0.65), np.random.default_rng(0)
            people = [annotate(accuracy, trust, rng) for _ in range(PEOPLE)]
            prompts = [n for n, _ in people]
            median, high = np.quantile(prompts, [0.5, 0.95])
            ended = np.mean([is_over for _, is_over in people])
            print(
                f"accuracy {accuracy}, share {share}: median {median:.0f}, 95 % {high:.0f} "
                f"prompts, ended by known answers {ended:.1%}"
            )


if __name__ == "__main__":
    main()
