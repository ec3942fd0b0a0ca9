"""Attacks by players, and failures of the database."""

import itertools
import json
from collections.abc import Callable

import numpy as np
import pytest
from sqlalchemy import func, select, text
from sqlalchemy.exc import OperationalError

from gamelabel.service.database_tables import players
from gamelabel.service.pairs.pair_tables import assignments, pairs
from gamelabel.service.store import Store
from tests.service.harness import Service, labels_of

on_sqlite = pytest.mark.parametrize("url", ["sqlite"], indirect=True)


def test_players_cannot_access_data_of_others(service: Service) -> None:
    ann, bob = service.player("ann"), service.player("bob")
    hers, his = ann.batch(), bob.batch()
    for owner, attacker, batch in ((ann, bob, hers), (bob, ann, his)):
        calls = [("GET", f"/v1/batches/{batch['batch']}", None)]
        calls += [("POST", f"/v1/batches/{batch['batch']}/answers", owner.answers(batch))]
        calls += [
            ("GET", f"/v1/pictures/{item[side]}", None)
            for item in batch["items"]
            for side in ("left", "right")
        ]
        for method, path, body in calls:
            reply = attacker.call(method, path, json=body)
            assert (reply.status_code, reply.json()["type"]) == (404, "urn:gamelabel:missing"), path
    mixed = ann.answers(hers)
    mixed["answers"][0]["item"] = bob.answers(his)["answers"][0]["item"]
    assert ann.call("POST", f"/v1/batches/{hers['batch']}/answers", json=mixed).status_code == 409
    assert labels_of(service.store) == []
    assert ann.send(hers).status_code == 200


@on_sqlite
def test_no_path_leads_to_a_file(service: Service) -> None:
    player = service.player()
    dots = ["..", "%2e%2e", "..%2f", "%252e%252e%252f", "..%5c", "....//", "%c0%ae%c0%ae/", "%00"]
    for up, name in itertools.product(dots, ["etc/passwd", "keys.json", "store.py"]):
        for root in ("/static/", "/v1/pictures/", "/play/"):
            assert player.call("GET", f"{root}{up}/{name}").status_code in (404, 422)


@on_sqlite
def test_bad_requests_get_a_problem_and_change_nothing(service: Service) -> None:
    player = service.player()
    batch = player.batch()
    path, good = f"/v1/batches/{batch['batch']}/answers", player.answers(batch)
    first = good["answers"][0]
    for status, body in [
        (409, {"answers": good["answers"][:4]}),
        (409, {"answers": [*good["answers"], first | {"item": "A" * 22}]}),
        (409, {"answers": [*good["answers"], first]}),
        (422, {"answers": []}),
        (409, {"answers": [first] * 100}),
        (422, {"answers": [first] * 101}),
        (422, {"answers": [first | {"choice": "both"}]}),
        (422, {"answers": [first | {"ms": -1}]}),
        (422, {"answers": [first | {"gold": "a"}]}),
        (422, {}),
        (422, []),
        (413, {"answers": good["answers"], "more": "x" * 20_000}),
    ]:
        reply = player.call("POST", path, json=body)
        assert (reply.status_code, reply.headers["content-type"]) == (
            status,
            "application/problem+json",
        ), body
        assert reply.json()["instance"].startswith("urn:uuid:")
    for kind, content in [
        ("text/plain", b"{}"),
        ("application/json", b"{"),
        ("application/json", b"\xff"),
    ]:
        reply = player.call("POST", path, content=content, headers={"Content-Type": kind})
        assert reply.status_code in (400, 415, 422)
    assert player.call("PATCH", path).status_code == 405
    assert player.call("GET", "/v1/batches/" + "A" * 22).status_code == 404
    assert labels_of(service.store) == []
    assert player.send(batch).status_code == 200


@on_sqlite
def test_a_body_has_at_most_16_kibibytes(service: Service) -> None:
    player = service.player()
    batch = player.batch()
    path, body = f"/v1/batches/{batch['batch']}/answers", json.dumps(player.answers(batch))
    for size, status in ((16 * 1024 + 1, 413), (16 * 1024, 200)):
        headers = {"Content-Type": "application/json"}
        assert player.call("POST", path, content=body.ljust(size), headers=headers).status_code == (
            status
        )


@on_sqlite
def test_a_bot_that_is_honest_for_50_labels_and_then_guesses_is_removed(
    make: Callable[..., Service],
) -> None:
    # One bot with one seed; tests/games/pairs/test_kinds.py tests how many are noticed, and when.
    service = make(preferences=150, comparisons=150, rng=np.random.default_rng(0))
    player, rng = service.player(), np.random.default_rng(0)
    for _ in range(10):
        assert player.send(player.batch()).json()["state"] == "active"
    for _ in range(40):
        batch = player.batch()
        answers = [
            {"item": item["item"], "choice": str(rng.choice(["left", "right"]))}
            for item in batch["items"]
        ]
        reply = player.call(
            "POST", f"/v1/batches/{batch['batch']}/answers", json={"answers": answers}
        )
        if reply.json()["state"] == "removed":
            return
    pytest.fail("the bot was not removed")


@on_sqlite
def test_too_many_requests_are_refused_until_the_next_minute(make: Callable[..., Service]) -> None:
    service = make(calls_per_minute=20)
    player = service.player()
    statuses = [player.call("GET", "/v1/batches/" + "A" * 22).status_code for _ in range(30)]
    assert statuses == [404] * 19 + [429] * 11  # consent was the first request
    service.clock.now += 60
    assert player.call("GET", "/v1/batches/" + "A" * 22).status_code == 404


@on_sqlite
def test_requests_with_invented_sessions_are_limited_by_address(
    make: Callable[..., Service],
) -> None:
    client = make(calls_per_minute=1).client
    invented = [{"Authorization": f"Bearer {number}"} for number in range(30)]
    assert [client.post("/v1/batches", headers=headers).status_code for headers in invented] == [
        401
    ] * 20 + [429] * 10


@on_sqlite
def test_minimal_mode_stores_no_times(make: Callable[..., Service]) -> None:
    service = make(minimal=True)
    player = service.player()
    player.call("PUT", "/v1/consent", json={"times": True})
    player.send(player.batch())
    for row in labels_of(service.store):
        assert (row.response_ms, row.answered_at) == (None, None)


@pytest.mark.parametrize("agrees", [True, False])
@on_sqlite
def test_response_times_are_stored_only_with_consent(service: Service, agrees: bool) -> None:
    player = service.player()
    player.call("PUT", "/v1/consent", json={"times": agrees})
    player.send(player.batch())
    assert {row.response_ms for row in labels_of(service.store)} == {900 if agrees else None}


def test_nothing_is_lost_while_the_database_is_unreachable(
    service: Service, monkeypatch: pytest.MonkeyPatch
) -> None:
    player = service.player()
    batch = player.batch()
    connect = service.store.engine.connect

    def unreachable() -> None:
        raise OperationalError("SELECT", {}, Exception("the server closed the connection"))

    monkeypatch.setattr(service.store.engine, "connect", unreachable)
    reply = player.call("POST", "/v1/batches")
    assert (reply.status_code, reply.json()["type"], reply.headers["retry-after"]) == (
        503,
        "urn:gamelabel:away",
        "5",
    )
    assert "server closed" not in reply.text
    monkeypatch.setattr(service.store.engine, "connect", connect)
    assert player.batch() == batch
    assert player.send(batch).status_code == 200


@on_sqlite
def test_answers_that_are_refused_on_a_full_disk_are_accepted_later(service: Service) -> None:
    player = service.player()
    batch = player.batch()

    def limit(pages: int) -> None:
        """Limit the size of the file; SQLite then reports a full disk."""
        service.store.engine.dispose()
        with service.store.engine.connect() as connection:
            connection.execute(text(f"PRAGMA max_page_count={pages}"))
            limits.append(connection.execute(text("PRAGMA page_count")).scalar())

    limits: list[int] = []
    limit(1)  # SQLite raises this to the current size
    statuses = []
    for i in range(400):
        newcomer = service.client.post(
            "/v1/sessions", json={"launch": service.launch(f"filler-{i}")}
        )
        statuses.append(newcomer.status_code)
        if newcomer.status_code == 503:
            break
    assert statuses[-1] == 503
    limit(1_000_000)
    assert player.send(batch).status_code == 200
    assert len(labels_of(service.store)) == 5


def test_a_database_of_a_newer_version_is_refused(service: Service) -> None:
    with service.store.write() as connection:
        connection.execute(text("UPDATE alembic_version SET version_num = '9999'"))
    url = service.store.engine.url.render_as_string(hide_password=False)
    with pytest.raises(ValueError, match="newer than this program"):
        Store(url)


def test_sides_are_balanced_and_first_batches_differ(service: Service) -> None:
    batches = [service.player(f"p{i}").batch() for i in range(24)]
    with service.store.read() as connection:
        rows = connection.execute(
            select(assignments.c.left, pairs.c.gold, assignments.c.pair).join(
                pairs, pairs.c.id == assignments.c.pair
            )
        ).all()
        assert connection.execute(select(func.count()).select_from(players)).scalar() == 24
    gold_left = sum(row.left == row.gold for row in rows)
    assert abs(gold_left - len(rows) / 2) < 4 * np.sqrt(len(rows)) / 2
    assert len({tuple(item["prompt"] for item in batch["items"]) for batch in batches}) > 12
