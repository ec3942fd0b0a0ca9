"""Random sequences of calls: the service always agrees with a simple model of it."""

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


class ServiceMachine(RuleBasedStateMachine):
    """Two players of a game who enter, answer, repeat calls and withdraw."""

    sessions = Bundle("sessions")

    @initialize()
    def start(self) -> None:
        folder = Path(tempfile.mkdtemp())
        self.service = Service(f"sqlite:///{folder / 'game.db'}", preferences=20, comparisons=20)
        self.open: dict[str, Any] = {}
        self.answered: dict[str, list[tuple[Any, bool, Any]]] = {"ann": [], "bob": []}
        self.inactive: dict[str, str] = {}  # removed or withdrawn
        self.agreed: set[str] = set()
        self.rewards = 0

    def teardown(self) -> None:
        if hasattr(self, "service"):
            self.service.store.close()

    @rule(target=sessions, name=PEOPLE)
    def enter(self, name: str) -> tuple[str, Player]:
        player = self.service.player(name, consent=False)
        assert player.entry["state"] == self.inactive.get(name, "active")
        assert player.entry["consented"] == (name in self.agreed)
        return name, player

    @rule(entered=sessions)
    def agree(self, entered: tuple[str, Player]) -> None:
        name, player = entered
        status = player.call("PUT", "/v1/consent", json={}).status_code
        if status == 204:
            self.agreed.add(name)
        assert status == 204 if name not in self.inactive else status in (401, 403)

    @rule(entered=sessions)
    def open_batch(self, entered: tuple[str, Player]) -> None:
        name, player = entered
        reply = player.call("POST", "/v1/batches")
        if name in self.inactive or name not in self.agreed:
            assert reply.status_code in (401, 403)
        elif reply.status_code == 404:
            assert reply.json()["type"] == "urn:gamelabel:finished"
            assert name not in self.open
        elif name in self.open:
            assert (reply.status_code, reply.json()) == (200, self.open[name])
        else:
            assert reply.status_code == 201
            self.open[name] = reply.json()

    @rule(entered=sessions, right=st.booleans())
    def answer(self, entered: tuple[str, Player], right: bool) -> None:
        name, player = entered
        if name not in self.open:
            return
        batch = self.open[name]
        reply = player.send(batch, right)
        assert reply.status_code == 200
        self.answered[name].append((batch, right, reply.json()))
        del self.open[name]
        self.rewards += 1
        if reply.json()["state"] == "removed":
            self.inactive[name] = "removed"

    @rule(entered=sessions, right=st.booleans())
    def repeat(self, entered: tuple[str, Player], right: bool) -> None:
        name, player = entered
        for batch, first, stored in self.answered[name][-2:]:
            reply = player.send(batch, right)
            unchanged = player.answers(batch, right) == player.answers(batch, first)
            assert (reply.json() == stored) if unchanged else (reply.status_code == 409)

    @rule(entered=sessions)
    def withdraw(self, entered: tuple[str, Player]) -> None:
        name, player = entered
        if player.call("DELETE", "/v1/player").status_code == 204:
            self.inactive.setdefault(name, "withdrawn")
            self.open.pop(name, None)
            self.answered[name] = []
            self.agreed.discard(name)

    @invariant()
    def everything_acknowledged_is_stored(self) -> None:
        if not hasattr(self, "service"):
            return
        with self.service.store.read() as connection:
            count = lambda table, *where: connection.execute(  # noqa: E731
                select(func.count()).select_from(table).where(*where)
            ).scalar()
            acknowledged = sum(map(len, self.answered.values()))
            assert count(assignments, assignments.c.choice.is_not(None)) == 5 * acknowledged
            assert count(assignments, assignments.c.choice.is_(None)) == 5 * len(self.open)
            assert count(batches) == acknowledged + len(self.open)
            assert count(rewards) == self.rewards
            for row in connection.execute(select(pair_standings)):
                assert row.right + row.wrong <= row.labels


TestServiceMachine = ServiceMachine.TestCase
TestServiceMachine.settings = settings(
    max_examples=4, stateful_step_count=15, deadline=None, suppress_health_check=list(HealthCheck)
)
