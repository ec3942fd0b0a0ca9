"""The demo game's backend, as a studio would write it: it signs launches, takes rewards, and pays each one once."""

import secrets
import threading
import time
from pathlib import Path
from typing import Annotated

import jwt
from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey
from fastapi import Cookie, FastAPI, Request, Response
from fastapi.responses import HTMLResponse

from gamelabel.service.launch_tokens import sign_launch, verify_reward
from gamelabel.service.page import render, static_file

HERE = Path(__file__).parent
AD_COINS = 10
_POLICY = "default-src 'none'; script-src 'self'; style-src 'self'; connect-src 'self'; img-src data:; frame-src {service}"
Who = Annotated[str, Cookie(alias="player", max_length=64)]


def create_game(key: Ed25519PrivateKey, game_id: str, service: str, service_key: str) -> FastAPI:
    """The game, its purses in memory. service: the origin of the labelling page; service_key: verifies its rewards."""
    purses: dict[str, int] = {}
    launched: dict[str, str] = {}  # name of a launch -> whose it was
    paid: set[str] = set()
    one_at_a_time = threading.Lock()
    app = FastAPI(docs_url=None, redoc_url=None, openapi_url=None)

    @app.get("/")
    def game(player: Who = "") -> HTMLResponse:
        page = HTMLResponse(
            render("game.html.j2", HERE / "templates", service=service, game_id=game_id)
        )
        page.headers["Content-Security-Policy"] = _POLICY.format(service=service)
        if player not in purses:
            player = secrets.token_urlsafe()
            purses[player] = 40
            page.set_cookie("player", player, httponly=True, samesite="strict")
        return page

    @app.get("/static/{name}")
    def static(name: str) -> Response:
        return static_file(name, HERE / "static")

    @app.get("/purse")
    def purse(player: Who) -> dict[str, int]:
        return {"coins": purses.get(player, 0)}

    @app.post("/spend")
    def spend(player: Who) -> dict[str, int]:
        with one_at_a_time:
            purses[player] = max(0, purses.get(player, 0) - 20)
        return purse(player)

    @app.post("/advertisement")
    def advertisement(player: Who) -> dict[str, int]:
        with one_at_a_time:
            purses[player] = purses.get(player, 0) + AD_COINS
        return purse(player)

    @app.post("/launch")
    def launch(player: Who) -> dict[str, str]:
        jti = secrets.token_urlsafe()
        launched[jti] = player
        return {"launch": sign_launch(key, game_id, player, jti, time.time())}

    @app.post("/rewards")
    async def reward(request: Request) -> Response:
        try:
            claims = verify_reward(
                (await request.body()).decode(), service_key, game_id, time.time()
            )
            player = launched[claims["launch"]]
        except (jwt.PyJWTError, ValueError, KeyError):
            return Response(status_code=400)
        with one_at_a_time:
            if claims["jti"] not in paid:
                paid.add(claims["jti"])
                purses[player] = purses.get(player, 0) + claims["amount"]
        return Response(status_code=204)

    return app
