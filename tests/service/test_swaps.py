"""Known answers that are made of preference points, and what they look like in the tables."""

from collections.abc import Callable

import numpy as np
import pytest
from sqlalchemy import select, update

from gamelabel.games.pairs.decoys import content_words
from gamelabel.games.pairs.swaps import pair_for_swaps
from gamelabel.service.pairs import start
from gamelabel.service.pairs.export import read_pool
from gamelabel.service.pairs.known_answers import WATCH_SHARE, make_watch_points
from gamelabel.service.pairs.pair_tables import pairs
from gamelabel.service.pairs.pool import points_needed
from gamelabel.service.store import snapshot
from gamelabel.tables import read_table
from tests.service.harness import ORIGIN, Service

on_sqlite = pytest.mark.parametrize("url", ["sqlite"], indirect=True)


def test_prompts_that_swap_share_no_word_and_each_swaps_once() -> None:
    rng = np.random.default_rng(0)
    nouns, colors = ["cat", "boat", "lamp", "tree", "fox"], ["red", "blue", "green"]
    prompts = [f"a {color} {noun}" for color in colors for noun in nouns]
    swaps = pair_for_swaps(prompts, 7, rng)
    assert len(swaps) == 7
    assert len({i for swap in swaps for i in swap}) == 14
    assert not any(content_words(prompts[i]) & content_words(prompts[j]) for i, j in swaps)
    assert pair_for_swaps(["red cat", "red fox", "blue fox"], 9, rng) in ([(0, 2)], [(2, 0)])
    assert pair_for_swaps(prompts, 0, rng) == []


@on_sqlite
def test_two_points_swap_a_picture_and_are_not_served_themselves(
    make: Callable[..., Service],
) -> None:
    service = make(preferences=200)
    table = read_table(service.run, "pairs").set_index("pair_id")
    with service.store.read() as connection:
        rows = connection.execute(select(pairs)).all()
    by_id = {row.pair_id: row for row in rows}
    made = [row for row in rows if row.stock == "watch"]
    n_preferences = int((table.kind == "preference").sum())
    assert len(made) == int(WATCH_SHARE * n_preferences) // 2 * 2 > 0
    for row in made:
        own = by_id[row.pair_id.removesuffix("-swap")]
        assert (own.retired, own.kind, row.kind) == (True, "preference", "comparison")
        other = "b" if row.gold == "a" else "a"
        fit, decoy = row._mapping[f"picture_{row.gold}"], row._mapping[f"picture_{other}"]
        assert fit == own._mapping[f"picture_{row.gold}"]
        foreign = [one for one in rows if one._mapping[f"picture_{other}"] == decoy]
        assert {one.prompt == row.prompt for one in foreign} == {True, False}
        assert row._mapping[f"image_{other}"] != own._mapping[f"image_{other}"]
    served = [row for row in rows if not row.retired]
    shown = [picture for row in served for picture in (row.picture_a, row.picture_b)]
    assert len(shown) == len(set(shown))  # no picture is in two points
    assert {row.gold for row in made} == {"a", "b"}
    assert make_watch_points(service.store, "study") == 0  # there are enough


@on_sqlite
def test_points_that_somebody_has_seen_do_not_swap(service: Service) -> None:
    with service.store.write() as connection:
        connection.execute(pairs.delete().where(pairs.c.stock == "watch"))
        values = {"retired": False, "served": 1}
        connection.execute(update(pairs).where(pairs.c.stock == "preference").values(values))
    assert make_watch_points(service.store, "study") == 0
    with service.store.write() as connection:
        few = select(pairs.c.id).where(pairs.c.stock == "preference").limit(4)
        connection.execute(update(pairs).where(pairs.c.id.in_(few)).values(served=0))
    assert make_watch_points(service.store, "study") == 4


@on_sqlite
def test_which_points_swap_cannot_be_repeated(make: Callable[..., Service]) -> None:
    """Who knows the run and the program does not know which of its points have known answers."""
    service, made = make(), []
    for _ in range(2):
        with service.store.write() as connection:
            watch = pairs.c.stock == "watch"
            query = select(pairs.c.pair_id).where(watch)
            made.append(set(connection.execute(query).scalars()))
            connection.execute(pairs.delete().where(watch))
            connection.execute(update(pairs).values(retired=False))
        make_watch_points(service.store, "study")
    assert made[0] != made[1] and len(made[0]) == len(made[1])


@on_sqlite
def test_the_exported_tables_have_gold_and_the_accuracy_of_every_comparison_point(
    make: Callable[..., Service],
) -> None:
    """Two players: one answers all comparison points correctly, one is removed."""
    service = make(preferences=120, comparisons=60, rng=np.random.default_rng(0))
    ann, bob = service.player("ann"), service.player("bob")
    for _ in range(20):
        assert ann.send(ann.batch()).json()["state"] == "active"
    while bob.send(bob.batch(), right=False).json()["state"] == "active":
        pass
    with snapshot(service.store.engine) as connection:
        tables = read_pool(connection, service.run, "images")
    gold = tables.pairs.set_index("pair_id").gold
    labels = tables.labels.assign(gold=tables.labels.pair_id.map(gold))
    known = labels[labels.gold.notna()]
    swapped = known.pair_id.str.endswith("-swap")
    assert 0 < swapped.sum() < len(known)
    right = (known.gold == known.choice).groupby(known.player_id).agg(["sum", "size"])
    people = tables.players.set_index("player_id")
    assert right["sum"].tolist() == people.comparisons_right[right.index].tolist()
    wrong = right["size"] - right["sum"]
    assert wrong.tolist() == people.comparisons_wrong[right.index].tolist()
    assert sorted(people.state) == ["active", "removed"]
    first_image = tables.pairs.image_a.map(lambda name: (service.run / name).is_file())
    assert first_image.all()


@on_sqlite
def test_the_start_says_for_how_many_labels_a_pool_has_new_points(
    make: Callable[..., Service], capsys: pytest.CaptureFixture[str]
) -> None:
    service = make(preferences=40)  # 30 of them stay preferences
    start._set_up(service.store, None, None, ORIGIN)
    needs = "10000 labels need a run of 7000 preference points, 14000 pictures"
    line = f"the pool 'study' has new points for about 57 more labels; {needs}"
    assert line in capsys.readouterr().out
    with service.store.write() as connection:
        connection.execute(update(pairs).where(pairs.c.stock == "watch").values(served=1))
    start._set_up(service.store, None, None, ORIGIN)
    assert "warning: the pool 'study' has no new points left" in capsys.readouterr().out


def test_what_is_said_to_be_needed_is_what_is_there() -> None:
    """A ring of 16 gave 3,440 labels: 3,000 points were enough for its AUC, 2,000 were not."""
    assert 2000 < points_needed(3440) < 3000
    assert points_needed(10_000) == 7000
