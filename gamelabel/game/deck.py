"""Which data point comes next: most are served once, a pool of them again and again, none twice to one player."""

from __future__ import annotations

from collections import deque

import numpy as np


class Deck:
    """Deals preference points, 0 to n - 1, to players.

    The paper has about 6,800 points with over 1,100 labelled more than once (section 4.1), which drawing at random
    cannot give: a share of the points must have been a pool, served again with some chance (shares found by search).
    Of the pool, whichever has waited longest comes first. When all others are spent, the pool serves alone; a player
    who knows all of it gets points that were meant to be served once.
    """

    def __init__(self, n: int, rng: np.random.Generator, pool: float = 1130 / 6800, again: float = 0.43) -> None:
        """n: points; pool: share of them served again; again: chance that a served point comes from the pool."""
        if not 0 <= pool <= 1 or not 0 <= again <= 1:
            raise ValueError(f"a deck needs shares in [0, 1], not pool {pool} and again {again}")
        order = rng.permutation(n).tolist()
        shared = round(pool * n)
        self._pool = deque(order[:shared])
        self._fresh = order[shared:]
        self._spent: deque[int] = deque()
        self._seen: dict[int, set[int]] = {}
        self._again, self._rng = again, rng

    def deal(self, player: int) -> int | None:
        """The next point for a player, None where they have had all of them."""
        seen = self._seen.setdefault(player, set())
        point = self._next(self._pool, seen) if self._rng.random() < self._again else None
        if point is None and self._fresh:
            point = self._fresh.pop()
            self._spent.append(point)
        elif point is None:
            point = self._next(self._pool, seen)
            point = self._next(self._spent, seen) if point is None else point
        if point is not None:
            seen.add(point)
        return point

    @staticmethod
    def _next(queue: deque[int], seen: set[int]) -> int | None:
        """The first of the queue that is not in `seen`; it goes to the queue's end."""
        for i, point in enumerate(queue):
            if point not in seen:
                del queue[i]
                queue.append(point)
                return point
        return None
