"""A published run in Markdown: its gallery, and the results that the project's README shows."""

from __future__ import annotations

import json
import re
from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Any, NamedTuple

from gamelabel.report.content import notebook_title
from gamelabel.report.findings import Finding, findings
from gamelabel.study import claims
from gamelabel.study.manifest import load_manifest
from gamelabel.study.progress import format_seconds
from gamelabel.study.steps import Step, Study
from gamelabel.study.tracker import read_records

# The results in the project's README: one of tuning, two on published data of people.
_FIRST_FIGURES = ("tuning_changes", "real_gate_costs", "prompts_kept")
_MEANINGS = {
    claims.MATCHES: "our whole interval is inside the accepted range",
    claims.DIFFERS: "our whole interval is outside the accepted range",
    claims.UNDECIDED: "our interval holds both answers",
    claims.SET: "a parameter of the run, or fitted to the paper: not evidence",
    claims.UNTESTABLE: "the claim's row says why",
}
_SIMULATED = ", in a simulation, which is not evidence about people"


class Place(NamedTuple):
    """Where a result was made: the stable id of a cell, and the heading above it."""

    cell: str
    section: str


def render_gallery(study: Study, manifest: Mapping[str, Any]) -> str:
    """Return the README.md of a published run, which shows each figure and where it is from."""
    metrics, judged = _read_numbers(study.report_dir)
    states = manifest["steps"]
    made = [step for step in study.runnable() if states[step.name]["stands"]]
    return _render(
        "gallery.md.j2",
        profile=manifest["profile"],
        findings=findings(metrics, judged),
        papers=_by_paper(judged),
        steps=[_step(study, step, states[step.name]) for step in made],
        machine=manifest["platform"],
        git=manifest["git"],
        seed=manifest["seed"],
        lock=manifest["lock"],
        time=format_seconds(sum(states[step.name]["seconds"] or 0 for step in made)),
    )


def render_results(folder: Path, root: Path) -> str:
    """Return the results that a project's README shows, made from a published run alone.

    Parameters
    ----------
    folder : Path
        The folder of the published run.
    root : Path
        The folder of the README.
    """
    manifest = load_manifest(folder)
    metrics, judged = _read_numbers(folder)
    return _render(
        "results.md.j2",
        profile=manifest["profile"],
        folder=folder.relative_to(root).as_posix(),
        commit=manifest["git"]["commit"],
        shown=_first(findings(metrics, judged), folder),
        papers=_by_paper(judged),
        verdicts=_by_verdict(judged),
    )


def _first(results: Sequence[Finding], folder: Path) -> list[Finding]:
    """Return three findings whose figures were published, the chosen ones first."""
    pictured = [f for f in results if (folder / "figures" / f"{f.figure}.png").exists()]
    chosen = [f for f in pictured if f.figure in _FIRST_FIGURES]
    others = [f for f in pictured if f not in chosen]
    return [*chosen, *others][:3]


def _read_numbers(folder: Path) -> tuple[dict[str, Any], list[dict[str, Any]]]:
    metrics, judged = (
        json.loads((folder / name).read_text(encoding="utf-8"))
        for name in ("metrics.json", "claims.json")
    )
    return metrics, judged


def _by_paper(judged: Sequence[Mapping[str, Any]]) -> dict[str, list[Mapping[str, Any]]]:
    papers = dict.fromkeys(claim["paper"] for claim in judged)
    return {paper: [c for c in judged if c["paper"] == paper] for paper in papers}


def _by_verdict(judged: Sequence[Mapping[str, Any]]) -> dict[str, list[Mapping[str, Any]]]:
    """Return the claims of each verdict that occurs."""
    return {
        verdict: [c for c in judged if c["verdict"].partition(":")[0] == verdict]
        for verdict, count in claims.count_verdicts(judged).items()
        if count
    }


def _step(study: Study, step: Step, state: Mapping[str, Any]) -> dict[str, Any]:
    records, notebook = read_records(study, step), study.notebook(step)
    figures = [
        {"name": name, **entry, "place": find_place(study, step, entry["cell"])}
        for name, entry in records["figures"].items()
    ]
    return {
        "name": step.name,
        "title": notebook_title(notebook),
        "path": study.relative(notebook),
        "figures": figures,
        "time": format_seconds(state["seconds"] or 0),
        "commit": ((state["git"] or {}).get("commit") or "unknown")[:10],
        "label_source": state["label_source"] or "none",
    }


def find_place(study: Study, step: Step, number: int) -> Place:
    """Return which cell of a step's notebook was In [number] when it was executed.

    The cell is empty if the notebook does not have it any more.
    """
    executed, source = (
        json.loads(path.read_text(encoding="utf-8"))["cells"]
        for path in (study.executed(step), study.notebook(step))
    )
    ids = [cell["id"] for cell in executed if cell.get("execution_count") == number]
    section = ""
    for cell in source:
        if cell["cell_type"] == "markdown":
            lines = "".join(cell["source"]).splitlines()
            headings = [line.lstrip("# ") for line in lines if line.startswith("#")]
            section = headings[-1] if headings else section
        if cell["id"] in ids:
            return Place(cell["id"], section)
    return Place("", "")


def _render(template: str, **content: Any) -> str:
    from jinja2 import Environment, FileSystemLoader, StrictUndefined

    environment = Environment(
        loader=FileSystemLoader(Path(__file__).parent),
        undefined=StrictUndefined,
        trim_blocks=True,
        lstrip_blocks=True,
        keep_trailing_newline=True,
    )
    environment.filters["md"] = _markdown
    text = environment.get_template(template).render(
        **content,
        verdicts_of=claims.count_verdicts,
        all_verdicts=claims.VERDICTS,
        paper_text=claims.paper_text,
        accepted_text=claims.accepted_text,
        ours_text=claims.ours_text,
        verdict_text=claims.verdict_text,
        meaning=_meaning,
    )
    return re.sub(r"\n{3,}", "\n\n", text)


def _meaning(verdict: str) -> str:
    """Return what a verdict means, in a few words."""
    word = verdict.removesuffix(claims.IN_SIMULATION)
    return _MEANINGS[word] + (_SIMULATED if verdict != word else "")


def _markdown(text: str) -> str:
    """Return a text on one line, in which no character has a meaning to Markdown or HTML."""
    line = " ".join(text.split()).replace("&", "&amp;").replace("<", "&lt;")
    for character in "\\`*|$[]":
        line = line.replace(character, f"\\{character}")
    return line
