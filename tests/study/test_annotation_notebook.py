"""Notebook 16: simulated annotators are marked, real ratings are not, and absent sets say so."""

import pytest

from gamelabel.study.claims import load_claims
from gamelabel.study.verdicts import judge
from tests.reliability.external_data import external_file
from tests.study.conftest import NO_DATA, ROOT, RunNotebook

FEW = {"n_prompts": 5, "annotators": 4, "crowds": "rte", "n_tasks": 40, "n_known": 10}
FEW |= {"replicates": 20}


@pytest.mark.slow
def test_on_a_fresh_clone_the_rankings_that_ship_are_shown(run_notebook: RunNotebook) -> None:
    run = run_notebook("16_annotation", NO_DATA, **FEW)
    assert "Not here: tifa, agiqa3k, geneval, prompts_gecko." in run.output
    assert "Empty DataFrame" not in run.output
    assert {name for name, figure in run.figures.items() if not figure["simulated"]} == {
        "annotation_words"
    }
    assert run.metrics["annotation_ties"]["value"] == pytest.approx(831 / 7230, abs=0.002)
    claims = load_claims(ROOT / "data/claims/imagereward.yaml")
    metrics = {name: entry | {"notebook": "16_annotation"} for name, entry in run.metrics.items()}
    verdicts = {claim["id"]: claim["verdict"] for claim in judge(claims, metrics)}
    for name in ("pictures", "pairs", "words"):
        assert verdicts[f"annotation_{name}"] == "matches"
    assert verdicts["annotation_words_quality"].startswith("not testable here")


@pytest.mark.full
def test_what_is_simulated_says_so(run_notebook: RunNotebook) -> None:
    external_file("geneval", "annotations_clip.csv")
    external_file("crowd_labels", "rte/label.csv")
    run = run_notebook("16_annotation", **FEW)
    for kind in (run.figures, run.metrics):
        for name, entry in kind.items():
            marked = entry.get("simulated", entry.get("source") == "simulated")
            assert marked == (name.startswith("annotation_simulated") or name[11:] == "pictures")
