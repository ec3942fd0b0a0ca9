"""What the database keeps of players without games: payments, channels, limits, an upgrade."""

from collections.abc import Iterator
from dataclasses import replace
from pathlib import Path
from types import SimpleNamespace
from typing import Any

import pytest
from alembic import command
from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey
from sqlalchemy import MetaData, insert, select, update

from gamelabel.games.play.tasks import Task
from gamelabel.service import people
from gamelabel.service.database_tables import game_keys, metadata, players, rewards
from gamelabel.service.games import Game, close_other_games, register_game
from gamelabel.service.keys import new_keys, public_text
from gamelabel.service.launch_tokens import SERVICE, sign_launch
from gamelabel.service.outbox import Outbox
from gamelabel.service.page import registered_game
from gamelabel.service.play.game_records import GameRecords
from gamelabel.service.play.link_launches import Arrival, link_key, sign_arrival
from gamelabel.service.play.play_games import PLAY, TURK, PlayGame
from gamelabel.service.play.play_payments import Payments
from gamelabel.service.play.play_records import PlayRecords
from gamelabel.service.play.play_start import register_play_game
from gamelabel.service.play.play_tables import PLAYER_TABLES, play_payments
from gamelabel.service.problems import Problem
from gamelabel.service.settings import Settings
from gamelabel.service.store import Store, migration_config, open_engine
from tests.service.databases import new_url
from tests.service.play.play_harness import TASKS

PAID, PRIZE, DOTS = (next(t for t in TASKS if t.name == name) for name in ("paid", "prize", "dots"))
MET = {"time": 9.0, "points": 3.0}
GAME_KEY = Ed25519PrivateKey.generate()


@pytest.fixture(params=["sqlite", "postgresql"])
def url(request: pytest.FixtureRequest, tmp_path: Path) -> str:
    return new_url(request.param, tmp_path)


class Lab:
    """The database of a game that is played, and its players without their browsers."""

    def __init__(self, url: str) -> None:
        self.now = 1_800_000_000.0
        self.settings = Settings(new_keys(), audience=PLAY, clock=lambda: self.now)
        self.store = Store(url)
        self.records = PlayRecords(self.store, self.settings)
        self.games = GameRecords(self.store, self.settings)
        self.game = PlayGame(
            game_id="lab",
            title="Lab",
            origin="https://lab.example",
            launch_keys=[public_text(GAME_KEY)],
            channels={"link": "", TURK: ""},
            new_players_per_hour=2,
            new_by_link_per_hour=5,
        )
        register_play_game(self.store, self.settings.keys, self.game)

    def enter(self, launch: str) -> str:
        return str(people.open_session(self.store, self.settings, launch, None)["session"])

    def worker(self, assignment: str, worker: str = "A1", browser: str = "a" * 32) -> str:
        """Return the session of a worker who has come by a HIT's link and consented."""
        arrival = Arrival(TURK, browser, worker, assignment, "H1")
        session = self.enter(sign_arrival(self.settings, "lab", arrival))
        self.records.give_consent(session, arrival)
        return session

    def visitor(self, number: int) -> str:
        arrival = Arrival("link", f"{number:032x}")
        session = self.enter(sign_arrival(self.settings, "lab", arrival))
        self.records.give_consent(session, arrival)
        return session

    def finish(self, session: str, task: Task) -> str:
        """Meet a task's requirements, and return the play session."""
        play = self.records.open_session(session, task)["id"]
        self.games.end_session(play, task, MET, 100)
        return str(play)

    def withdraw(self, session: str) -> None:
        people.withdraw(self.store, self.settings, session, PLAYER_TABLES)

    def rows(self, table: Any) -> list[dict[str, Any]]:
        with self.store.read() as connection:
            query = select(table).order_by(*table.primary_key)
            return [dict(row._mapping) for row in connection.execute(query)]

    def settle(self, last: int) -> int:
        with self.store.write() as connection:
            return self.records.payments.settle(connection, "lab", last)


@pytest.fixture
def lab(url: str) -> Iterator[Lab]:
    made = Lab(url)
    yield made
    made.store.close()


def test_who_withdraws_keeps_what_was_earned_until_it_is_paid(lab: Lab) -> None:
    session = lab.worker("S1")
    lab.finish(session, PAID)
    prize = lab.visitor(1)
    lab.records.enter_raffle(prize, lab.finish(prize, PRIZE), "ann@example.org")
    lab.withdraw(session)
    lab.withdraw(prize)
    for table in PLAYER_TABLES:
        assert lab.rows(table) == [], table.name
    work, raffle = lab.rows(play_payments)
    assert (work["worker_id"], work["assignment_id"], work["pay"]) == ("A1", "S1", 0.5)
    assert (raffle["email"], raffle["worker_id"]) == ("ann@example.org", None)

    lab.finish(lab.worker("S3", "A3"), PAID)  # not in the list that the operator has paid
    assert lab.settle(raffle["id"]) == 2
    assert lab.settle(raffle["id"]) == 0
    for row in lab.rows(play_payments)[:2]:
        assert {row[n] for n in ("worker_id", "assignment_id", "hit_id", "email")} == {None}
    assert lab.rows(play_payments)[2]["worker_id"] == "A3"


def test_an_assignment_is_paid_once_whoever_shows_it(lab: Lab) -> None:
    session = lab.worker("S1")
    other = lab.worker("S1", browser="b" * 32)
    late = lab.records.open_session(other, PAID)["id"]
    lab.finish(session, PAID)
    for who in (session, other, lab.worker("S1", worker="A2")):
        with pytest.raises(Problem, match="Submit it"):
            lab.records.open_session(who, DOTS)
    lab.games.end_session(late, PAID, MET, 100)  # it was open before
    assert [row["assignment_id"] for row in lab.rows(play_payments)] == ["S1"]
    assert len(lab.rows(rewards)) == 1
    with pytest.raises(Problem, match="Each task pays once"):
        lab.records.open_session(lab.worker("S2", browser="c" * 32), PAID)
    lab.finish(lab.worker("S2"), DOTS)


def test_an_assignment_is_for_the_task_that_was_begun(lab: Lab) -> None:
    session = lab.worker("S1")
    lab.records.open_session(session, DOTS)  # its instructions were read, it was not played
    play = lab.records.open_session(session, PAID)["id"]
    lab.games.begin_game("g1", {"player": play})
    with pytest.raises(Problem, match="Go on with paid"):
        lab.records.open_session(session, DOTS)
    again = lab.worker("S2")  # the first HIT was returned
    assert lab.records.open_session(again, PAID)["id"] == play
    lab.games.end_session(play, PAID, MET, 100)
    assert [row["assignment_id"] for row in lab.rows(play_payments)] == ["S2"]


def test_an_address_enters_a_raffle_once(lab: Lab) -> None:
    session = lab.visitor(1)
    first, second = (lab.finish(session, PRIZE) for _ in range(2))
    lab.records.enter_raffle(session, first, "ann@example.org")
    lab.records.enter_raffle(session, first, "ann@example.com")
    lab.records.enter_raffle(session, second, "Ann@example.com")
    assert [row["email"] for row in lab.rows(play_payments)] == ["ann@example.com"]
    lab.settle(10)
    lab.records.enter_raffle(session, first, "ann@example.com")
    assert [row["email"] for row in lab.rows(play_payments)] == [None]


def test_a_worker_id_alone_opens_nobodys_account(lab: Lab) -> None:
    lab.finish(lab.worker("S1"), PAID)
    forged = lab.worker("S9", browser="f" * 32)
    assert lab.records.sessions_by_task(forged) == {}
    lab.withdraw(forged)
    states = {row["state"] for row in lab.rows(players)}
    assert states == {"active", "withdrawn"}
    assert lab.records.sessions_by_task(lab.worker("S2")) == {"paid": "done"}


def test_a_worker_who_was_removed_stays_so_in_another_browser(lab: Lab) -> None:
    lab.worker("S1")
    with lab.store.write() as connection:
        connection.execute(update(players).values(state="removed"))
    with pytest.raises(Problem, match="removed"):
        lab.worker("S2", browser="b" * 32)


def test_the_channel_is_the_one_of_the_launch(lab: Lab) -> None:
    session = lab.enter(sign_launch(GAME_KEY, "lab", "ann", "j", lab.now, None, PLAY, "paying"))
    lab.records.give_consent(session, Arrival("link"))
    assert lab.records.account(session).channel == "paying"
    assert lab.records.open_session(session, DOTS)["channel"] == "paying"


def test_newcomers_by_link_keep_out_nobody_whom_the_game_sends(lab: Lab) -> None:
    for number in range(5):
        lab.visitor(number)
    with pytest.raises(Problem, match="next hour"):
        lab.visitor(5)
    lab.visitor(0)  # not new
    for name in ("ann", "bob"):
        lab.enter(sign_launch(GAME_KEY, "lab", name, name, lab.now, audience=PLAY))
    with pytest.raises(Problem, match="next hour"):
        lab.enter(sign_launch(GAME_KEY, "lab", "cy", "cy", lab.now, audience=PLAY))
    lab.now += 3600
    lab.visitor(5)
    lab.now += 7200
    Outbox(lab.store, lab.settings).delete_expired()
    (game,) = lab.rows(metadata.tables["games"])
    assert (game["link_newcomers"], game["link_newcomers_hour"]) == (0, 0)


def test_a_launch_to_play_does_not_let_anybody_label_nor_the_other_way(lab: Lab) -> None:
    labels = Settings(lab.settings.keys, clock=lab.settings.clock)
    with lab.store.write() as connection:
        register_game(lab.store, connection, lab.game)
    for audience, wrong, own in ((PLAY, labels, lab.settings), (SERVICE, lab.settings, labels)):
        token = sign_launch(GAME_KEY, "lab", "ann", audience[-3:], lab.now, audience=audience)
        with pytest.raises(Problem, match=f"its aud is not {wrong.audience}"):
            people.open_session(lab.store, wrong, token, None)
        session = people.open_session(lab.store, own, token, None)["session"]
        with lab.store.read() as connection:
            people.current_player(connection, own, session)
            with pytest.raises(Problem, match="session"):
                people.current_player(connection, wrong, session)
    assert len(lab.rows(players)) == 1  # the account spans both


def test_an_upgrade_keeps_what_is_to_be_paid(url: str) -> None:
    engine = open_engine(url)
    key = public_text(link_key(new_keys(), "lab"))
    game = {"game_id": "lab", "title": "", "origin": "", "launch_keys": key}
    player = {"game_id": "lab", "pseudonym": "ann", "state": "active", "id": 1}
    link = {"player": 1, "channel": TURK}
    session = {"task": "paid", "launch": "a", "statistics": {}, "pay": 0.5, **link}
    with engine.connect().execution_options(writes=True) as connection, connection.begin():
        command.upgrade(migration_config(connection), "0007")
        old = MetaData()
        old.reflect(connection)
        for name, *rows in (
            ("games", game | {"reward_url": "", "coin": ""}),
            ("players", player),
            ("play_players", {"consented": True, **link}),
            ("recruitments", {"id": 1, "worker_id": "A1", "assignment_id": "S1", **link}),
            ("recruitments", {"id": 2, "email": "a@b.c", **link}),
            ("play_sessions", {"id": "one", "recruitment": 1, "state": "done", **session}),
            ("play_sessions", {"id": "two", "recruitment": 2, "state": "done", **session}),
            ("play_sessions", {"id": "six", "recruitment": 1, "state": "open", **session}),
        ):
            connection.execute(insert(old.tables[name]), rows)
    engine.dispose()
    store = Store(url)
    with store.read() as connection:
        paid = connection.execute(select(play_payments).order_by(play_payments.c.id)).all()
        consent = connection.execute(select(metadata.tables["play_players"])).one()
        entries = connection.execute(select(metadata.tables["recruitments"].c.id)).scalars().all()
    assert [(p.play_session, p.kind, p.assignment_id, p.email, p.pay) for p in paid] == [
        ("one", "work", "S1", None, 0.5),
        ("two", "raffle", None, "a@b.c", 0.5),
    ]
    assert not any(p.settled for p in paid)
    assert (consent.recruitment, entries) == (1, [1])
    payments = Payments(store, Settings(new_keys(), audience=PLAY))
    for _ in range(2):  # at every start
        payments.add_marks()
    with store.write() as connection:
        assert payments.is_assignment_used(connection, "lab", "S1")
        assert payments.is_worker_paid(connection, "lab", "A1", "paid")
        session = SimpleNamespace(game_id="lab", id="new", task="paid", channel=TURK)
        payments.enter_raffle(connection, session, "A@b.c")
        assert len(connection.execute(select(play_payments)).all()) == 2
    store.close()


def test_a_game_has_keys_for_each_server_that_lists_it(lab: Lab) -> None:
    """The labeling server starts again, with its own file of games."""
    other = public_text(Ed25519PrivateKey.generate())
    labeling = replace(lab.settings, audience=SERVICE)
    listed = Game(game_id="lab", title="Lab", origin="https://lab.example", launch_keys=[other])
    with lab.store.write() as connection:
        register_game(lab.store, connection, listed)
    assert close_other_games(lab.store, ["lab"]) == []
    assert len(lab.rows(game_keys)) == 2
    visitor = lab.visitor(1)  # links are still signed by a key that is known
    token = sign_launch(GAME_KEY, "lab", "ann", "j1", lab.now, audience=PLAY)
    assert lab.records.account(lab.enter(token)).player.launch_keys
    for_labels = sign_launch(GAME_KEY, "lab", "ann", "j2", lab.now)
    with pytest.raises(Problem, match="signature is not the game's"):  # that file has another key
        people.open_session(lab.store, labeling, for_labels, None)

    assert close_other_games(lab.store, ["other"]) == ["lab"]  # labeling does not list it any more
    with pytest.raises(Problem, match="There is no such game"):
        registered_game(lab.store, "lab")
    assert registered_game(lab.store, "lab", PLAY)
    assert lab.records.open_session(visitor, PAID)
    assert close_other_games(lab.store, [], PLAY) == ["lab"]
    with pytest.raises(Problem, match="does not offer this any more"):
        lab.records.open_session(visitor, DOTS)
