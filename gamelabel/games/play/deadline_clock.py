"""A clock that calls at a steady rate, and does not catch up after a long delay."""

from __future__ import annotations

LATEST = 0.25
"""Seconds of delay from which on missed steps are dropped instead of made up for."""


class DeadlineClock:
    """Says when the next step is due; times are passed in, so that it can be tested.

    Each deadline follows the one before by 1 / rate, not the step before, so that delays of single
    steps do not add up.

    Parameters
    ----------
    rate : float
        Steps a second.

    Examples
    --------
    >>> clock = DeadlineClock(rate=10.0)
    >>> clock.start(100.0)
    >>> round(clock.wait(100.04), 3)
    0.06
    >>> clock.step_taken(100.13)      # 0.03 s late: the next one is still due at 100.2
    >>> round(clock.wait(100.13), 3)
    0.07
    >>> clock.step_taken(100.9)       # 0.7 s late: the steps in between are dropped
    >>> round(clock.wait(100.9), 3)
    0.1
    """

    def __init__(self, rate: float) -> None:
        self.interval = 1 / rate
        self._due = 0.0

    def start(self, now: float) -> None:
        """Begin: the first step is due an interval from now."""
        self._due = now + self.interval

    def wait(self, now: float) -> float:
        """Return the seconds until the next step is due, 0 if it is overdue."""
        return max(0.0, self._due - now)

    def step_taken(self, now: float) -> None:
        """Set the next deadline after a step."""
        is_too_late = now - self._due > LATEST
        self._due = (now if is_too_late else self._due) + self.interval
