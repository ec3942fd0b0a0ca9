"""The application that a process runs for players: sessions, consent, and the games' own calls."""

from collections.abc import AsyncIterator, Sequence
from contextlib import AsyncExitStack, asynccontextmanager
from typing import Any, Literal

from fastapi import APIRouter, Depends, FastAPI
from pydantic import BaseModel, ConfigDict, Field

from gamelabel import __version__
from gamelabel.service import people
from gamelabel.service.access import IdempotencyKey, SessionToken, check_address, limit_calls
from gamelabel.service.activity import Activity
from gamelabel.service.calls import CallCounter
from gamelabel.service.guard import Guard
from gamelabel.service.health import health_routes
from gamelabel.service.outbox import Outbox
from gamelabel.service.page import serve_static
from gamelabel.service.problems import ProblemBody, documented, handle_problems
from gamelabel.service.settings import Settings
from gamelabel.service.store import Store
from gamelabel.service.turns import Turns

# connections that calls do not take: for the outbox, the operator and the check of readiness
_OTHER_CONNECTIONS = 2


class RequestBody(BaseModel):
    """The base of what a client sends: exactly the fields described."""

    model_config = ConfigDict(extra="forbid", strict=True)


class LaunchBody(RequestBody):
    """A launch token, signed by the game's backend."""

    launch: str = Field(max_length=4096)


class SessionBody(BaseModel):
    """A session. Every other call sends it as its bearer token.

    `player` is always the same for a player, and nobody else's: a page keeps answers under it that
    are not sent yet. `times`: whether response times are stored.
    """

    session: str
    player: str
    state: Literal["active", "removed", "withdrawn"]
    consented: bool
    times: bool


class ConsentBody(RequestBody):
    """The player's consent; `times`: to response times being stored as well."""

    times: bool = False


class KeyBody(BaseModel):
    """The public key that verifies rewards, Ed25519 as base64url; rewards name its `kid`."""

    kid: str
    key: str


def create_app(
    store: Store, settings: Settings, outbox: Outbox, activities: Sequence[Activity]
) -> FastAPI:
    """Create the players' application. It sends rewards while it runs.

    Parameters
    ----------
    store : Store
        The database.
    settings : Settings
        Of this process.
    outbox : Outbox
        Started and stopped with the application.
    activities : sequence of Activity
        What players can do.
    """

    @asynccontextmanager
    async def lifespan(_: FastAPI) -> AsyncIterator[None]:
        outbox.start()
        async with AsyncExitStack() as running:
            for activity in activities:
                await running.enter_async_context(activity.running())
            yield
        outbox.stop()

    app = FastAPI(
        title="gamelabel",
        version=__version__,
        lifespan=lifespan,
        docs_url=None,
        redoc_url=None,
        redirect_slashes=False,  # a redirect would name the host that the request claims
    )
    limit_calls(app, settings)
    limited = [Depends(check_address)]
    app.include_router(_routes(store, settings, activities), dependencies=limited)
    for activity in activities:
        app.include_router(activity.player_routes, dependencies=limited)
    app.include_router(health_routes(store))
    serve_static(app, activities)
    handle_problems(app)
    app.add_middleware(Turns, count=store.connections - _OTHER_CONNECTIONS)
    app.add_middleware(Guard)
    app.add_middleware(CallCounter, counts=settings.calls)
    _describe_problems(app)
    return app


def _describe_problems(app: FastAPI) -> None:
    """Add to the OpenAPI description what `documented` refers to."""
    describe = app.openapi

    def openapi() -> dict[str, Any]:
        description = describe()
        description["components"]["schemas"]["ProblemBody"] = ProblemBody.model_json_schema()
        return description

    app.openapi = openapi  # type: ignore[method-assign]


def _routes(store: Store, settings: Settings, activities: Sequence[Activity]) -> APIRouter:
    router = APIRouter(prefix="/v1")
    player_tables = [table for activity in activities for table in activity.player_tables]

    @router.post("/sessions", status_code=201, responses=documented(400, 401, 403, 415, 422))
    def open_session(body: LaunchBody, key: IdempotencyKey = None) -> SessionBody:
        """Exchange a launch token for a session. It works once; the same key repeats it."""
        return SessionBody(**people.open_session(store, settings, body.launch, key))

    @router.put("/consent", status_code=204, responses=documented(400, 401, 403, 415, 422))
    def give_consent(body: ConsentBody, session: SessionToken) -> None:
        """Store that the player has read what is stored and agrees; again to change `times`."""
        people.give_consent(store, settings, session, body.times)

    @router.delete("/player", status_code=204, responses=documented(401))
    def withdraw(session: SessionToken) -> None:
        """Delete the player's data; only that they withdrew or were removed is kept.

        Rewards that the game does not have yet are deleted once it has them. What the game keeps of
        its payments is not the service's.
        """
        pseudonym = people.withdraw(store, settings, session, player_tables)
        for activity in activities:
            activity.delete_files(pseudonym)

    @router.get("/keys", responses=documented())
    def keys() -> list[KeyBody]:
        """Return the keys that verify rewards, the one that signs first."""
        return [KeyBody(kid=kid, key=key) for kid, key in settings.keys.published.items()]

    return router
