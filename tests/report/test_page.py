"""The page and the PDF of three runs: a whole one, one that failed, one without claims."""

import io
import json
import shutil
from itertools import pairwise
from pathlib import Path

import numpy as np
import pytest
import typst
from matplotlib.figure import Figure
from PIL import Image

from gamelabel.report.content import build_content
from gamelabel.report.pdf import pdf_content
from gamelabel.report.write import write_report
from gamelabel.study import manifest
from gamelabel.study.runner import run_study
from gamelabel.study.steps import Study
from tests.report.page_reader import PageReader
from tests.study.toys import IMAGES, LABELS, PROMPTS, RELIABILITY, toy_study

ROOT = Path(__file__).parents[2]
TEMPLATE = ROOT / "gamelabel" / "report" / "report.typ"
DRAW = (
    "import matplotlib.pyplot as plt\nfig, axes = plt.subplots(figsize=(3, 2))\naxes.plot([1, 2])",
    'report.save_figure(fig, "curve", "A <curve> & more")',
)
NUMBERS = (
    'report.record("reliability_accuracy_mean", 0.74, 0.7, 0.78)\n'
    'report.record("reliability_accuracy_weighted", 0.83, 0.8, 0.86)\n'
    'report.record("labels_annotations", 16_356)',
)


def make_run(root: Path, *overrides: str, claims: bool = True) -> Study:
    toys = {
        "_01_prompts": PROMPTS,
        "_02_images": (*IMAGES, *DRAW),
        "_03_labels": LABELS,
        "_04_reliability": (*RELIABILITY, *NUMBERS),
    }
    study = toy_study(root, **toys)
    if claims:
        shutil.copytree(ROOT / "data" / "claims", study.root / "data" / "claims")
    write_report(run_study(study, overrides))
    return study


@pytest.fixture(scope="module")
def whole(tmp_path_factory: pytest.TempPathFactory) -> Study:
    return make_run(tmp_path_factory.mktemp("whole"), "broken=false")


@pytest.fixture(scope="module")
def failed(tmp_path_factory: pytest.TempPathFactory) -> Study:
    return make_run(tmp_path_factory.mktemp("failed"))


@pytest.fixture(scope="module")
def without_claims(tmp_path_factory: pytest.TempPathFactory) -> Study:
    return make_run(tmp_path_factory.mktemp("bare"), "broken=false", claims=False)


@pytest.fixture(params=["whole", "failed", "without_claims"])
def study(request: pytest.FixtureRequest) -> Study:
    return request.getfixturevalue(request.param)


def read_page(study: Study) -> PageReader:
    return PageReader.of(study.report_dir / "index.html")


def content_of(study: Study) -> dict:
    claims = json.loads((study.report_dir / "claims.json").read_text())
    return build_content(study, manifest.read_manifest(study), claims)


def test_the_page_is_well_formed(study: Study) -> None:
    page = read_page(study)
    assert page.problems == [] and page.language == "en"
    assert len(set(page.ids)) == len(page.ids)
    assert set(page.labelled_by) <= set(page.ids)


def test_headings_go_down_one_level_at_a_time(study: Study) -> None:
    levels = [level for level, _ in read_page(study).headings]
    assert levels[0] == 1 and levels.count(1) == 1
    steps_down = [after - before for before, after in pairwise(levels)]
    assert max(steps_down) <= 1


def test_links_lead_somewhere(study: Study) -> None:
    pages = {"": read_page(study)}
    for link in pages[""].links:
        file, _, anchor = link.partition("#")
        path = study.report_dir / file
        assert path.exists(), link
        if anchor:
            page = pages.setdefault(file, PageReader.of(path) if file else pages[""])
            assert anchor in page.ids, link


def test_every_figure_has_its_caption_as_alternative_text(study: Study) -> None:
    page = read_page(study)
    assert "A <curve> & more" in [image["alt"] for image in page.images]
    assert all(image["alt"] and image["src"].startswith("data:") for image in page.images)


def test_findings_come_first_then_claims_figures_and_numbers(whole: Study) -> None:
    parts = [text for level, text in read_page(whole).headings if level == 2]
    assert parts == [
        "Findings",
        "Claims by paper",
        "Labelling pairs of images",
        "Numbers and tables",
        "How it was run",
    ]
    sections = [text.split(":")[0] for level, text in read_page(whole).headings if level == 3]
    steps = ["01_prompts", "02_images", "03_labels", "04_reliability"]
    assert sections == ["GameLabel-10K", "ImageReward", *(f"Toy _{step}" for step in steps)]


def test_findings_name_the_step_that_found_them(whole: Study) -> None:
    page = read_page(whole)
    assert "188 simulated players gave 16,356 labels" in page.text
    assert "#04_reliability" in page.links  # it has no figure of this name


def test_claims_have_the_papers_number_the_range_and_ours_in_columns(whole: Study) -> None:
    papers = {paper["name"]: paper for paper in content_of(whole)["papers"]}
    claims = {claim["id"]: claim for claim in papers["GameLabel-10K"]["claims"]}
    row = claims["accuracy_mean"]
    assert (row["paper"], row["ours"], row["interval"]) == ("0.740", "0.740", "[0.700, 0.780]")
    assert row["accepted"].count(" to ") == 1
    assert claims["three_weeks"]["link"] is None and claims["three_weeks"]["paper"] == "3 weeks"
    total = sum(int(count.rpartition(": ")[2]) for count in papers["GameLabel-10K"]["counts"])
    assert total == papers["GameLabel-10K"]["total"] == len(claims)


def test_a_failed_run_says_which_step_failed_and_why(failed: Study) -> None:
    page = read_page(failed)
    assert "This run is incomplete." in page.text
    assert (
        "Toy _03_labels (03_labels) It failed in cell 4: RuntimeError: the labels are broken"
        in (page.text)
    )
    assert "Toy _04_reliability (04_reliability) It did not run: a step before it failed." in (
        page.text
    )
    assert page.links.count("notebooks/03_labels.html") >= 2  # from the reason, and from its step
    assert str(failed.root) not in (failed.report_dir / "index.html").read_text()


def test_results_whose_inputs_have_changed_are_left_out_with_the_reason(tmp_path: Path) -> None:
    study = make_run(tmp_path, "broken=false")
    write_report(run_study(study, ["broken=false", "rows=5"], only="01"))
    assert (
        "Toy _02_images (02_images) It did not run: not selected. Results of an earlier run are "
        "left out because their inputs have changed since."
    ) in read_page(study).text


def test_a_failed_run_keeps_the_figures_of_good_steps(failed: Study) -> None:
    assert [image["alt"] for image in read_page(failed).images] == ["A <curve> & more"]
    (chapter,) = pdf_content(content_of(failed))["chapters"]
    assert [len(step["figures"]) for step in chapter["steps"]] == [0, 1, 0, 0]


def test_a_step_without_figures_says_so_in_a_sentence(failed: Study) -> None:
    (chapter,) = content_of(failed)["chapters"]
    sentences = [step["sentence"] for step in chapter["steps"] if not step["figures"]]
    assert sentences[0] == "This step has no figures: there was nothing to draw."
    assert sentences[1].startswith("This step has no results. It failed in cell 4: RuntimeError")


def test_without_claims_the_page_says_so(without_claims: Study) -> None:
    page = read_page(without_claims)
    assert "This run has no claims to compare with." in page.text
    assert "No claims were tested, on labels of simulated people." in page.text


def test_simulated_results_are_marked(whole: Study) -> None:
    content = content_of(whole)
    assert content["simulated"]
    assert [finding["simulated"] for finding in content["findings"]] == [True]
    text = (whole.report_dir / "index.html").read_text()
    labels = text.split('<h3 id="03_labels">')[1].split("</h3>")[0]
    images = text.split('<h3 id="02_images">')[1].split("</h3>")[0]
    assert "SIMULATED" in labels and "SIMULATED" not in images


# ---- the PDF as pages of pixels


def pdf_pages(content: dict, folder: Path) -> list[np.ndarray]:
    """The pages of a report as gray images (H, W), dark on white."""
    inputs = {"content": json.dumps(pdf_content(content))}
    pages = typst.compile(
        TEMPLATE.read_bytes(), root=str(folder), sys_inputs=inputs, format="png", ppi=30
    )
    pages = pages if isinstance(pages, list) else [pages]
    return [np.asarray(Image.open(io.BytesIO(page)).convert("L")) for page in pages]


def filled(page: np.ndarray) -> float:
    """How far down a page is filled, as a share of it, without the number at its foot."""
    rows = np.flatnonzero((page < 250).any(axis=1))
    text = rows[rows < 0.93 * len(page)]
    return float(text.max() / len(page)) if len(text) else 0.0


def with_figures(content: dict, folder: Path, sizes: list[list[tuple[float, float]]]) -> dict:
    """A report whose steps have figures of these sizes in inches."""
    (folder / "figures").mkdir(exist_ok=True)
    steps = []
    for number, step_sizes in enumerate(sizes):
        figures = []
        for place, size in enumerate(step_sizes):
            name = f"figure_{number}_{place}"
            figure = Figure(figsize=size, facecolor="#dddddd")
            figure.savefig(folder / "figures" / f"{name}.png", dpi=150)
            figures.append({"name": name, "caption": f"Figure {name}", "simulated": True})
        step = content["chapters"][0]["steps"][0]
        steps.append({**step, "title": f"Step {number}", "figures": figures})
    return {**content, "papers": [], "chapters": [{**content["chapters"][0], "steps": steps}]}


def test_no_page_of_the_pdf_ends_half_empty(whole: Study, tmp_path: Path) -> None:
    sizes = [[(9, 3), (6, 4), (6.5, 6)], [(7, 4)] * 3, [(9, 8), (6.5, 6), (6.5, 6), (6.5, 6)]]
    content = with_figures(content_of(whole), tmp_path, [*sizes, *sizes])
    pages = pdf_pages(content, tmp_path)
    assert len(pages) <= 10
    # a page may end early before a step of which no figure fits in the rest
    assert [share for share in map(filled, pages[:-1]) if share < 0.6] == []


def test_a_large_figure_stays_on_its_page(whole: Study, tmp_path: Path) -> None:
    content = with_figures(content_of(whole), tmp_path, [[(9, 30)], [(4, 3)]])
    pages = pdf_pages(content, tmp_path)
    assert all(page[-10:, :].min() > 250 for page in pages)


def test_steps_without_figures_share_a_page(whole: Study, tmp_path: Path) -> None:
    content = with_figures(content_of(whole), tmp_path, [[], [], [], [(6, 3)]])
    assert len(pdf_pages(content, tmp_path)) == 2
    bare = {**content, "findings": [], "chapters": []}
    assert len(pdf_pages(bare, tmp_path)) == 1


def test_long_names_can_be_broken_and_intervals_not(whole: Study) -> None:
    content = content_of(whole)
    content["papers"][0]["claims"][0]["reason"] = "it is a parameter, n_prompts"
    rows = [row for paper in pdf_content(content)["papers"] for row in paper["claims"]]
    assert rows[0][4].endswith("a parameter, n_\N{ZERO WIDTH SPACE}prompts")
    assert "0.740 [0.700,\N{NO-BREAK SPACE}0.780]" in [row[3] for row in rows]


def test_the_pdf_of_a_failed_run_is_made(failed: Study) -> None:
    assert (failed.report_dir / "report.pdf").read_bytes().startswith(b"%PDF-")
    problems = pdf_content(content_of(failed))["problems"]
    assert [problem["title"] for problem in problems[:2]] == [
        "Toy _03_labels",
        "Toy _04_reliability",
    ]
