"""Requests that no well-behaved client sends: none is an error of the service."""

import json
from collections.abc import Callable

import pytest
from sqlalchemy import select

from gamelabel.service.database_tables import launches
from tests.service.harness import OTHER_KEY, Service
from tests.service.test_launch import forge
from tests.service.test_operator import operator

DAY_S = 86_400


@pytest.mark.parametrize("path", ["/play/%00", "/play/a%00b", "/v1/batches/%00", "/static/%00/x"])
def test_a_zero_byte_in_an_address_is_not_found(service: Service, path: str) -> None:
    assert service.client.get(path).status_code == 404


def test_a_zero_byte_on_the_operators_port_is_not_found(service: Service) -> None:
    front = operator(service)
    for path in ("/v1/games/%00/paused", "/v1/pools/%00/pairs/x/retired"):
        assert front.put(path).status_code == 404
    assert front.get("/v1/pools/%00/export").status_code == 404


def test_half_a_character_is_refused(service: Service) -> None:
    reply = service.client.post("/v1/sessions", json={"launch": forge(service, sub="\ud800")})
    assert (reply.status_code, reply.json()["type"]) == (401, "urn:gamelabel:launch")
    assert "sub is not valid Unicode" in reply.json()["detail"]
    headers = {"Content-Type": "application/json"}
    for body in ({"launch": "\ud800"}, {"launch": "x", "\ud800": 1}):
        reply = service.client.post("/v1/sessions", content=json.dumps(body), headers=headers)
        assert reply.status_code in (400, 401, 422)


def test_the_host_of_a_request_is_not_sent_back(service: Service) -> None:
    headers = {"Host": "evil.example"}
    for client in (service.client, operator(service)):
        for path in ("/v1/keys/", "/play/chess/", "/v1/figures/", "/static/frame.js/"):
            reply = client.get(path, headers=headers, follow_redirects=False)
            assert reply.status_code == 404
            assert "evil" not in reply.text + str(reply.headers)


def test_a_forged_launch_waits_for_no_writer(service: Service) -> None:
    with service.store.write():
        reply = service.client.post("/v1/sessions", json={"launch": forge(service, OTHER_KEY)})
    assert reply.status_code == 401


def test_a_used_launch_stays_used_when_the_clock_jumps_ahead_and_back(
    make: Callable[..., Service],
) -> None:
    service = make()
    launch = service.launch()
    assert service.client.post("/v1/sessions", json={"launch": launch}).status_code == 201
    for jump_s in (3600, DAY_S):
        service.clock.now += jump_s
        service.outbox.delete_expired()
        service.clock.now -= jump_s
        assert service.client.post("/v1/sessions", json={"launch": launch}).status_code == 401
    service.clock.now += DAY_S + 3600
    service.outbox.delete_expired()
    with service.store.read() as connection:
        assert connection.execute(select(launches)).first() is None
