"""A run on a full or read-only disk: one sentence, nothing is lost, and the next run resumes."""

import json
import sys

import pytest

from gamelabel import cli
from gamelabel.files import full_disk_message
from gamelabel.report.write import write_report
from gamelabel.study import runner
from gamelabel.study.runner import run_study, step_status
from gamelabel.study.steps import Step
from tests.disks import Disk, small_disk  # noqa: F401  (a fixture)
from tests.study.toys import FOLDERS, PROMPTS, START, toy_study

DRAW = (
    '(run / "images").mkdir(exist_ok=True)\n'
    'left = [f for n in range(12) if not (f := run / "images" / f"{n}.png").exists()]\n'
    'for file in left:\n    file.with_suffix(".part").write_bytes(bytes(40_000))\n'
    '    file.with_suffix(".part").replace(file)'
)
STEPS = (
    Step("01_prompts", outputs=("prompts.parquet",), project=("data/sources.yaml",)),
    Step("02_images", ("prompts.parquet",), ("images/",)),
)


def test_a_full_disk_is_explained_and_loses_nothing(
    small_disk: Disk,  # noqa: F811
    tmp_path,
    monkeypatch: pytest.MonkeyPatch,
    capsys: pytest.CaptureFixture[str],
) -> None:
    small_disk.grow("300k")
    images = (FOLDERS, START, DRAW, 'report.record("images_drawn", len(left))')
    study = toy_study(small_disk.folder / "study", STEPS, _01_prompts=PROMPTS, _02_images=images)
    with (tmp_path / "shown").open("w") as shown:
        result = run_study(study, progress=runner.Progress(shown))
    assert result.status["01_prompts"] == "done"
    assert result.status["02_images"].startswith("failed: cell")
    sentence = f"the disk of {study.run_dir} is full (0.0 MB free): free some space and run"
    assert sentence in (tmp_path / "shown").read_text()
    kept = {path.name: path.stat().st_size for path in (study.run_dir / "images").glob("*.png")}
    assert kept and set(kept.values()) == {40_000}

    small_disk.fill()
    monkeypatch.chdir(study.root)
    monkeypatch.setattr(sys, "argv", ["gamelabel", "run", "--profile", "smoke"])
    monkeypatch.setattr(runner, "execute", lambda *_: None)
    with pytest.raises(SystemExit) as left:
        cli.main()
    assert left.value.code == 2
    assert "is full" in capsys.readouterr().err.splitlines()[-1]
    monkeypatch.undo()

    small_disk.grow()
    assert step_status(study)["01_prompts"][0] == ""
    result = run_study(study)
    write_report(result)
    assert result.status == {"01_prompts": "cached", "02_images": "done"}
    n_drawn = json.loads((study.report_dir / "metrics.json").read_text())["images_drawn"]["value"]
    assert n_drawn == 12 - len(kept)
    assert not list(study.root.rglob("*.part"))


def test_a_read_only_disk(small_disk: Disk) -> None:  # noqa: F811
    small_disk.grow("300k")
    study = toy_study(small_disk.folder / "study", STEPS, _01_prompts=PROMPTS)
    small_disk.lock()
    with pytest.raises(OSError, match=r"cannot write in .* \(Read-only file system\)"):
        run_study(study)


@pytest.mark.parametrize(
    ("error", "expected"),
    [
        ("OSError: [Errno 28] No space left on device", True),
        ("OSError: [Errno 122] Disk quota exceeded: 'a.png'", True),
        ("ValueError: the labels are broken", False),
    ],
)
def test_errors_of_a_full_disk(tmp_path, error: str, expected: bool) -> None:
    assert bool(full_disk_message(tmp_path, error)) == expected
    assert not full_disk_message(tmp_path / "nowhere", error)
