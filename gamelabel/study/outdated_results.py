"""Keep figures and tables out of the report while the results of their step do not stand.

Their inputs have changed, or the run asked for other parameters. They are kept in the run's folder:
with the inputs and parameters before, they stand again.
"""

from __future__ import annotations

import shutil

from gamelabel.study.run_result import DONE, RunResult
from gamelabel.study.tracker import outdated_path, reported_files


def separate_outdated(result: RunResult) -> None:
    """Move figures and tables of steps that do not stand aside, and those that stand again back."""
    study = result.tracker.study
    for step in study.runnable():
        if step.name not in result.history:
            continue
        if result.status[step.name] == DONE:
            shutil.rmtree(outdated_path(study, step), ignore_errors=True)
            continue
        for path in reported_files(study, step):
            kept = outdated_path(study, step, path)
            source, target = (kept, path) if result.is_valid(step.name) else (path, kept)
            if source.exists():
                target.parent.mkdir(parents=True, exist_ok=True)
                shutil.move(source, target)
