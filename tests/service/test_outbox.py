"""The outbox: what one game's backend does never delays or stops the rewards of another game."""

import logging
import socket
import threading
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager, suppress
from http.client import parse_headers
from typing import Any

import httpx
import pytest
from fastapi.testclient import TestClient
from sqlalchemy import select, update

from gamelabel.service import outbox as outbox_module
from gamelabel.service.database_tables import games, rewards
from gamelabel.service.outbox import Outbox
from gamelabel.service.pairs.start import operator_app
from gamelabel.service.prometheus import metrics_text
from tests.service.harness import OPERATOR_KEY, Service, wait_until

on_sqlite = pytest.mark.parametrize("url", ["sqlite"], indirect=True)
OK = b"HTTP/1.1 204 No Content\r\nConnection: close\r\n\r\n"


def answer(connection: socket.socket, stopped: threading.Event) -> None:
    connection.recv(65536)
    connection.sendall(OK)


def answer_all(connection: socket.socket, stopped: threading.Event) -> None:
    """Answer one reward after another, each when all of it is there, with no body."""
    with connection.makefile("rb") as requests:
        while requests.readline():
            headers = parse_headers(requests)
            requests.read(int(headers["Content-Length"]))
            connection.sendall(b"HTTP/1.1 200 OK\r\nContent-Length: 0\r\n\r\n")


def hang(connection: socket.socket, stopped: threading.Event) -> None:
    stopped.wait()


def drip(connection: socket.socket, stopped: threading.Event) -> None:
    """Send one byte after another of an answer that never ends."""
    connection.sendall(b"HTTP/1.1 200 OK\r\nX-Slow: ")
    while not stopped.wait(0.05):
        connection.sendall(b"x")


@contextmanager
def backend(handle: Callable[[socket.socket, threading.Event], None]) -> Iterator[tuple[str, Any]]:
    """A game's backend; yields its address and the list of its connections."""
    stopped, connections = threading.Event(), []

    def serve_one(connection: socket.socket) -> None:
        with connection, suppress(OSError):  # the sender may have left
            handle(connection, stopped)

    def serve() -> None:
        while not stopped.is_set():
            try:
                connections.append(listener.accept()[0])
            except OSError:
                return
            threading.Thread(target=serve_one, args=[connections[-1]], daemon=True).start()

    with socket.create_server(("127.0.0.1", 0)) as listener:
        threading.Thread(target=serve, daemon=True).start()
        yield f"http://127.0.0.1:{listener.getsockname()[1]}/rewards", connections
        stopped.set()


def set_address(service: Service, game: str, url: str) -> None:
    with service.store.write() as connection:
        row = games.c.game_id == game
        connection.execute(update(games).where(row).values(reward_url=url))


def rows(service: Service, game: str) -> list[Any]:
    with service.store.read() as connection:
        return list(connection.execute(select(rewards).where(rewards.c.game_id == game)))


@on_sqlite
@pytest.mark.parametrize("bad", [hang, drip])
def test_a_slow_backend_does_not_delay_the_rewards_of_another_game(
    service: Service, bad: Any, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(outbox_module, "SEND_S", 60.0)  # the slow one is waited for all the time
    ann, bob = service.player("ann", "chess"), service.player("bob", "go")
    for _ in range(3):
        bob.send(bob.batch())
    for _ in range(7):
        ann.send(ann.batch())
    outbox = Outbox(service.store, service.settings)
    with backend(answer) as (good_url, _), backend(bad) as (bad_url, bad_connections):
        set_address(service, "chess", good_url)
        set_address(service, "go", bad_url)
        outbox.start()
        assert wait_until(lambda: {row.state for row in rows(service, "chess")} == {"delivered"})
        assert wait_until(lambda: len(bad_connections) == 1)
        ann.send(ann.batch())  # one more while the slow one is at work
        outbox.notify()
        assert wait_until(lambda: {row.state for row in rows(service, "chess")} == {"delivered"})
        assert [(row.state, row.tries) for row in rows(service, "go")] == [("waiting", 0)] * 3
    outbox.stop()
    assert [row.tries for row in rows(service, "chess")] == [1] * 8


@on_sqlite
@pytest.mark.parametrize("bad", [hang, drip])
def test_a_send_has_a_total_time(
    service: Service, bad: Any, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(outbox_module, "SEND_S", 0.5)
    ann = service.player("ann")
    ann.send(ann.batch())
    outbox = Outbox(service.store, service.settings)
    with backend(bad) as (url, _):
        set_address(service, "chess", url)
        assert outbox.send_due("chess") == 1
    (row,) = rows(service, "chess")
    assert (row.state, row.tries) == ("waiting", 1)
    assert row.trouble == "the game did not answer within 0.5 s"


def test_the_lease_is_longer_than_the_longest_send() -> None:
    assert outbox_module._LEASE_MS > 1000 * outbox_module.SEND_S * outbox_module._BATCH


@on_sqlite
def test_rewards_are_sent_over_one_connection_if_the_game_leaves_it_open(service: Service) -> None:
    ann = service.player("ann")
    for _ in range(3):
        ann.send(ann.batch())
    limits = httpx.Limits(keepalive_expiry=600)  # however busy the machine is
    transport = httpx.AsyncHTTPTransport(limits=limits)
    outbox = Outbox(service.store, service.settings, transport)
    with backend(answer_all) as (url, connections):
        set_address(service, "chess", url)
        assert outbox.send_due("chess") == 3
    assert [row.state for row in rows(service, "chess")] == ["delivered"] * 3
    assert len(connections) == 1


@on_sqlite
def test_the_size_of_an_answer_does_not_matter(service: Service) -> None:
    def endless(connection: socket.socket, stopped: threading.Event) -> None:
        connection.recv(65536)
        connection.sendall(b"HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n")
        while not stopped.is_set():
            connection.sendall(b"10000\r\n" + bytes(0x10000) + b"\r\n")

    ann = service.player("ann")
    ann.send(ann.batch())
    outbox = Outbox(service.store, service.settings)
    with backend(endless) as (url, _):
        set_address(service, "chess", url)
        outbox.send_due("chess")
    assert [row.state for row in rows(service, "chess")] == ["delivered"]


@on_sqlite
def test_an_address_that_cannot_be_parsed_stops_nobody_and_is_shown(service: Service) -> None:
    ann, bob = service.player("ann", "chess"), service.player("bob", "go")
    ann.send(ann.batch())
    bob.send(bob.batch())
    set_address(service, "go", "https://[::1")  # registered before addresses were checked
    assert service.send_rewards() == 2
    assert [row.state for row in rows(service, "chess")] == ["delivered"]
    (row,) = rows(service, "go")
    assert (row.state, row.tries) == ("waiting", 1)
    assert "InvalidURL" in row.trouble
    headers = {"Authorization": f"Bearer {OPERATOR_KEY}"}
    figures = TestClient(operator_app(service.store, service.settings), headers=headers)
    shown = {game["game"]: game["reward_trouble"] for game in figures.get("/v1/figures").json()}
    assert shown == {"chess": None, "go": row.trouble}


@on_sqlite
def test_a_sender_that_fails_is_started_again(
    service: Service, monkeypatch: pytest.MonkeyPatch, caplog: pytest.LogCaptureFixture
) -> None:
    monkeypatch.setattr(outbox_module, "_POLL_S", 0.05)
    ann, bob = service.player("ann", "chess"), service.player("bob", "go")
    ann.send(ann.batch())
    bob.send(bob.batch())
    transport = httpx.MockTransport(lambda request: httpx.Response(204))
    outbox = Outbox(service.store, service.settings, transport)
    outcome, faults = outbox._outcome, []

    def fail_once(reward: Any, trouble: str) -> dict[str, Any]:
        if reward.game_id == "go" and not faults:
            faults.append(reward)
            raise RuntimeError("a fault of this program")
        return outcome(reward, trouble)

    monkeypatch.setattr(outbox, "_outcome", fail_once)
    with caplog.at_level(logging.ERROR):
        outbox.start()
        assert wait_until(lambda: [row.state for row in rows(service, "chess")] == ["delivered"])
        assert wait_until(lambda: bool(faults))
        service.clock.now += outbox_module._LEASE_MS / 1000 + 1
        assert wait_until(lambda: [row.state for row in rows(service, "go")] == ["delivered"])
    outbox.stop()
    assert "the sender of the rewards of go failed, and is started again" in caplog.text
    with service.store.read() as connection:
        text = metrics_text(connection, [], service.settings)
    assert 'gamelabel_sender_failures_total{game="go"} 1\n' in text


@on_sqlite
def test_the_outbox_outlives_a_fault_of_its_own(
    service: Service, monkeypatch: pytest.MonkeyPatch, caplog: pytest.LogCaptureFixture
) -> None:
    monkeypatch.setattr(outbox_module, "_POLL_S", 0.05)
    ann = service.player("ann")
    ann.send(ann.batch())
    transport = httpx.MockTransport(lambda request: httpx.Response(204))
    outbox = Outbox(service.store, service.settings, transport)
    games_due, faults = outbox.games_due, []

    def fail_once() -> list[str]:
        if not faults:
            faults.append(time.monotonic())
            raise RuntimeError("a fault of this program")
        return games_due()

    monkeypatch.setattr(outbox, "games_due", fail_once)
    with caplog.at_level(logging.ERROR):
        outbox.start()
        assert wait_until(lambda: [row.state for row in rows(service, "chess")] == ["delivered"])
    outbox.stop()
    assert "the outbox failed, and goes on" in caplog.text
