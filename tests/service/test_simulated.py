"""The simulation's players through HTTP: the same rules, so the same decisions and the same distributions."""

import asyncio
import time
from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path
from typing import Any

import numpy as np
import pytest
from sqlalchemy import select

from gamelabel.games.pairs import Crowd, Posterior, Rules, simulate
from gamelabel.service.database_tables import players
from gamelabel.service.launch_tokens import sign_launch
from gamelabel.service.pairs.export import read_database
from gamelabel.service.pairs.pair_tables import assignments, pair_standings, pairs
from gamelabel.service.store import Store
from gamelabel.tables import read_table
from tests.service.harness import GAME_KEY, Service
from tests.service.http_client import HttpConnection, run_shared
from tests.service.processes import SERVICE, Process


async def play(port: int, store: Store, people: int, most: int, seed: int) -> None:
    """Players of the simulation's crowd, turn by turn, of at most so many labels each; they see with their skill."""
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

    async def answer(connection: HttpConnection, given: tuple[int, Any]) -> tuple[int, str]:
        number, batch = given
        connection.session = sessions[number]
        answers = [
            {"item": item["item"], "choice": sees(number, shown[item["item"]])}
            for item in batch["items"]
        ]
        status, reply = await connection.call(
            "POST", f"/v1/batches/{batch['batch']}/answers", {"answers": answers}
        )
        assert status == 200, reply
        return number, reply["state"]

    def sees(number: int, right: str | None) -> str:
        knows = right is not None and rng.random() < crowd.skill[number]
        return right if knows and right else "left" if right != "left" else "right"

    sessions = dict(await run_shared(connections, range(people), enter))
    playing = list(range(people))
    for turn in range(most // 5):
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
    """For every item that waits for its answer the side that is right, None for a preference."""
    wanted = select(assignments.c.id, assignments.c.left, pairs.c.gold).join(
        pairs, pairs.c.id == assignments.c.pair
    )
    with store.read() as connection:
        rows = connection.execute(wanted.where(assignments.c.choice.is_(None))).all()
    return {row.id: row.gold and ("left" if row.gold == row.left else "right") for row in rows}


def check_decisions(service: Service, address: str) -> None:
    """Every player's standing is what the rules make of their answers, batch by batch, and nothing else."""
    tables = read_database(address, service.run)
    gold = tables.pairs.set_index("pair_id").gold
    rules = service.pair_settings.rules
    labels = tables.labels.assign(gold=tables.labels.pair_id.map(gold))
    known = labels[labels.gold.notna()]
    right = (
        (known.gold == known.choice)
        .groupby([known.player_id, known.batch_id], sort=False)
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
    for player, own in labels.groupby("player_id", sort=False):
        standing = rules.start()
        for batch in own.batch_id.unique():
            assert not standing.removed.item()
            sum_, size = right.loc[(player, batch)] if (player, batch) in right.index else (0, 0)
            standing = rules.update(standing, np.array([sum_]), np.array([size - sum_]))
        row = stored[player]
        assert (row.right, row.wrong, row.state == "removed") == tuple(
            v.item() for v in (*standing[:2], standing.removed)
        )
        assert (row.share, row.credit, row.debit) == tuple(
            v.item() for v in (standing.share, standing.credit, standing.debit)
        )


def played(service: Service, folder: Path, people: int, most: int, seed: int) -> str:
    """Let them play through a service in a process of its own; returns the database's address."""
    address = service.store.engine.url.render_as_string(hide_password=False)
    process = Process(SERVICE, address, str(folder / "keys.json"))
    try:
        with ThreadPoolExecutor(
            1
        ) as apart:  # a browser's tests leave a loop running in the main thread
            apart.submit(
                asyncio.run, play(process.port, service.store, people, most, seed)
            ).result()
    finally:
        process.kill()
    return address


def test_the_service_decides_as_the_rules_do(service: Service, tmp_path: Path) -> None:
    check_decisions(service, played(service, tmp_path, 12, 40, seed=1))


@pytest.mark.full
@pytest.mark.slow
@pytest.mark.parametrize("url", ["sqlite"], indirect=True)
def test_10000_players_show_the_simulation_s_distributions(
    make: Callable[..., Service], tmp_path: Path
) -> None:
    service, most, people = make(preferences=600, comparisons=600), 15, 10_000
    address = played(service, tmp_path, people, most, seed=2)
    check_decisions(service, address)
    here = read_database(address, service.run).players
    table = read_table(service.run, "pairs")
    there = simulate(table, None, people, 3, rules=Rules(gate=Posterior()))
    early = there.labels[there.labels.groupby("player_id").cumcount() < most]
    share_there = early.pair_id.map(table.set_index("pair_id").gold).notna().mean()
    share_here = (here.comparisons_right + here.comparisons_wrong).sum() / here.labels.sum()
    assert share_here == pytest.approx(share_there, abs=0.02)
    assert here.labels.mean() == pytest.approx(len(early) / people, rel=0.04)
