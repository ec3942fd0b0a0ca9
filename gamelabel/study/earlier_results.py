"""Keep what a step has reported until it has run again, so that a failure loses nothing."""

from __future__ import annotations

import shutil
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

from gamelabel.study.steps import Step, Study
from gamelabel.study.tracker import reported_files


@contextmanager
def earlier_results(study: Study, step: Step, complete: bool) -> Iterator[None]:
    """Set what a step has reported aside while it runs again, and put it back if that fails.

    These are its records, its figures and tables, and its executed notebook with the page of it.

    Parameters
    ----------
    study : Study
        The study.
    step : Step
        The step that runs in the block.
    complete : bool
        Whether the step has run to its end before. What a part of a run has left is removed.
    """
    failed_notebook(study, step).unlink(missing_ok=True)
    for path in _reported(study, step):
        if complete:
            _move(path, _kept(study, step) / study.relative(path))
        else:
            path.unlink()
    try:
        yield
    except BaseException:
        if complete:
            _put_back(study, step)
        raise
    shutil.rmtree(_kept(study, step), ignore_errors=True)


def recover_results(study: Study) -> None:
    """Put back what was set aside by a run that was killed."""
    for step in study.steps:
        if _kept(study, step).exists():
            _put_back(study, step)


def failed_notebook(study: Study, step: Step) -> Path:
    """Return where the notebook of a step that failed is kept if the report has an earlier one."""
    return study.run_dir / "failed" / f"{step.name}.ipynb"


def _kept(study: Study, step: Step) -> Path:
    return study.run_dir / ".earlier" / step.name


def _put_back(study: Study, step: Step) -> None:
    executed = study.executed(step)
    if executed.exists():
        _move(executed, failed_notebook(study, step))
    for path in _reported(study, step):
        path.unlink()
    kept = _kept(study, step)
    for path in [path for path in kept.rglob("*") if path.is_file()]:
        _move(path, study.root / path.relative_to(kept))
    shutil.rmtree(kept)


def _reported(study: Study, step: Step) -> list[Path]:
    """Return the files that a step has reported in, as far as they exist."""
    executed = study.executed(step)
    paths = [study.run_dir / step.records, executed, executed.with_suffix(".html")]
    return [path for path in [*paths, *reported_files(study, step)] if path.is_file()]


def _move(path: Path, target: Path) -> None:
    target.parent.mkdir(parents=True, exist_ok=True)
    shutil.move(path, target)
