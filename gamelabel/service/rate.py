"""How often anyone may call: counts by who calls, of the minute that runs; nothing of earlier minutes is kept."""

from __future__ import annotations

from collections import Counter
from collections.abc import Callable


class Rate:
    """At most so many calls a minute of each caller; for one thread, such as an event loop's. clock: in seconds."""

    def __init__(self, most: int, clock: Callable[[], float]) -> None:
        self.most, self.clock, self._minute = most, clock, 0
        self._calls: Counter[str] = Counter()

    def allows(self, who: str) -> bool:
        """Count a call, and say whether it is still one of those allowed."""
        minute = int(self.clock() // 60)
        if minute != self._minute:
            self._minute = minute
            self._calls.clear()
        self._calls[who] += 1
        return self._calls[who] <= self.most
