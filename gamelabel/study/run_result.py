"""The outcome of a run, and what is kept of each step for the next run."""

from __future__ import annotations

import json
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

from gamelabel.files import write_text
from gamelabel.study.steps import Study, parents
from gamelabel.study.tracker import Tracker

DONE = "done"
CACHED = "cached"
NO_NOTEBOOK = "skipped: notebook not found"
NOT_SELECTED = "skipped: not selected"
OTHER_CHAPTER = "skipped: in another chapter"
PARENT_FAILED = "skipped: a step before it failed"
STOPPED = "skipped: stopped"

_LEFT_OUT = (NOT_SELECTED, OTHER_CHAPTER)
IN_ORDER = (DONE, CACHED, *_LEFT_OUT, NO_NOTEBOOK)  # no step has failed or was stopped

History = dict[str, dict[str, Any]]


@dataclass
class RunResult:
    """The outcome of one run.

    Parameters
    ----------
    tracker : Tracker
        The study with its profile and files.
    status : dict
        Each step's status, in the words of the manifest.
    history : dict
        What is kept of the last complete run of each step: dependencies, inputs, outputs,
        parameters, label_source, seconds and git (the commit).
    interrupted : bool
        Whether the run was stopped by Ctrl-C.
    """

    tracker: Tracker
    status: dict[str, str]
    history: History
    interrupted: bool = False
    _valid: dict[str, bool] = field(default_factory=dict, init=False, repr=False)

    @property
    def complete(self) -> bool:
        """Whether every selected step that has a notebook is done."""
        return not self.interrupted and all(status in IN_ORDER for status in self.status.values())

    def is_valid(self, step: str) -> bool:
        """Return whether the report shows the results of a step.

        It does if the step is done. Those of a step's last complete run also stand if it was left
        out, or was selected with the same parameters and not completed, as long as its inputs are
        those that it read and the results of the steps before it stand.
        """
        if step not in self._valid:
            self._valid[step] = self._stands(step)
        return self._valid[step]

    def _stands(self, name: str) -> bool:
        status, last = self.status.get(name, NO_NOTEBOOK), self.history.get(name)
        if status in (DONE, CACHED):
            return True
        if not last or status == NO_NOTEBOOK:
            return False
        if status not in _LEFT_OUT and last["parameters"] != self.tracker.profile.steps[name]:
            return False
        study = self.tracker.study
        step = next(s for s in study.steps if s.name == name)
        before = [parent.name for parent in parents(step, study.steps)]
        if not all(self.is_valid(parent) for parent in before if parent in self.history):
            return False
        # by the parameters of that run: those of this run may name other files for other steps
        return last["inputs"] == self.tracker.existing_inputs(step, last["parameters"])


def read_history(study: Study) -> History:
    """Return what is kept of each step's last run; nothing if the file is damaged."""
    try:
        history: History = json.loads(_history_path(study).read_text(encoding="utf-8"))
        return history
    except (FileNotFoundError, ValueError):
        return {}


def write_history(study: Study, history: History) -> None:
    """Keep what the next run has to know of each step."""
    write_text(_history_path(study), json.dumps(history))


def read_failures(study: Study) -> dict[str, str]:
    """Return where and why each step failed that has not been done since."""
    try:
        failures: dict[str, str] = json.loads(_failures_path(study).read_text(encoding="utf-8"))
        return failures
    except (FileNotFoundError, ValueError):
        return {}


def write_failures(study: Study, failures: dict[str, str]) -> None:
    """Keep which steps have failed, for `gamelabel status`."""
    write_text(_failures_path(study), json.dumps(failures))


def _failures_path(study: Study) -> Path:
    return study.run_dir / ".failures.json"


def _history_path(study: Study) -> Path:
    return study.run_dir / ".steps.json"
