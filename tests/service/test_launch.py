"""Launch tokens: only what the game signed, for this service, now, once."""

import json
from collections.abc import Callable
from typing import Any

import jwt
import pytest
from cryptography.hazmat.primitives.asymmetric import rsa

from gamelabel.service.keys import public_text
from gamelabel.service.pairs.pair_games import PairGame
from tests.service.harness import GAME_KEY, OTHER_KEY, Service

RSA = rsa.generate_private_key(65537, 2048)
PUBLIC = public_text(GAME_KEY)


def forge(
    service: Service,
    key: Any = GAME_KEY,
    algorithm: str = "EdDSA",
    kind: str = "launch+jwt",
    **changes: Any,
) -> str:
    now = int(service.clock())
    claims = {
        "iss": "chess",
        "aud": "gamelabel",
        "sub": "ann",
        "jti": "j1",
        "iat": now,
        "exp": now + 300,
    } | changes
    claims = {name: value for name, value in claims.items() if value is not None}
    return jwt.encode(claims, key, algorithm, headers={"typ": kind})


def unsigned(service: Service) -> str:
    _, body, _ = forge(service).split(".")
    return f"{jwt.utils.base64url_encode(json.dumps({'alg': 'none', 'typ': 'launch+jwt'}).encode()).decode()}.{body}."


FORGED: dict[str, Callable[[Service], str]] = {
    "another key": lambda s: forge(s, OTHER_KEY),
    "no algorithm": unsigned,
    "the public key as a shared secret": lambda s: forge(s, PUBLIC, "HS256"),
    "RSA": lambda s: forge(s, RSA, "RS256"),
    "another game's name": lambda s: forge(s, iss="go"),
    "an unknown game": lambda s: forge(s, iss="nobody"),
    "another audience": lambda s: forge(s, aud="chess"),
    "a list of audiences": lambda s: forge(s, aud=["gamelabel", "chess"]),
    "expired": lambda s: forge(s, exp=int(s.clock()) - 60),
    "from the future": lambda s: forge(s, iat=int(s.clock()) + 3600, exp=int(s.clock()) + 3700),
    "too long a life": lambda s: forge(s, exp=int(s.clock()) + 86_400),
    "no end": lambda s: forge(s, exp=None),
    "an end in words": lambda s: forge(s, exp=str(int(s.clock()) + 300)),
    "no name": lambda s: forge(s, jti=None),
    "no player": lambda s: forge(s, sub=None),
    "an empty player": lambda s: forge(s, sub=""),
    "a name with a zero byte": lambda s: forge(s, jti="a\0b"),
    "a reward": lambda s: forge(s, kind="reward+jwt"),
    "no token": lambda s: "launch",
    "nothing": lambda s: "",
    "a body that is no object": lambda s: jwt.api_jws.encode(b"[1]", GAME_KEY, "EdDSA"),
}


@pytest.mark.parametrize("url", ["sqlite"], indirect=True)
def test_no_forged_launch_is_let_in(service: Service) -> None:
    for what, make in FORGED.items():
        reply = service.client.post("/v1/sessions", json={"launch": make(service)})
        assert (reply.status_code, reply.json()["type"]) == (401, "urn:gamelabel:launch"), what
    assert service.client.post("/v1/sessions", json={"launch": forge(service)}).status_code == 201


def test_a_launch_works_once_and_again_only_for_who_used_it(service: Service) -> None:
    launch, once = service.launch(), {"Idempotency-Key": "a" * 32}
    first = service.client.post("/v1/sessions", json={"launch": launch}, headers=once)
    again = service.client.post("/v1/sessions", json={"launch": launch}, headers=once)
    assert first.json() == again.json()
    for headers in ({}, {"Idempotency-Key": "b" * 32}):
        assert (
            service.client.post(
                "/v1/sessions", json={"launch": launch}, headers=headers
            ).status_code
            == 401
        )


@pytest.mark.parametrize("url", ["sqlite"], indirect=True)
def test_a_session_ends_and_cannot_be_made_up(service: Service) -> None:
    player = service.player()
    assert player.call("POST", "/v1/batches").status_code == 201
    service.clock.now += 7201
    assert player.call("POST", "/v1/batches").json()["type"] == "urn:gamelabel:session"
    for bearer in ("", "x", player.entry["session"][:-1] + "_", "é"):
        headers = {"Authorization": f"Bearer {bearer}".encode()}
        assert service.client.post("/v1/batches", headers=headers).status_code == 401


@pytest.mark.parametrize("url", ["sqlite"], indirect=True)
def test_a_clock_that_is_set_back_locks_nobody_out(make: Callable[..., Service]) -> None:
    service = make(look_s=1.0)
    player = service.player()
    batch = player.batch()
    early = player.send(batch)
    assert (early.status_code, early.headers["retry-after"]) == (425, "5")
    service.clock.now -= 3600
    assert player.send(batch).status_code == 200


@pytest.mark.parametrize(
    "wrong", [{"origin": "http://game.example"}, {"origin": "https://game.example/*"}, {"coins": 0}]
)
def test_a_game_that_would_not_be_safe_is_refused(wrong: dict[str, Any]) -> None:
    right = {
        "game_id": "x",
        "title": "x",
        "origin": "https://game.example",
        "launch_keys": [PUBLIC],
    }
    PairGame(**right)
    with pytest.raises(ValueError, match=next(iter(wrong))):
        PairGame(**right | wrong)
