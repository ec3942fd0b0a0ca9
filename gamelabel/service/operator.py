"""The operator's page and calls, on a port of their own: live figures, pause, and each game's."""

from collections.abc import Sequence
from typing import Annotated, Any

from fastapi import APIRouter, Depends, FastAPI, Request, Response
from fastapi.responses import HTMLResponse
from fastapi.security import HTTPAuthorizationCredentials, HTTPBearer
from sqlalchemy import Connection, Row, func, select, update

from gamelabel.service.activity import Activity
from gamelabel.service.calls import CallCounter
from gamelabel.service.database_tables import games, players, rewards
from gamelabel.service.games import launch_keys_of
from gamelabel.service.guard import Guard
from gamelabel.service.health import SharedQuestion, health_routes
from gamelabel.service.operator_actions import Operator, recent_actions, record_action
from gamelabel.service.operator_keys import operator_name
from gamelabel.service.page import operator_page, operator_template, serve_static
from gamelabel.service.problems import Problem, handle_problems
from gamelabel.service.prometheus import MEDIA_TYPE, metrics_text
from gamelabel.service.settings import Settings
from gamelabel.service.store import Store


def create_operator(store: Store, settings: Settings, activities: Sequence[Activity]) -> FastAPI:
    """Create the operator's application. Its calls need the operator's key."""
    app = FastAPI(
        title="gamelabel operator",
        docs_url=None,
        redoc_url=None,
        openapi_url=None,
        redirect_slashes=False,
    )
    bearer = HTTPBearer(auto_error=False)

    async def check_key(
        request: Request,
        credentials: Annotated[HTTPAuthorizationCredentials | None, Depends(bearer)],
    ) -> None:
        key = credentials.credentials if credentials else ""
        name = operator_name(settings.operators, key)
        if name is None:
            detail = "`gamelabel serve` prints in which file it is."
            raise Problem(401, "operator", "The operator's key is needed", detail)
        request.state.operator = name

    protected = [Depends(check_key)]

    @app.get("/")
    def page() -> HTMLResponse:
        names = [activity.name for activity in activities]
        return operator_page(operator_template(), activities=names)

    app.include_router(_routes(store, settings, activities), dependencies=protected)
    for activity in activities:
        app.include_router(activity.operator_routes, dependencies=protected)

    def read_metrics() -> str:
        with store.read() as connection:
            return metrics_text(connection, activities, settings)

    question = SharedQuestion(read_metrics)

    @app.get("/metrics", dependencies=protected)
    async def metrics() -> Response:
        return Response(await question.result(), media_type=MEDIA_TYPE)

    for activity in activities:
        app.include_router(activity.operator_pages)
    app.include_router(health_routes(store))
    serve_static(app, activities)
    handle_problems(app)
    app.add_middleware(Guard)
    app.add_middleware(CallCounter, counts=settings.calls)
    return app


def _routes(store: Store, settings: Settings, activities: Sequence[Activity]) -> APIRouter:
    router = APIRouter(prefix="/v1")

    @router.get("/figures")
    def figures() -> list[dict[str, Any]]:
        with store.read() as connection:
            registered = connection.execute(select(games).order_by(games.c.game_id)).all()
            return [
                _figures(connection, game, settings.audience, activities) for game in registered
            ]

    @router.put("/games/{game_id}/{state}", status_code=204)
    def set_state(game_id: str, state: str, operator: Operator) -> None:
        if state not in ("paused", "running"):
            raise Problem(404, "missing", "A game can be `paused` or `running`")
        with store.write() as connection:
            change = update(games).where(games.c.game_id == game_id)
            if not connection.execute(change.values(paused=state == "paused")).rowcount:
                raise Problem(404, "missing", "There is no such game")
            record_action(connection, settings, operator, state, game_id)

    @router.get("/actions")
    def actions() -> list[dict[str, Any]]:
        with store.read() as connection:
            return recent_actions(connection)

    return router


def _figures(
    connection: Connection, game: Row[Any], audience: str, activities: Sequence[Activity]
) -> dict[str, Any]:
    """Return a game's live figures: those of the service, and those of each activity by name."""
    by_state = select(players.c.state, func.count().label("n")).group_by(players.c.state)
    people = connection.execute(by_state.where(players.c.game_id == game.game_id)).all()
    coins = func.sum(rewards.c.amount).label("coins")
    booked = select(rewards.c.state, func.count().label("n"), coins).group_by(rewards.c.state)
    payments = connection.execute(booked.where(rewards.c.game_id == game.game_id)).all()
    troubled = (rewards.c.state != "delivered") & rewards.c.trouble.is_not(None)
    trouble = (
        select(rewards.c.trouble)
        .where(rewards.c.game_id == game.game_id, troubled)
        .order_by(rewards.c.due_at.desc())
        .limit(1)
    )
    figures: dict[str, Any] = {
        "game": game.game_id,
        "title": game.title,
        "paused": game.paused,
        "closed": not launch_keys_of(connection, game.game_id, audience),
        "players": {row.state: row.n for row in people},
        "rewards": {row.state: {"n": row.n, "coins": int(row.coins)} for row in payments},
        "reward_trouble": connection.execute(trouble).scalar(),
    }
    for activity in activities:
        figures[activity.name] = activity.live_figures(connection, game.game_id)
    return figures
