"""Threads and processes: a small model's training beside a busy process, and arms at once.

    python -m benchmarks.bench_parallel [threads] [arms] [--steps N] [--seconds N] [--device cuda]
    python -m benchmarks.bench_parallel study:smoke

`threads` trains the adapter of the shipped model with one and with two threads, alone and beside a
process that never waits. `arms` tunes four arms with one and with two processes and compares their
bytes. `study:PROFILE` runs that profile's steps one by one and prints the processor time of each,
and the peak memory of its largest process. Rates by the clock hold on a quiet machine alone, so the
load is printed; processor time always holds, except that threads which wait for each other use it
up.
"""

from __future__ import annotations

import os
import resource
import subprocess
import sys
import tempfile
import time
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

from benchmarks.timing import make_parser
from gamelabel.parallel import JOBS_VARIABLE, ONE_THREAD
from gamelabel.study.steps import STEPS
from tests.study.real import ROOT, real_study

BATCH = 32
BUSY = "while True:\n    pass"


def train_for_a_while(threads: int, seconds: float) -> None:
    """Train in a process of its own and print the steps by second of the clock and processor."""
    import torch

    from benchmarks.bench_tuning import make_pairs
    from gamelabel import images, tuning
    from gamelabel.training import TrainingStep
    from gamelabel.tuning.adapter import add_adapter

    torch.set_num_threads(threads)
    pipe = images.load_pipeline(device="cpu")
    weights = add_adapter(pipe.transformer)
    loss = tuning.sft_loss(pipe.transformer, make_pairs(pipe)[0], BATCH)
    optimizer = torch.optim.AdamW(weights)
    steps, begin = -1, (0.0, 0.0)
    while steps < 1 or time.perf_counter() - begin[0] < seconds:
        if steps == 0:  # the first one is warm-up
            begin = time.perf_counter(), time.process_time()
        optimizer.zero_grad()
        loss(TrainingStep(steps, torch.Generator().manual_seed(steps + 1)))[0].backward()
        optimizer.step()
        steps += 1
    clock, used = time.perf_counter() - begin[0], time.process_time() - begin[1]
    print(f"{steps / clock:6.2f} steps a second, {steps / used:6.2f} a processor second", end="")


@contextmanager
def busy_process(present: bool) -> Iterator[None]:
    process = subprocess.Popen([sys.executable, "-c", BUSY]) if present else None
    try:
        yield
    finally:
        if process:
            process.kill()
            process.wait()


def compare_threads(seconds: float) -> None:
    for is_busy in (False, True):
        for threads in (1, 2):
            with busy_process(is_busy):
                company = "beside a busy process" if is_busy else "alone"
                print(f"{threads} threads, {company:22}", end="", flush=True)
                run_part("train_for_a_while", (threads, seconds), {"OMP_NUM_THREADS": str(threads)})
                print(f"   load {os.getloadavg()[0]:.1f}")


def tune_four_arms(folder: str, steps: int, device: str) -> None:
    """Tune four arms with the number of processes that the environment says."""
    from benchmarks.bench_tuning import make_pairs
    from gamelabel import images, tuning
    from gamelabel.training import TrainingConfig
    from gamelabel.tuning.arms import Arm, tune_arms

    pipe = images.load_pipeline(device=device)
    loss = tuning.sft_loss(pipe.transformer, make_pairs(pipe)[0], BATCH)
    config = TrainingConfig(steps, BATCH, 1e-4, warmup_steps=1, bf16=False)
    tune_arms(pipe.transformer, {"arm": Arm(loss, 1e-4, "noise", seeds=4)}, config, Path(folder))


def compare_arms(steps: int, device: str) -> None:
    files = {}
    for jobs in ("1", "2"):
        with tempfile.TemporaryDirectory() as folder:
            arguments = (folder, steps, device)
            clock, used = run_part("tune_four_arms", arguments, {JOBS_VARIABLE: jobs})
            print(
                f"four arms of {steps} steps, {jobs} processes: {clock:6.1f} s, "
                f"{used:6.1f} s of the processor, load {os.getloadavg()[0]:.1f}",
                flush=True,
            )
            adapters = sorted(Path(folder).rglob("*.safetensors"))
            files[jobs] = [file.read_bytes() for file in adapters]
    assert len(files["1"]) == len(files["2"]) == 4
    print("the adapters have", "equal" if files["1"] == files["2"] else "DIFFERENT", "bytes")


def run_part(
    function: str, arguments: tuple[object, ...], variables: dict[str, str]
) -> tuple[float, float]:
    """Run a function of this file in a new process; return seconds of clock and processor."""
    code = f"from benchmarks import bench_parallel as b; b.{function}(*{arguments!r})"
    before, start = resource.getrusage(resource.RUSAGE_CHILDREN), time.perf_counter()
    subprocess.run(
        [sys.executable, "-c", code],
        env={**os.environ, **ONE_THREAD, "TQDM_DISABLE": "1", **variables},
        stderr=subprocess.DEVNULL,
        check=True,
    )
    return time.perf_counter() - start, processor_seconds(before)


def processor_seconds(before: resource.struct_rusage) -> float:
    after = resource.getrusage(resource.RUSAGE_CHILDREN)
    return after.ru_utime + after.ru_stime - before.ru_utime - before.ru_stime


def time_study(profile: str) -> None:
    """Run each step of a profile in a copy of the study."""
    with tempfile.TemporaryDirectory() as folder:
        settings = (ROOT / "notebooks" / "profiles" / f"{profile}.yaml").read_text()
        study = real_study(Path(folder) / "study", settings)
        command = [sys.executable, "-c", "from gamelabel.cli import main; main()", "run"]
        command += ["--profile", study.profile]
        total = 0.0
        for step in STEPS:
            start = time.perf_counter()
            process = subprocess.Popen(
                [*command, "--chapter", step.chapter, "--only", step.name],
                cwd=study.root,
                env={**os.environ, "PYTHONPATH": str(ROOT)},
                stdout=subprocess.DEVNULL,
                stderr=subprocess.DEVNULL,
            )
            # unlike that of all children, the peak is of this one and of those it started
            _, status, usage = os.wait4(process.pid, 0)
            process.returncode = os.waitstatus_to_exitcode(status)
            if process.returncode:
                raise SystemExit(f"{step.name} failed: `gamelabel run` says why")
            used, clock = usage.ru_utime + usage.ru_stime, time.perf_counter() - start
            total += used
            peak = f"{usage.ru_maxrss / 1024:8,.0f} MiB in the largest process"
            print(f"{step.name:24}{clock:8.1f} s{used:8.1f} s of the processor{peak}", flush=True)
        print(f"{'all':24}{'':10}{total:8.1f} s of the processor")


if __name__ == "__main__":
    parser = make_parser(__doc__)
    parser.add_argument("parts", nargs="*", default=["threads", "arms"], metavar="part")
    parser.add_argument("--steps", type=int, default=20, help="steps of each arm")
    parser.add_argument("--device", default="cpu", help="of the arms: cpu or cuda")
    parser.add_argument("--seconds", type=float, default=20.0, help="of each training of threads")
    chosen = parser.parse_args()
    for part in chosen.parts:
        if part == "threads":
            compare_threads(chosen.seconds)
        elif part == "arms":
            compare_arms(chosen.steps, chosen.device)
        elif part.startswith("study:"):
            time_study(part.removeprefix("study:"))
        else:
            parser.error(f"there is no part {part!r}; the parts are threads, arms, study:PROFILE")
