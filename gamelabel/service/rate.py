"""A limit on calls a minute. Only the current minute's counts are kept."""

from __future__ import annotations

from collections import Counter
from collections.abc import Callable


class RateLimit:
    """Allow each caller a number of calls a minute. For one thread, such as an event loop's.

    Parameters
    ----------
    limit : int
        Calls a minute.
    clock : callable
        Returns the time in seconds.
    """

    def __init__(self, limit: int, clock: Callable[[], float]) -> None:
        self.limit, self.clock = limit, clock
        self._minute = 0
        self._calls: Counter[str] = Counter()

    def allows(self, caller: str) -> bool:
        """Count a call, and return whether it is within the limit."""
        minute = int(self.clock() // 60)
        if minute != self._minute:
            self._minute = minute
            self._calls.clear()
        self._calls[caller] += 1
        return self._calls[caller] <= self.limit
