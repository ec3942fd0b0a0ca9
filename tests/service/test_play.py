"""The labelling game over HTTP: batches, answers, removal, withdrawal and pay."""

import io
from concurrent.futures import ThreadPoolExecutor

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


def test_32_concurrent_equal_posts_store_one_batch_and_one_reward(service: Service) -> None:
    player = service.player()
    batch = player.batch()
    answers = player.answers(batch)
    path = f"/v1/batches/{batch['batch']}/answers"
    with ThreadPoolExecutor(32) as pool:
        replies = list(pool.map(lambda _: player.call("POST", path, json=answers), range(32)))
    assert {reply.status_code for reply in replies} == {200}
    assert len({reply.content for reply in replies}) == 1
    assert len(labels_of(service.store)) == 5
    with service.store.read() as connection:
        assert connection.execute(select(func.count()).select_from(rewards)).scalar() == 1
        assert connection.execute(select(pair_standings.c.labels)).scalar() == 5


def test_concurrent_requests_of_a_player_open_one_batch(service: Service) -> None:
    players = [service.player(f"p{i}") for i in range(8)]
    with ThreadPoolExecutor(32) as pool:
        opened = list(pool.map(lambda i: players[i % 8].batch()["batch"], range(32)))
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


def test_a_batch_pays_by_the_level_that_the_player_had_reached(service: Service) -> None:
    """The level rises exactly at a step: (7.4 + 4) / 15 = 0.76, with four of five right."""
    player = service.player()
    first = player.batch()
    assert first["pays"] == 30  # 7.4 / 10 = 0.74, between the steps 0.68 and 0.76
    answers = player.answers(first)
    opposite = {"left": "right", "right": "left"}
    answers["answers"][0]["choice"] = opposite[answers["answers"][0]["choice"]]
    reply = player.call("POST", f"/v1/batches/{first['batch']}/answers", json=answers).json()
    assert (reply["level"], reply["levels"], reply["reward"]["amount"]) == (2, 4, 30)
    assert player.batch()["pays"] == 40


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
