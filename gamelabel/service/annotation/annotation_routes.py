"""The annotators' calls and page, and the operator's export."""

from __future__ import annotations

from pathlib import Path
from typing import Annotated, Any

from fastapi import APIRouter, Response
from fastapi import Path as PathParameter
from fastapi.responses import HTMLResponse
from pydantic import BaseModel, Field

from gamelabel.games.annotation.quality_file import QualityRules
from gamelabel.service.access import SessionToken
from gamelabel.service.annotation.annotation_export import project_archive
from gamelabel.service.annotation.annotation_work import AnnotationWork
from gamelabel.service.api import RequestBody
from gamelabel.service.operator_actions import Operator, record_action
from gamelabel.service.outbox import Outbox
from gamelabel.service.page import frame_page
from gamelabel.service.problems import documented

_TEMPLATE = Path(__file__).parent / "templates" / "annotate.html.j2"
ItemId = Annotated[str, PathParameter(pattern=r"^[A-Za-z0-9_-]{22}$")]
PictureNumber = Annotated[int, PathParameter(ge=0, le=1000)]


class OptionBody(BaseModel):
    """An issue or a category."""

    name: str
    text: str


class StepBody(BaseModel):
    """A question about some pictures of the prompt, by their numbers, from 0.

    `answer`: what was answered before, of a prompt that an inspector has returned.
    """

    number: int
    kind: str
    question: str
    options: list[OptionBody]
    pictures: list[int]
    is_answered: bool
    answer: dict[str, Any] | None


class AnnotationItemBody(BaseModel):
    """A prompt to be annotated, its words, what it pays, and how many pictures it has.

    `is_question`: it belongs to the test before the work; `returned`: why an inspector returned it,
    empty if none did.
    """

    item: str
    prompt: str
    words: list[str]
    pays: int
    pictures: int
    steps: list[StepBody]
    is_question: bool = False
    returned: str = ""


class WorkedStepBody(StepBody):
    """A question with its right answer, and why it is right."""

    why: str


class WorkedExampleBody(BaseModel):
    """A worked example."""

    example: int
    prompt: str
    words: list[str]
    pictures: int
    steps: list[WorkedStepBody]


class StepAnswerBody(RequestBody):
    """An answer, whose fields depend on the kind of the step, and how long it took, in ms.

    `replaces`: it takes the place of the person's answer so far, while others are to be given.
    """

    answer: dict[str, Any]
    ms: int | None = Field(default=None, ge=0, le=2**31 - 1)
    replaces: bool = False


class PromptRewardBody(BaseModel):
    """The reward for a prompt."""

    id: str
    amount: int


class FeedbackBody(BaseModel):
    """Whether the answer to a question of the test is right, the right one, and why."""

    is_right: bool
    answer: dict[str, Any]
    why: str


class TestBody(BaseModel):
    """The test after a question: whether it is passed, null while it goes on, and tries left."""

    passed: bool | None
    tries_left: int


class StepReplyBody(BaseModel):
    """The reward once all steps are answered, and how many prompts the person has finished.

    `feedback` and `test` are for questions of the test only.
    """

    reward: PromptRewardBody | None
    prompts: int
    feedback: FeedbackBody | None = None
    test: TestBody | None = None


def annotation_routes(annotations: AnnotationWork, outbox: Outbox) -> APIRouter:
    """Return the routes for annotators."""
    router = APIRouter()

    @router.get("/annotate/{game_id}", response_class=HTMLResponse, include_in_schema=False)
    def page(game_id: Annotated[str, PathParameter(max_length=64)]) -> HTMLResponse:
        project, minimal = annotations.project, annotations.settings.minimal
        return frame_page(
            annotations.store,
            game_id,
            _TEMPLATE,
            audience=annotations.settings.audience,
            title=project.title,
            paragraphs=project.guideline_paragraphs,
            pays=project.coins,
            is_tested=project.quality.qualification is not None,
            is_checked=project.quality != QualityRules(),
            minimal=minimal,
        )

    @router.post("/v1/annotation/items", responses=documented(401, 403, 404))
    def open_item(session: SessionToken) -> AnnotationItemBody:
        """Return the prompt that is being annotated, or a new one; 404 if there is none left."""
        return AnnotationItemBody(**annotations.open_item(session))

    @router.get(
        "/v1/annotation/items/{item}/pictures/{number}",
        response_class=Response,
        responses={
            200: {"content": {"image/jpeg": {}}, "description": "The picture."},
            **documented(401, 404, 422),
        },
    )
    def picture(item: ItemId, number: PictureNumber, session: SessionToken) -> Response:
        """Return a picture of a prompt."""
        data = annotations.picture(session, item, number)
        return Response(data, media_type="image/jpeg")

    @router.put(
        "/v1/annotation/items/{item}/steps/{number}",
        responses=documented(400, 401, 403, 404, 409, 415, 422),
    )
    def answer_step(
        item: ItemId, number: PictureNumber, body: StepAnswerBody, session: SessionToken
    ) -> StepReplyBody:
        """Answer a step. The same answer again gets the same reply, another one gets 409."""
        answer, ms, replaces = body.answer, body.ms, body.replaces
        reply = annotations.answer_step(session, item, number, answer, ms, replaces)
        if reply["reward"]:
            outbox.notify()
        return StepReplyBody(**reply)

    @router.put(
        "/v1/annotation/items/{item}/answered-again",
        status_code=204,
        responses=documented(401, 403, 404, 409, 422),
    )
    def answer_again(item: ItemId, session: SessionToken) -> None:
        """Give a prompt that was returned to the inspectors again, with its present answers."""
        annotations.answer_again(session, item)

    @router.get("/v1/annotation/examples", responses=documented(401, 403))
    def examples(session: SessionToken) -> list[WorkedExampleBody]:
        """Return the worked examples with their answers; none for a person who has passed."""
        return [WorkedExampleBody(**example) for example in annotations.examples(session)]

    @router.get(
        "/v1/annotation/examples/{example}/pictures/{number}",
        response_class=Response,
        responses={
            200: {"content": {"image/jpeg": {}}, "description": "The picture."},
            **documented(401, 404, 422),
        },
    )
    def example_picture(
        example: PictureNumber, number: PictureNumber, session: SessionToken
    ) -> Response:
        """Return a picture of a worked example."""
        data = annotations.example_picture(session, example, number)
        return Response(data, media_type="image/jpeg")

    return router


def annotation_operator_routes(annotations: AnnotationWork) -> APIRouter:
    """Return the operator's routes: the export."""
    router = APIRouter(prefix="/v1/annotation")

    @router.get("/export")
    def export(operator: Operator) -> Response:
        """Return the answers as a ZIP archive of Parquet files, one a kind of task."""
        store, name = annotations.store, annotations.name
        archive = project_archive(store, annotations.project, name)
        with store.write() as connection:
            record_action(connection, annotations.settings, operator, "exported", name)
        return Response(archive, media_type="application/zip")

    return router
