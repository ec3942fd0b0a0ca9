"""The API under /v1, and the application that a process runs for players."""

from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from typing import Annotated, Any, Literal

from fastapi import APIRouter, Depends, FastAPI, Header, Path, Request, Response
from fastapi.security import HTTPAuthorizationCredentials, HTTPBearer
from pydantic import BaseModel, ConfigDict, Field

from gamelabel import __version__
from gamelabel.service import people
from gamelabel.service.guard import Guard
from gamelabel.service.outbox import Outbox
from gamelabel.service.page import pages
from gamelabel.service.pairs import batches
from gamelabel.service.problems import Problem, ProblemBody, documented, handle_problems
from gamelabel.service.rate import Rate
from gamelabel.service.settings import Settings
from gamelabel.service.store import Store

Opaque = Annotated[str, Path(pattern=r"^[A-Za-z0-9_-]{22}$")]
Once = Annotated[
    str | None,
    Header(
        alias="Idempotency-Key",
        pattern=r"^[A-Za-z0-9_-]{8,64}$",
        description="Chosen by the client, new for each wish: the same wish sent again is met once.",
    ),
]


class Body(BaseModel):
    """What a client sends: exactly the fields described."""

    model_config = ConfigDict(extra="forbid", strict=True)


class LaunchBody(Body):
    """A launch token, as the game's backend signed it."""

    launch: str = Field(max_length=4096)


class SessionBody(BaseModel):
    """A session, which every other call needs as bearer token."""

    session: str
    state: Literal["active", "removed", "withdrawn"]
    consented: bool


class ConsentBody(Body):
    """The player agrees to take part; times: and to response times being kept."""

    times: bool = False


class Item(BaseModel):
    """A point: a prompt, and the names of its two pictures as they are to be shown."""

    item: str
    prompt: str
    left: str
    right: str


class Paid(BaseModel):
    """A reward: its name once and for all, and how much it is."""

    id: str
    amount: int


class Reply(BaseModel):
    """What answers were replied with: the reward, and how the player stands, in few levels."""

    state: Literal["active", "removed"]
    reward: Paid
    level: int
    levels: int
    labels: int


class BatchBody(BaseModel):
    """Points to be answered together, what they pay, how long each is to be looked at; reply: where it has been."""

    batch: str
    pays: int
    look_s: float
    items: list[Item]
    reply: Reply | None


class AnswerBody(Body):
    """A choice; ms: how long it took, where the player lets us know."""

    item: str = Field(pattern=r"^[A-Za-z0-9_-]{22}$")
    choice: Literal["left", "right"]
    ms: int | None = Field(default=None, ge=0, le=2**31 - 1)


class AnswersBody(Body):
    """An answer to every item of a batch."""

    answers: list[AnswerBody] = Field(min_length=1, max_length=100)


class KeyBody(BaseModel):
    """The public key that verifies rewards: Ed25519, base64url; `kid` in a reward's header says which key signed it."""

    kid: str
    key: str


def create_app(store: Store, settings: Settings, outbox: Outbox | None = None) -> FastAPI:
    """The application for players: the API, and the page that uses it. It sends rewards while it runs."""
    outbox = outbox or Outbox(store, settings)

    @asynccontextmanager
    async def running(_: FastAPI) -> AsyncIterator[None]:
        outbox.start()
        yield
        outbox.stop()

    app = FastAPI(
        title="gamelabel", version=__version__, lifespan=running, docs_url=None, redoc_url=None
    )
    app.include_router(_routes(store, settings, outbox))
    app.include_router(pages(store, settings))
    handle_problems(app)
    app.add_middleware(Guard)
    describe = app.openapi

    def openapi() -> dict[str, Any]:
        description = describe()
        schemas = description["components"]["schemas"]
        schemas["ProblemBody"] = ProblemBody.model_json_schema()
        return description

    app.openapi = openapi  # type: ignore[method-assign]
    return app


def _routes(store: Store, settings: Settings, outbox: Outbox) -> APIRouter:
    of_session, of_address = (Rate(settings.calls_per_minute * n, settings.clock) for n in (1, 20))
    bearer = HTTPBearer(auto_error=False, description="The session.")

    def limited(rate: Rate, who: str) -> None:
        if not rate.allows(who):
            raise Problem(429, "busy", "Too many requests", f"At most {rate.most} a minute.", 60)

    async def address(
        request: Request,
    ) -> None:  # async, as the next: a look into memory is not worth a thread
        """Many players may share an address; who makes sessions up has one all the same."""
        limited(of_address, request.client.host if request.client else "")

    async def session(
        given: Annotated[HTTPAuthorizationCredentials | None, Depends(bearer)],
    ) -> str:
        if given is None or len(given.credentials) > 100:
            raise Problem(
                401, "session", "A session is needed", "Send it as Authorization: Bearer."
            )
        limited(of_session, given.credentials)
        return given.credentials

    Session = Annotated[str, Depends(session)]
    router = APIRouter(prefix="/v1", dependencies=[Depends(address)])

    @router.post("/sessions", status_code=201, responses=documented(400, 401, 415, 422))
    def open_session(body: LaunchBody, key: Once = None) -> SessionBody:
        """Exchange a launch token for a session. A token works once; with the same key it may be sent again."""
        return SessionBody(**people.open_session(store, settings, body.launch, key))

    @router.put("/consent", status_code=204, responses=documented(400, 401, 403, 415, 422))
    def consent(body: ConsentBody, who: Session) -> None:
        """The player has read what is kept and agrees."""
        people.consent(store, settings, who, body.times)

    @router.delete("/player", status_code=204, responses=documented(401))
    def withdraw(who: Session) -> None:
        """Withdraw consent: all data of the player are deleted; only that they went, or were removed, is kept."""
        people.withdraw(store, settings, who)

    @router.post(
        "/batches",
        status_code=201,
        responses={200: {"model": BatchBody}, **documented(401, 403, 404, 422)},
    )
    def open_batch(who: Session, response: Response, key: Once = None) -> BatchBody:
        """The open batch (200), or a new one (201); 404 where the player has seen all pictures."""
        batch, new = batches.open_batch(store, settings, who, key)
        response.status_code = 201 if new else 200
        return BatchBody(**batch)

    @router.get("/batches/{batch}", responses=documented(401, 404, 422))
    def show_batch(batch: Opaque, who: Session) -> BatchBody:
        """A batch of the player's, and what its answers were replied with."""
        return BatchBody(**batches.show_batch(store, settings, who, batch))

    @router.post(
        "/batches/{batch}/answers", responses=documented(400, 401, 403, 404, 409, 415, 422, 425)
    )
    def answer(batch: Opaque, body: AnswersBody, who: Session) -> Reply:
        """Answer a batch as a whole. The same answers again get the same reply; others get 409."""
        answers = {one.item: batches.Answer(one.choice, one.ms) for one in body.answers}
        if len(answers) < len(body.answers):
            raise Problem(409, "items", "An item is answered twice", "Answer each item once.")
        reply = batches.answer(store, settings, who, batch, answers)
        outbox.news()
        return Reply(**reply)

    @router.get(
        "/pictures/{name}",
        response_class=Response,
        responses={
            200: {"content": {"image/jpeg": {}}, "description": "The picture."},
            **documented(401, 404, 422),
        },
    )
    def picture(name: Opaque, who: Session) -> Response:
        """A picture of one of the player's items."""
        return Response(batches.picture(store, settings, who, name), media_type="image/jpeg")

    @router.get("/keys", responses=documented())
    def keys() -> list[KeyBody]:
        """The keys that verify rewards."""
        return [KeyBody(kid=settings.keys.key_id, key=settings.keys.public)]

    return router
