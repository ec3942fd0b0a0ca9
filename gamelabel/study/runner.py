"""Run the study: find the steps that are due and execute their notebooks in order."""

from __future__ import annotations

import contextlib
import fcntl
import signal
import time
from collections.abc import Iterator, Sequence
from concurrent.futures import FIRST_COMPLETED, Future, ThreadPoolExecutor, wait
from dataclasses import replace
from graphlib import TopologicalSorter
from typing import Any

from gamelabel.files import full_disk_message
from gamelabel.parallel import CLUSTER_VARIABLE, JOBS_VARIABLE
from gamelabel.study.earlier_results import earlier_results, failed_notebook, recover_results
from gamelabel.study.execute import Kernels, StepFailed, execute
from gamelabel.study.hashes import Hashes
from gamelabel.study.profiles import Profile, check_named_files, read_profile
from gamelabel.study.progress import Progress, format_seconds
from gamelabel.study.provenance import git_state
from gamelabel.study.run_result import (
    CACHED,
    DONE,
    NO_NOTEBOOK,
    NOT_SELECTED,
    OTHER_CHAPTER,
    PARENT_FAILED,
    STOPPED,
    RunResult,
    read_failures,
    read_history,
    write_failures,
    write_history,
)
from gamelabel.study.steps import ALL_CHAPTERS, Step, Study, check_report_dir, parents
from gamelabel.study.tracker import Tracker, read_records

_GRACE_SECONDS = 15.0  # that an interrupted notebook has to save its state
_Outcome = tuple[str, dict[str, Any] | None]


def run_study(
    study: Study,
    overrides: Sequence[str] = (),
    jobs: int | None = None,
    cluster: str | None = None,
    start: str = "",
    only: str = "",
    chapter: str = ALL_CHAPTERS,
    progress: Progress | None = None,
) -> RunResult:
    """Run the steps of a study that are due.

    Parameters
    ----------
    study : Study
        The project's folder and the profile.
    overrides : sequence of str
        Parameters as NAME=VALUE, which replace those of the profile.
    jobs : int, optional
        The number of processes at once: of independent steps, or of one that shares its work. By
        default that of the profile.
    cluster : str, optional
        The address of a Dask scheduler, whose workers get the work that is shared. By default that
        of the profile.
    start : str
        Run this step and all that depend on it, whether they are due or not, and nothing before.
    only : str
        Run this step alone, whether it is due or not.
    chapter : str
        The chapter to run, or "all".
    progress : Progress, optional
        Where to show the progress; the terminal by default.

    Returns
    -------
    RunResult
        The status of each step. A step that fails does not raise.

    Raises
    ------
    ValueError
        If an argument or the profile is invalid, no notebook exists, or another run is active.
    OSError
        If the study's folders cannot be written, or a file that a parameter names does not exist.
    """
    profile = read_profile(study, overrides)
    selected = study.select(chapter, start, only)
    if not any(step.name in selected for step in study.runnable()):
        raise ValueError(f"no notebook of the study found in {study.notebooks}")
    check_named_files(study, profile, selected)
    if jobs is not None:
        profile = replace(profile, jobs=jobs)
    if cluster is not None:
        profile = replace(profile, cluster=cluster)
    if profile.jobs < 1:
        raise ValueError(f"jobs is {profile.jobs}: give the number of processes, 1 or more")
    _check_folders(study)
    with run_lock(study), progress or Progress() as shown:
        recover_results(study)
        return _Run(study, profile, shown, selected, forced=bool(start or only)).run()


def step_status(study: Study, overrides: Sequence[str] = ()) -> dict[str, tuple[str, float | None]]:
    """Return why each step is due (empty if up to date), and the seconds that it last took.

    A step that has failed is due for that reason until it is done.
    """
    tracker, history = make_tracker(study, read_profile(study, overrides)), read_history(study)
    failures = read_failures(study)
    steps = {step.name: step for step in study.runnable()}
    before = {
        name: [p.name for p in parents(step, study.steps) if p.name in steps]
        for name, step in steps.items()
    }
    reasons = {step.name: NO_NOTEBOOK for step in study.steps}
    for name in TopologicalSorter(before).static_order():
        due = [parent for parent in before[name] if reasons[parent]]
        waits = f"waits for {', '.join(due)}" if due else ""
        change = tracker.change(steps[name], history.get(name, {}))
        failed = f"failed, {failures[name]}" if name in failures else ""
        reasons[name] = (failed or change) if change else waits
    return {name: (why, history.get(name, {}).get("seconds")) for name, why in reasons.items()}


def make_tracker(study: Study, profile: Profile) -> Tracker:
    """Return the tracker of a study's files, with its cache of hashes."""
    return Tracker(study, profile, Hashes(study.run_dir / ".hashes.json"))


class _Run:
    def __init__(
        self, study: Study, profile: Profile, progress: Progress, selected: set[str], forced: bool
    ) -> None:
        self.study, self.profile = study, profile
        self.progress, self.forced = progress, forced
        self.tracker, self.kernels = make_tracker(study, profile), Kernels()
        self.history, self.failures = read_history(study), read_failures(study)
        self.steps = {s.name: s for s in study.runnable() if s.name in selected}
        self.status = {s.name: self._skipped(s) for s in study.steps if s.name not in self.steps}

    def _skipped(self, step: Step) -> str:
        if step not in self.study.runnable():
            return NO_NOTEBOOK
        chapters = {s.chapter for s in self.steps.values()}
        return NOT_SELECTED if step.chapter in chapters else OTHER_CHAPTER

    def run(self) -> RunResult:
        """Run each step as soon as the steps before it are finished and a process is free."""
        order = TopologicalSorter({name: self._parents(name) for name in self.steps})
        order.prepare()
        ready: list[str] = []
        running: dict[Future[_Outcome], str] = {}
        interrupted = False
        with ThreadPoolExecutor(self.profile.jobs) as pool:
            try:
                while order.is_active():
                    ready = sorted([*ready, *order.get_ready()], key=list(self.steps).index)
                    for name in self._next(ready, list(running.values())):
                        ready.remove(name)
                        running[pool.submit(self._run_step, self.steps[name])] = name
                    for future in wait(running, return_when=FIRST_COMPLETED).done:
                        name = running.pop(future)
                        self._finish(name, *future.result())
                        order.done(name)
            except KeyboardInterrupt:
                interrupted = True
                self._interrupt(running)
        for future, name in running.items():
            self._finish(name, *future.result())
        status = {s.name: self.status.get(s.name, STOPPED) for s in self.study.steps}
        with contextlib.suppress(OSError):  # the cache only saves time
            self.tracker.hashes.save()
        return RunResult(self.tracker, status, self.history, interrupted)

    def _next(self, ready: list[str], running: list[str]) -> list[str]:
        """Return which of the ready steps to start: one at a time of those that fan out."""
        chosen: list[str] = []
        for name in ready:
            busy = [self.steps[other] for other in (*running, *chosen)]
            if len(busy) == self.profile.jobs:
                break
            if not (self.steps[name].fans_out and any(step.fans_out for step in busy)):
                chosen.append(name)
        return chosen

    def _parents(self, name: str) -> list[str]:
        before = parents(self.steps[name], self.study.steps)
        return [parent.name for parent in before if parent.name in self.steps]

    def _interrupt(self, running: dict[Future[_Outcome], str]) -> None:
        """Let the running notebooks save their state, then end them; a second Ctrl-C ends them."""
        self.kernels.stop(signal.SIGINT)
        with contextlib.suppress(KeyboardInterrupt):
            wait(running, timeout=_GRACE_SECONDS)
        self.kernels.stop(signal.SIGKILL)

    def _finish(self, name: str, status: str, record: dict[str, Any] | None) -> None:
        self.status[name] = status
        if record is not None:
            self.history[name] = record
            write_history(self.study, self.history)
            self.failures.pop(name, None)
        with contextlib.suppress(OSError):  # a full disk is what failed
            write_failures(self.study, self.failures)

    def _run_step(self, step: Step) -> _Outcome:
        """Run one step if it is due; return its status and what to keep of it."""
        name = step.name
        if any(self.status[parent] not in (DONE, CACHED) for parent in self._parents(name)):
            self.progress.say(f"{name}  not run: a step before it failed")
            return PARENT_FAILED, None
        reason = "selected"
        if not self.forced:
            reason = self.tracker.change(step, self.history.get(name, {}))
        if not reason:
            self.progress.say(f"{name}  unchanged")
            return CACHED, None
        if missing := self.tracker.missing_input(step):
            self.progress.say(f"{name}  not run: {missing}")
            return f"skipped: {missing}", None
        self.progress.begin(name, reason)
        try:
            with earlier_results(self.study, step, complete=name in self.history):
                record = self._execute(step)
        except StepFailed as failure:
            return self._failed(step, failure), None
        except Exception as error:  # of the tools around the notebook: no kernel, no disk
            return self._failed(step, StepFailed(0, f"{type(error).__name__}: {error}", [])), None
        self.progress.end(name, f"done in {format_seconds(record['seconds'])}")
        return DONE, record

    def _execute(self, step: Step) -> dict[str, Any]:
        """Execute a step's notebook and return what to keep of it."""
        study, tracker, name = self.study, self.tracker, step.name
        began = time.monotonic()
        dependencies, parameters = tracker.dependencies(step), tracker.profile.steps[name]
        git = git_state(study.root)
        execute(
            study.notebook(step),
            study.executed(step),
            parameters,
            tracker.profile.cell_minutes,
            self._variables(step),
            self.kernels,
            lambda number, total: self.progress.cell(name, number, total),
            lambda line: self.progress.line(name, line),
        )
        if missing := tracker.missing_outputs(step):
            raise StepFailed(0, f"its notebook ended without writing {', '.join(missing)}", [])
        tracker.write_listings(step)
        return {
            "dependencies": dependencies,
            "inputs": tracker.existing_inputs(step),
            "outputs": tracker.outputs(step),
            "parameters": parameters,
            "label_source": read_records(study, step)["label_source"],
            "seconds": round(time.monotonic() - began, 2),
            "git": git,
        }

    def _variables(self, step: Step) -> dict[str, str]:
        """Return the environment variables that say where a step's notebook computes."""
        if not step.fans_out:
            return {JOBS_VARIABLE: "1", CLUSTER_VARIABLE: ""}
        return {JOBS_VARIABLE: str(self.profile.jobs), CLUSTER_VARIABLE: self.profile.cluster}

    def _failed(self, step: Step, failure: StepFailed) -> str:
        """Show why a step failed and return its status."""
        if failure.interrupted or self.kernels.stopped:
            self.progress.end(step.name, f"stopped in cell {failure.cell}")
            return f"{STOPPED} in cell {failure.cell}"
        where = f"cell {failure.cell}: " if failure.cell else ""
        self.progress.end(step.name, f"failed, {where}{failure.reason}")
        self.failures[step.name] = " ".join(f"{where}{failure.reason}".split())
        lines = [line for line in failure.lines if line.strip() not in failure.reason]
        if message := full_disk_message(self.study.run_dir, failure.reason):
            lines.append(message)
        if failure.cell:
            paths = (failed_notebook(self.study, step), self.study.executed(step))
            path = next((path for path in paths if path.exists()), paths[1])
            lines.append(f"the notebook up to that cell: {path}")
        for line in lines:
            self.progress.say(f"    {line}")
        return f"failed: cell {failure.cell}"


def _check_folders(study: Study) -> None:
    check_report_dir(study.report_dir)
    for folder in (study.run_dir, study.report_dir):
        try:
            folder.mkdir(parents=True, exist_ok=True)
            probe = folder / ".writable"
            probe.write_text("")
            probe.unlink()
        except OSError as error:
            raise OSError(
                f"cannot write in {folder} ({error.strerror}): free some space, or change its"
                " permissions"
            ) from None


@contextlib.contextmanager
def run_lock(study: Study) -> Iterator[None]:
    """Keep two runs of one profile from writing over each other."""
    with (study.run_dir / ".lock").open("w") as file:
        try:
            fcntl.flock(file, fcntl.LOCK_EX | fcntl.LOCK_NB)
        except OSError:
            raise ValueError(
                f"another run of {study.profile} is active: wait for it, or stop it"
            ) from None
        yield
