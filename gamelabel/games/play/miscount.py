"""What CrowdPlay's count of aliens in order makes of sessions, against the true count.

A session is a sequence of shots at waves of 36 aliens. Which bits of the memory it leaves follows
from the game's rule for shifting rows (see `statistics.alien_wave`), so no emulator is needed; the
tests compare the rule with the game.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence

import numpy as np
import pandas as pd
from numpy.typing import NDArray

from gamelabel.games.play.statistics import make_collector
from gamelabel.games.play.statistics.alien_order import ShotOrder, is_in_order
from gamelabel.games.play.statistics.alien_wave import WAVE_COLUMNS, WAVE_ROWS, Alien, AlienRows
from gamelabel.games.play.tasks import Task
from gamelabel.games.play.transition import Transition

_SEAT = "player"
_PLACES = [Alien(row, column) for row in range(WAVE_ROWS) for column in range(WAVE_COLUMNS)]


def shot_memories(
    order: ShotOrder, adherence: float, aliens: int, rng: np.random.Generator
) -> Iterator[NDArray[np.uint8]]:
    """Yield the memory after each frame in which the aliens change.

    Parameters
    ----------
    order : {"inside out", "outside in", "row by row"}
        The order that is asked for.
    adherence : float
        Probability that a shot is chosen by the order; otherwise it is at any alien that is the
        lowest of its column.
    aliens : int
        Shots in all, over as many waves as that takes.
    rng : Generator
        Source of choices.
    """
    standing: list[Alien] = []
    shift = 0
    for _ in range(aliens):
        if not standing:
            standing = list(_PLACES)
            shift = 0
            yield _memory(standing, shift)
        lowest = list({alien.column: alien for alien in reversed(standing)}.values())
        if rng.random() < adherence:
            rows = _rows(standing)
            lowest = [alien for alien in lowest if is_in_order(alien, rows, order)] or lowest
        standing.remove(lowest[int(rng.integers(len(lowest)))])
        yield _memory(standing, shift)
        leftmost = min((alien.column for alien in standing), default=shift)
        if leftmost > shift:
            shift = leftmost
            yield _memory(standing, shift)


def miscounted_sessions(
    orders: Sequence[ShotOrder], adherences: Sequence[float], aliens: int, people: int, seed: int
) -> pd.DataFrame:
    """Return the share in order of sessions by both counts.

    Parameters
    ----------
    orders : sequence of {"inside out", "outside in", "row by row"}
        The orders that are asked for.
    adherences : sequence of float
        How often people follow.
    aliens : int
        Shots in a session.
    people : int
        Sessions of each order and adherence.
    seed : int
        Seed.

    Returns
    -------
    DataFrame
        A row a session: order, adherence, aliens, true, published (shares), counted (aliens that
        the program counts).

    Examples
    --------
    >>> table = miscounted_sessions(["outside in"], [0.0], aliens=72, people=1, seed=0)
    >>> bool(table.published[0] > table.true[0]), bool(table.counted[0] > 72)
    (True, True)
    """
    rows: list[tuple[object, ...]] = []
    for order in orders:
        for adherence in adherences:
            for _ in range(people):
                rng = np.random.default_rng([seed, len(rows)])
                true, published, counted = _shares(order, adherence, aliens, rng)
                rows.append((order, adherence, aliens, true, published, counted))
    columns = ["order", "adherence", "aliens", "true", "published", "counted"]
    return pd.DataFrame(rows, columns=columns)


def wrongly_judged(sessions: pd.DataFrame, threshold: float = 0.8) -> pd.DataFrame:
    """Return by order how many sessions the program lets pass, or fail, against the true share.

    Parameters
    ----------
    sessions : DataFrame
        From `miscounted_sessions`.
    threshold : float
        The share that is required.

    Returns
    -------
    DataFrame
        Indexed by order: sessions, truly (how many reach the threshold), passed and failed (how
        many the program lets pass that do not, and fail that do).

    Examples
    --------
    >>> sessions = pd.DataFrame({"order": "outside in", "true": [0.5, 0.9], "published": 0.9})
    >>> wrongly_judged(sessions).loc["outside in"].tolist()
    [2, 1, 1, 0]
    """
    truly, published = sessions.true >= threshold, sessions.published >= threshold
    table = pd.DataFrame({"order": sessions.order, "sessions": 1, "truly": truly})
    table = table.assign(passed=published & ~truly, failed=truly & ~published)
    return table.groupby("order", sort=False).sum().astype(int)


def _shares(
    order: ShotOrder, adherence: float, aliens: int, rng: np.random.Generator
) -> tuple[float, float, int]:
    true = make_collector("share_in_order", {"order": order})
    published = make_collector("published_share_in_order", {"order": order})
    task = Task("miscount", "none")
    for collector in (true, published):
        collector.start(task, _SEAT)
    for frame, memory in enumerate(shot_memories(order, adherence, aliens, rng)):
        transition = Transition(frame, {}, {}, {}, {}, {}, {}, memory)
        true.add(transition)
        published.add(transition)
    return true.value(), published.value(), int(sum(published.progress.values()))


def _rows(standing: Sequence[Alien]) -> AlienRows:
    rows = [0] * WAVE_ROWS
    for alien in standing:
        rows[alien.row] |= 1 << alien.column
    return tuple(rows)


def _memory(standing: Sequence[Alien], shift: int) -> NDArray[np.uint8]:
    memory = np.zeros(128, np.uint8)
    memory[18 : 18 + WAVE_ROWS] = [row >> shift for row in _rows(standing)]
    return memory
