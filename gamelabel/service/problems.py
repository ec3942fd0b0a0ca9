"""Everything that goes wrong is answered as application/problem+json (RFC 9457), with an id that the log has too."""

from __future__ import annotations

import logging
import math
import uuid
from typing import Any

from fastapi import FastAPI, Request
from fastapi.exceptions import RequestValidationError
from fastapi.responses import JSONResponse
from pydantic import BaseModel
from sqlalchemy.exc import InterfaceError, OperationalError
from sqlalchemy.exc import TimeoutError as PoolTimeout
from starlette.exceptions import HTTPException

log = logging.getLogger("gamelabel.service")
RETRY_S = 5  # when a client may ask again while the database is away


class Problem(Exception):
    """A request that cannot be met: `kind` is for programs, `title` and `detail` are for people."""

    def __init__(
        self, status: int, kind: str, title: str, detail: str = "", retry_s: float | None = None
    ) -> None:
        super().__init__(f"{status} {kind}: {detail or title}")
        self.status, self.kind, self.title, self.detail, self.retry_s = (
            status,
            kind,
            title,
            detail,
            retry_s,
        )


class ProblemBody(BaseModel):
    """A problem as it is sent."""

    type: str
    title: str
    status: int
    detail: str
    instance: str


def documented(*statuses: int) -> dict[int | str, dict[str, Any]]:
    """The problems that a route may answer with, for its OpenAPI description; every route may answer with some."""
    content = {"application/problem+json": {"schema": {"$ref": "#/components/schemas/ProblemBody"}}}
    return {
        status: {"description": _SAYS[status], "content": content}
        for status in sorted({*statuses, 413, 429, 500, 503})
    }


_SAYS = {
    400: "The request cannot be read.",
    401: "No valid token.",
    403: "The player may not do this.",
    404: "There is no such thing, or it is another player's.",
    409: "It does not fit what has happened before.",
    413: "The body is too large.",
    415: "The body is no application/json.",
    422: "A field is not as described.",
    425: "Too early: pictures must be looked at for a moment.",
    429: "Too many requests.",
    500: "The service is at fault; the id is in its log.",
    503: "Not now: the database is away, or the operator paused the game. Nothing was stored; send it again.",
}


def answer(problem: Problem, cause: Exception | None = None) -> JSONResponse:
    """A problem as a response; logged, the service's own faults with their traceback."""
    instance = f"urn:uuid:{uuid.uuid4()}"
    level = logging.ERROR if problem.status >= 500 else logging.INFO
    log.log(level, "%s %s", instance, problem, exc_info=cause if problem.status == 500 else None)
    body = ProblemBody(
        type=f"urn:gamelabel:{problem.kind}",
        title=problem.title,
        status=problem.status,
        detail=problem.detail or problem.title,
        instance=instance,
    )
    headers = {} if problem.retry_s is None else {"Retry-After": str(math.ceil(problem.retry_s))}
    if problem.status == 401:
        headers["WWW-Authenticate"] = "Bearer"
    return JSONResponse(
        body.model_dump(), problem.status, headers, media_type="application/problem+json"
    )


def away(error: Exception) -> Problem:
    """The problem that a database's error is to a client; it names no detail of the database."""
    log.error("the database: %s", error)
    return Problem(
        503,
        "away",
        "The service cannot store anything right now",
        "Nothing was stored. Send the same request again in a moment.",
        RETRY_S,
    )


def handle_problems(app: FastAPI) -> None:
    """Let an application answer everything that is raised as a problem."""

    @app.exception_handler(Problem)
    def _problem(_: Request, problem: Problem) -> JSONResponse:
        return answer(problem)

    @app.exception_handler(RequestValidationError)
    def _invalid(_: Request, error: RequestValidationError) -> JSONResponse:
        faults = (f"{'.'.join(str(p) for p in e['loc'])}: {e['msg']}" for e in error.errors()[:5])
        return answer(Problem(422, "invalid", "The request is not as described", "; ".join(faults)))

    @app.exception_handler(HTTPException)
    def _http(_: Request, error: HTTPException) -> JSONResponse:
        response = answer(Problem(error.status_code, "http", str(error.detail)))
        response.headers.update(error.headers or {})
        return response

    @app.exception_handler(OperationalError)
    @app.exception_handler(InterfaceError)
    @app.exception_handler(PoolTimeout)
    def _away(_: Request, error: Exception) -> JSONResponse:
        return answer(away(error))

    @app.exception_handler(Exception)
    def _fault(_: Request, error: Exception) -> JSONResponse:
        return answer(
            Problem(500, "fault", "The service is at fault", "It has been logged under this id."),
            error,
        )
