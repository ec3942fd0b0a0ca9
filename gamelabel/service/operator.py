"""The operator's page and API, on a port of its own: live figures, pause, points taken out, export."""

import hmac
import io
import tempfile
import zipfile
from pathlib import Path
from typing import Annotated, Any

from fastapi import APIRouter, Depends, FastAPI, Response
from fastapi.responses import HTMLResponse
from fastapi.security import HTTPAuthorizationCredentials, HTTPBearer
from sqlalchemy import update

from gamelabel.service.database_tables import games, pairs
from gamelabel.service.guard import Guard
from gamelabel.service.live_figures import live_figures
from gamelabel.service.page import render, static_file
from gamelabel.service.pairs.export import read_database
from gamelabel.service.problems import Problem, handle_problems
from gamelabel.service.settings import Settings
from gamelabel.service.store import Store
from gamelabel.tables import write_table

_POLICY = "default-src 'none'; script-src 'self'; style-src 'self'; connect-src 'self'; frame-ancestors 'none'"


def create_operator(store: Store, settings: Settings) -> FastAPI:
    """The operator's application: whoever has the operator's key may use it, nobody else."""

    app = FastAPI(title="gamelabel operator", docs_url=None, redoc_url=None, openapi_url=None)
    bearer = HTTPBearer(auto_error=False)

    def operator(given: Annotated[HTTPAuthorizationCredentials | None, Depends(bearer)]) -> None:
        if given is None or not hmac.compare_digest(
            given.credentials.encode(), settings.keys.operator.encode()
        ):
            raise Problem(
                401, "operator", "The operator's key is needed", "gamelabel serve prints it."
            )

    @app.get("/")
    def page() -> HTMLResponse:
        return HTMLResponse(
            render("operator.html.j2"), headers={"Content-Security-Policy": _POLICY}
        )

    @app.get("/static/{name}")
    def static(name: str) -> Response:
        return static_file(name)

    router = APIRouter(prefix="/v1", dependencies=[Depends(operator)])

    @router.get("/figures")
    def figures() -> list[dict[str, Any]]:
        return live_figures(store)

    @router.put("/games/{game_id}/{state}", status_code=204)
    def pause(game_id: str, state: str) -> None:
        if state not in ("paused", "running"):
            raise Problem(404, "missing", "A game can be paused or running")
        set_paused(store, game_id, state == "paused")

    @router.put("/pools/{pool}/pairs/{pair_id}/retired", status_code=204)
    def retire(pool: str, pair_id: str) -> None:
        with store.write() as connection:
            one = update(pairs).where(pairs.c.pool == pool, pairs.c.pair_id == pair_id)
            if not connection.execute(one.values(retired=True)).rowcount:
                raise Problem(404, "missing", "There is no such pair")

    @router.get("/pools/{pool}/export")
    def export(pool: str) -> Response:
        return Response(export_zip(store, pool), media_type="application/zip")

    app.include_router(router)
    handle_problems(app)
    app.add_middleware(Guard)
    return app


def set_paused(store: Store, game_id: str, paused: bool) -> None:
    """Stop or resume dealing batches in a game; open ones can still be answered. Raises Problem 404."""
    with store.write() as connection:
        one = update(games).where(games.c.game_id == game_id).values(paused=paused)
        if not connection.execute(one).rowcount:
            raise Problem(404, "missing", "There is no such game")


def export_zip(store: Store, pool: str) -> bytes:
    """The study's tables `pairs`, `labels` and `players` of a pool, with pictures as players saw them."""
    url = store.engine.url.render_as_string(hide_password=False)
    out = io.BytesIO()
    with tempfile.TemporaryDirectory() as folder:
        try:
            tables = read_database(url, folder, "images", pool)
        except ValueError as error:
            raise Problem(404, "missing", "There is no such pool", str(error)) from error
        for name, frame in tables.by_name().items():
            write_table(frame, folder, name)
        with zipfile.ZipFile(out, "w") as archive:
            for path in sorted(Path(folder).rglob("*.*")):
                archive.write(path, path.relative_to(folder))
    return out.getvalue()
