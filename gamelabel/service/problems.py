"""Errors as application/problem+json (RFC 9457), with an id that the log has too."""

from __future__ import annotations

import logging
import math
from typing import Any

from fastapi import FastAPI, Request
from fastapi.exceptions import RequestValidationError
from fastapi.responses import JSONResponse
from pydantic import BaseModel
from sqlalchemy.exc import InterfaceError, OperationalError
from sqlalchemy.exc import TimeoutError as PoolTimeout
from starlette.exceptions import HTTPException

from gamelabel.service.calls import current_call

_log = logging.getLogger("gamelabel.service")
_DATABASE_RETRY_S = 5  # when a client may try again while the database cannot be reached


class Problem(Exception):
    """A request that cannot be answered.

    Parameters
    ----------
    status : int
        The HTTP status.
    kind : str
        A word for programs, the end of the problem's `type`.
    title, detail : str
        For people: what is wrong, and what to do.
    retry_s : float, optional
        When to try again, in seconds.
    """

    def __init__(
        self, status: int, kind: str, title: str, detail: str = "", retry_s: float | None = None
    ) -> None:
        super().__init__(f"urn:gamelabel:{kind}: {detail or title}")
        self.status, self.kind, self.retry_s = status, kind, retry_s
        self.title, self.detail = title, detail or title


class ProblemBody(BaseModel):
    """A problem as it is sent."""

    type: str
    title: str
    status: int
    detail: str
    instance: str


_DESCRIPTIONS = {
    400: "The request cannot be read.",
    401: "The token is missing or not valid.",
    403: "The player may not do this.",
    404: "It does not exist, or it belongs to another player.",
    408: "The body did not arrive in time.",
    409: "It contradicts an earlier request.",
    413: "The body is too large.",
    415: "The body is not application/json.",
    422: "A field is not as described.",
    425: "Too early: pictures must be looked at for a moment.",
    429: "Too many requests.",
    500: "An error of the service; its log has the id.",
    503: "The database cannot be reached, the operator paused the game, or too many are new. "
    "Nothing was stored: send the request again.",
}
_ANY_ROUTE = {408, 413, 429, 500, 503}


def documented(*statuses: int) -> dict[int | str, dict[str, Any]]:
    """Return the problems of a route for its OpenAPI description, besides those of every route."""
    content = {"application/problem+json": {"schema": {"$ref": "#/components/schemas/ProblemBody"}}}
    return {
        status: {"description": _DESCRIPTIONS[status], "content": content}
        for status in sorted(_ANY_ROUTE.union(statuses))
    }


def problem_response(problem: Problem, cause: Exception | None = None) -> JSONResponse:
    """Return a problem as a response. What has a cause in the service is logged."""
    instance = current_call().id
    if cause:
        _log.error("%s (%s)", problem, cause, exc_info=cause if problem.status == 500 else None)
    body = ProblemBody(
        type=f"urn:gamelabel:{problem.kind}",
        title=problem.title,
        status=problem.status,
        # half a character, which a client may have sent, cannot be sent back
        detail=problem.detail.encode(errors="replace").decode(),
        instance=instance,
    )
    headers = {} if problem.retry_s is None else {"Retry-After": str(math.ceil(problem.retry_s))}
    if problem.status == 401:
        headers["WWW-Authenticate"] = "Bearer"
    media_type = "application/problem+json"
    return JSONResponse(body.model_dump(), problem.status, headers, media_type)


def database_problem() -> Problem:
    """Return a problem that names no detail of the database."""
    title = "The service cannot store anything at the moment"
    detail = "Nothing was stored. Send the same request again in a moment."
    return Problem(503, "away", title, detail, _DATABASE_RETRY_S)


def handle_problems(app: FastAPI) -> None:
    """Make an application answer every error as a problem.

    The handlers are async: a call is refused even if all threads are in use.
    """

    @app.exception_handler(Problem)
    async def _problem(_: Request, problem: Problem) -> JSONResponse:
        return problem_response(problem)

    @app.exception_handler(RequestValidationError)
    async def _invalid(_: Request, error: RequestValidationError) -> JSONResponse:
        faults = [f"{'.'.join(map(str, e['loc']))}: {e['msg']}" for e in error.errors()[:5]]
        title = "The request is not as described"
        return problem_response(Problem(422, "invalid", title, "; ".join(faults)))

    @app.exception_handler(HTTPException)
    async def _http(_: Request, error: HTTPException) -> JSONResponse:
        response = problem_response(Problem(error.status_code, "http", str(error.detail)))
        response.headers.update(error.headers or {})
        return response

    @app.exception_handler(OperationalError)
    @app.exception_handler(InterfaceError)
    @app.exception_handler(PoolTimeout)
    async def _database(_: Request, error: Exception) -> JSONResponse:
        return problem_response(database_problem(), error)

    @app.exception_handler(Exception)
    async def _internal(_: Request, error: Exception) -> JSONResponse:
        detail = "The error has been logged under this id."
        return problem_response(Problem(500, "fault", "An internal error", detail), error)
