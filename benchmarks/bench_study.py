"""Time of a run in which nothing has changed, against the first run.

    python -m benchmarks.bench_study

The notebooks of the study run once at the smallest size, and then the same command several times.
"""

from __future__ import annotations

import os
import resource
import subprocess
import sys
import tempfile
from pathlib import Path
from time import perf_counter

from benchmarks.timing import make_parser
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
    """Run the command; return seconds of the clock and of the processor, and its output."""
    before, start = resource.getrusage(resource.RUSAGE_CHILDREN), perf_counter()
    environment = {**os.environ, "PYTHONPATH": str(ROOT)}
    process = subprocess.run(
        COMMAND, cwd=study.root, env=environment, capture_output=True, text=True, check=True
    )
    after = resource.getrusage(resource.RUSAGE_CHILDREN)
    used = after.ru_utime + after.ru_stime - before.ru_utime - before.ru_stime
    return perf_counter() - start, used, process.stderr


def main() -> None:
    """Print the first run's seconds and the best of the later ones."""
    with tempfile.TemporaryDirectory() as folder:
        study = real_study(Path(folder) / "study")
        clock, used, _ = call(study)
        print(f"first run:        {clock:6.1f} s, {used:6.1f} s of the processor")
        calls = [call(study) for _ in range(ROUNDS)]
        assert all(output.count("unchanged") == len(study.steps) for _, _, output in calls), (
            "a step ran again"
        )
        clock, used = min(c[0] for c in calls), min(c[1] for c in calls)
        print(f"nothing changed:  {clock:6.2f} s, {used:6.2f} s of the processor, best of {ROUNDS}")


if __name__ == "__main__":
    make_parser(__doc__).parse_args()
    main()
