"""The report as one HTML page that contains its figures and needs no network."""

from __future__ import annotations

import base64
from pathlib import Path
from typing import Any

from gamelabel.study.steps import Study

_TEMPLATE = Path(__file__).with_name("report.html.j2")


def read_css() -> str:
    """Return the style sheet of the report's pages."""
    return Path(__file__).with_name("page.css").read_text(encoding="utf-8")


def render_report(study: Study, content: dict[str, Any]) -> str:
    """Return the page for what `build_content` collected."""
    from jinja2 import Environment, StrictUndefined
    from markupsafe import Markup

    def figure_data(name: str) -> str:
        path = study.report_dir / "figures" / f"{name}.png"
        return base64.b64encode(path.read_bytes()).decode()

    environment = Environment(autoescape=True, undefined=StrictUndefined, trim_blocks=True)
    template = environment.from_string(_TEMPLATE.read_text(encoding="utf-8"))
    return template.render(
        **content,
        css=Markup(read_css()),
        figure_data=figure_data,
    )
