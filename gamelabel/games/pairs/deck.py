"""Which data point comes next: most are served once, some to several players, none twice to one player."""

from __future__ import annotations

from collections import deque

import numpy as np

SHARED, AGAIN, MOST = 0.17, 0.32, 5


class Deck:
    """Deals preference points, 0 to n - 1, to players.

    The paper has about 6,800 points with over 1,100 labelled more than once, from just under 10,000 labels (section
    4.1): those 1,100 have close to four labels each, which drawing at random cannot give, and no point of the release
    has more than five votes for an image. So some points must have been open to several labels. Here a share `shared`
    of the points is; with chance `again` a player gets an open one, the one with the fewest labels and of these
    whichever waits longest, else a point that nobody has had (both found by search). After `most` labels a point is
    closed. Only when no other is left do closed points, and those meant to be served once, come again.
    """

    def __init__(
        self,
        n: int,
        rng: np.random.Generator,
        shared: float = SHARED,
        again: float = AGAIN,
        most: int = MOST,
    ) -> None:
        """n: points, of which a game that needs fewer deals the same whatever n is; the rest as the class has it."""
        if not 0 <= shared <= 1 or not 0 <= again <= 1 or most < 2:
            raise ValueError(
                f"a deck needs shares in [0, 1] and most >= 2, not {shared}, {again} and {most}"
            )
        order, opens, self._coins = rng.spawn(3)
        fresh = zip(order.permutation(n).tolist(), (opens.random(n) < shared).tolist(), strict=True)
        self._fresh = list(fresh)[::-1]
        self._open: list[deque[int]] = [
            deque() for _ in range(most - 1)
        ]  # by labels so far, from 1
        self._closed: deque[int] = deque()
        self._seen: dict[int, set[int]] = {}
        self._again = again

    def deal(self, player: int) -> int | None:
        """The next point for a player, None where they have had all of them."""
        seen = self._seen.setdefault(player, set())
        point = self._reopened(seen) if self._coins.random() < self._again else None
        if point is None and self._fresh:
            point, opens = self._fresh.pop()
            (self._open[0] if opens else self._closed).append(point)
        elif point is None:
            point = self._reopened(seen)
            if point is None and (point := _take(self._closed, seen)) is not None:
                self._closed.append(point)
        if point is not None:
            seen.add(point)
        return point

    def _reopened(self, seen: set[int]) -> int | None:
        """The open point with the fewest labels that is not in `seen`; it has one more now."""
        for queue, then in zip(self._open, [*self._open[1:], self._closed], strict=True):
            point = _take(queue, seen)
            if point is not None:
                then.append(point)
                return point
        return None


def _take(queue: deque[int], seen: set[int]) -> int | None:
    """The first of the queue that is not in `seen`, taken out of it."""
    for i, point in enumerate(queue):
        if point not in seen:
            del queue[i]
            return point
    return None
