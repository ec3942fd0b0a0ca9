import json
import re
import shutil
from html.parser import HTMLParser
from pathlib import Path

import pytest

from gamelabel.files import write_text
from gamelabel.report.content import build_content
from gamelabel.report.pdf import pdf_content, write_pdf
from gamelabel.report.report_page import render_report
from gamelabel.report.write import write_report
from gamelabel.study import manifest
from gamelabel.study.profiles import read_profile
from gamelabel.study.run_result import RunResult
from gamelabel.study.runner import make_tracker, run_study
from gamelabel.study.steps import Step, Study
from tests.study.toys import FOLDERS, IMAGES, LABELS, PROMPTS, RELIABILITY, toy_study

CLAIMS = Path(__file__).parents[2] / "data" / "claims"


@pytest.fixture(scope="module")
def study(tmp_path_factory: pytest.TempPathFactory) -> Study:
    toys = {
        "_01_prompts": PROMPTS,
        "_02_images": IMAGES,
        "_03_labels": LABELS,
        "_04_reliability": RELIABILITY,
    }
    study = toy_study(tmp_path_factory.mktemp("report"), **toys)
    shutil.copytree(CLAIMS, study.root / "data" / "claims")
    write_report(run_study(study, ["broken=false"]))
    return study


class Page(HTMLParser):
    """The links and embedded sources of a page."""

    def __init__(self, path: Path) -> None:
        super().__init__()
        self.links: list[str] = []
        self.sources: list[str] = []
        self.feed(path.read_text())

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        for name, value in attrs:
            if name == "href":
                self.links.append(value or "")
            elif name in ("src", "data", "srcset"):
                self.sources.append(value or "")


def test_a_run_leaves_exactly_this(study: Study) -> None:
    files = {
        path.relative_to(study.report_dir).as_posix()
        for path in study.report_dir.rglob("*")
        if path.is_file()
    }
    steps = ("01_prompts", "02_images", "03_labels", "04_reliability")
    pages = {f"notebooks/{step}.{kind}" for step in steps for kind in ("ipynb", "html")}
    top_level = {"manifest.json", "claims.json", "metrics.json", "index.html", "report.pdf"}
    assert files == pages | top_level | {"figures/line.png", "tables/kept.csv"}


def test_the_manifest_holds_what_design_says(study: Study) -> None:
    got = manifest.read_manifest(study)
    fields = ("schema_version", "git", "lock", "platform", "profile", "parameters", "seed", "steps")
    assert tuple(got) == (*fields, "files")
    assert (got["profile"], got["seed"], got["git"]) == (
        "smoke",
        3,
        {"commit": None, "dirty": None},
    )
    step = got["steps"]["04_reliability"]
    assert set(step) == {
        "notebook",
        "chapter",
        "parameters",
        "inputs",
        "outputs",
        "seconds",
        "status",
        "stands",
        "git",
        "label_source",
    }
    tables = ("pairs", "adherence", "labels", "players")
    assert set(step["inputs"]) == {f"data/runs/smoke/{name}.parquet" for name in tables}
    assert set(step["outputs"]) == {
        "data/runs/smoke/preferences.parquet",
        "data/runs/smoke/records/04_reliability.json",
        "reports/smoke/figures/line.png",
        "reports/smoke/tables/kept.csv",
    }
    assert (step["label_source"], step["status"]) == ("simulated", "done")
    assert got["steps"]["02_images"]["label_source"] == ""
    assert str(study.root) not in (study.report_dir / "manifest.json").read_text()


def test_metrics_are_flat(study: Study) -> None:
    got = json.loads((study.report_dir / "metrics.json").read_text())
    number = {"value": 188, "low": 180, "high": 190, "n": 188, "unit": "", "warning": ""}
    assert got["labels_players"] == {**number, "source": "simulated"}


def test_claims_of_a_simulated_run(study: Study) -> None:
    got = {
        claim["id"]: claim for claim in json.loads((study.report_dir / "claims.json").read_text())
    }
    assert got["players"]["verdict"] == got["accuracy_mean"]["verdict"] == "set"
    assert got["three_weeks"]["verdict"].startswith("not testable here: ")
    assert not any(claim["verdict"] in ("matches", "differs") for claim in got.values())


def test_own_data_are_judged_by_the_parameters_of_notebook_10(tmp_path: Path) -> None:
    """The page and `claims.json` say the same as the notebook's tables."""
    parameters = (
        f'claims_path = "own.yaml"  # path\njudge_own = False  # true or false\n{FOLDERS}',
    )
    record = 'report.record("m", 5, low=4.5, high=5.5, n=100, source="own")'
    study = toy_study(tmp_path, _01_prompts=(*PROMPTS, record), _10_figures=parameters)
    claim = "{id: a, section: 1, description: d, metric: m, within: [4, 6]}"
    (study.notebooks / "own.yaml").write_text(f"paper: P\nclaims: [{claim}]\n")
    verdicts = [
        write_report(run_study(study, [f"judge_own={asked}"], only="01"))[0]["verdict"]
        for asked in ("false", "true")
    ]
    assert verdicts[0].endswith("unless judge_own is true") and verdicts[1] == "matches"


def test_the_page_needs_nothing_from_outside(study: Study) -> None:
    for path in (study.report_dir / "index.html", *(study.report_dir / "notebooks").glob("*.html")):
        page = Page(path)
        assert all(source.startswith("data:") for source in page.sources)
        assert not [link for link in page.links if "//" in link]
        assert not re.search(r"@import|url\(|<script", path.read_text())
        assert str(study.root) not in path.read_text()


def test_claims_lead_to_their_cell(study: Study) -> None:
    claims = json.loads((study.report_dir / "claims.json").read_text())
    link = next(claim["notebook"] for claim in claims if claim["id"] == "players")
    text = (study.report_dir / "notebooks" / "03_labels.html").read_text()
    cell = text.split(f'id="{link.partition("#")[2]}"')[1].split('class="cell')[0]
    assert "labels_players" in cell


def test_the_pdf(study: Study) -> None:
    assert (study.report_dir / "report.pdf").read_bytes().startswith(b"%PDF-")
    claims = json.loads((study.report_dir / "claims.json").read_text())
    content = build_content(study, manifest.read_manifest(study), claims)
    again = [
        write_pdf(content, study.report_dir) or (study.report_dir / "report.pdf").read_bytes()
        for _ in range(2)
    ]
    assert again[0] == again[1], "of the same results the same bytes, whatever the hour"
    (chapter,) = pdf_content(content)["chapters"]
    step = chapter["steps"][3]
    assert (chapter["title"], step["simulated"]) == ("Labelling pairs of images", True)
    line = {"file": "/figures/line.png", "caption": "A line", "simulated": True}
    assert step["figures"] == [line]
    (paper, _) = pdf_content(content)["papers"]
    assert (paper["heading"], len(paper["claims"])) == ("GameLabel-10K: 40 claims", 40)
    assert {len(row) for row in paper["claims"]} == {5}


def test_tables_keep_their_texts_and_say_which_columns_are_numbers(study: Study) -> None:
    (chapter,) = build_content(study, manifest.read_manifest(study), [])["chapters"]
    (table,) = chapter["steps"][3]["tables"]
    row = ["simulated", "SIMULATED"]
    assert (table["header"], table["rows"]) == (["source", "label source"], [row, row, row])
    assert table["numeric"] == [False, False]
    number = chapter["steps"][3]["numbers"][0]
    assert (number["name"], number["interval"]) == ("reliability accuracy mean", "[0.880, 0.920]")
    assert (number["value"], number["n"]) == ("0.900", "-")


def test_the_report_says_which_code_made_it(study: Study) -> None:
    values = manifest.read_manifest(study)
    python = values["platform"]["python"]
    for dirty, changes in ((False, ""), (True, ", with changes")):
        values["git"] = {"commit": "0123456789abcdef" * 2, "dirty": dirty}
        facts = dict(build_content(study, values, [])["facts"])
        assert facts["code"] == f"gamelabel at 0123456789{changes}; Python {python}"


def test_the_report_says_what_was_tested_on_which_labels(study: Study) -> None:
    values = manifest.read_manifest(study)
    claims = json.loads((study.report_dir / "claims.json").read_text())
    assert {claim["verdict"].partition(":")[0] for claim in claims} == {"set", "not testable here"}
    claims[0]["verdict"] = "undecided in simulation"
    content = build_content(study, values, claims)
    expected = "1 of 40 claims of GameLabel-10K and 0 of 24 claims of ImageReward were tested, on "
    assert content["sentence"] == f"{expected}labels of simulated people."
    for step in values["steps"].values():
        step["label_source"] = ""
    assert build_content(study, values, claims)["sentence"] == f"{expected}no labels yet."


def test_the_report_shows_15_rows_of_a_table(study: Study) -> None:
    path = study.report_dir / "tables" / "kept.csv"
    before = path.read_text()
    try:
        write_text(path, "number\n" + "".join(f"{number}\n" for number in range(20)))
        (chapter,) = build_content(study, manifest.read_manifest(study), [])["chapters"]
    finally:
        write_text(path, before)
    (table,) = chapter["steps"][3]["tables"]
    assert table["rows"] == [[f"{number}"] for number in range(15)]
    assert table["more_rows"] == 5


def test_the_pdf_takes_any_text(study: Study, tmp_path: Path) -> None:
    """Captions and claims are shown as they are, whatever they mean to Typst."""
    claims = json.loads((study.report_dir / "claims.json").read_text())
    content = build_content(study, manifest.read_manifest(study), claims)
    content |= {"about": '#panic() $x^2 @ref <a> _"b_ \\', "chapters": []}
    write_pdf(content, tmp_path)
    assert (tmp_path / "report.pdf").read_bytes().startswith(b"%PDF-")


def test_the_page_has_a_part_for_each_chapter(tmp_path: Path) -> None:
    steps = (Step("a"), Step("b", chapter="other"), Step("c", chapter="unselected"))
    study = toy_study(tmp_path, steps, **{f"_{s.name}": (FOLDERS,) for s in steps})
    state = {"seconds": 1.0, "label_source": "", "outputs": {}}
    states = {name: {**state, "status": "done", "stands": True} for name in "ab"}
    states["c"] = {**state, "status": "skipped: in another chapter", "stands": False}
    values = manifest.build_manifest(
        RunResult(make_tracker(study, read_profile(study)), dict.fromkeys("abc", "done"), {})
    )
    content = build_content(study, {**values, "steps": states}, [])
    assert [(c["name"], [s["name"] for s in c["steps"]]) for c in content["chapters"]] == [
        ("pairs", ["a"]),
        ("other", ["b"]),
    ]
    assert content["problems"] == []
    page = render_report(study, content)
    parts = re.findall(r'<h2 id="chapter-([^"]+)"', page)
    assert parts == ["pairs", "other"]


def test_the_page_escapes_what_it_shows(study: Study) -> None:
    content = build_content(study, manifest.read_manifest(study), [])
    content["title"] = "<script>"
    assert "<script>" not in render_report(study, content)


def test_the_same_run_in_another_folder_gives_the_same_hashes(study: Study, tmp_path: Path) -> None:
    other = toy_study(tmp_path / "elsewhere", _01_prompts=PROMPTS, _02_images=IMAGES)
    write_report(run_study(other))
    expected, actual = (
        manifest.read_manifest(study)["steps"],
        manifest.read_manifest(other)["steps"],
    )
    assert all(
        actual[step]["outputs"] == expected[step]["outputs"] for step in ("01_prompts", "02_images")
    )
