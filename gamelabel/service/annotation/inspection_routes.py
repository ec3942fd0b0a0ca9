"""The inspectors' page and calls."""

from __future__ import annotations

from pathlib import Path
from typing import Annotated, Any, Literal

from fastapi import APIRouter, Response
from fastapi import Path as PathParameter
from fastapi.responses import HTMLResponse
from pydantic import Field

from gamelabel.service.access import SessionToken
from gamelabel.service.annotation.annotation_routes import (
    AnnotationItemBody,
    ItemId,
    PictureNumber,
)
from gamelabel.service.annotation.inspection_work import LONGEST_REASON, InspectionWork
from gamelabel.service.api import RequestBody
from gamelabel.service.page import frame_page
from gamelabel.service.problems import documented

StepNumber = Annotated[str, Field(pattern=r"^[0-9]{1,4}$")]
_TEMPLATE = Path(__file__).parent / "templates" / "inspect.html.j2"


class InspectedItemBody(AnnotationItemBody):
    """A prompt for an inspector: to annotate if `is_double`, else with another person's answers.

    `round`: how often the answers have come back; `returned`: why, the last time.
    """

    is_double: bool
    round: int


class DecisionBody(RequestBody):
    """A decision about the answers to a prompt, with corrected answers by their step."""

    round: int = Field(ge=0, le=10_000)
    decision: Literal["accepted", "returned", "corrected"]
    reason: str = Field(default="", max_length=LONGEST_REASON, pattern=r"^[^\x00]*$")
    corrections: dict[StepNumber, dict[str, Any]] = Field(default_factory=dict, max_length=1000)


def inspection_routes(inspections: InspectionWork) -> APIRouter:
    """Return the routes for inspectors."""
    router = APIRouter()
    annotations = inspections.annotations

    @router.get("/inspect/{game_id}", response_class=HTMLResponse, include_in_schema=False)
    def page(game_id: Annotated[str, PathParameter(max_length=64)]) -> HTMLResponse:
        return frame_page(
            annotations.store,
            game_id,
            _TEMPLATE,
            audience=annotations.settings.audience,
            title=annotations.project.title,
            paragraphs=annotations.project.guideline_paragraphs,
            minimal=annotations.settings.minimal,
        )

    @router.post("/v1/annotation/inspections", responses=documented(401, 403, 404))
    def next_item(session: SessionToken) -> InspectedItemBody:
        """Return what an inspector does next; 404 if nothing waits."""
        return InspectedItemBody(**inspections.next_item(session))

    @router.get(
        "/v1/annotation/inspections/{item}/pictures/{number}",
        response_class=Response,
        responses={
            200: {"content": {"image/jpeg": {}}, "description": "The picture."},
            **documented(401, 403, 404, 422),
        },
    )
    def picture(item: ItemId, number: PictureNumber, session: SessionToken) -> Response:
        """Return a picture of a prompt that is inspected."""
        data = inspections.picture(session, item, number)
        return Response(data, media_type="image/jpeg")

    @router.put(
        "/v1/annotation/inspections/{item}",
        status_code=204,
        responses=documented(400, 401, 403, 404, 409, 415, 422),
    )
    def decide(item: ItemId, body: DecisionBody, session: SessionToken) -> None:
        """Decide about answers. The same again changes nothing, another decision gets 409."""
        corrections = {int(number): answer for number, answer in body.corrections.items()}
        inspections.decide(session, item, body.round, body.decision, body.reason, corrections)

    return router
