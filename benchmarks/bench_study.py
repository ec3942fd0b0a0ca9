"""A run in which nothing has changed: seconds, and that no kernel starts; `python -m benchmarks.bench_study`.

The study's own notebooks run once at the smallest size; then the same command again, several times.
"""

from __future__ import annotations

import os
import resource
import subprocess
import sys
import tempfile
from pathlib import Path
from time import perf_counter

from gamelabel.study.steps import Study
from tests.study.real import ROOT, real_study

ROUNDS = 5
COMMAND = [
    sys.executable,
    "-c",
    "from gamelabel.cli import main; main()",
    "run",
    "--profile",
    "smoke",
]


def call(study: Study) -> tuple[float, float, str]:
    """One call of the command: seconds by the clock and of the processor, and what it said of the steps."""
    before, began = resource.getrusage(resource.RUSAGE_CHILDREN), perf_counter()
    environment = {**os.environ, "PYTHONPATH": str(ROOT)}
    done = subprocess.run(
        COMMAND, cwd=study.root, env=environment, capture_output=True, text=True, check=True
    )
    after = resource.getrusage(resource.RUSAGE_CHILDREN)
    used = after.ru_utime + after.ru_stime - before.ru_utime - before.ru_stime
    return perf_counter() - began, used, done.stderr


def main() -> None:
    """Print the first run's seconds and the best of the later ones."""
    with tempfile.TemporaryDirectory() as folder:
        study = real_study(Path(folder) / "study")
        clock, used, _ = call(study)
        print(f"first run:        {clock:6.1f} s, {used:6.1f} s of the processor")
        calls = [call(study) for _ in range(ROUNDS)]
        assert all(said.count("unchanged") == len(study.steps) for _, _, said in calls), (
            "a step ran again"
        )
        clock, used = min(c[0] for c in calls), min(c[1] for c in calls)
        print(
            f"nothing changed:  {clock:6.2f} s, {used:6.2f} s of the processor, best of {ROUNDS} (asked: 3 s)"
        )


if __name__ == "__main__":
    main()
