"""The labelling game over HTTP: batches, answers, removal, withdrawal and pay."""

import io
from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor

import numpy as np
from PIL import Image
from sqlalchemy import func, select

from gamelabel.service.database_tables import players, rewards, sessions
from gamelabel.service.pairs.pair_games import coins_at_level
from gamelabel.service.pairs.pair_tables import pair_standings
from tests.service.harness import Service, batches, labels_of


def test_from_launch_to_reward(service: Service) -> None:
    player = service.player()
    batch = player.batch()
    assert len(batch["items"]) == 5
    for item in batch["items"]:
        for side in ("left", "right"):
            reply = player.call("GET", f"/v1/pictures/{item[side]}")
            assert reply.headers["content-type"] == "image/jpeg"
            assert Image.open(io.BytesIO(reply.content)).size == (16, 16)
    reply = player.send(batch)
    assert reply.status_code == 200
    body = reply.json()
    assert body["state"] == "active"
    assert body["reward"]["amount"] == batch["pays"] > 0
    assert body["labels"] == len(labels_of(service.store)) == 5
    assert player.batch()["batch"] != batch["batch"]


def test_only_the_first_batch_is_all_comparison_points(service: Service) -> None:
    player = service.player()
    gold = []
    for _ in range(10):
        batch = player.batch()
        gold.append(sum(side is not None for side in service.gold(batch["batch"]).values()))
        player.send(batch)
    assert gold[0] == 5
    assert sum(gold[5:]) < 20


def test_labelling_requires_consent(service: Service) -> None:
    player = service.player(consent=False)
    assert player.call("POST", "/v1/batches").json()["type"] == "urn:gamelabel:consent"
    assert player.call("PUT", "/v1/consent", json={"times": True}).status_code == 204
    assert player.call("POST", "/v1/batches").status_code == 201


def test_a_player_who_is_often_wrong_is_removed_for_good(service: Service) -> None:
    player = service.player()
    states = [reply["state"] for reply in batches(player, right=False)]
    assert states[-1] == "removed"
    assert set(states[:-1]) <= {"active"}
    returning = service.player()
    assert returning.entry["state"] == "removed"
    assert returning.call("POST", "/v1/batches").json()["type"] == "urn:gamelabel:removed"
    assert service.player(game="go").entry["state"] == "active"  # a player of another game


def test_no_player_gets_a_point_twice(
    service: Service,
) -> None:
    player = service.player()
    for reply in batches(player):
        assert reply["state"] == "active"
    assert player.call("POST", "/v1/batches").json()["type"] == "urn:gamelabel:finished"
    pairs = [row.pair for row in labels_of(service.store)]
    assert len(pairs) == len(set(pairs))


def test_64_concurrent_equal_posts_store_one_batch_and_one_reward(service: Service) -> None:
    player = service.player()
    batch = player.batch()
    answers = player.answers(batch)
    path = f"/v1/batches/{batch['batch']}/answers"
    with ThreadPoolExecutor(64) as pool:
        replies = list(pool.map(lambda _: player.call("POST", path, json=answers), range(64)))
    assert {reply.status_code for reply in replies} == {200}
    assert len({reply.content for reply in replies}) == 1
    assert len(labels_of(service.store)) == 5
    with service.store.read() as connection:
        assert connection.execute(select(func.count()).select_from(rewards)).scalar() == 1
        assert connection.execute(select(pair_standings.c.labels)).scalar() == 5


def test_concurrent_requests_of_a_player_open_one_batch(service: Service) -> None:
    players = [service.player(f"p{i}") for i in range(8)]
    with ThreadPoolExecutor(64) as pool:
        opened = list(pool.map(lambda i: players[i % 8].batch()["batch"], range(64)))
    assert len(set(opened)) == 8


def test_other_answers_to_an_answered_batch_change_nothing(service: Service) -> None:
    player = service.player()
    batch = player.batch()
    first = player.send(batch)
    assert player.send(batch, right=False).status_code == 409
    assert player.send(batch).json() == first.json()


def test_withdrawing_deletes_everything_but_the_fact(service: Service) -> None:
    player = service.player()
    player.send(player.batch())
    assert player.call("DELETE", "/v1/player").status_code == 204
    assert labels_of(service.store) == []
    with service.store.read() as connection:
        row = connection.execute(select(players)).one()
        assert connection.execute(select(pair_standings)).all() == []
        assert connection.execute(select(sessions)).all() == []
    assert (row.state, row.consented, row.times) == ("withdrawn", False, False)
    assert player.call("POST", "/v1/batches").status_code == 401
    assert service.player().entry["state"] == "withdrawn"


def test_withdrawing_does_not_undo_a_removal(service: Service) -> None:
    player = service.player()
    list(batches(player, right=False))
    assert player.call("DELETE", "/v1/player").status_code == 204
    assert service.player().entry["state"] == "removed"


def test_all_players_are_paid_alike_until_the_exam_ends_and_then_by_single_levels(
    make: Callable[..., Service],
) -> None:
    """Ann answers everything right, bob everything wrong: 40 of 50 coins for both at first."""
    service = make(preferences=200, comparisons=80, rng=np.random.default_rng(0))
    for name, right in (("ann", True), ("bob", False)):
        player, offers, exam = service.player(name), [], []
        for _ in range(12):
            opened = player.call("POST", "/v1/batches")
            if opened.status_code == 403:
                break
            batch = opened.json()
            offers.append(batch["pays"])
            exam.append(None not in service.gold(batch["batch"]).values())
            reply = player.send(batch, right).json()
            assert (reply["reward"]["amount"], reply["levels"]) == (batch["pays"], 4)
            assert reply["level"] == batch["pays"] // 10 - 1
        n_exam = exam.index(False) if False in exam else len(exam)
        assert 2 <= n_exam <= 4
        assert set(offers[:n_exam]) == {40}
        assert np.abs(np.diff(offers)).max() <= 10
        assert (max(offers) == 50) == right == (len(offers) == 12)


def test_pay_rises_in_equal_steps() -> None:
    assert [coins_at_level(50, level) for level in range(5)] == [10, 20, 30, 40, 50]
    assert [coins_at_level(7, level) for level in range(5)] == [1, 2, 4, 5, 7]


def test_a_key_returns_the_batch_that_it_opened(service: Service) -> None:
    player = service.player()
    key = {"Idempotency-Key": "a" * 16}
    opened = player.call("POST", "/v1/batches", headers=key)
    assert opened.status_code == 201
    reply = player.send(opened.json()).json()
    repeated = player.call("POST", "/v1/batches", headers=key)
    assert (repeated.status_code, repeated.json()["reply"]) == (200, reply)
    assert player.call("POST", "/v1/batches").status_code == 201
