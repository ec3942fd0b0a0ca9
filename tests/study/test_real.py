"""The study's notebooks at the smallest size: reproducibility, and which steps run again."""

from pathlib import Path

import pytest

from gamelabel.report.write import write_report
from gamelabel.study import manifest, runner
from gamelabel.study.profiles import read_profile
from gamelabel.study.run_result import NO_NOTEBOOK
from gamelabel.study.runner import run_study, step_status
from gamelabel.study.step_work import WORK
from gamelabel.study.steps import STEPS, Study, descendants
from gamelabel.study.verification import verify_report
from gamelabel.tuning.adapter import ADAPTER_FILE
from tests.study.conftest import copy_study
from tests.study.real import real_study

pytestmark = pytest.mark.full


@pytest.fixture(scope="module")
def first(finished_study: Study, tmp_path_factory: pytest.TempPathFactory) -> Study:
    return copy_study(finished_study, tmp_path_factory.mktemp("first") / "study")


def outputs(study: Study) -> dict[str, str]:
    return {
        path: sha
        for step in manifest.read_manifest(study)["steps"].values()
        for path, sha in step["outputs"].items()
    }


def due(study: Study) -> dict[str, str]:
    return {
        name: why for name, (why, _) in step_status(study).items() if why not in ("", NO_NOTEBOOK)
    }


def test_the_same_seed_elsewhere_gives_the_same_bytes(first: Study, tmp_path: Path) -> None:
    """Tables, pictures, figures and adapters, and the numbers and verdicts computed from them."""
    other = real_study(tmp_path / "quite" / "elsewhere")
    write_report(run_study(other, jobs=2))
    actual, expected = outputs(first), outputs(other)
    kinds = (
        "prompts.parquet",
        "pairs.parquet",
        "adherence.parquet",
        "labels.parquet",
        "players.parquet",
        "preferences.parquet",
    )
    assert {f"data/runs/smoke/{name}" for name in (*kinds, "images", "adapters")} <= set(actual)
    assert {path for path in actual if actual[path] != expected.get(path)} == set()
    assert set(actual) == set(expected)
    for name in ("metrics.json", "claims.json"):
        assert (first.report_dir / name).read_bytes() == (other.report_dir / name).read_bytes()


@pytest.mark.parametrize(
    ("step", "folder"),
    [
        ("05_tuning", "adapters"),
        ("08_pairwise_losses", "preference"),
        ("09_rewards_and_rounds", "rounds"),
    ],
)
def test_the_plan_counts_the_adapters_that_a_step_trains(
    first: Study, step: str, folder: str
) -> None:
    values = read_profile(first).steps[step] | {"noise_is_known": True, "drawn_world": True}
    trained = list((first.run_dir / folder).rglob(ADAPTER_FILE))
    assert len(trained) == WORK[step].adapters(values, 24)


def test_another_seed_gives_other_pictures(first: Study, tmp_path: Path) -> None:
    other = copy_study(first, tmp_path / "other")
    write_report(run_study(other, ["seed=1"], only="01"))
    name = "data/runs/smoke/prompts.parquet"
    assert outputs(other)[name] != outputs(first)[name]


def test_with_nothing_changed_no_kernel_starts(
    first: Study, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(runner, "execute", pytest.fail)
    status = run_study(first).status
    assert {status[step.name] for step in first.runnable()} == {"cached"}


def test_a_missing_artifact_makes_its_step_due_and_later_steps_wait(
    first: Study,
) -> None:
    study = first
    for step in study.runnable():
        for name in manifest.read_manifest(study)["steps"][step.name]["outputs"]:
            place, backup = study.root / name, study.root / "aside"
            place.rename(backup)
            due_steps = due(study)
            assert due_steps.pop(step.name) == f"{name} is missing"
            assert set(due_steps) <= descendants({step.name}, STEPS)
            backup.rename(place)
    assert due(study) == {}


def test_a_deleted_artifact_is_remade_alike_and_nothing_else(first: Study, tmp_path: Path) -> None:
    study = copy_study(first, tmp_path / "study")
    before = outputs(study)
    for name in ("data/runs/smoke/labels.parquet", "data/runs/smoke/images/p000003-b.png"):
        (study.root / name).unlink()
    result = run_study(study)
    write_report(result)
    remade = {name for name, status in result.status.items() if status == "done"}
    assert remade == {"02_images", "03_labels"}
    assert outputs(study) == before
    assert verify_report(study.report_dir, study.root).problems == []
