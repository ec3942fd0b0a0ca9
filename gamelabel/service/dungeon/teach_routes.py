"""The teachers' calls and page, and the operator's calls that run the rounds."""

from __future__ import annotations

import io
import zipfile
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any, Literal

from fastapi import APIRouter, Response
from fastapi.responses import HTMLResponse
from pydantic import BaseModel, Field

from gamelabel.games.descent import DescentError
from gamelabel.service.access import SessionToken
from gamelabel.service.api import RequestBody
from gamelabel.service.dungeon.lessons import Lessons
from gamelabel.service.operator_actions import Operator, record_action
from gamelabel.service.outbox import Outbox
from gamelabel.service.page import frame_page
from gamelabel.service.problems import Problem, documented

_TEMPLATE = Path(__file__).parent / "templates" / "teach.html.j2"


class SceneBody(BaseModel):
    """What a teacher sees: the place and what is carried in words, possible and past actions."""

    place: str
    inventory: str
    actions: list[str]
    done: list[str]


class RoundBody(BaseModel):
    """The round: its stage, how much time is left, and how many examples the teacher gave."""

    stage: Literal["preparing", "between", "open", "training", "closed", "finished"]
    number: int
    rounds: int
    seconds_left: float
    subject: str
    least: int
    most: int
    examples: int
    done: int
    total: int


class PlaceBody(BaseModel):
    """A place of the leaderboard; place and score are null where teachers do not compete."""

    place: int | None
    score: float | None
    examples: int
    is_own: bool


class RoundRewardBody(BaseModel):
    """A reward for a round."""

    id: str
    amount: int


class ResultsBody(BaseModel):
    """The last published round."""

    number: int
    teachers: int
    rows: list[PlaceBody]
    reward: RoundRewardBody | None


class LessonBody(BaseModel):
    """All that the page shows."""

    round: RoundBody
    scene: SceneBody
    results: ResultsBody | None


class SayBody(RequestBody):
    """What the teacher typed or chose; `step`: how many actions the page shows as done."""

    text: str = Field(max_length=1000)
    step: int = Field(ge=0, le=100)


class SaidBody(BaseModel):
    """The reply in words, and the scene after it."""

    reply: str
    scene: SceneBody


class ResetBody(RequestBody):
    """Whether to begin in another world, or where the example began."""

    new_world: bool = False


class ExampleBody(RequestBody):
    """A command for the actions so far, in the round that the page shows."""

    command: str = Field(max_length=20_000)
    round: int = Field(ge=0, le=10**6)
    step: int = Field(ge=0, le=100)


class TaughtBody(BaseModel):
    """What the dragon would have done, if teachers are shown that, and whether that was meant."""

    attempt: str | None
    is_right: bool | None
    meant: str
    scene: SceneBody
    round: RoundBody


def teach_routes(lessons: Lessons, title: str) -> APIRouter:
    """Return the routes for teachers."""
    router = APIRouter()

    @router.get("/teach/{game_id}", response_class=HTMLResponse, include_in_schema=False)
    def page(game_id: str) -> HTMLResponse:
        rules = lessons.classroom.descent.rules
        return frame_page(
            lessons.store,
            game_id,
            _TEMPLATE,
            title=title,
            minimal=lessons.settings.minimal,
            is_competitive=rules.competitive,
            most_actions=lessons.longest_example,
        )

    @router.get("/v1/dungeon", responses=documented(401, 403))
    def lesson(session: SessionToken) -> LessonBody:
        """Return the round, the scene, and the results of the last published round."""
        return LessonBody(**lessons.lesson(session))

    @router.get("/v1/dungeon/round", responses=documented(401))
    def round_now(session: SessionToken) -> RoundBody:
        """Return what goes on in the round."""
        return RoundBody(**lessons.round_of(session))

    @router.post("/v1/dungeon/commands", responses=documented(400, 401, 403, 409, 415, 422))
    def say(body: SayBody, session: SessionToken) -> SaidBody:
        """Do an action, or answer a question such as "look"."""
        return SaidBody(**lessons.say(session, body.text, body.step))

    @router.post("/v1/dungeon/resets", responses=documented(400, 401, 403, 415, 422))
    def reset(body: ResetBody, session: SessionToken) -> SceneBody:
        """Go back to where the example began, or to another world."""
        return SceneBody(**lessons.reset(session, body.new_world))

    @router.post("/v1/dungeon/examples", responses=documented(400, 401, 403, 409, 415, 422))
    def teach(body: ExampleBody, session: SessionToken) -> TaughtBody:
        """Give the actions so far as an example; 409 if the round is closed."""
        return TaughtBody(**lessons.teach(session, body.command, body.round, body.step))

    return router


def teach_operator_routes(lessons: Lessons, outbox: Outbox) -> APIRouter:
    """Return the routes that open, close and publish rounds, and the export."""
    router = APIRouter(prefix="/v1/dungeon")
    store, settings, classroom = lessons.store, lessons.settings, lessons.classroom

    def record(operator: str, action: str, number: int) -> None:
        with store.write() as connection:
            record_action(connection, settings, operator, action, f"round {number}")

    @router.post("/rounds", status_code=201)
    def open_round(operator: Operator) -> dict[str, int]:
        """Open the next round."""
        with _refusals():
            number = classroom.open_round()
        record(operator, "opened", number)
        return {"round": number}

    @router.post("/rounds/close", status_code=202)
    def close_round(operator: Operator) -> dict[str, int]:
        """Close the round and begin to train; the live figures show how far that is."""
        number = classroom.state().number
        with _refusals():
            classroom.close_round()
        record(operator, "closed", number)
        return {"round": number}

    @router.post("/rounds/publish")
    def publish(operator: Operator) -> dict[str, Any]:
        """Publish the scores of the last round and book the rewards."""
        with _refusals():
            board = classroom.publish()
        number = int(board["round"].iloc[0]) if len(board) else classroom.state().number
        n_booked = lessons.pay.pay_published()
        outbox.notify()
        record(operator, "published", number)
        return {"round": number, "teachers": len(board), "rewards": n_booked}

    @router.get("/export")
    def export(operator: Operator) -> Response:
        """Return the tables of the descent as a ZIP archive of Parquet files."""
        content = io.BytesIO()
        with zipfile.ZipFile(content, "w") as archive:
            for path in sorted(classroom.descent.folder.glob("*.parquet")):
                archive.write(path, path.name)
        record(operator, "exported", classroom.state().number)
        return Response(content.getvalue(), media_type="application/zip")

    return router


@contextmanager
def _refusals() -> Iterator[None]:
    """Answer what a descent cannot do now with 409."""
    try:
        yield
    except DescentError as error:
        text = f"{str(error)[:1].upper()}{str(error)[1:]}"
        raise Problem(409, "round", "This is not possible now", text) from error
