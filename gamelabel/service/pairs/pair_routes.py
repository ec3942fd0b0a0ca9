"""The labeling game's calls and page for players, and its calls for the operator."""

from pathlib import Path
from typing import Annotated, Literal

from fastapi import APIRouter, Response
from fastapi import Path as PathParameter
from fastapi.responses import HTMLResponse, JSONResponse
from pydantic import BaseModel, Field
from sqlalchemy import select, update

from gamelabel.service.access import IdempotencyKey, SessionToken
from gamelabel.service.api import RequestBody
from gamelabel.service.database_tables import players
from gamelabel.service.operator_actions import Operator, record_action
from gamelabel.service.outbox import Outbox
from gamelabel.service.page import frame_page
from gamelabel.service.pairs.batches import Answer, Batches
from gamelabel.service.pairs.export import pool_archive
from gamelabel.service.pairs.pair_tables import pairs
from gamelabel.service.pairs.reinstatement import reinstate, removed_by_pair
from gamelabel.service.problems import Problem, documented

_TEMPLATE = Path(__file__).parent / "templates" / "play.html.j2"
RandomId = Annotated[str, PathParameter(pattern=r"^[A-Za-z0-9_-]{22}$")]
GameId = Annotated[str, PathParameter(max_length=64)]


class ItemBody(BaseModel):
    """A pair: its prompt, and the names of its two pictures, left and right."""

    item: str
    prompt: str
    left: str
    right: str


class RewardBody(BaseModel):
    """A reward: its id, which is the `jti` of the payment, and the number of coins."""

    id: str
    amount: int


class ReplyBody(BaseModel):
    """The reply to answers: the reward, its level of pay, and how many labels the player gave."""

    state: Literal["active", "removed"]
    reward: RewardBody
    level: int
    levels: int
    labels: int


class BatchBody(BaseModel):
    """Pairs to be answered together, what they pay, and how long to show each of them, in seconds.

    `ties` says whether both pictures of a pair may be equal. `reply` is null until the batch has
    been answered.
    """

    batch: str
    pays: int
    look_s: float
    ties: bool
    items: list[ItemBody]
    reply: ReplyBody | None


class AnswerBody(RequestBody):
    """A choice, and the response time in milliseconds if the player agreed to that.

    A choice of "tie" is for the pairs of an arena only, see `ties` of the batch.
    """

    item: str = Field(pattern=r"^[A-Za-z0-9_-]{22}$")
    choice: Literal["left", "right", "tie"]
    ms: int | None = Field(default=None, ge=0, le=2**31 - 1)


class AnswersBody(RequestBody):
    """An answer to every item of a batch."""

    answers: list[AnswerBody] = Field(min_length=1, max_length=100)


class ReasonBody(RequestBody):
    """Why an operator does something, for the record: no player's name."""

    reason: str = Field(pattern=r"^[^\x00]{1,500}$")


class ReinstatementBody(ReasonBody):
    """A removed player: the id in the game, the `sub` of launches. It is not stored."""

    player: str = Field(min_length=1, max_length=256)


def player_routes(batches: Batches, outbox: Outbox) -> APIRouter:
    """Return the routes for players.

    They make their responses directly, and the framework does not check them again, which takes
    time in every call: tests compare them with the models.
    """
    router = APIRouter()

    @router.get("/play/{game_id}", include_in_schema=False)
    def page(game_id: GameId) -> HTMLResponse:
        minimal = batches.settings.minimal
        look_s = batches.look_s
        return frame_page(batches.store, game_id, _TEMPLATE, look_s=look_s, minimal=minimal)

    @router.post(
        "/v1/batches",
        status_code=201,
        response_class=JSONResponse,
        responses={
            200: {"model": BatchBody},
            201: {"model": BatchBody},
            **documented(401, 403, 404, 422),
        },
    )
    def open_batch(session: SessionToken, key: IdempotencyKey = None) -> Response:
        """Return the open batch (200) or a new one (201); 404 if the player has seen all pairs."""
        batch, is_new = batches.open_batch(session, key)
        return JSONResponse(batch, 201 if is_new else 200)

    @router.get(
        "/v1/batches/{batch}", responses={200: {"model": BatchBody}, **documented(401, 404, 422)}
    )
    def show_batch(batch: RandomId, session: SessionToken) -> Response:
        """Return a batch of the player, with the reply to its answers."""
        return JSONResponse(batches.show_batch(session, batch))

    @router.post(
        "/v1/batches/{batch}/answers",
        responses={
            200: {"model": ReplyBody},
            **documented(400, 401, 403, 404, 409, 415, 422, 425),
        },
    )
    def answer_batch(batch: RandomId, body: AnswersBody, session: SessionToken) -> Response:
        """Answer a whole batch. The same answers again get the same reply, others get 409."""
        answers = {answer.item: Answer(answer.choice, answer.ms) for answer in body.answers}
        if len(answers) < len(body.answers):
            raise Problem(409, "items", "An item is answered twice", "Answer each item once.")
        reply = batches.answer_batch(session, batch, answers)
        outbox.notify()
        return JSONResponse(reply)

    @router.get(
        "/v1/pictures/{name}",
        response_class=Response,
        responses={
            200: {"content": {"image/jpeg": {}}, "description": "The picture."},
            **documented(401, 404, 422),
        },
    )
    def picture(name: RandomId, session: SessionToken) -> Response:
        """Return a picture of one of the player's items."""
        return Response(batches.picture(session, name), media_type="image/jpeg")

    return router


def operator_routes(batches: Batches) -> APIRouter:
    """Return the routes for the operator: pairs and removed players, and the export of a pool."""
    router = APIRouter(prefix="/v1")
    store, settings = batches.store, batches.settings

    @router.put("/pools/{pool}/pairs/{pair_id}/{state}", status_code=204)
    def set_pair(
        pool: str, pair_id: str, state: Literal["retired", "active"], operator: Operator
    ) -> None:
        pair = (pairs.c.pool == pool) & (pairs.c.pair_id == pair_id)
        change = update(pairs).where(pair).values(retired=state == "retired")
        with store.write() as connection:
            if not connection.execute(change).rowcount:
                raise Problem(404, "missing", "There is no such pair")
            record_action(connection, settings, operator, state, f"{pool}/{pair_id}")

    @router.post("/pools/{pool}/pairs/{pair_id}/reinstatements")
    def reinstate_all(
        pool: str, pair_id: str, body: ReasonBody, operator: Operator
    ) -> dict[str, int]:
        """Reinstate the players who were removed and had answered this comparison point wrong."""
        with store.write() as connection:
            removed = removed_by_pair(connection, pool, pair_id)
            reinstate(connection, removed, batches.rules, batches.rng)
            subject = f"{len(removed)} players, {pool}/{pair_id}"
            record_action(connection, settings, operator, "reinstated", subject, body.reason)
        return {"players": len(removed)}

    @router.post("/games/{game_id}/reinstatements", status_code=204)
    def reinstate_one(game_id: str, body: ReinstatementBody, operator: Operator) -> None:
        pseudonym = settings.keys.mark("player", game_id, body.player)
        with store.write() as connection:
            query = select(players).where(players.c.pseudonym == pseudonym).with_for_update()
            player = connection.execute(query).first()
            if player is None:
                raise Problem(404, "missing", "There is no such player")
            if player.state != "removed":
                raise Problem(409, "state", f"This player is not removed but {player.state}")
            reinstate(connection, [player.id], batches.rules, batches.rng)
            record_action(connection, settings, operator, "reinstated", game_id, body.reason)

    @router.get("/pools/{pool}/export")
    def export(pool: str) -> Response:
        try:
            archive = pool_archive(store, pool)
        except ValueError as error:
            raise Problem(404, "missing", "There is no such pool", str(error)) from error
        return Response(archive, media_type="application/zip")

    return router
