"""The outcome of a run, and what is kept of each step for the next run."""

from __future__ import annotations

import json
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from gamelabel.files import write_text
from gamelabel.study.steps import Study
from gamelabel.study.tracker import Tracker

DONE = "done"
CACHED = "cached"
NO_NOTEBOOK = "skipped: notebook not found"
NOT_SELECTED = "skipped: not selected"
OTHER_CHAPTER = "skipped: in another chapter"
PARENT_FAILED = "skipped: a step before it failed"
STOPPED = "skipped: stopped"

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
        parameters, label_source and seconds.
    interrupted : bool
        Whether the run was stopped by Ctrl-C.
    """

    tracker: Tracker
    status: dict[str, str]
    history: History
    interrupted: bool = False

    @property
    def complete(self) -> bool:
        """Whether every selected step that has a notebook is done."""
        fine = (DONE, CACHED, NOT_SELECTED, OTHER_CHAPTER, NO_NOTEBOOK)
        return not self.interrupted and all(status in fine for status in self.status.values())

    def is_valid(self, step: str) -> bool:
        """Return whether the results of a step belong to the run.

        They do if the step is done, or if it was left out on purpose and has run before.
        """
        return is_valid(self.status.get(step, ""), bool(self.history.get(step)))


def is_valid(status: str, has_run: bool) -> bool:
    """Return whether a step of this status has results that belong to the run."""
    return status in (DONE, CACHED) or (status in (NOT_SELECTED, OTHER_CHAPTER) and has_run)


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


def _history_path(study: Study) -> Path:
    return study.run_dir / ".steps.json"
