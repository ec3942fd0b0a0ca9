"""What the report says, gathered once for the page and for the paper: summary, steps with their results, claims."""

from __future__ import annotations

import csv
import json
from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Any

from gamelabel.study.claims import summary
from gamelabel.study.progress import clock
from gamelabel.study.state import NOT_ASKED, records
from gamelabel.study.steps import Step, Study

_ROWS = 15  # of a table, shown; the CSV holds the rest


def gather(
    study: Study, manifest: Mapping[str, Any], claims: Sequence[Mapping[str, Any]], about: str = ""
) -> dict[str, Any]:
    """Everything that the report shows, as plain values for a template."""
    steps = [_step(study, step, manifest["steps"][step.name]) for step in study.there()]
    counts = summary(claims)
    tested = sum(list(counts.values())[:-1])
    sources = sorted({s["label_source"] for s in steps if s["label_source"]})
    state, git = manifest["platform"], manifest["git"]
    commit = (
        f"{git['commit'][:10]}{', with changes' if git['dirty'] else ''}"
        if git["commit"]
        else "not known"
    )
    return {
        "title": f"GameLabel, profile {manifest['profile']}",
        "about": about,
        "sentence": f"{tested} of the paper's {len(claims)} claims were tested, on "
        + (f"labels that are {' and '.join(sources)}." if sources else "no labels yet."),
        "simulated": "simulated" in sources,
        "counts": counts,
        "facts": [
            ("seed", manifest["seed"]),
            (
                "machine",
                f"{state['system']} {state['machine']}, {state['cores']} cores, {state['gpu'] or 'no GPU'}",
            ),
            ("code", f"gamelabel at {commit}; Python {state['python']}"),
            ("time", clock(sum(s["seconds"] or 0 for s in steps))),
        ],
        "troubles": [
            (name, s["status"]) for name, s in manifest["steps"].items() if not _stands(s)
        ],
        "steps": steps,
        "claims": claims,
    }


def _stands(step: Mapping[str, Any]) -> bool:
    return step["status"] in ("done", "cached") or (
        step["status"] == NOT_ASKED and bool(step["outputs"])
    )


def _step(study: Study, step: Step, state: Mapping[str, Any]) -> dict[str, Any]:
    kept = records(study, step) if _stands(state) else {"metrics": {}, "figures": {}, "tables": {}}
    figures = [{"name": name, **entry} for name, entry in kept["figures"].items()]
    return {
        "name": step.name,
        "title": title(study.notebook(step)),
        "status": "done" if _stands(state) else state["status"],
        "seconds": state["seconds"],
        "clock": clock(state["seconds"]) if state["seconds"] is not None else "",
        "label_source": state["label_source"],
        "simulated": state["label_source"] == "simulated",
        "page": study.executed(step).exists(),
        "metrics": kept["metrics"],
        "figures": [
            f for f in figures if (study.report_dir / "figures" / f"{f['name']}.png").exists()
        ],
        "tables": [_table(study, name, entry) for name, entry in kept["tables"].items()],
    }


def title(notebook: Path) -> str:
    """The first heading of a notebook, else its name."""
    for cell in json.loads(notebook.read_text(encoding="utf-8"))["cells"]:
        for line in "".join(cell["source"]).splitlines() if cell["cell_type"] == "markdown" else ():
            if line.startswith("#"):
                return line.lstrip("# ").strip()
    return notebook.stem


def _table(study: Study, name: str, entry: Mapping[str, Any]) -> dict[str, Any]:
    with (study.report_dir / "tables" / f"{name}.csv").open(encoding="utf-8", newline="") as file:
        head, *rows = list(csv.reader(file)) or [[]]
    shown = [[_short(value) for value in row] for row in rows[:_ROWS]]
    return {"name": name, **entry, "head": head, "rows": shown, "more": max(0, len(rows) - _ROWS)}


def _short(value: str) -> str:
    """A cell of a table as a reader wants it: four digits of a long number."""
    try:
        return f"{float(value):.4g}" if "." in value and len(value) > 7 else value
    except ValueError:
        return value
