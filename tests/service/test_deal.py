"""The service deals pairs by the rules of `gamelabel.games.pairs.deck`."""

from collections import Counter
from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from typing import Any

import numpy as np
import pytest
from sqlalchemy import func, insert, literal, select, true

from gamelabel.games.pairs.deck import MAX_LABELS, Deck, draw_shared, stock_of
from gamelabel.service.database_tables import players
from gamelabel.service.pairs.deal import STOCKS, count_dealt, deal_batch
from gamelabel.service.pairs.pair_tables import assignments, batches, pairs
from tests.service.harness import Service

on_sqlite = pytest.mark.parametrize("url", ["sqlite"], indirect=True)


def test_both_kinds_are_in_the_states_of_the_deck(service: Service) -> None:
    with service.store.read() as connection:
        for shared in (True, False):
            for served in range(MAX_LABELS + 3):
                point = select(literal(shared).label("shared"), literal(served).label("served"))
                point = point.subquery()
                matching = []
                for stock, state, condition in STOCKS:
                    if stock != "exam":
                        # Evaluate the condition for this point instead of the table's columns.
                        bound = _bind(condition, point)
                        if connection.execute(select(true()).select_from(point).where(bound)).all():
                            matching.append((stock, state))
                state = stock_of(served, shared)
                assert matching == [("preference", state), ("watch", state)]


def _bind(condition: Any, point: Any) -> Any:
    from sqlalchemy.sql import visitors

    columns = {pairs.c.shared: point.c.shared, pairs.c.served: point.c.served}
    return visitors.replacement_traverse(condition, {}, lambda element: columns.get(element))


def deal_to(service: Service, n_players: int, n_batches: int, seed: int) -> list[list[int]]:
    """Deal batches without comparison points to players in turn; returns pairs by player."""
    rng = np.random.default_rng(seed)
    dealt: list[list[int]] = [[] for _ in range(n_players)]
    with service.store.write() as connection:
        for player in range(n_players):
            row = {"id": player + 1, "game_id": "chess", "pseudonym": str(player)}
            connection.execute(insert(players).values(**row, state="active"))
        for turn in range(n_players * n_batches):
            player, batch = turn % n_players, f"b{turn}"
            rows = deal_batch(connection, player + 1, "study", [False] * 5, False, rng)
            assert rows is not None
            count_dealt(connection, rows)
            values = {"id": batch, "player": player + 1, "number": turn, "level": 0}
            connection.execute(insert(batches).values(values))
            items = [
                {"id": f"{turn}-{place}", "player": player + 1, "pair": pair.id, "place": place}
                for place, pair in enumerate(rows)
            ]
            for item in items:
                name = item["id"]
                item |= {"picture_left": f"l{name}", "picture_right": f"r{name}"}
                item |= {"batch": batch, "left": "a"}
            connection.execute(insert(assignments), items)
            dealt[player] += [pair.id for pair in rows]
    return dealt


def add_preferences(service: Service, count: int, seed: int) -> None:
    """Add preference points that all have the same pictures, at which dealing does not look."""
    rng = np.random.default_rng(seed)
    places = rng.permutation(count).tolist()
    with service.store.write() as connection:
        is_free = (pairs.c.stock == "preference") & ~pairs.c.retired
        query = select(pairs).where(is_free).limit(1)
        row = {**connection.execute(query).one()._mapping}
        del row["id"]
        added = [
            row | {"pair_id": f"added-{i}", "shared": shared, "place": places[i]}
            for i, shared in enumerate(draw_shared(count, rng).tolist())
        ]
        connection.execute(insert(pairs), added)


@on_sqlite
def test_shared_pairs_get_as_many_labels_as_in_the_deck(make: Callable[..., Service]) -> None:
    service = make(preferences=40, comparisons=5)
    with service.store.read() as connection:
        dealt = select(func.count()).where(pairs.c.stock == "preference", ~pairs.c.retired)
        add_preferences(service, 1500 - connection.execute(dealt).scalar_one(), seed=0)
    counts = Counter(pair for dealt in deal_to(service, 20, 20, seed=0) for pair in dealt)
    repeated = [n for n in counts.values() if n > 1]
    assert max(repeated) <= MAX_LABELS
    # The pairs with the fewest labels come first: 60 decks give a standard deviation of labels
    # between 0.15 and 0.73, pairs dealt at random 1.9.
    assert np.std(repeated) < 1
    # The number of distinct pairs, compared with that of decks (standard deviation 21).
    decks = [Deck(1500, np.random.default_rng(seed)) for seed in range(5)]
    fresh = [len({deck.deal(turn // 5 % 20) for turn in range(2000)}) for deck in decks]
    assert len(counts) == pytest.approx(np.mean(fresh), abs=4 * 21)
    with service.store.read() as connection:
        shared = dict(connection.execute(select(pairs.c.id, pairs.c.shared)).all())
        served = dict(connection.execute(select(pairs.c.id, pairs.c.served)).all())
    assert all(shared[pair] for pair, n in counts.items() if n > 1)
    assert all(served[pair] == n for pair, n in counts.items())


@on_sqlite
def test_an_empty_stock_is_followed_by_the_next_and_no_pair_is_dealt_twice(
    make: Callable[..., Service],
) -> None:
    service = make(preferences=20, comparisons=7)
    for dealt in deal_to(service, 2, 5, seed=1):
        assert len(dealt) == len(set(dealt)) == 25
        with service.store.read() as connection:
            kinds = dict(connection.execute(select(pairs.c.id, pairs.c.kind)).all())
        assert Counter(kinds[pair] for pair in dealt) == {"preference": 16, "comparison": 9}
    with service.store.write() as connection:
        assert (
            deal_batch(connection, 1, "study", [False] * 5, False, np.random.default_rng(0)) is None
        )


def test_pairs_that_many_count_at_once_are_counted_each_time(service: Service) -> None:
    with service.store.read() as connection:
        rows = connection.execute(select(pairs.c.id, pairs.c.prompt).limit(5)).all()

    def count(seed: int) -> None:
        order = np.random.default_rng(seed).permutation(5).tolist()
        with service.store.write() as connection:
            count_dealt(connection, [rows[i] for i in order])

    with ThreadPoolExecutor(4) as threads:
        list(threads.map(count, range(40)))
    with service.store.read() as connection:
        served = dict(connection.execute(select(pairs.c.id, pairs.c.served)).all())
    assert [served.pop(row.id) for row in rows] == [40] * 5
    assert set(served.values()) == {0}
