"""The player's page, which a game shows in a frame: its markup, script and style, and the policy that guards them."""

from __future__ import annotations

from functools import cache
from pathlib import Path
from typing import Annotated

from fastapi import APIRouter, Response
from fastapi import Path as PathParam
from fastapi.responses import HTMLResponse
from jinja2 import Environment, FileSystemLoader, StrictUndefined
from sqlalchemy import select

from gamelabel.service.database_tables import games
from gamelabel.service.problems import Problem
from gamelabel.service.settings import Settings
from gamelabel.service.store import Store

HERE = Path(__file__).parent
_KINDS = {".js": "text/javascript", ".css": "text/css"}
_POLICY = (
    "default-src 'none'; script-src 'self'; style-src 'self'; img-src blob:; connect-src 'self'; base-uri 'none'; "
    "form-action 'none'; require-trusted-types-for 'script'; trusted-types 'none'; frame-ancestors {origin}"
)


def pages(store: Store, settings: Settings) -> APIRouter:
    """The page at /play/<game>, and what it loads."""
    router = APIRouter(include_in_schema=False)

    @router.get("/play/{game_id}")
    def play(game_id: Annotated[str, PathParam(max_length=64)]) -> HTMLResponse:
        with store.read() as connection:
            game = connection.execute(select(games).where(games.c.game_id == game_id)).first()
        if game is None:
            raise Problem(404, "missing", "There is no such game")
        html = render("play.html.j2", game=game, look_s=settings.look_s, minimal=settings.minimal)
        return HTMLResponse(
            html, headers={"Content-Security-Policy": _POLICY.format(origin=game.origin)}
        )

    @router.get("/static/{name}")
    def static(name: str) -> Response:
        return static_file(name)

    return router


def render(template: str, folder: Path = HERE / "templates", **values: object) -> str:
    """A template with values, which it escapes."""
    return _templates(folder).get_template(template).render(**values)


def static_file(name: str, folder: Path = HERE / "static") -> Response:
    """A file of a folder, by its name in the list of those that there are."""
    content = _static(folder).get(name)
    if content is None:
        raise Problem(404, "missing", "There is no such file")
    return Response(
        content, media_type=_KINDS[Path(name).suffix], headers={"Cache-Control": "no-cache"}
    )


@cache
def _templates(folder: Path) -> Environment:
    return Environment(loader=FileSystemLoader(folder), autoescape=True, undefined=StrictUndefined)


@cache
def _static(folder: Path) -> dict[str, bytes]:
    return {path.name: path.read_bytes() for path in folder.iterdir() if path.suffix in _KINDS}
