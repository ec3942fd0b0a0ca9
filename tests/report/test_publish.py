"""`gamelabel publish`: what it refuses, what it copies, and that every link resolves."""

import json
import re
import shutil
import subprocess
from collections.abc import Callable
from html.parser import HTMLParser
from pathlib import Path
from typing import Any

import pytest
from typer.testing import CliRunner

from gamelabel.cli import app
from gamelabel.report import publish as publish_module
from gamelabel.report.gallery import render_results
from gamelabel.report.publish import Published, publish
from gamelabel.report.write import write_report
from gamelabel.study.claims import DIFFERS
from gamelabel.study.runner import run_lock, run_study
from gamelabel.study.steps import Study
from gamelabel.study.verification import verify_report
from tests.study.toys import IMAGES, LABELS, PROMPTS, RELIABILITY, toy_study

ROOT = Path(__file__).parents[2]
REFERENCE = ROOT / "reports" / "reference"
README = """# A project

<!-- results of smoke: `gamelabel publish` writes them -->
old
<!-- end of results -->

What follows stays.
"""


def git(study: Study, *words: str) -> str:
    command = ["git", "-C", str(study.root), "-c", "user.name=a", "-c", "user.email=a@b.c"]
    done = subprocess.run([*command, *words], check=True, capture_output=True, text=True)
    return done.stdout.strip()


@pytest.fixture(scope="module")
def finished(tmp_path_factory: pytest.TempPathFactory) -> Study:
    """A clean commit of a study, and a complete run of it."""
    toys = {
        "_01_prompts": PROMPTS,
        "_02_images": IMAGES,
        "_03_labels": (LABELS[0].replace("broken = True", "broken = False"), *LABELS[1:]),
        "_04_reliability": RELIABILITY,
    }
    study = toy_study(tmp_path_factory.mktemp("finished"), **toys)
    shutil.copytree(ROOT / "data" / "claims", study.root / "data" / "claims")
    (study.root / "data" / "sources.yaml").write_text("{}")
    (study.root / "requirements.lock").write_text("numpy==2.3.0\n")
    (study.root / "README.md").write_text(README)
    shutil.copy(ROOT / ".gitignore", study.root)
    git(study, "init", "--quiet")
    git(study, "add", ".")
    git(study, "commit", "--quiet", "-m", "first")
    write_report(run_study(study))
    return study


@pytest.fixture
def study(finished: Study, tmp_path: Path) -> Study:
    """A copy of the finished study."""
    shutil.copytree(finished.root, tmp_path / "study")
    return Study(tmp_path / "study", "smoke")


def edit_manifest(study: Study, change: Callable[[dict[str, Any]], object]) -> None:
    path = study.report_dir / "manifest.json"
    manifest = json.loads(path.read_text())
    change(manifest)
    path.write_text(json.dumps(manifest))


class Links(HTMLParser):
    """The links and images of Markdown with HTML in it, and the headings they can lead to."""

    def __init__(self, path: Path) -> None:
        super().__init__()
        text = path.read_text(encoding="utf-8")
        self.targets = re.findall(r"(?<!\\)\]\(([^)\s]+)\)", text)
        headings = re.findall(r"^#+ (.*)$", text, re.MULTILINE)
        self.anchors = {
            re.sub(r"[^\w\- ]", "", heading.lower()).replace(" ", "-") for heading in headings
        }
        self.feed(text)

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        self.targets += [value or "" for name, value in attrs if name in ("src", "href")]


def broken_links(page: Path) -> list[str]:
    """The links of a Markdown page, other than web addresses, that lead nowhere."""
    broken = []
    for link in Links(page).targets:
        file, _, anchor = link.partition("#")
        target = page.parent / file if file else page
        if "://" in link:
            continue
        if not target.exists() or (anchor and not has_anchor(target, anchor)):
            broken.append(link)
    return broken


def has_anchor(target: Path, anchor: str) -> bool:
    if target.suffix == ".ipynb":
        cells = json.loads(target.read_text(encoding="utf-8"))["cells"]
        return anchor.removeprefix("cell-id=") in {cell["id"] for cell in cells}
    return anchor in Links(target).anchors


def test_what_is_published(study: Study) -> None:
    published = publish(study)
    folder = study.root / "reports" / "reference" / "smoke"
    assert published.folder == folder
    files = {path.relative_to(folder).as_posix() for path in folder.rglob("*") if path.is_file()}
    numbers = {"manifest.json", "claims.json", "metrics.json"}
    assert files == numbers | {"README.md", "figures/line.png"} == set(published.sizes)
    for name in ("claims.json", "metrics.json", "figures/line.png"):
        assert (folder / name).read_bytes() == (study.report_dir / name).read_bytes()
    ours, theirs = (
        json.loads((path / "manifest.json").read_text()) for path in (study.report_dir, folder)
    )
    assert set(theirs.pop("files")) == files - {"manifest.json"}
    del ours["files"]
    assert theirs == ours
    assert list(folder.parent.iterdir()) == [folder]
    # git takes the published run, and nothing else of the reports
    git(study, "add", ".")
    staged = git(study, "diff", "--cached", "--name-only").splitlines()
    assert staged == ["README.md", *sorted(f"reports/reference/smoke/{name}" for name in files)]


def test_the_gallery_shows_each_figure_with_its_cell(study: Study) -> None:
    folder = publish(study).folder
    text = (folder / "README.md").read_text()
    assert "![A line](figures/line.png)\n\nA line. **SIMULATED** Made by the cell" in text
    cell = "[`04-reliability-5`](../../../notebooks/04_reliability.ipynb#cell-id=04-reliability-5)"
    assert f"{cell} in “Toy _04_reliability”" in text
    manifest = json.loads((folder / "manifest.json").read_text())
    assert f"commit {manifest['git']['commit']}" in text
    assert f"| seed | {manifest['seed']} |" in text
    assert "| 188 |" in text
    assert broken_links(folder / "README.md") == []


def test_the_readme_shows_the_results(study: Study) -> None:
    published = publish(study)
    text = (study.root / "README.md").read_text()
    assert published.readme
    results = render_results(published.folder, study.root)
    begin = "<!-- results of smoke: `gamelabel publish` writes them -->\n"
    assert text == README.replace(f"{begin}old\n", f"{begin}{results}")
    assert broken_links(study.root / "README.md") == []
    # and those of no other profile
    (study.root / "README.md").write_text(README.replace("smoke", "small"))
    assert not publish(study).readme
    assert "old" in (study.root / "README.md").read_text()


def test_publishing_again_replaces_what_was_there(study: Study) -> None:
    folder = publish(study).folder
    before = {path: path.read_bytes() for path in folder.rglob("*") if path.is_file()}
    (folder / "figures" / "of_an_earlier_run.png").write_bytes(b"x")
    publish(study)
    assert {path: path.read_bytes() for path in folder.rglob("*") if path.is_file()} == before


def test_a_step_that_was_run_alone_last(study: Study) -> None:
    """The others are published with the commit at which they ran."""
    git(study, "commit", "--quiet", "--allow-empty", "-m", "second")
    write_report(run_study(study, only="04"))
    steps = json.loads((publish(study).folder / "manifest.json").read_text())["steps"]
    first, second = (git(study, "rev-parse", commit) for commit in ("HEAD~1", "HEAD"))
    commits = [step["git"]["commit"] for step in steps.values() if step["stands"]]
    assert commits == [first, first, first, second]


def test_a_chapter_that_an_earlier_run_completed(study: Study) -> None:
    def left_out(manifest: dict[str, Any]) -> None:
        manifest["steps"]["03_labels"] |= {"status": "skipped: in another chapter"}

    edit_manifest(study, left_out)
    steps = json.loads((publish(study).folder / "manifest.json").read_text())["steps"]
    assert steps["03_labels"]["stands"]


def fail(manifest: dict[str, Any]) -> None:
    manifest["steps"]["03_labels"]["status"] = "failed: cell 4"


def leave_out(manifest: dict[str, Any]) -> None:
    manifest["steps"]["03_labels"] |= {"status": "skipped: not selected", "stands": False}


def another_parameter(manifest: dict[str, Any]) -> None:
    manifest["steps"]["01_prompts"]["parameters"]["rows"] = 7


def make_dirty(manifest: dict[str, Any]) -> None:
    manifest["steps"]["01_prompts"]["git"]["dirty"] = True


def forget_commit(manifest: dict[str, Any]) -> None:
    manifest["git"] = {"commit": None, "dirty": None}


@pytest.mark.parametrize(
    ("change", "message"),
    [
        (fail, r"the run is not complete \(03_labels failed: cell 4\)"),
        (leave_out, r"the run is not complete \(03_labels skipped: not selected\)"),
        (another_parameter, "01_prompts ran with rows=7, and the profile has 4"),
        (make_dirty, "files had changed since commit [0-9a-f]{10} when 01_prompts was made"),
        (forget_commit, "the commit at which the report was made is not known"),
        (lambda manifest: manifest.pop("files"), "is of an earlier version"),
    ],
)
def test_a_run_that_is_refused(
    study: Study, change: Callable[[dict[str, Any]], object], message: str
) -> None:
    folder = publish(study).folder
    before = (folder / "manifest.json").read_bytes()
    edit_manifest(study, change)
    with pytest.raises(ValueError, match=message) as error:
        publish(study)
    assert "\n" not in str(error.value)
    assert (folder / "manifest.json").read_bytes() == before
    if change is make_dirty:
        publish(study, allow_dirty=True)


@pytest.mark.parametrize(
    "name",
    ["reports/smoke/claims.json", "reports/smoke/index.html", "data/runs/smoke/labels.parquet"],
)
def test_files_that_do_not_verify_are_refused(study: Study, name: str) -> None:
    with (study.root / name).open("a") as file:
        file.write(" ")
    with pytest.raises(ValueError, match=f"{name} differs"):
        publish(study)
    assert not (study.root / "reports" / "reference").exists()


def test_a_figure_that_is_too_large(study: Study, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(publish_module, "_MOST_BYTES", 100)
    with pytest.raises(ValueError, match="more than the 0 MB of a published file"):
        publish(study)
    assert list((study.root / "reports" / "reference").iterdir()) == []


def test_a_run_that_is_active(study: Study) -> None:
    with run_lock(study), pytest.raises(ValueError, match="another run of smoke is active"):
        publish(study)


def test_the_command(study: Study, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.chdir(study.root)
    done = CliRunner().invoke(app, ["publish", "--profile", "smoke"])
    assert done.exit_code == 0
    assert re.search(r"5 files, 0\.\d MB; the largest is \w+\.json, 0\.\d MB", done.output)
    done = CliRunner().invoke(app, ["verify", "reports/reference/smoke"])
    assert (done.exit_code, "all as in the manifest" in done.output) == (0, True)
    shutil.rmtree(study.report_dir)
    done = CliRunner().invoke(app, ["publish", "--profile", "smoke"])
    assert "gamelabel run --profile smoke writes it" in str(done.exception)


PUBLISHED = ("README.md", "claims.json", "metrics.json", "figures/line.png")


def verify(published: Published, study: Study) -> list[str]:
    return verify_report(published.folder, study.root).problems


@pytest.mark.parametrize("name", PUBLISHED)
def test_each_published_file_is_verified(study: Study, name: str) -> None:
    published = publish(study)
    # as in a clone: without the run's own tables and images
    shutil.rmtree(study.run_dir)
    shutil.rmtree(study.report_dir)
    path, shown = published.folder / name, f"reports/reference/smoke/{name}"
    checked, problems, notes = verify_report(published.folder, study.root)
    assert (problems, len(notes)) == ([], 1)
    assert checked >= len(PUBLISHED) + 2
    content = path.read_bytes()
    path.write_bytes(content[:-1] + bytes([content[-1] ^ 1]))
    assert verify(published, study) == [f"{shown} differs"]
    path.unlink()
    assert verify(published, study) == [f"{shown} is missing"]
    path.write_bytes(content)
    path.with_name(f"added{path.suffix}").write_bytes(b"x")
    added = Path(shown).with_name(f"added{path.suffix}").as_posix()
    assert verify(published, study) == [f"{added} was not written by this run"]


def test_inputs_of_a_published_run(study: Study) -> None:
    """One that differs from the run's commit is a problem; one of a later commit is a note."""
    published = publish(study)
    path = study.root / "data" / "sources.yaml"
    path.write_text("{a: 1}")
    _, problems, notes = verify_report(published.folder, study.root)
    commit = git(study, "rev-parse", "HEAD")
    assert problems == []
    assert notes[0] == (
        f"data/sources.yaml has changed since commit {commit[:10]} of the run (01_prompts)"
    )
    shutil.rmtree(study.root / ".git")
    assert verify(published, study) == ["data/sources.yaml differs (01_prompts)"]


@pytest.mark.skipif(not (REFERENCE / "small").exists(), reason="no run of small is published")
class TestReferenceOfSmall:
    """The published run that is committed."""

    def test_its_files_are_those_of_its_manifest(self) -> None:
        prefix = "reports/reference/small/"
        problems = verify_report(REFERENCE / "small", ROOT).problems
        assert [problem for problem in problems if problem.startswith(prefix)] == []

    def test_its_links_resolve(self) -> None:
        assert broken_links(REFERENCE / "small" / "README.md") == []

    def test_the_results_in_the_readme_are_made_from_it(self) -> None:
        text = (ROOT / "README.md").read_text(encoding="utf-8")
        assert render_results(REFERENCE / "small", ROOT) in text, (
            "write them again with gamelabel publish, or replace_results of"
            " gamelabel/report/publish.py without the run itself"
        )

    def test_it_says_why_claims_about_published_data_differ(self) -> None:
        judged = json.loads((REFERENCE / "small" / "claims.json").read_text(encoding="utf-8"))
        differing = [claim for claim in judged if claim["verdict"] == DIFFERS]
        assert [claim["id"] for claim in differing if not claim["reason"]] == []

    def test_its_files_are_small(self) -> None:
        sizes = [path.stat().st_size for path in REFERENCE.rglob("*") if path.is_file()]
        assert max(sizes) <= 12_000_000


def test_links_in_the_documentation_resolve() -> None:
    pages = [*ROOT.glob("*.md"), *(ROOT / "docs").glob("*.md")]
    assert {page.name: broken for page in pages if (broken := broken_links(page))} == {}
