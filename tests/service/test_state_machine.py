"""The player's way walked at random, beside a model of it: whatever the order of calls, the two agree."""

import tempfile
from pathlib import Path
from typing import Any

from hypothesis import HealthCheck, settings
from hypothesis import strategies as st
from hypothesis.stateful import Bundle, RuleBasedStateMachine, initialize, invariant, rule
from sqlalchemy import func, select

from gamelabel.service.database_tables import rewards
from gamelabel.service.pairs.pair_tables import assignments, batches, pair_standings
from tests.service.harness import Player, Service

PEOPLE = st.sampled_from(["ann", "bob"])


class Way(RuleBasedStateMachine):
    """Two people of one game, who come and go, answer, repeat themselves, withdraw."""

    sessions = Bundle("sessions")

    @initialize()
    def empty(self) -> None:
        folder = Path(tempfile.mkdtemp())
        self.service = Service(f"sqlite:///{folder / 'game.db'}", preferences=20, comparisons=20)
        self.open: dict[str, Any] = {}
        self.answered: dict[str, list[tuple[Any, bool, Any]]] = {"ann": [], "bob": []}
        self.gone: dict[str, str] = {}  # removed or withdrawn
        self.agreed: set[str] = set()
        self.rewards = 0

    def teardown(self) -> None:
        if hasattr(self, "service"):
            self.service.store.close()

    @rule(target=sessions, name=PEOPLE)
    def come(self, name: str) -> tuple[str, Player]:
        player = self.service.player(name, consent=False)
        assert player.entry["state"] == self.gone.get(name, "active")
        assert player.entry["consented"] == (name in self.agreed)
        return name, player

    @rule(who=sessions)
    def agree(self, who: tuple[str, Player]) -> None:
        name, player = who
        status = player.call("PUT", "/v1/consent", json={}).status_code
        if status == 204:
            self.agreed.add(name)
        assert status == 204 if name not in self.gone else status in (401, 403)

    @rule(who=sessions)
    def ask(self, who: tuple[str, Player]) -> None:
        name, player = who
        reply = player.call("POST", "/v1/batches")
        if name in self.gone or name not in self.agreed:
            assert reply.status_code in (401, 403)
        elif reply.status_code == 404:
            assert reply.json()["type"] == "urn:gamelabel:finished"
            assert name not in self.open
        elif name in self.open:
            assert (reply.status_code, reply.json()) == (200, self.open[name])
        else:
            assert reply.status_code == 201
            self.open[name] = reply.json()

    @rule(who=sessions, right=st.booleans())
    def answer(self, who: tuple[str, Player], right: bool) -> None:
        name, player = who
        if name not in self.open:
            return
        batch = self.open[name]
        reply = player.send(batch, right)
        assert reply.status_code == 200
        self.answered[name].append((batch, right, reply.json()))
        del self.open[name]
        self.rewards += 1
        if reply.json()["state"] == "removed":
            self.gone[name] = "removed"

    @rule(who=sessions, right=st.booleans())
    def repeat(self, who: tuple[str, Player], right: bool) -> None:
        name, player = who
        for batch, first, stored in self.answered[name][-2:]:
            reply = player.send(batch, right)
            same = player.answers(batch, right) == player.answers(batch, first)
            assert (reply.json() == stored) if same else (reply.status_code == 409)

    @rule(who=sessions)
    def withdraw(self, who: tuple[str, Player]) -> None:
        name, player = who
        if player.call("DELETE", "/v1/player").status_code == 204:
            self.gone.setdefault(name, "withdrawn")
            self.open.pop(name, None)
            self.answered[name] = []
            self.agreed.discard(name)

    @invariant()
    def what_is_stored_is_what_was_acknowledged(self) -> None:
        if not hasattr(self, "service"):
            return
        with self.service.store.read() as connection:
            count = lambda table, *where: connection.execute(  # noqa: E731
                select(func.count()).select_from(table).where(*where)
            ).scalar()
            acknowledged = sum(len(done) for done in self.answered.values())
            assert count(assignments, assignments.c.choice.is_not(None)) == 5 * acknowledged
            assert count(assignments, assignments.c.choice.is_(None)) == 5 * len(self.open)
            assert count(batches) == acknowledged + len(self.open)
            assert count(rewards) == self.rewards
            for row in connection.execute(select(pair_standings)):
                assert row.right + row.wrong <= row.labels


TestWay = Way.TestCase
TestWay.settings = settings(
    max_examples=4, stateful_step_count=15, deadline=None, suppress_health_check=list(HealthCheck)
)
