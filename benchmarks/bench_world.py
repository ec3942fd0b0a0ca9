"""Pictures of the drawn world drawn and judged per second, on one core.

python -m benchmarks.bench_world
python -m benchmarks.bench_world 200              # pictures
"""

import os
import time

os.environ.update(OMP_NUM_THREADS="1", OPENBLAS_NUM_THREADS="1", MKL_NUM_THREADS="1")

import numpy as np

from benchmarks.timing import parse_size
from gamelabel.scenes import adherence, draw, parse, sample_prompts, verify, verify_batch


def best_rate(work, n: int, times: int = 3) -> float:
    """Return pictures per second of processor time, the best of several runs."""
    seconds = []
    for _ in range(times):
        start = time.process_time()
        work()
        seconds.append(time.process_time() - start)
    return n / min(seconds)


def main(n: int) -> None:
    prompts = sample_prompts(n, 0)
    scenes = [parse(prompt) for prompt in prompts]
    pictures = np.stack([draw(scene, i) for i, scene in enumerate(scenes)])
    others = prompts[1:] + prompts[:1]
    subset = min(n, 200)
    rates = {
        "draw": best_rate(lambda: [draw(scene, i) for i, scene in enumerate(scenes)], n),
        "verify_batch, pictures that fit": best_rate(lambda: verify_batch(pictures, prompts), n),
        "verify_batch, pictures that do not": best_rate(lambda: verify_batch(pictures, others), n),
        "adherence": best_rate(lambda: adherence(pictures, prompts), n),
        "verify, one at a time": best_rate(
            lambda: [verify(pictures[i], prompts[i]) for i in range(subset)], subset
        ),
    }
    for name, rate in rates.items():
        print(f"{name:36}{rate:9,.0f} pictures / CPU-second")


if __name__ == "__main__":
    main(parse_size(__doc__, 4000, "pictures"))
