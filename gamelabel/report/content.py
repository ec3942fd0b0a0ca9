"""Collect what the report shows, for the page and the PDF: summary, chapters of steps, claims."""

from __future__ import annotations

import csv
import json
from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Any

from gamelabel.report.findings import findings, labels_text
from gamelabel.study.claims import (
    DIFFERS,
    MATCHES,
    SET,
    UNTESTABLE,
    accepted_text,
    count_by_paper,
    format_interval,
    format_number,
    paper_text,
)
from gamelabel.study.progress import format_seconds
from gamelabel.study.run_result import IN_ORDER, NOT_SELECTED, OTHER_CHAPTER
from gamelabel.study.steps import CHAPTERS, Step, Study
from gamelabel.study.tracker import read_records

_NO_RECORDS: dict[str, Any] = {"metrics": {}, "figures": {}, "tables": {}}
_OUTDATED = "Results of an earlier run are left out because their inputs have changed since."
_SHOWN_ROWS = 15  # of a table; the CSV has the rest


def build_content(
    study: Study, manifest: Mapping[str, Any], claims: Sequence[Mapping[str, Any]], about: str = ""
) -> dict[str, Any]:
    """Return everything that the report shows, as plain values for a template.

    Parameters
    ----------
    study : Study
        The study.
    manifest : mapping
        The manifest of its run.
    claims : sequence of mapping
        The judged claims, from `gamelabel.study.verdicts.judge`.
    about : str
        What the profile says about itself.
    """
    chapters = _chapters(study, manifest)
    steps = [step for chapter in chapters for step in chapter["steps"]]
    sources = sorted({step["label_source"] for step in steps if step["label_source"]})
    labels = " and ".join(map(labels_text, sources)) or "no labels yet"
    return {
        "title": f"GameLabel, profile {manifest['profile']}",
        "about": about,
        "sentence": f"{_tested_text(claims)} were tested, on {labels}.",
        "simulated": "simulated" in sources,
        "findings": _findings(steps, claims),
        "papers": _papers(claims),
        "problems": _problems(study, manifest),
        "chapters": chapters,
        "facts": _facts(manifest, sum(step["seconds"] or 0 for step in steps)),
    }


def _findings(
    steps: Sequence[Mapping[str, Any]], claims: Sequence[Mapping[str, Any]]
) -> list[dict[str, Any]]:
    """Return the findings, each with the title of its step and whether its figure is shown."""
    metrics = {name: metric for step in steps for name, metric in step["metrics"].items()}
    titles = {step["name"]: step["title"] for step in steps}
    shown = {figure["name"] for step in steps for figure in step["figures"]}
    return [
        {**finding._asdict(), "title": titles[finding.notebook], "shown": finding.figure in shown}
        for finding in findings(metrics, claims)
        if finding.notebook in titles
    ]


def _papers(claims: Sequence[Mapping[str, Any]]) -> list[dict[str, Any]]:
    """Return the claims of each paper, as texts, with the counts of their verdicts."""
    papers = []
    for name, counts in count_by_paper(claims).items():
        words = [f"{verdict}: {count}" for verdict, count in counts.items() if count]
        rows = [_claim(claim) for claim in claims if claim["paper"] == name]
        papers.append(
            {"name": name, "total": sum(counts.values()), "counts": words, "claims": rows}
        )
    return papers


def _claim(claim: Mapping[str, Any]) -> dict[str, Any]:
    word = claim["verdict"].partition(":")[0]
    source = claim["label_source"]
    return {
        "id": claim["id"],
        "description": claim["description"],
        "section": _section(claim["section"]),
        "paper": paper_text(claim),
        "accepted": accepted_text(claim),
        "ours": format_number(claim["ours"]),
        "interval": format_interval(claim),
        "link": claim["notebook"] if claim["ours"] is not None else None,
        "verdict": word,
        "tone": _tone(word),
        "reason": claim["reason"],
        "source": "" if source == "simulated" else source,
    }


def _section(name: str) -> str:
    return f"Section {name}" if name[:1].isdigit() else name


def _tone(verdict: str) -> str:
    """Return the class of a verdict in the style sheet."""
    if verdict.startswith(MATCHES):
        return "good"
    return "bad" if verdict.startswith(DIFFERS) else "soft"


def _tested_text(claims: Sequence[Mapping[str, Any]]) -> str:
    """Return how many claims of each paper have a verdict that rests on data."""
    parts = []
    for paper, counts in count_by_paper(claims).items():
        total = sum(counts.values())
        parts.append(f"{total - counts[UNTESTABLE] - counts[SET]} of {total} claims of {paper}")
    *first, last = parts or ["No claims"]
    return f"{', '.join(first)} and {last}" if first else last


def _facts(manifest: Mapping[str, Any], seconds: float) -> list[tuple[str, str]]:
    machine, git = manifest["platform"], manifest["git"]
    commit = "unknown"
    if git["commit"]:
        commit = git["commit"][:10] + (", with changes" if git["dirty"] else "")
    system = f"{machine['system']} {machine['machine']}, {machine['cores']} cores"
    return [
        ("seed", str(manifest["seed"])),
        ("machine", f"{system}, {machine['gpu'] or 'no GPU'}"),
        ("code", f"gamelabel at {commit}; Python {machine['python']}"),
        ("time", format_seconds(seconds)),
    ]


def _problems(study: Study, manifest: Mapping[str, Any]) -> list[dict[str, str]]:
    """Return the steps that were not completed or whose results the report lacks, and why."""
    problems = []
    for name, step in manifest["steps"].items():
        stands, status = _is_valid(step), step["status"]
        expected = IN_ORDER if stands else (OTHER_CHAPTER,)
        if status in expected:
            continue
        reason = _reason(study, name, status)
        if stands:
            reason += " The results are those of an earlier run."
        elif status == NOT_SELECTED and step["seconds"]:
            reason += f" {_OUTDATED}"
        shows_error = status.startswith("failed") and bool(_last_error(study, name))
        page = f"notebooks/{name}.html" if shows_error else ""
        title = _title(study, name)
        problems.append({"name": name, "title": title, "reason": reason, "page": page})
    return problems


def _title(study: Study, name: str) -> str:
    notebook = study.notebooks / f"{name}.ipynb"
    return notebook_title(notebook) if notebook.exists() else name


def _reason(study: Study, name: str, status: str) -> str:
    """Return why a step has no results: its status, and the error of its notebook if it failed."""
    word, _, detail = status.partition(": ")
    if word == "skipped":
        return f"It did not run: {detail}."
    if word != "failed":
        return f"{status[:1].upper()}{status[1:]}."
    error = _last_error(study, name)
    where = f" in {detail}" if detail and not detail.endswith(" 0") else ""
    return f"It failed{where}" + (f": {error.replace(f'{study.root}/', '')}" if error else ".")


def _last_error(study: Study, name: str) -> str:
    """Return the error that ended the executed notebook of a step; empty if none did."""
    executed = study.report_dir / "notebooks" / f"{name}.ipynb"
    if not executed.exists():
        return ""
    cells = json.loads(executed.read_text(encoding="utf-8"))["cells"]
    outputs = [output for cell in cells for output in cell.get("outputs", [])]
    errors = [output for output in outputs if output["output_type"] == "error"]
    return f"{errors[-1]['ename']}: {errors[-1]['evalue']}" if errors else ""


def _is_valid(step: Mapping[str, Any]) -> bool:
    return bool(step["stands"])


def _chapters(study: Study, manifest: Mapping[str, Any]) -> list[dict[str, Any]]:
    """Return the chapters that were selected, or have run before."""
    chapters = []
    for name, members in study.chapters().items():
        states = {step: manifest["steps"][step.name] for step in members}
        steps = [
            _step(study, step, state)
            for step, state in states.items()
            if study.notebook(step).exists()
            and (state["status"] != OTHER_CHAPTER or _is_valid(state))
        ]
        if steps:
            chapters.append({"name": name, "title": CHAPTERS.get(name, name), "steps": steps})
    return chapters


def _step(study: Study, step: Step, state: Mapping[str, Any]) -> dict[str, Any]:
    valid = _is_valid(state)
    records = read_records(study, step) if valid else _NO_RECORDS
    figures = [
        {"name": name, **entry}
        for name, entry in records["figures"].items()
        if (study.report_dir / "figures" / f"{name}.png").exists()
    ]
    seconds = state["seconds"]
    return {
        "name": step.name,
        "title": notebook_title(study.notebook(step)),
        "status": "done" if valid and state["status"] in IN_ORDER else state["status"],
        "seconds": seconds,
        "time": "" if seconds is None else format_seconds(seconds),
        "sentence": _no_figures(study, step, state["status"], valid),
        "label_source": state["label_source"],
        "simulated": state["label_source"] == "simulated",
        "has_page": study.executed(step).exists(),
        "metrics": records["metrics"],
        "numbers": [_number(name, metric) for name, metric in records["metrics"].items()],
        "figures": figures,
        "tables": [_table(study, name, entry) for name, entry in records["tables"].items()],
    }


def _no_figures(study: Study, step: Step, status: str, valid: bool) -> str:
    """Return what stands in place of figures where a step has none."""
    if valid:
        return "This step has no figures: there was nothing to draw."
    return f"This step has no results. {_reason(study, step.name, status)}"


def _number(name: str, metric: Mapping[str, Any]) -> dict[str, Any]:
    return {
        "name": name.replace("_", " "),
        "value": f"{format_number(metric['value'])} {metric['unit']}".rstrip(),
        "interval": format_interval(metric),
        "n": format_number(metric["n"]),
        "cell": metric["cell"],
    }


def notebook_title(notebook: Path) -> str:
    """Return the first heading of a notebook, or else its name."""
    for cell in json.loads(notebook.read_text(encoding="utf-8"))["cells"]:
        if cell["cell_type"] != "markdown":
            continue
        for line in "".join(cell["source"]).splitlines():
            if line.startswith("#"):
                return line.lstrip("# ").strip()
    return notebook.stem


def _table(study: Study, name: str, entry: Mapping[str, Any]) -> dict[str, Any]:
    path = study.report_dir / "tables" / f"{name}.csv"
    with path.open(encoding="utf-8", newline="") as file:
        header, *rows = list(csv.reader(file)) or [[]]
    return {
        "name": name,
        **entry,
        "header": [column.replace("_", " ") for column in header],
        "numeric": [all(_is_number(row[i]) for row in rows) for i in range(len(header))],
        "rows": [[_shorten(value) for value in row] for row in rows[:_SHOWN_ROWS]],
        "more_rows": max(0, len(rows) - _SHOWN_ROWS),
    }


def _is_number(value: str) -> bool:
    try:
        float(value or "nan")
    except ValueError:
        return False
    return True


def _shorten(value: str) -> str:
    """Return a long number with four digits, and anything else as it is."""
    if "." in value and len(value) > 7 and _is_number(value):
        return f"{float(value):.4g}"
    return value
