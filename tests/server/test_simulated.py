"""The simulation's players through HTTP: the same rules, so the same decisions and the same distributions."""

from collections.abc import Callable

import numpy as np
import pytest
from sqlalchemy import select

from gamelabel.game import Crowd, Posterior, Rules, simulate
from gamelabel.labels import read_table
from gamelabel.labels.database import read_database
from gamelabel.server.schema import players
from tests.server.worlds import Service

on_sqlite = pytest.mark.parametrize("url", ["sqlite"], indirect=True)


def play(service: Service, people: int, most: int, seed: int) -> None:
    """Players of the simulation's crowd, of at most so many labels each, who see what is right with their skill."""
    rng = np.random.default_rng(seed)
    crowd = Crowd().draw(people, rng)
    for number in range(people):
        player = service.player(f"p{number}")
        for _ in range(-(-min(most, int(crowd.stamina[number])) // 5)):
            opened = player.call("POST", "/v1/batches")
            if opened.status_code != 201:
                break
            batch = opened.json()
            gold = service.gold(batch["batch"])
            answers = []
            for item, side in gold.items():
                sees = rng.random() < crowd.skill[number]
                answers.append(
                    {"item": item, "choice": side if side and sees else "left" if side != "left" else "right"}
                )
            player.call("POST", f"/v1/batches/{batch['batch']}/answers", json={"answers": answers})


def check_decisions(service: Service, address: str) -> None:
    """Every player's standing is what the rules make of their answers, batch by batch, and nothing else."""
    tables = read_database(address, service.run)
    gold = tables.pairs.set_index("pair_id").gold
    rules = service.settings.rules
    labels = tables.labels.assign(gold=tables.labels.pair_id.map(gold))
    known = labels[labels.gold.notna()]
    right = (known.gold == known.choice).groupby([known.player_id, known.batch_id], sort=False).agg(["sum", "size"])
    with service.store.read() as connection:
        stored = {row.pseudonym: row for row in connection.execute(select(players).where(players.c.labels > 0))}
    for player, own in labels.groupby("player_id", sort=False):
        standing = rules.start()
        for batch in own.batch_id.unique():
            assert not standing.removed.item()
            sum_, size = right.loc[(player, batch)] if (player, batch) in right.index else (0, 0)
            standing = rules.after(standing, np.array([sum_]), np.array([size - sum_]))
        row = stored[player]
        assert (row.right, row.wrong, row.state == "removed") == tuple(
            v.item() for v in (*standing[:2], standing.removed)
        )
        assert (row.share, row.credit, row.debit) == tuple(
            v.item() for v in (standing.share, standing.credit, standing.debit)
        )


@on_sqlite
def test_the_service_decides_as_the_rules_do(make: Callable[..., Service]) -> None:
    service = make(preferences=120, comparisons=120, calls_per_minute=10**6)
    play(service, 6, 40, seed=1)
    check_decisions(service, service.store.engine.url.render_as_string(hide_password=False))


@pytest.mark.full
@pytest.mark.slow
@on_sqlite
def test_1000_players_show_the_simulation_s_distributions(make: Callable[..., Service]) -> None:
    service = make(preferences=600, comparisons=600, calls_per_minute=10**6)
    most, people = 30, 1000
    play(service, people, most, seed=2)
    address = service.store.engine.url.render_as_string(hide_password=False)
    check_decisions(service, address)
    here = read_database(address, service.run).players
    pairs = read_table(service.run, "pairs")
    there = simulate(pairs, None, people, 3, rules=Rules(gate=Posterior()))
    early = there.labels[there.labels.groupby("player_id").cumcount() < most]
    gold = pairs.set_index("pair_id").gold
    share_there = early.pair_id.map(gold).notna().mean()
    share_here = (here.comparisons_right + here.comparisons_wrong).sum() / here.labels.sum()
    assert share_here == pytest.approx(share_there, abs=0.02)
    assert here.labels.mean() == pytest.approx(len(early) / people, rel=0.04)
