"""Launch tokens: valid if signed by the game for this service, unexpired, and only once."""

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
    header = json.dumps({"alg": "none", "typ": "launch+jwt"}).encode()
    return f"{jwt.utils.base64url_encode(header).decode()}.{body}."


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
    "too long a lifetime": lambda s: forge(s, exp=int(s.clock()) + 86_400),
    "no expiry": lambda s: forge(s, exp=None),
    "an expiry as text": lambda s: forge(s, exp=str(int(s.clock()) + 300)),
    "no token id": lambda s: forge(s, jti=None),
    "no player": lambda s: forge(s, sub=None),
    "an empty player": lambda s: forge(s, sub=""),
    "a token id with a zero byte": lambda s: forge(s, jti="a\0b"),
    "a reward": lambda s: forge(s, kind="reward+jwt"),
    "not a token": lambda s: "launch",
    "an empty string": lambda s: "",
    "a body that is not an object": lambda s: jwt.api_jws.encode(b"[1]", GAME_KEY, "EdDSA"),
}


@pytest.mark.parametrize("url", ["sqlite"], indirect=True)
def test_forged_launches_are_refused(service: Service) -> None:
    for name, make in FORGED.items():
        reply = service.client.post("/v1/sessions", json={"launch": make(service)})
        assert (reply.status_code, reply.json()["type"]) == (401, "urn:gamelabel:launch"), name
    assert service.client.post("/v1/sessions", json={"launch": forge(service)}).status_code == 201


def test_a_launch_works_once_and_can_be_repeated_only_with_the_same_key(service: Service) -> None:
    launch, key = service.launch(), {"Idempotency-Key": "a" * 32}
    first = service.client.post("/v1/sessions", json={"launch": launch}, headers=key)
    second = service.client.post("/v1/sessions", json={"launch": launch}, headers=key)
    assert first.json() == second.json()
    for headers in ({}, {"Idempotency-Key": "b" * 32}):
        assert (
            service.client.post(
                "/v1/sessions", json={"launch": launch}, headers=headers
            ).status_code
            == 401
        )


@pytest.mark.parametrize("url", ["sqlite"], indirect=True)
def test_a_session_expires_and_cannot_be_invented(service: Service) -> None:
    player = service.player()
    assert player.call("POST", "/v1/batches").status_code == 201
    service.clock.now += 7201
    assert player.call("POST", "/v1/batches").json()["type"] == "urn:gamelabel:session"
    for bearer in ("", "x", player.entry["session"][:-1] + "_", "é"):
        headers = {"Authorization": f"Bearer {bearer}".encode()}
        assert service.client.post("/v1/batches", headers=headers).status_code == 401


@pytest.mark.parametrize("url", ["sqlite"], indirect=True)
def test_setting_the_clock_back_locks_nobody_out(make: Callable[..., Service]) -> None:
    service = make(look_s=1.0)
    player = service.player()
    batch = player.batch()
    early = player.send(batch)
    assert (early.status_code, early.headers["retry-after"]) == (425, "5")
    service.clock.now -= 3600
    assert player.send(batch).status_code == 200


@pytest.mark.parametrize(
    "invalid",
    [{"origin": "http://game.example"}, {"origin": "https://game.example/*"}, {"coins": 0}],
)
def test_an_unsafe_game_is_refused(invalid: dict[str, Any]) -> None:
    valid = {
        "game_id": "x",
        "title": "x",
        "origin": "https://game.example",
        "launch_keys": [PUBLIC],
    }
    PairGame(**valid)
    with pytest.raises(ValueError, match=next(iter(invalid))):
        PairGame(**valid | invalid)


def test_an_account_that_is_too_young_or_of_unknown_age_does_not_enter(
    make: Callable[..., Service],
) -> None:
    service = make(min_account_days=7)
    for days, status in ((None, 403), (6, 403), (7, 201), (400, 201)):
        body = {"launch": service.launch(f"aged {days}", days=days)}
        reply = service.client.post("/v1/sessions", json=body)
        assert reply.status_code == status, days
        if status == 403:
            assert reply.json()["type"] == "urn:gamelabel:young"
    again = {"launch": service.launch("aged 7")}  # a player who is known is not asked again
    assert service.client.post("/v1/sessions", json=again).status_code == 201


@pytest.mark.parametrize("url", ["sqlite"], indirect=True)
def test_an_age_that_is_no_whole_number_is_refused(service: Service) -> None:
    for age in ("400", 7.5, True, [400]):
        token = forge(service, account_days=age)
        reply = service.client.post("/v1/sessions", json={"launch": token})
        assert (reply.status_code, reply.json()["type"]) == (401, "urn:gamelabel:launch"), age


def test_only_so_many_players_are_new_in_an_hour(make: Callable[..., Service]) -> None:
    """Known players come in, each game counts its own, and the next hour has its own count."""
    service = make(new_players_per_hour=3)
    for name in ("ann", "bob", "ann", "cy"):
        service.player(name)
    launch = service.launch("dan")
    reply = service.client.post("/v1/sessions", json={"launch": launch})
    assert (reply.status_code, reply.json()["type"]) == (503, "urn:gamelabel:crowded")
    assert 0 < int(reply.headers["retry-after"]) <= 3600
    service.player("ann")
    service.player("dan", game="go")
    service.clock.now += 3600
    for name in ("dan", "eve", "fay"):
        service.player(name)
    body = {"launch": service.launch("gil")}
    assert service.client.post("/v1/sessions", json=body).status_code == 503
