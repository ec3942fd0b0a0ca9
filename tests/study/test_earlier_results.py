"""What a run that fails, is stopped or runs one step leaves of the report before it."""

import json
import shutil
from pathlib import Path
from typing import Any

import pytest
from PIL import Image

from gamelabel.report.write import write_report
from gamelabel.study import runner
from gamelabel.study.earlier_results import failed_notebook
from gamelabel.study.run_result import RunResult, read_history
from gamelabel.study.runner import run_study, step_status
from gamelabel.study.steps import Step, Study
from gamelabel.study.verification import verify_report
from tests.study.toys import FOLDERS, toy_study

# prompts -> labels -> reliability; crowds stands alone
STEPS = (
    Step("prompts", outputs=("prompts.txt",)),
    Step("labels", ("prompts.txt",), ("labels.txt",)),
    Step("reliability", ("labels.txt",), ("preferences.txt",)),
    Step("crowds"),
)
FILES = {step.name: [name for name in step.outputs] for step in STEPS}


class FakeNotebooks:
    """Stands in for the kernels: writes what the toy steps write, or fails in their middle."""

    def __init__(self, study: Study) -> None:
        self.study, self.value, self.stops = study, 1, ""
        self.interrupts = False

    def __call__(self, notebook: Path, executed: Path, parameters: Any, *_: object) -> None:
        name = notebook.stem
        executed.parent.mkdir(parents=True, exist_ok=True)
        shutil.copy(notebook, executed)
        figures = self.study.report_dir / "figures"
        figures.mkdir(exist_ok=True)
        # a second name comes first, which a complete run does not write
        stopped = name == self.stops
        figure = f"{name}_half" if stopped else name
        Image.new("L", (4, 4), self.value).save(figures / f"{figure}.png")
        metric = {"value": self.value, "low": None, "high": None, "n": None, "unit": ""}
        metric |= {"source": "", "cell": 2}
        entry = {"caption": f"Of {name}", "cell": 2, "simulated": False}
        records = {"metrics": {name: metric}, "figures": {figure: entry}, "tables": {}}
        path = self.study.run_dir / "records" / f"{name}.json"
        path.parent.mkdir(exist_ok=True)
        path.write_text(json.dumps({**records, "label_source": ""}))
        if stopped:
            raise runner.StepFailed(3, "broken", [], interrupted=self.interrupts)
        for file in FILES[name]:
            (self.study.run_dir / file).write_text(f"{self.value} {parameters.get('size')}")


@pytest.fixture
def notebooks(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> FakeNotebooks:
    size = f"{FOLDERS}\nsize = 1  # of the labels"
    size += '\nlabels_file = ""  # where they come from'
    toys = {f"_{step.name}": (size if step.name == "labels" else FOLDERS,) for step in STEPS}
    fake = FakeNotebooks(toy_study(tmp_path, STEPS, **toys))
    monkeypatch.setattr(runner, "execute", fake)
    return fake


def run(study: Study, *overrides: str, **options: str) -> RunResult:
    result = run_study(study, overrides, **options)
    write_report(result)
    return result


def metrics(study: Study) -> dict[str, int]:
    content = json.loads((study.report_dir / "metrics.json").read_text())
    return {name: metric["value"] for name, metric in content.items()}


def contents(study: Study) -> dict[str, bytes]:
    """What the report shows, without what says when and how it was made."""
    kinds = ("figures/*", "notebooks/*.ipynb", "metrics.json")
    paths = [path for kind in kinds for path in study.report_dir.glob(kind)]
    return {path.relative_to(study.report_dir).as_posix(): path.read_bytes() for path in paths}


ALL = {"prompts": 1, "labels": 1, "reliability": 1, "crowds": 1}


@pytest.mark.parametrize("step", ["prompts", "labels", "reliability", "crowds"])
@pytest.mark.parametrize("interrupts", [False, True])
def test_a_step_that_does_not_end_loses_nothing(
    notebooks: FakeNotebooks, step: str, interrupts: bool
) -> None:
    study = notebooks.study
    run(study)
    before = contents(study)
    notebooks.stops, notebooks.interrupts, notebooks.value = step, interrupts, 2
    result = run(study, only=step)
    assert not result.complete
    assert contents(study) == before
    assert metrics(study) == ALL
    assert verify_report(study.report_dir, study.root).problems == []
    # the page says so, and the notebook that failed is kept elsewhere
    assert result.status[step] in (study.report_dir / "index.html").read_text()
    assert failed_notebook(study, study.step(step)).exists()
    assert all(reason == "" for reason, _ in step_status(study).values())
    # the next run that succeeds replaces it
    notebooks.stops = ""
    run(study, only=step)
    assert metrics(study)[step] == 2
    assert not failed_notebook(study, study.step(step)).exists()


def test_numbers_that_rest_on_other_labels_do_not_stand(notebooks: FakeNotebooks) -> None:
    """A run with other parameters that fails shows no results of the parameters before."""
    study = notebooks.study
    run(study)
    notebooks.stops = "labels"
    run(study, "size=2")
    assert metrics(study) == {"prompts": 1, "crowds": 1}
    figures = study.report_dir / "figures"
    assert {path.stem for path in figures.iterdir()} == {"prompts", "crowds"}
    assert verify_report(study.report_dir, study.root).problems == []
    # nothing was lost: with the parameters before, no step runs
    result = run(study)
    assert {path.stem for path in figures.iterdir()} == set(ALL)
    assert verify_report(study.report_dir, study.root).problems == []
    assert set(result.status.values()) == {"cached"}
    assert metrics(study) == ALL


def test_one_step_alone_keeps_steps_that_read_a_file_which_this_run_does_not_name(
    notebooks: FakeNotebooks, tmp_path: Path
) -> None:
    study, labels = notebooks.study, tmp_path / "own.csv"
    labels.write_text("choices")
    run(study, f"labels_file={labels}")
    notebooks.value = 2
    run(study, only="crowds")
    assert metrics(study) == {**ALL, "crowds": 2}
    labels.write_text("other choices")
    run(study, only="crowds")
    assert metrics(study) == {"prompts": 1, "crowds": 2}


def test_one_step_alone_keeps_the_others_unless_it_changes_what_they_read(
    notebooks: FakeNotebooks,
) -> None:
    study = notebooks.study
    run(study, "size=2")
    notebooks.value = 3
    run(study, only="crowds")  # of the default size, which says nothing about other steps
    assert metrics(study) == {**ALL, "crowds": 3}
    run(study, "size=2", only="labels")
    assert metrics(study) == {"prompts": 1, "labels": 3, "crowds": 3}
    # the figure of step reliability is of other labels: it is kept until that step has run again
    figure = study.report_dir / "figures" / "reliability.png"
    assert not figure.exists()
    assert verify_report(study.report_dir, study.root).problems == []
    notebooks.stops = "reliability"
    run(study, "size=2", only="reliability")
    assert not figure.exists()
    notebooks.stops = ""
    run(study, "size=2", only="reliability")
    assert figure.exists() and metrics(study)["reliability"] == 3
    assert not list((study.run_dir / ".outdated").iterdir())


def test_ctrl_c_before_a_step_begins(
    notebooks: FakeNotebooks, monkeypatch: pytest.MonkeyPatch
) -> None:
    study = notebooks.study
    run(study)

    def interrupt(*_: object, **__: object) -> None:
        raise KeyboardInterrupt

    monkeypatch.setattr(runner, "wait", interrupt)
    result = run(study, start="prompts")
    assert result.interrupted
    assert result.status["reliability"] == "skipped: stopped"
    assert metrics(study) == ALL


def test_a_run_that_was_killed(notebooks: FakeNotebooks, monkeypatch: pytest.MonkeyPatch) -> None:
    """The next run, whatever it runs, finds the results that had been set aside."""
    study = notebooks.study
    run(study)
    before = contents(study)

    def killed(*arguments: Any) -> None:
        with pytest.raises(runner.StepFailed):
            notebooks(*arguments)
        raise SystemExit  # nothing is put back

    notebooks.stops = "labels"
    monkeypatch.setattr(runner, "execute", killed)
    with monkeypatch.context() as patched:
        patched.setattr("gamelabel.study.earlier_results._put_back", lambda *_: None)
        with pytest.raises(SystemExit):
            run_study(study, only="labels")
    assert not (study.report_dir / "figures" / "labels.png").exists()
    monkeypatch.setattr(runner, "execute", notebooks)
    run(study, only="crowds")
    assert contents(study) == before
    assert metrics(study) == ALL


def test_a_first_run_that_fails_leaves_its_notebook_and_no_numbers(
    notebooks: FakeNotebooks,
) -> None:
    study = notebooks.study
    notebooks.stops = "labels"
    run(study)
    assert metrics(study) == {"prompts": 1, "crowds": 1}
    assert study.executed(study.step("labels")).exists()
    assert read_history(study).keys() == {"prompts", "crowds"}
    run(study)  # what the part of a run has left is removed when the step begins again
    notebooks.stops = ""
    run(study)
    assert verify_report(study.report_dir, study.root).problems == []
