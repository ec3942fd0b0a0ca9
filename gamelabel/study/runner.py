"""Runs the study: doit decides which steps are due and in what order, papermill executes their notebooks."""

from __future__ import annotations

import contextlib
import fcntl
import signal
import time
from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

from doit.control import TaskControl
from doit.dependency import Dependency, JsonDB
from doit.exceptions import TaskFailed
from doit.runner import MThreadRunner
from doit.task import Task

from gamelabel.files import write_text
from gamelabel.study.disk import full
from gamelabel.study.execute import Kernels, StepFailed, execute
from gamelabel.study.hashes import Hashes
from gamelabel.study.profiles import Profile, profile
from gamelabel.study.progress import Progress, clock
from gamelabel.study.state import NOT_ASKED, NOT_THERE, Watch, records
from gamelabel.study.steps import Step, Study, descendants, parents

_GRACE = 15.0  # seconds that an interrupted notebook has to save what it holds


@dataclass
class Result:
    """What became of the steps of one run: `status` in the manifest's words, `kept` what doit keeps of each."""

    profile: Profile
    watch: Watch
    status: dict[str, str] = field(default_factory=dict)
    kept: dict[str, dict[str, Any]] = field(default_factory=dict)
    interrupted: bool = False

    @property
    def complete(self) -> bool:
        """Whether every step that was asked for and has a notebook came to its end."""
        fine = ("done", "cached", NOT_ASKED, NOT_THERE)
        return not self.interrupted and all(status in fine for status in self.status.values())


def run(
    study: Study,
    overrides: Sequence[str] = (),
    jobs: int = 1,
    start: str = "",
    only: str = "",
    progress: Progress | None = None,
) -> Result:
    """Run what is due of a study, `jobs` independent steps side by side.

    start: run this step and all that depend on it, changed or not, and take the earlier ones as they are. only: run
    this step alone. Raises ValueError for what the user can mend; a failed step is in the result.
    """
    if start and only:
        raise ValueError("give --from or --only, not both")
    settings = profile(study, overrides)
    if not study.there():
        raise ValueError(f"no notebook of the study lies in {study.notebooks}")
    first = study.step(start or only).name if start or only else ""
    chosen = (
        {first}
        if only
        else descendants({first}, study.steps)
        if start
        else {s.name for s in study.steps}
    )
    _check_folders(study)
    with _alone(study), progress or Progress() as shown:
        return _Run(study, settings, shown, forced=chosen if first else set()).run(chosen, jobs)


def standing(study: Study, overrides: Sequence[str] = ()) -> dict[str, tuple[str, float | None]]:
    """Of each step, why it is due (empty: its results stand) and the seconds that it took; nothing is run."""
    seen, state = watch(study, profile(study, overrides)), _state(study)
    found: dict[str, tuple[str, float | None]] = {}
    for step in study.steps:
        kept = state.get_values(step.name)
        due = [
            p.name for p in parents(step, study.steps) if p in study.there() and found[p.name][0]
        ]
        why = NOT_THERE if step not in study.there() else seen.changed(step, kept)
        found[step.name] = (
            why or (f"waits for {', '.join(due)}" if due else ""),
            kept.get("seconds"),
        )
    return found


def watch(study: Study, settings: Profile) -> Watch:
    """The eyes on a study's files, with a memory of hashes."""
    return Watch(study, settings, Hashes(study.run_dir / ".hashes.json"))


class _Run:
    def __init__(
        self, study: Study, settings: Profile, progress: Progress, forced: set[str]
    ) -> None:
        self.study, self.progress, self.forced = study, progress, forced
        self.result = Result(settings, watch(study, settings))
        self.state, self.kernels, self.why = _state(study), Kernels(), dict[str, str]()

    def run(self, chosen: set[str], jobs: int) -> Result:
        steps = [s for s in self.study.there() if s.name in chosen]
        for step in self.study.steps:
            if step not in self.study.there():
                self.result.status[step.name] = NOT_THERE
            elif step not in steps:
                self.result.status[step.name] = NOT_ASKED
        names = [s.name for s in steps]
        before = {
            s.name: [p.name for p in parents(s, self.study.steps) if p.name in names] for s in steps
        }
        control = TaskControl([self._task(s, before[s.name]) for s in steps])
        control.process(names)
        runner = MThreadRunner(self.state, _Reporter(self), continue_=True, num_process=jobs)
        try:
            runner.run_all(control.task_dispatcher())
        except KeyboardInterrupt:
            self._stop(names)
        self.result.status = {
            s.name: self.result.status.get(s.name, "skipped: stopped") for s in self.study.steps
        }
        self.result.kept = {s.name: self.state.get_values(s.name) for s in self.study.steps}
        with contextlib.suppress(OSError):  # it only saves time
            self.result.watch.hashes.save()
        return self.result

    def _task(self, step: Step, before: list[str]) -> Task:
        return Task(step.name, [lambda: self._execute(step)], task_dep=before, uptodate=[self._up_to_date(step)],
                    io={"capture": False})  # fmt: skip

    def _up_to_date(self, step: Step) -> Callable[[Task, dict[str, Any]], bool]:
        def check(task: Task, values: dict[str, Any]) -> bool:
            changed = (
                "asked for" if step.name in self.forced else self.result.watch.changed(step, values)
            )
            self.why[step.name] = changed
            return not changed

        return check

    def _execute(self, step: Step) -> Any:
        """The task's action: its values where the notebook came to its end, else TaskFailed."""
        study, name, began = self.study, step.name, time.monotonic()
        self.progress.begin(name, self.why[name])
        try:
            if missing := self.result.watch.missing(step):
                self.result.status[name] = f"skipped: {missing}"
                raise StepFailed(0, missing, [])
            (study.run_dir / step.records).unlink(missing_ok=True)
            parts = self.result.watch.parts(step)
            execute(
                study.notebook(step), study.executed(step), self.result.profile.steps[name],
                self.result.profile.cell_minutes, self.kernels,
                lambda number, total: self.progress.cell(name, number, total),
                lambda line: self.progress.line(name, line),
            )  # fmt: skip
            left = [
                o for o in step.outputs if not o.endswith("?") and not (study.run_dir / o).exists()
            ]
            if left:
                raise StepFailed(0, f"came to its end without leaving {', '.join(left)}", [])
            self.result.watch.list_folders(step)
        except StepFailed as failure:
            self._failed(step, failure)
            return TaskFailed(failure.reason)
        except Exception as error:  # of the tools around the notebook: no kernel, no disk
            self._failed(step, StepFailed(0, f"{type(error).__name__}: {error}", []))
            return TaskFailed(str(error))
        seconds = round(time.monotonic() - began, 2)
        self.result.status[name] = "done"
        self.progress.end(name, f"done in {clock(seconds)}")
        return {"parts": parts, "inputs": self.result.watch.inputs(step), "seconds": seconds,
                "outputs": self.result.watch.outputs(step), "parameters": self.result.profile.steps[name],
                "label_source": records(study, step)["label_source"]}  # fmt: skip

    def _failed(self, step: Step, failure: StepFailed) -> None:
        if failure.interrupted or self.kernels.stopped:
            self.result.status[step.name] = f"skipped: stopped in cell {failure.cell}"
            self.progress.end(step.name, f"stopped in cell {failure.cell}")
            return
        self.result.status.setdefault(step.name, f"failed: cell {failure.cell}")
        where = f"cell {failure.cell}: " if failure.cell else ""
        self.progress.end(step.name, f"failed, {where}{failure.reason}")
        for line in failure.lines:
            self.progress.say(f"    {line}")
        if sentence := full(self.study.run_dir, failure.reason):
            self.progress.say(f"    {sentence}")
        if failure.cell:
            self.progress.say(f"    the notebook up to there: {self.study.executed(step)}")

    def _stop(self, names: list[str]) -> None:
        """Ctrl-C: let what runs save itself, then end it; a second Ctrl-C ends it at once."""
        self.result.interrupted = True
        self.kernels.stop()
        waiting = time.monotonic() + _GRACE
        running = [name for name in names if name in self.why and name not in self.result.status]
        with contextlib.suppress(KeyboardInterrupt):
            while time.monotonic() < waiting and any(
                name not in self.result.status for name in running
            ):
                time.sleep(0.05)
        self.kernels.stop(signal.SIGKILL)
        self.state.close()


class _Reporter:
    """What doit tells of a run, kept where the manifest finds it."""

    def __init__(self, run: _Run) -> None:
        self.run = run

    def skip_uptodate(self, task: Task) -> None:
        self.run.result.status[task.name] = "cached"
        self.run.progress.say(f"{task.name}  unchanged")

    def add_failure(self, task: Task, fail: Any) -> None:
        if task.name not in self.run.result.status:
            self.run.result.status[task.name] = "skipped: a step before it did not come to its end"
            self.run.progress.say(f"{task.name}  not run: a step before it did not come to its end")

    def add_success(self, task: Task) -> None:
        self.run.state.backend.dump()  # what is done stays done, whatever comes

    def runtime_error(self, message: str) -> None:
        raise ValueError(message)

    def __getattr__(self, name: str) -> Callable[..., None]:
        return lambda *_: None


def _state(study: Study) -> Dependency:
    return Dependency(_Memory, str(study.run_dir / ".doit.db.json"))


class _Memory(JsonDB):
    """What doit keeps of the steps, written whole or not at all: a torn file would forget everything that is done."""

    def dump(self) -> None:
        path, text = Path(self.name), self.codec.encode(self._db)
        if not path.exists() or path.read_text() != text:
            write_text(path, text)


def _check_folders(study: Study) -> None:
    for folder in (study.run_dir, study.report_dir):
        try:
            folder.mkdir(parents=True, exist_ok=True)
            probe = folder / ".writable"
            probe.write_text("")
            probe.unlink()
        except OSError as error:
            raise OSError(
                f"nothing can be written in {folder} ({error.strerror}): free it, or mend its rights"
            ) from None


@contextlib.contextmanager
def _alone(study: Study) -> Iterator[None]:
    """Two runs of one profile at once would write over each other."""
    with (Path(study.run_dir) / ".lock").open("w") as file:
        try:
            fcntl.flock(file, fcntl.LOCK_EX | fcntl.LOCK_NB)
        except OSError:
            raise ValueError(
                f"another run of {study.profile} is under way: wait for it, or stop it"
            ) from None
        yield
