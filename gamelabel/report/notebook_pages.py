"""Executed notebooks as HTML pages, with the code cell In [N] at the anchor `#cell-N`."""

from __future__ import annotations

import html
from pathlib import Path

from gamelabel.files import write_text
from gamelabel.report.report_page import read_css
from gamelabel.study.steps import Study

_PAGE = """<!DOCTYPE html>
<html lang="en">
<head>
<meta charset="utf-8">
<meta name="viewport" content="width=device-width, initial-scale=1">
<title>{title}</title>
<style>{style}</style>
</head>
<body>
<nav><a href="../index.html">Report</a><a href="{file}">{file}</a></nav>
{body}
</body>
</html>
"""


def write_notebook_pages(study: Study) -> None:
    """Write `notebooks/STEP.html` for each executed notebook that is newer than its page."""
    for step in study.runnable():
        source = study.executed(step)
        if not source.exists():
            continue
        page = source.with_suffix(".html")
        if not page.exists() or page.stat().st_mtime_ns < source.stat().st_mtime_ns:
            write_text(page, render_notebook(source))


def render_notebook(executed: Path) -> str:
    """Return an executed notebook as a page that needs no network."""
    import nbformat
    from nbconvert import HTMLExporter
    from pygments.formatters import HtmlFormatter

    notebook = nbformat.read(executed, as_version=4)
    exporter = HTMLExporter(template_name="basic", exclude_anchor_links=True)
    body, _ = exporter.from_notebook_node(notebook)
    for cell in notebook.cells:
        if number := cell.get("execution_count"):
            body = body.replace(f'id="cell-id={cell.id}"', f'id="cell-{number}"')
    light, dark = (
        HtmlFormatter(style=style).get_style_defs(".highlight")
        for style in ("default", "github-dark")
    )
    style = "\n".join(
        [
            read_css(),
            light,
            f"@media screen and (prefers-color-scheme: dark) {{ {dark} }}",
            ".highlight, .highlight pre { background: var(--card); }",
        ]
    )
    title, file = html.escape(executed.stem), html.escape(executed.name)
    return _PAGE.format(title=title, style=style, file=file, body=body)
