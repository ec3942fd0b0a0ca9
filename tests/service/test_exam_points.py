"""Points of exams that many have had are replaced by new ones, made of preference points."""

from collections import Counter
from collections.abc import Callable

import numpy as np
import pytest
from sqlalchemy import select

from gamelabel.service.database_tables import players
from gamelabel.service.pairs import known_answers
from gamelabel.service.pairs.known_answers import EXAM_SIGHTINGS, renew_exam_points
from gamelabel.service.pairs.pair_tables import assignments, pairs
from gamelabel.service.people import withdraw
from tests.service.attacks import Account
from tests.service.harness import Service

pytestmark = pytest.mark.parametrize("url", ["sqlite"], indirect=True)
GOOD = 40  # labels


def label(service: Service, name: str, batches: int, right: float, rng: np.random.Generator) -> int:
    """Let a player who is right at a rate answer batches; return how many there were."""
    account = Account(service, name)
    for number in range(batches):
        batch = account.open()
        if batch is None:
            return number
        gold = service.gold(batch["batch"])
        opposite = {"left": "right", "right": "left", None: "left"}
        choices = {
            item: side if side and rng.random() < right else opposite[side]
            for item, side in gold.items()
        }
        account.answer(batch["batch"], choices)
    return batches


@pytest.fixture
def played(make: Callable[..., Service], monkeypatch: pytest.MonkeyPatch) -> Service:
    """A service whose exams have worn out and been renewed."""
    monkeypatch.setattr(known_answers, "GOOD_LABELS", GOOD)
    rng = np.random.default_rng(0)
    service = make(preferences=600, comparisons=40, rng=rng)
    for number in range(6):
        label(service, f"good-{number}", 16, 1.0, rng)
        label(service, f"short-{number}", 5, 1.0, rng)
        label(service, f"guesses-{number}", 16, 0.5, rng)
    return service


def test_no_point_is_in_more_exams_than_allowed_while_there_are_labels_of_good_players(
    played: Service,
) -> None:
    with played.store.read() as connection:
        exams = connection.execute(select(pairs).where(pairs.c.stock == "exam")).all()
    made = [row for row in exams if row.pair_id.endswith("-swap")]
    assert len(made) >= 60
    assert max(row.served for row in exams) <= EXAM_SIGHTINGS
    assert sum(row.served for row in made) > 100  # and they are dealt


def test_points_are_made_only_of_what_good_players_alone_have_seen(played: Service) -> None:
    with played.store.read() as connection:
        rows = {row.pair_id: row for row in connection.execute(select(pairs))}
        names = {row.id: row.state for row in connection.execute(select(players))}
        given = connection.execute(select(assignments.c.pair, assignments.c.player)).all()
    labels = Counter(row.player for row in given)
    made = [row for row in rows.values() if row.stock == "exam" and row.pair_id.endswith("-swap")]
    for row in made:
        own = rows[row.pair_id.removesuffix("-swap")]
        [labeler] = [one.player for one in given if one.pair == own.id]
        assert (own.retired, own.kind, own.served) == (True, "preference", 1)
        assert (names[labeler], labels[labeler] >= GOOD) == ("active", True)
        other = "b" if row.gold == "a" else "a"
        right, decoy = (row._mapping[f"picture_{side}"] for side in (row.gold, other))
        assert right == own._mapping[f"picture_{row.gold}"]
        assert decoy != own._mapping[f"picture_{other}"]
    assert {row.gold for row in made} == {"a", "b"}
    served = [row for row in rows.values() if not row.retired]
    shown = [picture for row in served for picture in (row.picture_a, row.picture_b)]
    assert len(shown) == len(set(shown))  # no picture is in two points


def test_nothing_is_made_of_the_labels_of_players_who_left(
    make: Callable[..., Service], monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(known_answers, "GOOD_LABELS", GOOD)
    rng = np.random.default_rng(0)
    service = make(preferences=200, comparisons=30, rng=rng)
    account = Account(service, "ann")
    label(service, "bob", 1, 1.0, rng)
    assert label(service, "ann", 12, 1.0, rng) == 12
    withdraw(service.store, service.settings, account.session, [])
    assert renew_exam_points(service.store, "study") == 0
