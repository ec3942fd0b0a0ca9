"""A limit on calls in a time such as a minute. Only the counts of the current one are kept."""

from __future__ import annotations

from collections import Counter
from collections.abc import Callable


class RateLimit:
    """Allow each caller a number of calls in each minute. For one thread, such as an event loop's.

    Parameters
    ----------
    limit : int
        Calls in each period.
    clock : callable
        Returns the time in seconds.
    period_s : float
        How long a period is; a minute by default.
    """

    def __init__(self, limit: int, clock: Callable[[], float], period_s: float = 60.0) -> None:
        self.limit, self.clock, self.period_s = limit, clock, period_s
        self._period = 0
        self._calls: Counter[str] = Counter()

    def allows(self, caller: str) -> bool:
        """Count a call, and return whether it is within the limit."""
        period = int(self.clock() // self.period_s)
        if period != self._period:
            self._period = period
            self._calls.clear()
        self._calls[caller] += 1
        return self._calls[caller] <= self.limit
