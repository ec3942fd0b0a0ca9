"""SIGKILL under load: everything acknowledged is stored, and each reward exactly once."""

import itertools
import json
import threading
import time
from pathlib import Path

import httpx
import pytest
from sqlalchemy import func, select

from gamelabel.service.database_tables import rewards
from gamelabel.service.launch_tokens import sign_launch
from gamelabel.service.pairs.pair_tables import assignments, batches
from gamelabel.service.store import Store
from tests.service.databases import Server, postgres
from tests.service.harness import GAME_KEY, Service
from tests.service.processes import SERVICE, Process


class Load(threading.Thread):
    """A player who labels without a pause, records what was acknowledged and resends the rest."""

    def __init__(self, addresses: list[str], name: str) -> None:
        super().__init__(daemon=True)
        self.addresses, self.player_name = addresses, name
        self.acknowledged: dict[str, dict] = {}
        self.over = threading.Event()
        self.client = httpx.Client(timeout=httpx.Timeout(120, connect=5))

    def call(self, method: str, path: str, **options: object) -> httpx.Response | None:
        turn = 0
        while not self.over.is_set():
            try:
                reply = self.client.request(
                    method, self.addresses[turn % len(self.addresses)] + path, **options
                )
                if reply.status_code < 500:
                    return reply
            except httpx.HTTPError:
                pass
            turn += 1
            time.sleep(0.1)
        return None

    def run(self) -> None:
        for life in itertools.count():  # a removed player returns under a new name
            if self.over.is_set():
                return
            self.live(f"{self.player_name}-{life}")

    def live(self, name: str) -> None:
        launch = sign_launch(GAME_KEY, "chess", name, f"load-{name}", time.time())
        reply = self.call(
            "POST",
            "/v1/sessions",
            json={"launch": launch},
            headers={"Idempotency-Key": f"once-{name}"},
        )
        if reply is None:
            return
        self.client.headers["Authorization"] = f"Bearer {reply.json()['session']}"
        self.call("PUT", "/v1/consent", json={})
        while not self.over.is_set():
            opened = self.call("POST", "/v1/batches")
            if opened is None or opened.status_code not in (200, 201):
                return
            batch = opened.json()
            answers = {
                "answers": [{"item": item["item"], "choice": "left"} for item in batch["items"]]
            }
            reply = self.call("POST", f"/v1/batches/{batch['batch']}/answers", json=answers)
            if reply is not None and reply.status_code == 200:
                self.acknowledged[batch["batch"]] = reply.json()


def compare(url: str, loads: list[Load]) -> int:
    """Check that everything acknowledged is stored unchanged; return the number of batches."""
    acknowledged = {batch: reply for load in loads for batch, reply in load.acknowledged.items()}
    store = Store(url)
    with store.read() as connection:
        stored = dict(
            connection.execute(
                select(batches.c.id, batches.c.reply).where(batches.c.reply.is_not(None))
            ).all()
        )
        labels = connection.execute(
            select(func.count()).where(assignments.c.choice.is_not(None))
        ).scalar()
        booked = set(connection.execute(select(rewards.c.id)).scalars())
    store.close()
    missing = {
        batch
        for batch, reply in acknowledged.items()
        if json.dumps(stored.get(batch)) != json.dumps(reply)
    }
    assert not missing
    assert labels == 5 * len(stored)
    assert {reply["reward"]["id"] for reply in stored.values()} == booked
    assert len(booked) == len(stored)
    return len(acknowledged)


def wait_for_batches(loads: list[Load], n: int) -> None:
    """Wait until n more batches have been acknowledged."""
    before, end = sum(len(load.acknowledged) for load in loads), time.monotonic() + 120
    while sum(len(load.acknowledged) for load in loads) < before + n and time.monotonic() < end:
        time.sleep(0.05)


def finish(loads: list[Load]) -> None:
    for load in loads:
        load.over.set()
    for load in loads:
        load.join()


@pytest.mark.full
@pytest.mark.slow
def test_no_acknowledged_label_is_lost_when_the_service_is_killed(url: str, tmp_path: Path) -> None:
    keys = tmp_path / "keys.json"
    Service(url, preferences=60, comparisons=60).store.close()
    process = Process(SERVICE, url, str(keys))
    loads = [Load([process.address], f"p{i}") for i in range(4)]
    for load in loads:
        load.start()
    for _ in range(3):
        wait_for_batches(loads, 15)
        process.kill()
        process.start()
    wait_for_batches(loads, 15)
    finish(loads)
    process.kill()
    assert compare(url, loads) >= 50


@pytest.mark.full
@pytest.mark.slow
@pytest.mark.parametrize("url", ["postgresql"], indirect=True)
def test_no_label_is_lost_when_one_of_two_services_and_the_database_are_killed(
    url: str, tmp_path: Path
) -> None:
    keys = tmp_path / "keys.json"
    Service(url, preferences=60, comparisons=60).store.close()
    first, second = Process(SERVICE, url, str(keys)), Process(SERVICE, url, str(keys))
    loads = [
        Load([first.address, second.address][:: 1 if i % 2 else -1], f"p{i}") for i in range(4)
    ]
    for load in loads:
        load.start()
    wait_for_batches(loads, 20)
    first.kill()
    first.socket.close()
    wait_for_batches(loads, 20)
    server = Server(Path(postgres()))
    server.stop("immediate")
    server.start()
    wait_for_batches(loads, 20)
    finish(loads)
    second.kill()
    assert compare(url, loads) >= 50
