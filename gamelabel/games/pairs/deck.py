"""Which preference point a player is served next: most once, some to several players.

The rule is stated once, as constants and pure functions (`draw_shared`, `stock_of`,
`stock_order`). `Deck` applies them in memory for simulated games; the service applies them to the
counts in its database. Both serve the same shares.
"""

from __future__ import annotations

from collections import deque
from typing import Literal

import numpy as np
from numpy.typing import NDArray

# Found by search so that simulated games show the paper's numbers of points and of points labelled
# more than once; see benchmarks/crowd_search.py.
SHARED_FRACTION = 0.17
REPEAT_PROBABILITY = 0.32
MAX_LABELS = 5  # no point of the released data has more than five votes for an image

Stock = Literal["open", "fresh", "closed"]


def draw_shared(
    n: int, rng: np.random.Generator, shared_fraction: float = SHARED_FRACTION
) -> NDArray[np.bool_]:
    """Draw which of n preference points are shared, that is, open to several labels.

    Parameters
    ----------
    n : int
        Number of preference points.
    rng : numpy.random.Generator
        Source of randomness.
    shared_fraction : float
        Probability that a point is shared.

    Returns
    -------
    ndarray of bool, shape (n,)

    Examples
    --------
    >>> int(draw_shared(10_000, np.random.default_rng(0)).sum())
    1735
    """
    return rng.random(n) < shared_fraction


def stock_of(served: int, shared: bool, max_labels: int = MAX_LABELS) -> Stock:
    """Return the stock to which a point belongs: "fresh", "open" or "closed".

    Parameters
    ----------
    served : int
        How often the point has been served, to any player.
    shared : bool
        Whether the point is open to several labels.
    max_labels : int
        The number of labels after which a shared point is closed.

    Returns
    -------
    {"fresh", "open", "closed"}
        Fresh: never served. Open: shared, and served fewer than `max_labels` times. Closed: all
        other points.

    Examples
    --------
    >>> [stock_of(served, shared=True) for served in (0, 1, 4, 5)]
    ['fresh', 'open', 'open', 'closed']
    >>> stock_of(1, shared=False)
    'closed'
    """
    if served == 0:
        return "fresh"
    return "open" if shared and served < max_labels else "closed"


def stock_order(repeat: bool) -> tuple[Stock, Stock, Stock]:
    """Return the stocks in the order in which a point is looked for.

    A player gets the first point, in this order, that they have not seen. Within the open stock,
    points with the fewest labels come first, and among these the one that has waited longest.

    Parameters
    ----------
    repeat : bool
        Whether a point that others have labelled comes first; true with `REPEAT_PROBABILITY`,
        drawn anew for each point.

    Examples
    --------
    >>> stock_order(repeat=True)
    ('open', 'fresh', 'closed')
    >>> stock_order(repeat=False)
    ('fresh', 'open', 'closed')
    """
    return ("open", "fresh", "closed") if repeat else ("fresh", "open", "closed")


class Deck:
    """Serves preference points, numbered 0 to n - 1, to players; no point twice to one player.

    The paper has about 6,800 points, over 1,100 of them labelled more than once, from just under
    10,000 labels (section 4.1). Those 1,100 points have close to four labels each, which serving at
    random cannot give. So some points must have been open to several labels, as the points drawn
    by `draw_shared` are here.

    Parameters
    ----------
    n : int
        Number of points. A game that needs fewer is served the same points whatever n is.
    rng : numpy.random.Generator
        Source of randomness.
    shared_fraction : float
        Share of points that are open to several labels.
    repeat_probability : float
        Probability that a player is served an open point, if any, before a fresh one.
    max_labels : int
        The number of labels after which a shared point is closed. Closed points are served again
        only when a player has seen all others.

    Raises
    ------
    ValueError
        If a share is outside [0, 1] or `max_labels` is below 2.

    Examples
    --------
    >>> deck = Deck(3, np.random.default_rng(0))
    >>> [deck.deal(player=7) for _ in range(4)]
    [0, 1, 2, None]
    """

    def __init__(
        self,
        n: int,
        rng: np.random.Generator,
        shared_fraction: float = SHARED_FRACTION,
        repeat_probability: float = REPEAT_PROBABILITY,
        max_labels: int = MAX_LABELS,
    ) -> None:
        if not 0 <= shared_fraction <= 1 or not 0 <= repeat_probability <= 1 or max_labels < 2:
            raise ValueError(
                "a deck needs shares in [0, 1] and max_labels >= 2, not "
                f"{shared_fraction}, {repeat_probability} and {max_labels}"
            )
        order_rng, shared_rng, self._repeat_rng = rng.spawn(3)
        order = order_rng.permutation(n).tolist()
        shared = draw_shared(n, shared_rng, shared_fraction).tolist()
        self._shared = dict(zip(order, shared, strict=True))
        self._served = dict.fromkeys(order, 0)
        self._seen: dict[int, set[int]] = {}
        self._repeat_probability = repeat_probability
        self._max_labels = max_labels
        self._open: list[deque[int]] = [deque() for _ in range(max_labels - 1)]  # by labels, from 1
        self._closed: deque[int] = deque()
        queues = {"fresh": [deque(order)], "open": self._open, "closed": [self._closed]}
        self._queues = {
            repeat: [queue for stock in stock_order(repeat) for queue in queues[stock]]
            for repeat in (True, False)
        }

    def deal(self, player: int) -> int | None:
        """Return the next point for a player, or None if they have seen all points."""
        seen = self._seen.setdefault(player, set())
        repeat = bool(self._repeat_rng.random() < self._repeat_probability)
        for queue in self._queues[repeat]:
            point = _take(queue, seen)
            if point is not None:
                seen.add(point)
                self._put_back(point)
                return point
        return None

    def _put_back(self, point: int) -> None:
        """Count a point as served, and put it into the queue of its stock."""
        self._served[point] += 1
        served = self._served[point]
        is_open = stock_of(served, self._shared[point], self._max_labels) == "open"
        (self._open[served - 1] if is_open else self._closed).append(point)


def _take(queue: deque[int], seen: set[int]) -> int | None:
    """Remove and return the first point of the queue that is not in `seen`."""
    for i, point in enumerate(queue):
        if point not in seen:
            del queue[i]
            return point
    return None
