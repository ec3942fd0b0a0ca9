"""The runner on toy notebooks.

A kernel takes seconds, so that one study is run once and most tests look at its files.
"""

import json
import os
import shutil
import signal
import subprocess
import sys
import time
from pathlib import Path

import pytest

from gamelabel.report.write import write_report
from gamelabel.study import runner, tracker
from gamelabel.study.run_result import RunResult
from gamelabel.study.runner import run_study, step_status
from gamelabel.study.steps import Step, Study
from tests.study.toys import FOLDERS, IMAGES, LABELS, PROMPTS, RELIABILITY, START, toy_study

ROOT = Path(__file__).parents[2]


@pytest.fixture(scope="module")
def failed(tmp_path_factory: pytest.TempPathFactory) -> tuple[Study, RunResult, str]:
    """A run of four toys in which the third raises in its fourth cell, and the output."""
    root = tmp_path_factory.mktemp("failed")
    toys = {
        "_01_prompts": PROMPTS,
        "_02_images": IMAGES,
        "_03_labels": LABELS,
        "_04_reliability": RELIABILITY,
    }
    study = toy_study(root, **toys)
    shutil.copytree(ROOT / "data" / "claims", root / "data" / "claims")
    with (root / "shown").open("w") as shown:
        result = run_study(study, progress=runner.Progress(shown))
    write_report(result)
    return study, result, (root / "shown").read_text()


@pytest.fixture(scope="module")
def complete(
    failed: tuple[Study, RunResult, str], tmp_path_factory: pytest.TempPathFactory
) -> tuple[Study, RunResult]:
    """The same study, fixed by a parameter and run again."""
    study = Study(tmp_path_factory.mktemp("complete") / "study", "smoke")
    shutil.copytree(failed[0].root, study.root)
    result = run_study(study, ["broken=false"])
    write_report(result)
    return study, result


@pytest.fixture
def copy(complete: tuple[Study, RunResult], tmp_path: Path) -> Study:
    """A copy of the complete study, to be changed."""
    shutil.copytree(complete[0].root, tmp_path / "study")
    return Study(tmp_path / "study", "smoke")


def test_a_step_that_raises_stops_only_what_depends_on_it(
    failed: tuple[Study, RunResult, str],
) -> None:
    _, result, shown = failed
    assert result.status["01_prompts"] == result.status["02_images"] == "done"
    assert result.status["03_labels"] == "failed: cell 4"
    assert result.status["04_reliability"].startswith("skipped: a step before it")
    assert result.status["05_tuning"] == "skipped: notebook not found"
    assert not result.complete
    assert "03_labels  failed, cell 4: RuntimeError: the labels are broken" in shown
    assert (
        'raise RuntimeError("the labels are broken")' in shown
    )  # the last lines, with no colours of a terminal
    assert "\x1b" not in shown


def test_a_failed_run_keeps_what_was_done_and_reports_it(
    failed: tuple[Study, RunResult, str],
) -> None:
    study, _, _ = failed
    manifest = json.loads((study.report_dir / "manifest.json").read_text())
    assert manifest["steps"]["03_labels"]["status"] == "failed: cell 4"
    page = (study.report_dir / "index.html").read_text()
    assert "It failed in cell 4: RuntimeError: the labels are broken" in page
    assert "prompts_total" in json.loads((study.report_dir / "metrics.json").read_text())
    assert "the labels are broken" in study.executed(study.step("03")).read_text()


def test_the_next_run_resumes(complete: tuple[Study, RunResult]) -> None:
    _, result = complete
    names = ("01_prompts", "02_images", "03_labels", "04_reliability")
    assert [result.status[name] for name in names] == ["cached", "cached", "done", "done"]
    assert result.complete


def test_with_nothing_changed_no_kernel_starts(
    copy: Study, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(runner, "execute", pytest.fail)
    result = run_study(copy, ["broken=false"])
    assert [status for status in result.status.values() if not status.startswith("skipped")] == [
        "cached"
    ] * 4
    stamp = (copy.report_dir / "report.pdf").stat().st_mtime_ns
    write_report(result)
    assert (copy.report_dir / "report.pdf").stat().st_mtime_ns == stamp


def test_nothing_heavy_is_imported_when_nothing_changed(copy: Study) -> None:
    code = (
        "import sys; from pathlib import Path; from gamelabel.study.steps import Study;"
        "from gamelabel.report.write import write_report; from gamelabel.study import runner;"
        f"study = Study(Path({str(copy.root)!r}), 'smoke');"
        "write_report(runner.run_study(study, ['broken=false']));"
        "print({'papermill', 'nbclient', 'nbconvert', 'torch'} & set(sys.modules))"
    )
    process = subprocess.run(
        [sys.executable, "-c", code], cwd=ROOT, capture_output=True, text=True, check=True
    )
    assert process.stdout.strip() == "set()"


@pytest.mark.parametrize(
    ("change", "step", "why"),
    [
        (
            lambda s: (s.run_dir / "prompts.parquet").unlink(),
            "01_prompts",
            "data/runs/smoke/prompts.parquet is missing",
        ),
        (
            lambda s: (s.run_dir / "images" / "a.png").unlink(),
            "02_images",
            "data/runs/smoke/images was modified",
        ),
        (
            lambda s: (s.report_dir / "figures" / "line.png").write_bytes(b""),
            "04_reliability",
            "line.png was modified",
        ),
        (
            lambda s: s.executed(s.step("04")).unlink(),
            "04_reliability",
            "04_reliability.ipynb is missing",
        ),
        (
            lambda s: edit(s, "02_images", 'in "ab"', 'in "abc"'),
            "02_images",
            "its notebook changed",
        ),
        (
            lambda s: (s.root / "requirements.lock").write_text("numpy"),
            "01_prompts",
            "requirements.lock changed",
        ),
        (
            lambda s: (s.root / "data" / "sources.yaml").write_text("{}"),
            "01_prompts",
            "data/sources.yaml changed",
        ),
    ],
)
def test_what_makes_a_step_due(copy: Study, change: object, step: str, why: str) -> None:
    change(copy)  # type: ignore[operator]
    status = {
        name: reason
        for name, (reason, _) in step_status(copy, ["broken=false"]).items()
        if name < "05"
    }
    assert why in status[step]
    assert all(status[name] == "" for name in status if name < step and "lock" not in why)
    assert all(status[name] for name in status if name > step and step < "04")  # they wait for it


def edit(study: Study, step: str, old: str, new: str) -> None:
    path = study.notebooks / f"{step}.ipynb"
    text = path.read_text()
    quoted = json.dumps(old)[1:-1]
    assert quoted in text
    path.write_text(text.replace(quoted, json.dumps(new)[1:-1]))


def test_a_changed_parameter_is_named_with_both_values(copy: Study) -> None:
    status = step_status(copy, ["broken=false", "rows=5"])
    assert status["01_prompts"][0] == "parameter rows changed from 4 to 5"
    assert status["02_images"][0] == "waits for 01_prompts"


def test_what_a_parameter_names_counts_as_an_input(copy: Study) -> None:
    edit(copy, "01_prompts", "rows = 4  #", 'model = "../model"  # a folder\nrows = 4  #')
    tracker = runner.make_tracker(copy, runner.read_profile(copy, ["broken=false"]))
    step = copy.step("01")
    assert "model" not in tracker.inputs(step)
    (copy.root / "model").mkdir()
    first = tracker.inputs(step)["model"]
    (copy.root / "model" / "weights").write_text("x")
    assert tracker.inputs(step)["model"] != first


def test_an_optional_output(copy: Study) -> None:
    tracker, step = runner.make_tracker(copy, runner.read_profile(copy)), copy.step("03")
    assert "data/runs/smoke/outside" not in tracker.outputs(step)
    (copy.run_dir / "outside").mkdir()
    assert "data/runs/smoke/outside" in tracker.outputs(step)
    assert tracker.missing_input(step) == ""


def test_a_changed_helper_is_named(copy: Study, monkeypatch: pytest.MonkeyPatch) -> None:
    """Also if it now uses another: what changed itself comes first."""

    def replace_helpers(helpers: dict[str, str]) -> None:
        monkeypatch.setattr(tracker, "dependencies", lambda *_: {**helpers})

    replace_helpers({"gamelabel.style.theme": "1"})
    history = runner.read_history(copy)
    profile = runner.read_profile(copy, ["broken=false"])
    change_tracker, step = runner.make_tracker(copy, profile), copy.step("01")
    last = {**history[step.name], "dependencies": change_tracker.dependencies(step)}
    assert change_tracker.change(step, last) == ""
    replace_helpers({"gamelabel.style.palette": "2", "gamelabel.style.theme": "3"})
    assert change_tracker.change(step, last) == "gamelabel.style.theme changed"


def test_newly_available_data_make_their_readers_due(
    copy: Study, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(tracker, "dependencies", lambda *_: {"gamelabel.sources.data_file": "1"})
    change_tracker = tracker.Tracker(copy, runner.read_profile(copy), tracker.Hashes())
    for data in ("", "imagereward"):
        monkeypatch.setattr(tracker, "_available_data", lambda data=data: data)
        assert change_tracker.dependencies(copy.step("01"))["the set of available data"] == data
    monkeypatch.setattr(tracker, "dependencies", lambda *_: {"gamelabel.files.shipped": "1"})
    assert "the set of available data" not in change_tracker.dependencies(copy.step("01"))


def test_a_deleted_file_is_made_again_and_nothing_follows_if_it_is_equal(copy: Study) -> None:
    (copy.run_dir / "prompts.parquet").unlink()
    result = run_study(copy, ["broken=false"])
    assert [result.status[s] for s in ("01_prompts", "02_images", "03_labels")] == [
        "done",
        "cached",
        "cached",
    ]


def test_only_and_from(copy: Study, monkeypatch: pytest.MonkeyPatch) -> None:
    ran: list[str] = []
    monkeypatch.setattr(runner, "execute", lambda notebook, *_: ran.append(notebook.stem))
    assert (
        run_study(copy, ["broken=false"], only="02").status["01_prompts"] == "skipped: not selected"
    )
    assert ran == ["02_images"]
    ran.clear()
    run_study(copy, ["broken=false"], start="03")
    assert ran == ["03_labels", "04_reliability"]
    with pytest.raises(ValueError, match="not both"):
        run_study(copy, start="03", only="03")


def test_a_missing_input_names_its_step(copy: Study) -> None:
    (copy.run_dir / "pairs.parquet").unlink()
    status = run_study(copy, only="03").status
    assert status["03_labels"] == "skipped: needs pairs.parquet: run 02_images first"


def test_a_notebook_that_does_not_write_its_output(tmp_path: Path) -> None:
    study = toy_study(
        tmp_path, (Step("01_prompts", outputs=("prompts.parquet",)),), _01_prompts=(FOLDERS, START)
    )
    assert run_study(study).status == {"01_prompts": "failed: cell 0"}


def test_one_step_runs_at_a_time_without_jobs(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    events: list[str] = []

    def execute(*_: object) -> None:
        events.append("begin")
        time.sleep(0.2)
        events.append("end")

    monkeypatch.setattr(runner, "execute", execute)
    study = toy_study(tmp_path, (Step("a"), Step("b")), _a=(FOLDERS,), _b=(FOLDERS,))
    run_study(study)
    assert events == ["begin", "end"] * 2


def test_independent_steps_run_at_once_with_jobs(tmp_path: Path) -> None:
    wait = 'import time\n(run / "NAME").touch()\n'
    wait += 'while not (run / "OTHER").exists():\n    time.sleep(0.05)'
    toys = {
        f"_{a}": (FOLDERS, START, wait.replace("NAME", a).replace("OTHER", b))
        for a, b in ("ab", "ba")
    }
    study = toy_study(tmp_path, (Step("a"), Step("b")), **toys)
    assert run_study(study, ["cell_minutes=2"], jobs=2).status == {"a": "done", "b": "done"}


def test_the_processes_of_a_step_that_fans_out_and_its_one_thread(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.delenv("OMP_NUM_THREADS", raising=False)
    cells = (
        "import os",
        'names = ["GAMELABEL_JOBS", "GAMELABEL_CLUSTER", "OMP_NUM_THREADS"]',
        '(run / "NAME").write_text(" ".join(os.environ[name] for name in names))',
    )
    toys = {f"_{name}": (FOLDERS, START, "\n".join(cells).replace("NAME", name)) for name in "ab"}
    study = toy_study(tmp_path, (Step("a", fans_out=True), Step("b")), **toys)
    assert run_study(study, jobs=3, cluster="tcp://x:1").complete
    assert (study.run_dir / "a").read_text() == "3 tcp://x:1 1"
    assert (study.run_dir / "b").read_text() == "1  1"

    (study.notebooks / "profiles" / "smoke.yaml").write_text("jobs: 2\ncluster: tcp://y:2\n")
    assert set(run_study(study).status.values()) == {"cached"}  # no result depends on them
    run_study(study, only="a")
    assert (study.run_dir / "a").read_text() == "2 tcp://y:2 1"
    with pytest.raises(ValueError, match="jobs is 0: give the number"):
        run_study(study, ["jobs=0"])


def test_of_the_steps_that_fan_out_one_runs_at_a_time(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    running: set[str] = set()
    together: set[frozenset[str]] = set()

    def execute(notebook: Path, *_: object) -> None:
        running.add(notebook.stem)
        together.add(frozenset(running))
        time.sleep(0.3)
        running.remove(notebook.stem)

    monkeypatch.setattr(runner, "execute", execute)
    steps = (Step("a", fans_out=True), Step("b", fans_out=True), Step("c"), Step("d"))
    study = toy_study(tmp_path, steps, **{f"_{name}": (FOLDERS,) for name in "abcd"})
    assert run_study(study, jobs=3).complete
    assert max(map(len, together)) == 3
    assert not any({"a", "b"} <= names for names in together)


def test_only_a_cell_without_a_sign_of_life_is_stopped(tmp_path: Path) -> None:
    """Whether it computes or waits; one that prints may take longer."""
    toys = {
        "_a": (FOLDERS, "while True:\n    pass"),
        "_b": (FOLDERS, "import os\nos._exit(1)"),
        "_c": (FOLDERS, "import time\ntime.sleep(1000)"),
        "_d": (
            FOLDERS,
            "import sys, time\n"
            "for k in range(10):\n    print(k, file=(sys.stdout, sys.stderr)[k % 2], flush=True)\n"
            "    time.sleep(1)",
        ),
    }
    study = toy_study(tmp_path, tuple(Step(name) for name in "abcd"), **toys)
    with (tmp_path / "shown").open("w") as shown:
        result = run_study(study, ["cell_minutes=0.1"], jobs=4, progress=runner.Progress(shown))
    failed = "failed: cell 3"
    assert result.status == {"a": failed, "b": failed, "c": failed, "d": "done"}
    text = (tmp_path / "shown").read_text()
    for name in "ac":
        assert f"{name}  failed, cell 3: no sign of life for 0.1 minutes" in text
    assert f"cell_minutes in the profile (in {study.notebooks / 'profiles'}, or `-p" in text
    assert "time.sleep(1000)" in text, "where it was"
    assert "the kernel ended by itself" in text


def interrupt(study: Study, times: int) -> tuple[int, str]:
    """Run a study until its first notebook has started, press Ctrl-C; the status and the output."""
    command = [sys.executable, "-c", "from gamelabel.cli import main; main()"]
    process = subprocess.Popen(
        [*command, "run", "--profile", "smoke"],
        cwd=study.root,
        env={**os.environ, "PYTHONPATH": str(ROOT)},
        stderr=subprocess.PIPE,
        text=True,
        # processes of a background shell ignore Ctrl-C, and so would their children
        preexec_fn=lambda: signal.signal(signal.SIGINT, signal.SIG_DFL),
    )
    until = time.monotonic() + 120
    while not (study.run_dir / "started").exists() and time.monotonic() < until:
        time.sleep(0.1)
    for _ in range(times):
        process.send_signal(signal.SIGINT)
        time.sleep(1)
    _, shown = process.communicate(timeout=120)
    return process.returncode, shown


def test_ctrl_c_lets_the_notebook_save_and_says_so(tmp_path: Path) -> None:
    hang = (
        'import time\n(run / "started").touch()\ntry:\n    time.sleep(600)\n'
        'except KeyboardInterrupt:\n    (run / "saved").touch()\n    raise'
    )
    study = toy_study(tmp_path, _01_prompts=(FOLDERS, START, hang), _02_images=IMAGES)
    code, shown = interrupt(study, times=1)
    assert code == 130
    assert (study.run_dir / "saved").exists()
    assert "01_prompts  stopped in cell 4" in shown
    assert "run the same command again to resume" in shown
    manifest = json.loads((study.report_dir / "manifest.json").read_text())
    assert manifest["steps"]["01_prompts"]["status"] == "skipped: stopped in cell 4"
    assert manifest["steps"]["02_images"]["status"] == "skipped: stopped"
    assert step_status(study)["01_prompts"][0] == "has not run yet"


def test_a_second_ctrl_c_ends_a_notebook_that_does_not_stop(tmp_path: Path) -> None:
    stubborn = (
        'import time\n(run / "started").touch()\nwhile True:\n    try:\n        time.sleep(600)\n'
        "    except KeyboardInterrupt:\n        pass"
    )
    study = toy_study(tmp_path, _01_prompts=(FOLDERS, START, stubborn))
    code, shown = interrupt(study, times=2)
    assert (code, "01_prompts  stopped in cell 4" in shown) == (130, True)
    ran = time.time() - (study.run_dir / "started").stat().st_mtime
    assert ran < runner._GRACE_SECONDS


@pytest.mark.parametrize("place", ["data/runs", "reports"])
def test_a_folder_that_cannot_be_written(tmp_path: Path, place: str) -> None:
    study = toy_study(tmp_path, _01_prompts=PROMPTS)
    (tmp_path / place).parent.mkdir(exist_ok=True)
    (tmp_path / place).write_text("a file in the way")
    with pytest.raises(OSError, match="cannot write in"):
        run_study(study)


def test_two_runs_of_one_profile_at_once(tmp_path: Path) -> None:
    study = toy_study(tmp_path, _01_prompts=PROMPTS)
    study.run_dir.mkdir(parents=True)
    with runner.run_lock(study), pytest.raises(ValueError, match="another run of smoke is active"):
        run_study(study)


def test_a_folder_without_notebooks(tmp_path: Path) -> None:
    with pytest.raises(ValueError, match="no notebook of the study found in"):
        run_study(toy_study(tmp_path))


def test_a_chapter_runs_alone(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    steps = (Step("a"), Step("b", chapter="other"))
    study = toy_study(tmp_path, steps, _a=(FOLDERS,), _b=(FOLDERS,))
    ran: list[str] = []
    monkeypatch.setattr(runner, "execute", lambda notebook, *_: ran.append(notebook.stem))
    result = run_study(study, chapter="other")
    assert (result.status, ran) == ({"a": "skipped: in another chapter", "b": "done"}, ["b"])
    assert result.complete
    run_study(study, start="a", chapter="all")
    assert ran == ["b", "a"]


def test_a_step_waits_for_those_whose_numbers_it_reads(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """`after` orders the steps, holds back what follows a failure, and makes its readers due."""
    steps = (Step("b", after=("a",)), Step("a"))
    study = toy_study(tmp_path, steps, _a=(FOLDERS,), _b=(FOLDERS,))
    numbers, ran = ["1"], []

    def execute(notebook: Path, executed: Path, *_: object) -> None:
        ran.append(notebook.stem)
        executed.parent.mkdir(parents=True, exist_ok=True)
        shutil.copy(notebook, executed)
        if numbers == ["fail"]:
            raise runner.StepFailed(1, "no number", [])
        if notebook.stem == "a":
            records = study.run_dir / "records" / "a.json"
            records.parent.mkdir(exist_ok=True)
            records.write_text(f'{{"metrics": {{"n": {numbers[0]}}}}}')

    monkeypatch.setattr(runner, "execute", execute)
    run_study(study, jobs=2)
    assert ran == ["a", "b"]
    assert set(run_study(study).status.values()) == {"cached"}
    numbers[:], ran[:] = ["2"], []
    run_study(study, only="a")
    assert "data/runs/smoke/records/a.json changed" in step_status(study)["b"][0]
    run_study(study, jobs=2)
    assert ran == ["a", "b"]
    numbers[:], ran[:] = ["fail"], []
    result = run_study(study, start="a", jobs=2)
    assert (result.status["b"], ran) == ("skipped: a step before it failed", ["a"])


def test_steps_run_in_their_order_with_one_job(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    steps = (Step("a", outputs=("x",)), Step("b", ("x",)), Step("c"))
    study = toy_study(tmp_path, steps, _a=(FOLDERS,), _b=(FOLDERS,), _c=(FOLDERS,))
    ran: list[str] = []

    def execute(notebook: Path, *_: object) -> None:
        ran.append(notebook.stem)
        (study.run_dir / "x").touch()

    monkeypatch.setattr(runner, "execute", execute)
    run_study(study)
    assert ran == ["a", "b", "c"]


@pytest.mark.parametrize("text", ["", '{"a": {'])
def test_a_damaged_history_counts_as_none(copy: Study, text: str) -> None:
    (copy.run_dir / ".steps.json").write_text(text)
    assert step_status(copy, ["broken=false"])["01_prompts"][0] == "has not run yet"
