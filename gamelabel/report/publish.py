"""Writes what a run leaves beside its manifest: metrics, claims, `index.html`, `report.pdf`, pages."""

from __future__ import annotations

import base64
import json
from pathlib import Path
from typing import Any

from gamelabel.files import sha256_text, write_text
from gamelabel.report.content import gather
from gamelabel.study import claims, manifest
from gamelabel.study.recording import read_metrics
from gamelabel.study.runner import Result
from gamelabel.study.state import NOT_ASKED
from gamelabel.study.steps import Study

TEMPLATE = Path(__file__).with_name("report.html.j2")
_MADE_BY = (
    *sorted(path for path in Path(__file__).parent.iterdir() if path.is_file()),
    Path(claims.__file__),
)
_METRIC = ("value", "low", "high", "n", "unit")


def publish(result: Result) -> list[dict[str, Any]]:
    """Write everything that a run leaves in its report; the claims as judged.

    Pages and PDF are made anew only when what they show has changed.
    """
    study = result.watch.study
    made = manifest.build(result)
    found = {
        name: m
        for name, m in read_metrics(study.run_dir).items()
        if standing(result, m["notebook"])
    }
    flat = {name: {key: m[key] for key in _METRIC} for name, m in sorted(found.items())}
    write_text(study.report_dir / "metrics.json", json.dumps(flat, indent=1) + "\n")
    path = study.root / "data" / "claims.yaml"
    judged = claims.judge(claims.load(path) if path.exists() else [], found)
    write_text(study.report_dir / "claims.json", claims.dump(judged))
    manifest.write(study, made)
    if not result.interrupted:  # whoever pressed Ctrl-C does not want to wait
        _render(study, made, judged, result.profile.about)
    return judged


def standing(result: Result, step: str) -> bool:
    """Whether what a step recorded stands: it ran or is unchanged, or was left as it is on purpose."""
    status = result.status.get(step, "")
    return status in ("done", "cached") or (status == NOT_ASKED and bool(result.kept.get(step)))


def _render(study: Study, made: dict[str, Any], judged: list[dict[str, Any]], about: str) -> None:
    """The pages and the PDF, where what they rest on has changed since they were made."""
    content = gather(study, made, judged, about)
    sources = "".join(path.read_text(encoding="utf-8") for path in _MADE_BY)
    outputs = [step["outputs"] for step in made["steps"].values()]
    state = sha256_text(json.dumps([content, outputs, sources]))
    stamp = study.run_dir / ".report"
    places = [study.report_dir / name for name in ("index.html", "report.pdf")]
    places += [
        study.executed(s).with_suffix(".html") for s in study.there() if study.executed(s).exists()
    ]
    if stamp.exists() and stamp.read_text() == state and all(place.exists() for place in places):
        return
    from gamelabel.report.notebook_pages import write_pages
    from gamelabel.report.pdf import write_pdf

    write_pages(study, list(study.there()))
    write_text(study.report_dir / "index.html", page(study, content))
    write_pdf(content, study.report_dir)
    write_text(stamp, state)


def page(study: Study, content: dict[str, Any]) -> str:
    """The report as one page that holds its figures and needs no network."""
    from jinja2 import Environment, StrictUndefined
    from markupsafe import Markup

    for step in content["steps"]:
        for figure in step["figures"]:
            picture = study.report_dir / "figures" / f"{figure['name']}.png"
            figure["data"] = base64.b64encode(picture.read_bytes()).decode()
    environment = Environment(autoescape=True, undefined=StrictUndefined, trim_blocks=True)
    template = environment.from_string(TEMPLATE.read_text(encoding="utf-8"))
    css = Markup((TEMPLATE.parent / "page.css").read_text(encoding="utf-8"))
    return template.render(**content, css=css, number=claims.number, paper=claims.paper)
