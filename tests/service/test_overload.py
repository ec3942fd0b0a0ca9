"""More calls than the database can answer: some wait, others are refused, and nothing hangs."""

import asyncio
import threading
from collections import Counter
from collections.abc import Callable

import httpx
import pytest
from sqlalchemy import text

from gamelabel.service import health, store, turns
from gamelabel.service.pairs.start import operator_app
from tests.service.harness import OPERATOR_KEY, Service

CALLS, TURNS = 30, 8
on_sqlite = pytest.mark.parametrize("url", ["sqlite"], indirect=True)
on_postgresql = pytest.mark.parametrize("url", ["postgresql"], indirect=True)


def client(app: httpx.ASGITransport, headers: dict[str, str]) -> httpx.AsyncClient:
    return httpx.AsyncClient(transport=app, base_url="http://service", headers=headers)


@on_postgresql
def test_a_database_that_hangs_holds_few_calls_and_the_others_are_refused(
    make: Callable[..., Service], monkeypatch: pytest.MonkeyPatch
) -> None:
    for module in (turns, health):
        monkeypatch.setattr(module, "WAIT_S", 0.2)
    service = make()
    batch = f"/v1/batches/{service.player().batch()['batch']}"
    headers = service.player().headers
    operator = {"Authorization": f"Bearer {OPERATOR_KEY}"}
    operator_transport = httpx.ASGITransport(operator_app(service.store, service.settings))

    async def overload() -> None:
        transport = httpx.ASGITransport(service.client.app)
        before = threading.active_count()
        async with client(transport, headers) as player, client(operator_transport, operator) as op:
            with service.store.write() as hanging:
                hanging.execute(text("LOCK TABLE games IN ACCESS EXCLUSIVE MODE"))
                calls = [asyncio.create_task(player.get(batch)) for _ in range(CALLS)]
                done: set[asyncio.Task[httpx.Response]] = set()
                while len(done) < CALLS - TURNS:
                    done, _ = await asyncio.wait(calls, return_when=asyncio.FIRST_COMPLETED)
                    await asyncio.sleep(0.01)
                assert {call.result().status_code for call in done} == {503}
                assert {call.result().headers["Retry-After"] for call in done} == {"5"}
                assert threading.active_count() <= before + TURNS
                for _ in range(3):
                    assert (await player.get("/readyz")).status_code == 503
                    assert (await op.get("/metrics")).status_code == 503
                # all of them held one thread and one connection each
                assert threading.active_count() <= before + TURNS + 2
                for path in ("/healthz", "/static/wire.js"):
                    assert (await player.get(path)).status_code == 200
                assert (await player.get("/v1/keys", headers={})).status_code == 503
            # those that had their turn are answered, and the next ones as well
            replies = [(await call).status_code for call in calls]
            assert Counter(replies) == {200: TURNS, 503: CALLS - TURNS}
            for path in (batch, "/readyz"):
                assert (await player.get(path)).status_code == 200
            assert (await op.get("/metrics")).status_code == 200

    asyncio.run(overload())


@on_sqlite
def test_a_writer_that_does_not_end_keeps_the_others_waiting_for_a_while_only(
    service: Service, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(store, "WAIT_S", 0.05)
    player = service.player()
    with service.store.write():
        assert player.call("POST", "/v1/batches").status_code == 503
        assert player.call("GET", "/v1/keys").status_code == 200
    assert player.call("POST", "/v1/batches").status_code == 201


@on_sqlite
def test_a_client_that_reads_slowly_keeps_nobody_waiting(service: Service) -> None:
    player = service.player()
    name = player.batch()["items"][0]["left"]
    scope = {
        "type": "http",
        "method": "GET",
        "path": f"/v1/pictures/{name}",
        "headers": [(b"authorization", player.headers["Authorization"].encode())],
        "query_string": b"",
        "client": ("127.0.0.1", 1),
    }

    async def receive() -> dict[str, object]:
        return {"type": "http.request"}

    async def read_slowly() -> None:
        n_started, started = 0, asyncio.Event()

        async def send(_: object) -> None:
            nonlocal n_started
            n_started += 1
            if n_started == 2 * TURNS:
                started.set()
            await asyncio.Event().wait()

        calls = [service.client.app(scope.copy(), receive, send) for _ in range(2 * TURNS)]
        tasks = [asyncio.create_task(call) for call in calls]
        async with asyncio.timeout(30):
            await started.wait()
        for task in tasks:
            task.cancel()

    asyncio.run(read_slowly())
