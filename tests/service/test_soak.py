"""A minute of SIMULATED players while all fails in turns; `benchmarks/soak.py` has an hour."""

import asyncio
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path
from typing import Any

import pytest
from sqlalchemy import delete, update

from benchmarks.soak import run_soak, short_plan
from benchmarks.soak_checks import Sample, growth_faults, label_faults, reward_faults
from benchmarks.soak_game import Backend, Payment
from benchmarks.soak_players import Answered, Record
from gamelabel.service.database_tables import rewards
from gamelabel.service.pairs.pair_tables import assignments, pairs
from tests.service.databases import new_url
from tests.service.harness import Service

on_sqlite = pytest.mark.parametrize("url", ["sqlite"], indirect=True)


def one_batch(service: Service) -> tuple[Record, Backend]:
    """Let a player answer a batch; return what was acknowledged, and the game that has paid."""
    player = service.player()
    batch = player.batch()
    body = player.answers(batch)
    reply = player.send(batch).json()
    choices = {answer["item"]: answer["choice"] for answer in body["answers"]}
    answered = Answered("chess", "launch-0", choices, reply, 0.0)
    record = Record(answered={batch["batch"]: answered}, dealt={batch["batch"]})
    game = Backend("chess")
    game.paid[reply["reward"]["id"]] = Payment("launch-0", reply["reward"]["amount"], 1.0)
    service.send_rewards()
    return record, game


def faults(service: Service, record: Record, game: Backend) -> list[str]:
    labels = label_faults(service.store, record)
    return [*labels, *reward_faults(service.store, record, [game])]


@on_sqlite
def test_what_was_acknowledged_and_stored_has_no_faults(service: Service) -> None:
    assert faults(service, *one_batch(service)) == []


@on_sqlite
@pytest.mark.parametrize(
    ("statement", "message"),
    [
        (delete(assignments), "stored choices are others"),
        (update(assignments).values(choice="a"), "stored choices are others"),
        (update(pairs).values(served=pairs.c.served + 1), "were counted as dealt"),
        (update(rewards).values(state="waiting"), "should have 1 delivered"),
        (update(rewards).values(player=None), "1 rewards have no player"),
    ],
)
def test_the_checks_notice_what_is_wrong_in_the_database(
    service: Service, statement: Any, message: str
) -> None:
    record, game = one_batch(service)
    with service.store.write() as connection:
        connection.execute(statement)
    assert message in "; ".join(faults(service, record, game))


@on_sqlite
def test_the_checks_notice_rewards_that_are_lost_doubled_or_changed(service: Service) -> None:
    record, game = one_batch(service)
    (jti,) = game.paid
    payment = game.paid[jti]
    for paid, message in (
        ({}, "due and not delivered"),
        ({jti: payment, "another": payment}, "delivered and not due"),
        ({jti: payment._replace(amount=payment.amount + 1)}, "another game, launch or amount"),
    ):
        game.paid = paid
        assert message in "; ".join(faults(service, record, game))


def test_growth_is_noticed() -> None:
    first = Sample(100.0, 30, 10)
    steady = [Sample(200.0 + i % 3, 40, 10) for i in range(40)]
    growing = [Sample(200.0 + i, 40, 10) for i in range(40)]
    assert list(growth_faults(steady, first, first)) == []
    assert "memory grew" in next(growth_faults(growing, first, first))
    assert "files are open" in next(growth_faults(steady, first, first._replace(files=90)))


@pytest.mark.full
@pytest.mark.slow
def test_a_minute_of_kills_bad_backends_and_a_database_restart(tmp_path: Path) -> None:
    url = new_url("postgresql", tmp_path)
    soak_minute = run_soak(short_plan(24, 60.0), tmp_path, url)
    # Playwright leaves an event loop running in the main thread, so use another thread.
    with ThreadPoolExecutor(1) as thread:
        soak, wrong = thread.submit(asyncio.run, soak_minute).result()
    assert wrong == []
    assert {"processes killed", "backend hanging", "database fast"} <= soak.disturbances.keys()
    assert len(soak.record.answered) > 24
