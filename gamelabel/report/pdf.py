"""The report on paper: Markdown -> Typst (pandoc) -> PDF, with no network and no browser."""

from __future__ import annotations

import re
from collections.abc import Mapping
from pathlib import Path
from typing import Any

from gamelabel.study.claims import number, paper

_LONGEST = 6  # columns of a table that still fit a page
_HEAD = """\
---
title: "{title}"
margin: {{x: 1.8cm, y: 2cm}}
fontsize: 10pt
---

```{{=typst}}
#set document(date: none)
#set par(justify: false)
#show figure: set block(breakable: true)
#show figure.where(kind: table): set align(left)
#show figure.where(kind: table): set text(size: 8.5pt)
#show table.cell: set align(left)
```
"""


def write_pdf(content: Mapping[str, Any], folder: Path) -> None:
    """Write `report.pdf` into the report's folder, whose figures it takes."""
    import pypandoc
    import typst

    text = pypandoc.convert_text(
        markdown(content),
        "typst",
        format="markdown",
        extra_args=["--standalone", "-V", "papersize=a4"],
    )
    source = folder / ".report.typ"  # beside the figures, which Typst reads from its own folder
    try:
        source.write_text(text, encoding="utf-8")
        typst.compile(str(source), output=str(folder / "report.pdf"))
    finally:
        source.unlink(missing_ok=True)


def markdown(content: Mapping[str, Any]) -> str:
    """The report's content as pandoc's Markdown."""
    mark = " (SIMULATED)" if content["simulated"] else ""
    parts = [
        _HEAD.format(title=content["title"] + mark),
        _plain(content["about"]),
        _plain(content["sentence"]),
    ]
    parts += [
        f"**Not complete:** {_plain(name)}: {_plain(status)}"
        for name, status in content["troubles"]
    ]
    parts.append("\n".join(f"- {count} {name}" for name, count in content["counts"].items()))
    parts.append("\n".join(f"- {name}: {_plain(str(value))}" for name, value in content["facts"]))
    for step in content["steps"]:
        parts.append(f"# {_plain(step['title'])}{' (SIMULATED)' if step['simulated'] else ''}")
        parts.append(_plain(f"{step['status']}{', ' if step['clock'] else ''}{step['clock']}"))
        if step["metrics"]:
            rows = [[name.replace("_", "_\u200b"), f"{number(m['value'])} {m['unit']}", _interval(m), number(m["n"])]
                    for name, m in step["metrics"].items()]  # fmt: skip
            parts.append(_table(["number", "value", "95 % interval", "n"], rows, (4, 2, 3, 1)))
        parts += [
            f"![{_plain(f['caption'] or f['name'])}](figures/{f['name']}.png)"
            for f in step["figures"]
        ]
        for table in step["tables"]:
            if len(table["head"]) <= _LONGEST:
                parts.append(
                    _table(table["head"], table["rows"], [1] * len(table["head"]), table["caption"])
                )
    parts.append("# The paper's claims")
    rows = [
        [c["description"], paper(c), f"{number(c['ours'])} {_interval(c)}", c["verdict"]]
        for c in content["claims"]
    ]
    parts.append(_table(["claim", "paper", "ours", "verdict"], rows, (6, 2, 3, 4)))
    return "\n\n".join(parts) + "\n"


def _interval(entry: Mapping[str, Any]) -> str:
    return f"[{number(entry['low'])}, {number(entry['high'])}]" if entry["low"] is not None else ""


def _table(head: list[str], rows: list[list[str]], widths: Any, caption: str = "") -> str:
    """A pipe table; the dashes give the columns their share of the page."""
    lines = [head, [":" + "-" * (8 * width) for width in widths], *rows]
    text = "\n".join(
        "| " + " | ".join(_plain(c) if k != 1 else c for c in row) + " |"
        for k, row in enumerate(lines)
    )
    return text + (f"\n\n: {_plain(caption)}" if caption else "")


def _plain(text: str) -> str:
    """Text that Markdown takes as it stands, on one line."""
    return re.sub(r"([\\`*_{}\[\]<>#|$@~^])", r"\\\1", " ".join(text.split()))
