"""What every call under `/v1` goes through: the rate limits and the session's bearer token."""

from typing import Annotated

from fastapi import Depends, FastAPI, Header, Request
from fastapi.security import HTTPAuthorizationCredentials, HTTPBearer
from starlette.requests import HTTPConnection

from gamelabel.service.problems import Problem
from gamelabel.service.rate import RateLimit
from gamelabel.service.settings import Settings

_CALLS_OF_AN_ADDRESS = 20  # times those of a session: several players may share an address
_bearer = HTTPBearer(auto_error=False, description="The session.")


def limit_calls(app: FastAPI, settings: Settings) -> None:
    """Set an application's rate limits, for each session and for each address."""
    limit = settings.calls_per_minute
    app.state.session_rate = RateLimit(limit, settings.clock)
    app.state.address_rate = RateLimit(_CALLS_OF_AN_ADDRESS * limit, settings.clock)


# Both are async: a look into memory is not worth a thread.
async def check_address(connection: HTTPConnection) -> None:
    """Raise Problem 429 if an address makes too many calls, whatever sessions it uses."""
    address = connection.client.host if connection.client else ""
    _check(connection.app.state.address_rate, address)


async def session_token(
    request: Request,
    credentials: Annotated[HTTPAuthorizationCredentials | None, Depends(_bearer)],
) -> str:
    """Return the session of a call. Raises Problem 401 without one, 429 after too many calls."""
    if credentials is None or len(credentials.credentials) > 100:
        raise Problem(401, "session", "A session is needed", "Send it as Authorization: Bearer.")
    _check(request.app.state.session_rate, credentials.credentials)
    return credentials.credentials


def _check(rate: RateLimit, caller: str) -> None:
    if not rate.allows(caller):
        detail = f"The limit is {rate.limit} calls a minute."
        raise Problem(429, "busy", "Too many requests", detail, retry_s=60)


SessionToken = Annotated[str, Depends(session_token)]
IdempotencyKey = Annotated[
    str | None,
    Header(
        alias="Idempotency-Key",
        pattern=r"^[A-Za-z0-9_-]{8,64}$",
        description="Chosen by the client, new for each request; a repeated request has the same.",
    ),
]
