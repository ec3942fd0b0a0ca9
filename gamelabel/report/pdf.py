"""The report as a PDF, made by Typst without a browser or network.

It has the findings, the claims and the figures; numbers and tables are on the page.
"""

from __future__ import annotations

import json
from collections.abc import Mapping
from pathlib import Path
from typing import Any

from gamelabel.files import write_bytes

_NBSP = "\N{NO-BREAK SPACE}"  # an interval stays on one line
_BREAK = "\N{ZERO WIDTH SPACE}"  # where a long name may be broken
_TEMPLATE = Path(__file__).with_name("report.typ")


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
    keys = ("title", "about", "sentence", "simulated", "problems", "facts", "findings")
    return {
        **{key: content[key] for key in keys},
        "papers": [_paper(paper) for paper in content["papers"]],
        "chapters": [
            {"title": chapter["title"], "steps": [_step(step) for step in chapter["steps"]]}
            for chapter in content["chapters"]
        ],
    }


def _paper(paper: Mapping[str, Any]) -> dict[str, Any]:
    rows = [
        [
            f"{claim['description']} ({claim['section']})",
            claim["paper"],
            claim["accepted"],
            f"{claim['ours']} {claim['interval'].replace(' ', _NBSP)}".rstrip(),
            _verdict(claim),
        ]
        for claim in paper["claims"]
    ]
    heading = f"{paper['name']}: {paper['total']} claims"
    return {"heading": heading, "counts": ", ".join(paper["counts"]), "claims": rows}


def _verdict(claim: Mapping[str, Any]) -> str:
    reason = claim["reason"].replace("_", f"_{_BREAK}")
    return f"{claim['verdict']}: {reason}" if reason else claim["verdict"]


def _step(step: Mapping[str, Any]) -> dict[str, Any]:
    figures = [
        {
            "file": f"/figures/{figure['name']}.png",
            "caption": figure["caption"] or figure["name"],
            "simulated": figure["simulated"],
        }
        for figure in step["figures"]
    ]
    keys = ("title", "simulated", "sentence")
    return {**{key: step[key] for key in keys}, "figures": figures}
