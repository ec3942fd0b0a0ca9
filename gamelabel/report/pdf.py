"""The report as a PDF, made by Typst without a browser or network."""

from __future__ import annotations

import json
from collections.abc import Mapping
from pathlib import Path
from typing import Any

from gamelabel.files import write_bytes
from gamelabel.study.claims import (
    accepted_text,
    format_interval,
    format_number,
    ours_text,
    paper_text,
    verdict_text,
)

_TEMPLATE = Path(__file__).with_name("report.typ")
_MOST_COLUMNS = 6  # of a table that fits on the page


def write_pdf(content: Mapping[str, Any], folder: Path) -> None:
    """Write `report.pdf` in the report's folder, which has its figures.

    Parameters
    ----------
    content : mapping
        What `build_content` collected.
    folder : Path
        The folder of the report.
    """
    import typst

    inputs = {"content": json.dumps(pdf_content(content))}
    pdf = typst.compile(  # type: ignore[type-var]  # its stub wants one type for both
        _TEMPLATE.read_bytes(), root=str(folder), sys_inputs=inputs
    )
    write_bytes(folder / "report.pdf", pdf)


def pdf_content(content: Mapping[str, Any]) -> dict[str, Any]:
    """Return what the template `report.typ` shows: texts, and tables as rows of texts."""
    keys = ("title", "about", "sentence", "simulated", "problems", "facts")
    claims = [
        [
            claim["description"],
            paper_text(claim),
            accepted_text(claim),
            ours_text(claim),
            verdict_text(claim),
        ]
        for claim in content["claims"]
    ]
    return {
        **{key: content[key] for key in keys},
        "counts": [f"{count} {verdict}" for verdict, count in content["counts"].items()],
        "chapters": [
            {"title": chapter["title"], "steps": [_step(step) for step in chapter["steps"]]}
            for chapter in content["chapters"]
        ],
        "claims": claims,
    }


def _step(step: Mapping[str, Any]) -> dict[str, Any]:
    metrics = [
        [
            name.replace("_", "_\u200b"),  # where a long name may be broken
            f"{format_number(metric['value'])} {metric['unit']}",
            format_interval(metric),
            format_number(metric["n"]),
        ]
        for name, metric in step["metrics"].items()
    ]
    tables = [
        {"caption": table["caption"] or table["name"], "rows": [table["header"], *table["rows"]]}
        for table in step["tables"]
        if 0 < len(table["header"]) <= _MOST_COLUMNS
    ]
    figures = [
        {"file": f"/figures/{figure['name']}.png", "caption": figure["caption"] or figure["name"]}
        for figure in step["figures"]
    ]
    return {
        "title": step["title"],
        "simulated": step["simulated"],
        "status": ", ".join(part for part in (step["status"], step["time"]) if part),
        "metrics": metrics,
        "figures": figures,
        "tables": tables,
    }
