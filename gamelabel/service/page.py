"""Pages for players and operators: templates, static files, and their security policy."""

from __future__ import annotations

from collections.abc import Iterable
from functools import cache
from pathlib import Path
from typing import Any

from fastapi import FastAPI, Response
from fastapi.responses import HTMLResponse
from jinja2 import Environment, FileSystemLoader, StrictUndefined
from sqlalchemy import Row, select

from gamelabel.service.activity import Activity
from gamelabel.service.database_tables import games
from gamelabel.service.games import launch_keys_of
from gamelabel.service.launch_tokens import SERVICE
from gamelabel.service.problems import Problem
from gamelabel.service.store import Store

_FOLDER = Path(__file__).parent
_MEDIA_TYPES = {".js": "text/javascript", ".css": "text/css"}
_POLICY = "; ".join(
    [
        "default-src 'none'",
        "script-src 'self'",
        "style-src 'self'",
        "img-src blob:",
        "connect-src 'self'",
        "base-uri 'none'",
        "form-action {forms}",
        "require-trusted-types-for 'script'",
        "trusted-types 'none'",
        "frame-ancestors {ancestors}",
    ]
)

_OPERATOR_POLICY = (
    "default-src 'none'; script-src 'self'; style-src 'self'; connect-src 'self'; "
    "frame-ancestors 'none'"
)


def frame_page(
    store: Store,
    game_id: str,
    template: Path,
    ancestors: str = "",
    forms: str = "'none'",
    audience: str = SERVICE,
    **values: object,
) -> HTMLResponse:
    """Render a page that only the pages of a game may show in a frame.

    Parameters
    ----------
    store : Store
        The database with the registered games.
    game_id : str
        The game's id.
    template : Path
        A template that extends the service's `frame.html.j2`.
    ancestors : str
        The origins, separated by spaces, whose pages may show it instead of the game's.
    forms : str
        The origins to which it may send a form.
    audience : str
        What the launches are for that let players in.
    **values
        For the template, besides `game`.

    Raises
    ------
    Problem
        404 if the game is not registered.
    """
    game = registered_game(store, game_id, audience)
    policy = _POLICY.format(ancestors=ancestors or game.origin, forms=forms)
    page = render_page(template, game=game, **values)
    return HTMLResponse(page, headers={"Content-Security-Policy": policy})


def registered_game(store: Store, game_id: str, audience: str = SERVICE) -> Row[Any]:
    """Return a game's row. Raises Problem 404 if the game is not registered, or is closed."""
    with store.read() as connection:
        game = connection.execute(select(games).where(games.c.game_id == game_id)).first()
        is_open = launch_keys_of(connection, game_id, audience) != ""
    if game is None or not is_open:
        raise Problem(404, "missing", "There is no such game")
    return game


def render_page(template: Path, **values: object) -> str:
    """Render a template; its values are escaped."""
    return _environment(template.parent).get_template(template.name).render(**values)


def operator_template() -> Path:
    """Return the path of the operator's page."""
    return _FOLDER / "templates" / "operator.html.j2"


def operator_page(template: Path, **values: object) -> HTMLResponse:
    """Render a page on the operator's port."""
    page = render_page(template, **values)
    return HTMLResponse(page, headers={"Content-Security-Policy": _OPERATOR_POLICY})


def serve_static(app: FastAPI, activities: Iterable[Activity]) -> None:
    """Serve scripts and styles: the service's under `/static`, an activity's under its name."""
    folders = {activity.name: activity.static for activity in activities}

    @app.get("/static/{name}", include_in_schema=False)
    def service_file(name: str) -> Response:
        return _static_file(_FOLDER / "static", name)

    @app.get("/static/{activity}/{name}", include_in_schema=False)
    def activity_file(activity: str, name: str) -> Response:
        if activity not in folders:
            raise Problem(404, "missing", "There is no such file")
        return _static_file(folders[activity], name)


def _static_file(folder: Path, name: str) -> Response:
    """Return a file of a folder; the name is looked up in a list, never joined to a path."""
    content = _static_files(folder).get(name)
    if content is None:
        raise Problem(404, "missing", "There is no such file")
    headers = {"Cache-Control": "no-cache"}
    return Response(content, media_type=_MEDIA_TYPES[Path(name).suffix], headers=headers)


@cache
def _environment(folder: Path) -> Environment:
    loader = FileSystemLoader([folder, _FOLDER / "templates"])
    return Environment(loader=loader, autoescape=True, undefined=StrictUndefined)


@cache
def _static_files(folder: Path) -> dict[str, bytes]:
    paths = [path for path in folder.iterdir() if path.suffix in _MEDIA_TYPES]
    return {path.name: path.read_bytes() for path in paths}
