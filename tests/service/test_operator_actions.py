"""What an operator changes, and undoes: games that close, players who come back, pairs."""

from collections.abc import Callable
from pathlib import Path

import pytest
from sqlalchemy import select

from gamelabel.service import serving
from gamelabel.service.games import close_other_games
from gamelabel.service.keys import public_text
from gamelabel.service.pairs import start
from gamelabel.service.pairs.pair_games import PairGame, register_pair_game
from gamelabel.service.pairs.pair_tables import assignments, pairs
from tests.service.harness import GAME_KEY, KEYS, ORIGIN, Player, Service, batches, make_run
from tests.service.test_operator import operator
from tests.service.test_serve import free_ports

WHY = {"reason": "ticket 4711"}


def remove(service: Service, name: str) -> Player:
    """Return a player who answered every comparison point wrong until they were removed."""
    player = service.player(name)
    assert list(batches(player, right=False))[-1]["state"] == "removed"
    return player


def test_a_game_that_the_file_does_not_list_is_closed(service: Service) -> None:
    ann = service.player("ann")
    batch = ann.batch()
    assert close_other_games(service.store, ["go"]) == ["chess"]
    assert close_other_games(service.store, ["go"]) == []
    assert service.client.get("/play/chess").status_code == 404
    reply = service.client.post("/v1/sessions", json={"launch": service.launch("bob")})
    assert reply.status_code == 401
    assert ann.send(batch).status_code == 200
    reply = ann.call("POST", "/v1/batches")
    assert (reply.status_code, reply.json()["title"]) == (503, "The game is closed")
    assert service.send_rewards() == 1
    chess, go = operator(service).get("/v1/figures").json()
    assert (chess["closed"], go["closed"]) == (True, False)
    service.player("cy", game="go")


def test_a_closed_game_that_is_listed_again_is_open(service: Service) -> None:
    close_other_games(service.store, [])
    register_pair_game(
        service.store,
        PairGame(
            game_id="chess", title="Chess", origin=ORIGIN, launch_keys=[public_text(GAME_KEY)]
        ),
    )
    assert service.player("ann").batch()["items"]


def test_serving_a_file_closes_the_games_that_it_does_not_list(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    monkeypatch.setattr(serving, "run_servers", lambda _: None)
    file = tmp_path / "games.yaml"
    entry = f"{{title: x, origin: '{ORIGIN}', launch_keys: [{KEYS.public}]}}"
    for listed in (("a", "b"), ("b",)):
        file.write_text("".join(f"{name}: {entry}\n" for name in listed))
        start.serve_study(
            make_run(4, 4),
            file,
            str(tmp_path / "game.db"),
            tmp_path / "keys.json",
            port=free_ports(2),
        )
    assert f"the game a is closed: it is not in {file}" in capsys.readouterr().out


def test_a_removed_player_comes_back_and_is_judged_anew(service: Service) -> None:
    ann = remove(service, "ann")
    front = operator(service)
    body = {"player": "ann", **WHY}
    assert front.post("/v1/games/chess/reinstatements", json=body).status_code == 204
    again = front.post("/v1/games/chess/reinstatements", json=body)
    assert (again.status_code, again.json()["type"]) == (409, "urn:gamelabel:state")
    for game, name in (("go", "ann"), ("chess", "bob"), ("none", "ann")):
        path = f"/v1/games/{game}/reinstatements"
        assert front.post(path, json={"player": name, **WHY}).status_code == 404
    ann = service.player("ann")
    assert ann.entry["state"] == "active"
    assert [ann.send(ann.batch()).json()["state"] for _ in range(2)] == ["active"] * 2


def test_players_who_were_removed_by_a_wrong_comparison_point_come_back(service: Service) -> None:
    remove(service, "ann")
    remove(service, "bob")
    bob_withdrew = service.player("bob")
    assert bob_withdrew.call("DELETE", "/v1/player").status_code == 204
    service.player("cy").batch()
    front = operator(service)
    with service.store.read() as connection:
        query = select(pairs.c.pair_id).join(assignments, assignments.c.pair == pairs.c.id)
        answered = query.where(assignments.c.choice != pairs.c.gold)
        pair_id = connection.execute(answered.limit(1)).scalar()
    path = f"/v1/pools/study/pairs/{pair_id}"
    assert front.put(f"{path}/retired").status_code == 204
    assert front.post(f"{path}/reinstatements", json=WHY).json() == {"players": 1}
    assert front.post(f"{path}/reinstatements", json=WHY).json() == {"players": 0}
    states = {name: service.player(name).entry["state"] for name in ("ann", "bob", "cy")}
    assert states == {"ann": "active", "bob": "removed", "cy": "active"}


@pytest.mark.parametrize("url", ["sqlite"], indirect=True)
def test_a_retired_pair_is_dealt_again_after_it_is_active(make: Callable[..., Service]) -> None:
    service = make(preferences=12, comparisons=12)
    front = operator(service)
    with service.store.read() as connection:
        names = connection.execute(select(pairs.c.pair_id)).scalars().all()
    for name in names:
        assert front.put(f"/v1/pools/study/pairs/{name}/retired").status_code == 204
    ann = service.player("ann")
    assert ann.call("POST", "/v1/batches").status_code == 404
    for name in names:
        assert front.put(f"/v1/pools/study/pairs/{name}/active").status_code == 204
    assert ann.batch()["items"]
    assert front.put(f"/v1/pools/study/pairs/{names[0]}/gone").status_code == 422


def test_every_change_is_recorded_with_the_operator(service: Service) -> None:
    remove(service, "ann")
    front = operator(service)
    front.put("/v1/games/chess/paused")
    front.put("/v1/games/nobody/paused")
    front.put("/v1/pools/study/pairs/x0001/retired")
    front.put("/v1/pools/study/pairs/x0001/active")
    front.post("/v1/games/chess/reinstatements", json={"player": "ann", **WHY})
    front.post("/v1/pools/study/pairs/x0001/reinstatements", json=WHY)
    recorded = front.get("/v1/actions").json()
    assert {(row["operator"], row["at"]) for row in recorded} == {
        ("anna", int(1000 * service.clock()))
    }
    assert [(row["action"], row["subject"], row["reason"]) for row in reversed(recorded)] == [
        ("paused", "chess", ""),
        ("retired", "study/x0001", ""),
        ("active", "study/x0001", ""),
        ("reinstated", "chess", "ticket 4711"),
        ("reinstated", "0 players, study/x0001", "ticket 4711"),
    ]


def test_a_reason_is_needed_and_is_text(service: Service) -> None:
    front = operator(service)
    for reason in ("", "a\0b", None, "x" * 501):
        body = {"player": "ann", "reason": reason}
        assert front.post("/v1/games/chess/reinstatements", json=body).status_code == 422
