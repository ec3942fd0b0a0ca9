"""Collect what the report shows, for the page and the PDF: summary, chapters of steps, claims."""

from __future__ import annotations

import csv
import json
from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Any

from gamelabel.study.claims import SET, UNTESTABLE, count_by_paper, count_verdicts
from gamelabel.study.progress import format_seconds
from gamelabel.study.run_result import IN_ORDER, OTHER_CHAPTER
from gamelabel.study.steps import CHAPTERS, Step, Study
from gamelabel.study.tracker import read_records

_NO_RECORDS: dict[str, Any] = {"metrics": {}, "figures": {}, "tables": {}}
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
        The judged claims, from `gamelabel.study.claims.judge`.
    about : str
        What the profile says about itself.
    """
    chapters = _chapters(study, manifest)
    steps = [step for chapter in chapters for step in chapter["steps"]]
    tested = _tested_text(claims)
    sources = sorted({step["label_source"] for step in steps if step["label_source"]})
    labels = f"labels that are {' and '.join(sources)}" if sources else "no labels yet"
    return {
        "title": f"GameLabel, profile {manifest['profile']}",
        "about": about,
        "sentence": f"{tested} were tested, on {labels}.",
        "simulated": "simulated" in sources,
        "counts": count_verdicts(claims),
        "facts": _facts(manifest, sum(step["seconds"] or 0 for step in steps)),
        "problems": _problems(manifest),
        "chapters": chapters,
        "claims": claims,
    }


def _tested_text(claims: Sequence[Mapping[str, Any]]) -> str:
    """Return how many claims of each paper have a verdict that rests on data."""
    parts = []
    for paper, counts in count_by_paper(claims).items():
        total = sum(counts.values())
        parts.append(f"{total - counts[UNTESTABLE] - counts[SET]} of {total} claims of {paper}")
    return " and ".join(parts) or "No claims"


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


def _problems(manifest: Mapping[str, Any]) -> list[tuple[str, str]]:
    """Return the steps that were not completed or whose results the report lacks, and why."""
    problems = []
    for name, step in manifest["steps"].items():
        if step["status"] not in IN_ORDER and _is_valid(step):
            problems.append((name, f"{step['status']}; the results are those of an earlier run"))
        elif not _is_valid(step) and step["status"] != OTHER_CHAPTER:
            problems.append((name, step["status"]))
    return problems


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
        "status": "done" if valid else state["status"],
        "seconds": seconds,
        "time": "" if seconds is None else format_seconds(seconds),
        "label_source": state["label_source"],
        "simulated": state["label_source"] == "simulated",
        "has_page": study.executed(step).exists(),
        "metrics": records["metrics"],
        "figures": figures,
        "tables": [_table(study, name, entry) for name, entry in records["tables"].items()],
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
    shown = [[_shorten(value) for value in row] for row in rows[:_SHOWN_ROWS]]
    more_rows = max(0, len(rows) - _SHOWN_ROWS)
    return {"name": name, **entry, "header": header, "rows": shown, "more_rows": more_rows}


def _shorten(value: str) -> str:
    """Return a long number with four digits, and anything else as it is."""
    try:
        return f"{float(value):.4g}" if "." in value and len(value) > 7 else value
    except ValueError:
        return value
