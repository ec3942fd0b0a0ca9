"""Simulated players over HTTP: the service makes the decisions of the simulation."""

import asyncio
import time
from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path
from typing import Any

import numpy as np
import pytest
from sqlalchemy import select

from gamelabel.games.pairs import SERVICE_RULES, Crowd, simulate
from gamelabel.service.database_tables import players
from gamelabel.service.launch_tokens import sign_launch
from gamelabel.service.pairs.export import read_database
from gamelabel.service.pairs.pair_tables import assignments, pair_standings, pairs
from gamelabel.service.store import Store
from gamelabel.tables import read_table
from tests.service.harness import GAME_KEY, Service
from tests.service.http_client import HttpConnection, run_shared
from tests.service.processes import SERVICE, Process


async def play(port: int, store: Store, people: int, max_labels: int, seed: int) -> None:
    """Let simulated players give at most `max_labels` labels each, in turns of one batch."""
    rng = np.random.default_rng(seed)
    crowd = Crowd().draw(people, rng)
    connections = [HttpConnection(port) for _ in range(16)]
    await asyncio.gather(*(connection.open() for connection in connections))

    async def enter(connection: HttpConnection, number: int) -> tuple[int, str]:
        launch = {
            "launch": sign_launch(GAME_KEY, "chess", f"p{number}", f"launch-{number}", time.time())
        }
        connection.session = ""
        connection.session = (await connection.call("POST", "/v1/sessions", launch))[1]["session"]
        assert (await connection.call("PUT", "/v1/consent", {}))[0] == 204
        return number, connection.session

    async def open_batch(connection: HttpConnection, number: int) -> tuple[int, Any]:
        connection.session = sessions[number]
        return number, (await connection.call("POST", "/v1/batches"))[1]

    async def answer(connection: HttpConnection, opened_batch: tuple[int, Any]) -> tuple[int, str]:
        number, batch = opened_batch
        connection.session = sessions[number]
        answers = [
            {"item": item["item"], "choice": choose(number, shown[item["item"]])}
            for item in batch["items"]
        ]
        status, reply = await connection.call(
            "POST", f"/v1/batches/{batch['batch']}/answers", {"answers": answers}
        )
        assert status == 200, reply
        return number, reply["state"]

    def choose(number: int, right: str | None) -> str:
        knows = right is not None and rng.random() < crowd.skill[number]
        return right if knows and right else "left" if right != "left" else "right"

    sessions = dict(await run_shared(connections, range(people), enter))
    playing = list(range(people))
    for turn in range(max_labels // 5):
        opened = await run_shared(
            connections,
            [number for number in playing if crowd.stamina[number] > 5 * turn],
            open_batch,
        )
        shown = right_sides(store)
        playing = sorted(
            number
            for number, state in await run_shared(connections, opened, answer)
            if state == "active"
        )


def right_sides(store: Store) -> dict[str, str | None]:
    """Return the right side of each unanswered item, or None for a preference point."""
    query = select(assignments.c.id, assignments.c.left, pairs.c.gold).join(
        pairs, pairs.c.id == assignments.c.pair
    )
    with store.read() as connection:
        rows = connection.execute(query.where(assignments.c.choice.is_(None))).all()
    return {row.id: row.gold and ("left" if row.gold == row.left else "right") for row in rows}


def check_decisions(service: Service, address: str) -> None:
    """Check that each player's standing follows from the answers by the rules, batch by batch."""
    tables = read_database(address, service.run)
    gold = tables.pairs.set_index("pair_id").gold
    rules = service.pair_settings.rules
    labels = tables.labels.assign(gold=tables.labels.pair_id.map(gold))
    comparisons = labels[labels.gold.notna()]
    right = (
        (comparisons.gold == comparisons.choice)
        .groupby([comparisons.player_id, comparisons.batch_id], sort=False)
        .agg(["sum", "size"])
    )
    with service.store.read() as connection:
        stored = {
            row.pseudonym: row
            for row in connection.execute(
                select(players.c.pseudonym, players.c.state, pair_standings).join(
                    pair_standings, pair_standings.c.player == players.c.id
                )
            )
        }
    for player, player_labels in labels.groupby("player_id", sort=False):
        standing = rules.start()._replace(exam=np.array([stored[player].exam]))
        for batch in player_labels.batch_id.unique():
            assert not standing.removed.item()
            sum_, size = right.loc[(player, batch)] if (player, batch) in right.index else (0, 0)
            standing = rules.update(standing, np.array([sum_]), np.array([size - sum_]))
        row = stored[player]
        assert (row.right, row.wrong, row.state == "removed") == tuple(
            v.item() for v in (*standing[:2], standing.removed)
        )
        assert (row.share, row.credit, row.debit, row.suspicion) == tuple(
            v.item() for v in (standing.share, standing.credit, standing.debit, standing.suspicion)
        )


def play_in_process(service: Service, folder: Path, people: int, max_labels: int, seed: int) -> str:
    """Let players play through a service in a child process; return the database's address."""
    address = service.store.engine.url.render_as_string(hide_password=False)
    process = Process(SERVICE, address, str(folder / "keys.json"))
    try:
        # Playwright leaves an event loop running in the main thread, so use another thread.
        with ThreadPoolExecutor(1) as thread:
            game = play(process.port, service.store, people, max_labels, seed)
            thread.submit(asyncio.run, game).result()
    finally:
        process.kill()
    return address


@pytest.mark.parametrize("url", ["postgresql"], indirect=True)  # where transactions overlap
def test_the_service_decides_by_the_rules(service: Service, tmp_path: Path) -> None:
    check_decisions(service, play_in_process(service, tmp_path, 12, 40, seed=1))


@pytest.mark.full
@pytest.mark.slow
@pytest.mark.parametrize("url", ["sqlite"], indirect=True)
def test_2000_players_have_the_distributions_of_the_simulation(
    make: Callable[..., Service], tmp_path: Path
) -> None:
    service, max_labels, people = make(preferences=600, comparisons=600), 15, 2_000
    address = play_in_process(service, tmp_path, people, max_labels, seed=2)
    check_decisions(service, address)
    served = read_database(address, service.run).players
    table = read_table(service.run, "pairs")
    simulated = simulate(table, None, people, 3, rules=SERVICE_RULES)
    early = simulated.labels[simulated.labels.groupby("player_id").cumcount() < max_labels]
    simulated_share = early.pair_id.map(table.set_index("pair_id").gold).notna().mean()
    share = (served.comparisons_right + served.comparisons_wrong).sum() / served.labels.sum()
    assert share == pytest.approx(simulated_share, abs=0.02)
    assert served.labels.mean() == pytest.approx(len(early) / people, rel=0.04)
