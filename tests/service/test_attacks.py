"""What attackers learn from pay, removal and each other; `benchmarks/bench_attack.py` has more."""

from collections.abc import Callable
from pathlib import Path

import numpy as np
import pytest

from gamelabel.games.pairs import Posterior, Rules, pay_level
from tests.service.attacks import Account, HttpAccount, area, learn_by_pay, run_bots, share_prompts
from tests.service.databases import unused_url
from tests.service.harness import Service

ON_SQLITE = pytest.mark.parametrize("url", ["sqlite"], indirect=True)

Enter = Callable[[Service, str], Account]


def attack(service: Service, accounts: int, bots: int = 16, enter: Enter = Account) -> None:
    """Bots whose table comes from accounts that answer one batch are no better than a coin."""
    rng = np.random.default_rng(0)
    table = learn_by_pay(service, accounts, batches=1, rng=rng, enter=enter)
    assert len(table) > 35  # the accounts did see known answers
    run = run_bots(service, table, bots, batches=60, rng=rng, enter=enter)
    accuracy = run.right.sum() / run.answered.sum()
    assert abs(accuracy - 0.5) < 3 * 0.5 / np.sqrt(run.answered.sum())
    assert max(run.labels) < 300


@ON_SQLITE
def test_accounts_that_read_their_pay_after_one_batch_learn_nothing(
    make: Callable[..., Service],
) -> None:
    attack(make(preferences=100, comparisons=40), accounts=60)


@ON_SQLITE
def test_accounts_that_attack_over_http_learn_nothing(make: Callable[..., Service]) -> None:
    attack(make(preferences=60, comparisons=20), accounts=20, bots=6, enter=HttpAccount)


@pytest.mark.full
@pytest.mark.slow
@ON_SQLITE
def test_1000_accounts_that_read_their_pay_after_one_batch_learn_nothing(
    make: Callable[..., Service],
) -> None:
    attack(make(preferences=240, comparisons=160), accounts=1000)


@ON_SQLITE
def test_the_attack_does_learn_where_pay_follows_each_batch(
    make: Callable[..., Service], monkeypatch: pytest.MonkeyPatch
) -> None:
    """With the rules and the pay of before, the bots know most answers and stay."""
    pays_at_once = "gamelabel.service.pairs.batches.reviewed_level"
    monkeypatch.setattr(pays_at_once, lambda _level, right, wrong, _draws: pay_level(right, wrong))
    service = make(preferences=100, comparisons=40, rules=Rules(gate=Posterior()))
    rng = np.random.default_rng(0)
    table = learn_by_pay(service, 60, batches=1, rng=rng)
    run = run_bots(service, table, bots=2, batches=8, rng=rng)
    assert run.right.sum() / run.answered.sum() > 0.7


def test_a_ring_that_shares_prompts_cannot_tell_comparison_points(tmp_path: Path) -> None:
    """Past the exam, how many others have had a prompt says nothing about its kind.

    The mean of six rings, because what one ring sees of comparison points is little.
    """
    areas = []
    for seed in range(6):
        (tmp_path / str(seed)).mkdir()
        address = unused_url("sqlite", tmp_path / str(seed))
        rng = np.random.default_rng(seed)
        service = Service(address, preferences=600, comparisons=80, rng=rng)
        sightings = [one for one in share_prompts(service, 8, 14) if not one.in_exam]
        kinds = np.array([one.is_comparison for one in sightings])
        assert kinds.sum() > 50
        before = np.array([one.before for one in sightings])
        ever = np.array([one.ever for one in sightings])
        areas.append([area(before, kinds), area(ever, kinds)])
        service.store.close()
    assert np.all(np.abs(np.mean(areas, axis=0) - 0.5) < 0.1)
