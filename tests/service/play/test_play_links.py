"""Links: who comes by them, what is stored of them and what is not, payments, raffle, comments."""

import csv
import io
import time

import pytest
from sqlalchemy import select

from gamelabel.service.database_tables import metadata, players
from gamelabel.service.launch_tokens import verify_reward
from gamelabel.service.play.play_tables import play_players, recruitments
from tests.service.harness import wait_until
from tests.service.play.play_harness import PlayServer

IDS = {"visitor": "0" * 32, "worker_id": "A1", "assignment_id": "S1", "hit_id": "H1"}
WORKER = {"channel": "mturk", **IDS}
VISITOR = {"channel": "link", "visitor": "0" * 32}


def rows(server: PlayServer, table: object) -> list[dict[str, object]]:
    with server.store.read() as connection:
        return [dict(row._mapping) for row in connection.execute(select(table))]


def problem(server: PlayServer, **link: str) -> tuple[int, str]:
    reply = server.client.post("/v1/play/arrivals", json={"game": "lab", **link})
    return reply.status_code, reply.json()["type"].split(":")[-1]


def test_an_arrival_stores_nothing_before_the_player_agrees(server: PlayServer) -> None:
    reply = server.client.post("/v1/play/arrivals", json={"game": "lab", **WORKER})
    assert rows(server, players) == []
    player = server.enter(reply.json()["launch"], None)
    assert player.call("GET", "/v1/play/account") == {"consented": False}
    player.call("POST", "/v1/play/sessions", 403, json={})
    assert rows(server, play_players) == rows(server, recruitments) == []
    for _ in range(2):  # the second HIT of the same worker adds a row, the same one does not
        player.call("PUT", "/v1/play/consent", 204, json=IDS)
    player.call("PUT", "/v1/play/consent", 204, json=IDS | {"assignment_id": "S2"})
    entries = rows(server, recruitments)
    assert [row["assignment_id"] for row in entries] == ["S1", "S2"]
    assert entries[0]["channel"] == "mturk"
    assert rows(server, play_players)[0]["recruitment"] == entries[1]["id"]


def test_the_ids_of_a_platform_are_in_one_table_only(server: PlayServer) -> None:
    server.arrive(**WORKER).open(None)
    for table in metadata.sorted_tables:
        text = str(rows(server, table))
        assert ("'A1'" in text or "'S1'" in text) == (table.name == "recruitments"), table.name


@pytest.mark.parametrize(
    ("link", "expected"),
    [
        ({"channel": "unknown", "visitor": "0" * 32}, (404, "missing")),
        ({"channel": "mturk"}, (422, "preview")),
        ({"channel": "mturk", "worker_id": "A1"}, (422, "preview")),
        ({"channel": "mturk", "worker_id": "A1", "assignment_id": "S"}, (422, "invalid")),
        ({"channel": "link"}, (422, "invalid")),
        ({"channel": "link", "visitor": "zz"}, (422, "invalid")),
        ({"channel": "mturk", "worker_id": "A 1", "assignment_id": "S"}, (422, "invalid")),
    ],
)
def test_incomplete_links_are_refused(
    shared: PlayServer, link: dict[str, str], expected: tuple[int, str]
) -> None:
    assert problem(shared, **link) == expected


def test_nobody_takes_the_ids_of_another_worker(server: PlayServer) -> None:
    worker = server.arrive(**WORKER)
    for other in ({"worker_id": "A2"}, {"visitor": "1" * 32}):
        worker.call("PUT", "/v1/play/consent", 403, json=IDS | other)
    server.player().call("PUT", "/v1/play/consent", 403, json=IDS)
    server.player().call("PUT", "/v1/play/consent", 422, json={"channel": "mturk"})
    assert [row["worker_id"] for row in rows(server, recruitments)] == ["A1"]


def test_a_browser_and_a_worker_are_the_same_player_again(server: PlayServer) -> None:
    for _ in range(2):
        server.arrive(**VISITOR)
        server.arrive(**WORKER)
    assert len(rows(server, players)) == 2


def test_a_channel_has_its_group_of_tasks(server: PlayServer) -> None:
    library = server.arrive(**WORKER).call("GET", "/v1/play/library")
    assert [task["name"] for task in library["tasks"]] == ["dots", "paid"]
    assert not library["choose"]
    social = server.arrive(channel="social", visitor="1" * 32)
    assert [task["name"] for task in social.call("GET", "/v1/play/library")["tasks"]] == ["dots"]
    social.call("POST", "/v1/play/sessions", 404, json={"task": "paid"})
    # who has begun a task is assigned to it again
    worker = server.arrive(**WORKER)
    assert worker.open(None) == worker.open(None)


def test_done_work_is_paid_once_and_listed_for_the_operator(server: PlayServer) -> None:
    worker = server.arrive(**WORKER)
    play = worker.open("paid")
    socket = worker.connect(play)
    socket.until(
        lambda: any(m["kind"] == "status" and m["goals"][0]["is_met"] for m in socket.told)
    )
    shown = [m["pay_text"] for m in socket.told if m["kind"] == "status"][-1]
    assert shown == "Estimated pay: $0.50"
    socket.finish()
    for _ in range(2):
        result = worker.call("GET", f"/v1/play/sessions/{play}")
    assert (result["state"], result["text"]) == ("done", "You earned $0.50.")
    assert result["assignment"] == "S1"
    assert result["reward"]["amount"] == 50  # at 100 coins for a dollar
    assert wait_until(lambda: len(server.paid) == 1)
    keys = "\n".join(key["key"] for key in server.client.get("/v1/keys").json())
    claims = verify_reward(server.paid[0].content.decode(), keys, "lab", time.time())
    assert claims["amount"] == 50
    again = worker.call("POST", "/v1/play/sessions", 409, json={"task": "paid"})
    assert again["type"] == "urn:gamelabel:assignment"  # the HIT can be submitted now
    assert worker.call("GET", "/v1/play/library")["done"] == play  # also after a reload
    next_hit = server.arrive(**WORKER | {"assignment_id": "S2"})
    for player in (next_hit, server.player("bob")):
        assert player.call("GET", "/v1/play/library")["done"] is None
    again = next_hit.call("POST", "/v1/play/sessions", 409, json={"task": "paid"})
    assert again["type"] == "urn:gamelabel:paid"

    reply = server.operator().get("/v1/play/games/lab/payments")
    listed = list(csv.DictReader(io.StringIO(reply.text)))
    assert len(listed) == 1
    assert (listed[0]["worker_id"], listed[0]["pay"], listed[0]["currency"]) == ("A1", "0.5", "USD")
    operator = server.operator()
    settled = f"/v1/play/games/lab/payments/{listed[0]['payment']}/settled"
    assert operator.put(settled).status_code == 204
    assert len(operator.get("/v1/play/games/lab/payments").text.splitlines()) == 1
    actions = [action["action"] for action in operator.get("/v1/actions").json()]
    assert actions[::-1] == ["read payments", "settled 1 payments", "read payments"]


def test_unfinished_work_pays_nothing_and_submits_nothing(server: PlayServer) -> None:
    worker = server.arrive(**WORKER)
    play = worker.open("paid")
    socket = worker.connect(play)
    socket.until(lambda: socket.frame >= 0)
    socket.finish()
    result = worker.call("GET", f"/v1/play/sessions/{play}")
    assert (result["state"], result["reward"], result["assignment"]) == ("ended", None, None)


def test_an_address_enters_the_raffle_only_when_the_task_is_done(server: PlayServer) -> None:
    player = server.arrive(channel="email", visitor="2" * 32)
    play = player.open("prize")
    address = {"email": "ann@example.org"}
    player.call("PUT", f"/v1/play/sessions/{play}/raffle", 409, json=address)
    socket = player.connect(play)
    socket.until(
        lambda: any(m["kind"] == "status" and m["goals"][0]["is_met"] for m in socket.told)
    )
    socket.finish()
    assert player.call("GET", f"/v1/play/sessions/{play}")["raffle"]
    for bad in ("ann", "ann@", "a b@c", "a@b\n"):
        player.call("PUT", f"/v1/play/sessions/{play}/raffle", 422, json={"email": bad})
    player.call("PUT", f"/v1/play/sessions/{play}/raffle", 204, json=address)
    for number in range(3):  # the last one counts, and only that is kept
        new = {"email": f"ann{number}@example.org"}
        player.call("PUT", f"/v1/play/sessions/{play}/raffle", 204, json=new)
    text = server.operator().get("/v1/play/games/lab/payments").text
    assert "ann2@example.org" in text
    other = server.player("bob")
    other.call("PUT", f"/v1/play/sessions/{play}/raffle", 404, json=address)


def test_comments_reach_the_operator_and_are_no_formulas(shared: PlayServer) -> None:
    player = shared.player()
    body = {"task": "dots", "kind": "problem", "text": "=HYPERLINK(1)", "device": "Firefox"}
    player.call("POST", "/v1/play/comments", 204, json=body)
    player.call("POST", "/v1/play/comments", 422, json=body | {"text": "x" * 2001})
    player.call("POST", "/v1/play/comments", 422, json=body | {"kind": "praise"})
    for _ in range(19):
        player.call("POST", "/v1/play/comments", 204, json=body)
    player.call("POST", "/v1/play/comments", 409, json=body)
    text = shared.operator().get("/v1/play/games/lab/comments").text
    assert "'=HYPERLINK(1)" in text
    assert shared.client.get("/v1/play/games/lab/comments").status_code == 404  # not for players


def test_the_page_may_be_framed_and_send_a_form_as_its_channel_needs(shared: PlayServer) -> None:
    plain = shared.client.get("/library/lab").headers["content-security-policy"]
    assert "frame-ancestors https://lab.example" in plain
    assert "form-action 'none'" in plain
    turk = shared.client.get("/library/lab?channel=mturk").headers["content-security-policy"]
    assert "frame-ancestors https://worker.mturk.com" in turk
    assert "form-action https://www.mturk.com" in turk
    assert "script-src 'self'" in plain
    assert shared.client.get("/library/other").status_code == 404


def test_the_page_says_what_is_stored_of_addresses_and_devices(shared: PlayServer) -> None:
    page = shared.client.get("/library/lab").text
    assert "your address, or anything about your device" not in page
    assert "your e-mail address if you enter it" in page
    assert "your browser’s name and version if you report a problem" in page


def test_the_operator_sees_what_goes_on(server: PlayServer) -> None:
    socket = server.player().play("short")
    socket.until(lambda: socket.episode > 0)
    figures = server.operator().get("/v1/figures").json()[0]["play"]
    assert figures["now"] == {"players": 1, "games": 1, "waiting": 0}
    assert (figures["sessions"], figures["episodes"], figures["frames"]) == (1, 1, 15)
    socket.finish()
    figures = server.operator().get("/v1/figures").json()[0]["play"]
    assert (figures["now"]["games"], figures["done"]) == (0, 1)
