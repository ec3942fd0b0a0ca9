"""The backend of a demo game, as a studio would write it.

It signs launches for players who choose to label, takes rewards from the service, and pays each
one once. `gamelabel serve --demo` starts it; by itself it runs with

    DEMO_GAME_KEY=... python backend.py --service http://127.0.0.1:8000 --service-key ...
"""

import argparse
import base64
import os
import secrets
import threading
import time
from pathlib import Path
from typing import Annotated

import jwt
import uvicorn
from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey
from fastapi import Cookie, FastAPI, Request, Response
from fastapi.responses import HTMLResponse
from fastapi.staticfiles import StaticFiles
from jinja2 import Environment, FileSystemLoader

from gamelabel.service.launch_tokens import sign_launch, verify_reward

FOLDER = Path(__file__).parent
START_COINS, AD_COINS, FIELD_COINS = 40, 10, 20
POLICY = "; ".join(
    [
        "default-src 'none'",
        "script-src 'self'",
        "style-src 'self'",
        "connect-src 'self'",
        "img-src data:",
        "frame-src {service}",
    ]
)
Player = Annotated[str, Cookie(alias="player", max_length=64)]


class Purses:
    """The coins of all players, in memory."""

    def __init__(self) -> None:
        self._coins: dict[str, int] = {}
        self._paid: set[str] = set()
        self._lock = threading.Lock()

    def __contains__(self, player: str) -> bool:
        return player in self._coins

    def __getitem__(self, player: str) -> int:
        return self._coins.get(player, 0)

    def add(self, player: str, coins: int) -> None:
        """Add coins, or take them; nobody has fewer than none."""
        with self._lock:
            self._coins[player] = max(0, self[player] + coins)

    def pay_once(self, payment: str, player: str, coins: int) -> None:
        """Pay a reward unless a payment with its id has been made."""
        with self._lock:
            if payment not in self._paid:
                self._paid.add(payment)
                self._coins[player] = self[player] + coins


def create_game(key: Ed25519PrivateKey, game_id: str, service: str, service_key: str) -> FastAPI:
    """Create the game's application.

    Parameters
    ----------
    key : Ed25519PrivateKey
        Signs launches. The service has the public half.
    game_id : str
        The game's id in the service.
    service : str
        The address of the service.
    service_key : str
        The service's public key, from its `/v1/keys`; it verifies rewards.
    """
    purses = Purses()
    launches: dict[str, str] = {}  # the player of each launch
    templates = Environment(loader=FileSystemLoader(FOLDER / "templates"), autoescape=True)
    app = FastAPI(docs_url=None, redoc_url=None, openapi_url=None)
    app.mount("/static", StaticFiles(directory=FOLDER / "static"))

    @app.get("/")
    def page(player: Player = "") -> HTMLResponse:
        template = templates.get_template("game.html.j2")
        response = HTMLResponse(template.render(service=service, game_id=game_id))
        response.headers["Content-Security-Policy"] = POLICY.format(service=service)
        if player not in purses:
            player = secrets.token_urlsafe()
            purses.add(player, START_COINS)
            response.set_cookie("player", player, httponly=True, samesite="strict")
        return response

    @app.get("/coins")
    def coins(player: Player) -> dict[str, int]:
        return {"coins": purses[player]}

    @app.post("/fields")
    def buy_field(player: Player) -> dict[str, int]:
        purses.add(player, -FIELD_COINS)
        return coins(player)

    @app.post("/advertisements")
    def watch_advertisement(player: Player) -> dict[str, int]:
        purses.add(player, AD_COINS)
        return coins(player)

    @app.post("/launches")
    def launch(player: Player) -> dict[str, str]:
        jti = secrets.token_urlsafe()
        launches[jti] = player
        return {"launch": sign_launch(key, game_id, player, jti, time.time())}

    @app.post("/rewards")
    async def reward(request: Request) -> Response:
        token = (await request.body()).decode()
        try:
            claims = verify_reward(token, service_key, game_id, time.time())
            player = launches[claims["launch"]]
        except (jwt.PyJWTError, ValueError, KeyError):
            return Response(status_code=400)
        purses.pay_once(claims["jti"], player, claims["amount"])
        return Response(status_code=204)

    return app


def main() -> None:
    """Serve the game on this machine. Its private key is in the environment, as base64url."""
    parser = argparse.ArgumentParser(description="The backend of the demo game.")
    parser.add_argument("--port", type=int, default=8002)
    parser.add_argument("--service", default="http://127.0.0.1:8000")
    parser.add_argument("--service-key", required=True, help="the key shown at /v1/keys")
    options = parser.parse_args()
    secret = base64.urlsafe_b64decode(os.environ["DEMO_GAME_KEY"] + "=")
    key = Ed25519PrivateKey.from_private_bytes(secret)
    app = create_game(key, "demo", options.service, options.service_key)
    uvicorn.run(app, host="127.0.0.1", port=options.port, log_level="warning")


if __name__ == "__main__":
    main()
