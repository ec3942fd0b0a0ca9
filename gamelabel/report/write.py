"""Write the report of a run: manifest, metrics, claims, page and PDF."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

from gamelabel.files import sha256_text, write_text
from gamelabel.report.content import build_content
from gamelabel.study import claims, verdicts
from gamelabel.study.manifest import build_manifest, report_files, write_manifest
from gamelabel.study.outdated_results import separate_outdated
from gamelabel.study.profiles import Profile
from gamelabel.study.recording import read_metrics
from gamelabel.study.run_result import RunResult
from gamelabel.study.steps import Study

# what the pages are made with: they are made again if one of these files changes
_CODE = (
    *sorted(path for path in Path(__file__).parent.iterdir() if path.is_file()),
    Path(claims.__file__),
    Path(verdicts.__file__),
)
_METRIC_FIELDS = ("value", "low", "high", "n", "unit", "warning", "source")


def write_report(result: RunResult) -> list[dict[str, Any]]:
    """Write the report of a run and return the judged claims.

    Figures and tables of steps whose results do not stand are moved aside. The pages and the PDF
    are made again only if what they show has changed. The manifest is written last, with the sha256
    of every other file.
    """
    study = result.tracker.study
    separate_outdated(result)
    manifest = build_manifest(result)
    metrics = {
        name: metric
        for name, metric in read_metrics(study.run_dir).items()
        if result.is_valid(metric["notebook"])
    }
    judged = _judge(study, result.tracker.profile, metrics)
    rows = {name: {key: metrics[name][key] for key in _METRIC_FIELDS} for name in sorted(metrics)}
    write_text(study.report_dir / "metrics.json", json.dumps(rows, indent=1) + "\n")
    text = json.dumps(judged, indent=1, ensure_ascii=False) + "\n"
    write_text(study.report_dir / "claims.json", text)
    _write_pages(study, manifest, judged, result.tracker.profile.about)
    manifest["files"] = report_files(result)
    write_manifest(study, manifest)
    return judged


def _judge(study: Study, profile: Profile, metrics: dict[str, Any]) -> list[dict[str, Any]]:
    """Judge the claims by the parameters of notebook 10, in every chapter that has numbers."""
    parameters = profile.steps.get("10_figures", {})
    path = study.notebooks / str(parameters.get("claims_path", "../data/claims"))
    recorded = {entry["notebook"] for entry in metrics.values()}
    chapters = {step.chapter for step in study.steps if step.name in recorded}
    stated = claims.load_claims(path, chapters or {"pairs"}) if path.exists() else []
    return verdicts.judge(stated, metrics, bool(parameters.get("judge_own", False)))


def _write_pages(
    study: Study, manifest: dict[str, Any], judged: list[dict[str, Any]], about: str
) -> None:
    """Write the pages and the PDF if what they depend on has changed."""
    content = build_content(study, manifest, judged, about)
    code = [path.read_text(encoding="utf-8") for path in _CODE]
    outputs = [step["outputs"] for step in manifest["steps"].values()]
    state = sha256_text(json.dumps([content, outputs, code]))
    stamp = study.run_dir / ".report"
    executed = [study.executed(step) for step in study.runnable()]
    pages = [path.with_suffix(".html") for path in executed if path.exists()]
    pages += [study.report_dir / name for name in ("index.html", "report.pdf")]
    if stamp.exists() and stamp.read_text() == state and all(page.exists() for page in pages):
        return
    from gamelabel.report.notebook_pages import write_notebook_pages
    from gamelabel.report.pdf import write_pdf
    from gamelabel.report.report_page import render_report

    write_notebook_pages(study)
    write_text(study.report_dir / "index.html", render_report(study, content))
    write_pdf(content, study.report_dir)
    write_text(stamp, state)
