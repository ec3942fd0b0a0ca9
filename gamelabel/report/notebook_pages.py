"""Executed notebooks as pages that need no network, each code cell at the anchor `#cell-N` of its In [N]."""

from __future__ import annotations

import html
from pathlib import Path

from gamelabel.files import write_text
from gamelabel.study.steps import Step, Study

CSS = Path(__file__).with_name("page.css")


def write_pages(study: Study, steps: list[Step]) -> None:
    """Write `notebooks/STEP.html` beside the executed notebook of each step that has one newer than its page."""
    due = []
    for step in steps:
        source = study.executed(step)
        page = source.with_suffix(".html")
        if source.exists() and (
            not page.exists() or page.stat().st_mtime_ns < source.stat().st_mtime_ns
        ):
            due.append((source, page))
    for source, page in due:
        write_text(page, render(source))


def render(executed: Path) -> str:
    """One executed notebook as a page."""
    import nbformat
    from nbconvert import HTMLExporter
    from pygments.formatters import HtmlFormatter

    notebook = nbformat.read(executed, as_version=4)
    body, _ = HTMLExporter(template_name="basic", exclude_anchor_links=True).from_notebook_node(
        notebook
    )
    for cell in notebook.cells:
        if number := cell.get("execution_count"):
            body = body.replace(f'id="cell-id={cell.id}"', f'id="cell-{number}"')
    light, dark = (
        HtmlFormatter(style=style).get_style_defs(".highlight")
        for style in ("default", "github-dark")
    )
    style = (
        f"{CSS.read_text()}\n{light}\n@media screen and (prefers-color-scheme: dark) {{ {dark} }}"
    )
    style += "\n.highlight, .highlight pre { background: var(--card); }"
    return (
        '<!DOCTYPE html>\n<html lang="en">\n<head>\n<meta charset="utf-8">\n'
        '<meta name="viewport" content="width=device-width, initial-scale=1">\n'
        f"<title>{html.escape(executed.stem)}</title>\n<style>{style}</style>\n</head>\n<body>\n"
        f'<nav><a href="../index.html">Report</a><a href="{executed.name}">{html.escape(executed.name)}</a></nav>\n'
        f"{body}\n</body>\n</html>\n"
    )
