"""Who controls a seat, and what they do at the next step."""

from __future__ import annotations

from typing import Any

from gamelabel.games.play.policies import Policy
from gamelabel.games.play.tasks import Seat
from gamelabel.games.play.transition import Controller


class SeatControl:
    """One seat while it is played.

    An action is in force until the next one arrives. One that is released before any step used it
    is still used for one step, so that short key presses count at low rates.

    Parameters
    ----------
    seat : Seat
        The seat.
    idle : any
        What is done while nobody acts.
    policy : Policy or None
        The policy that plays, or that can take over.
    has_player : bool
        Whether a person sits here.
    """

    def __init__(self, seat: Seat, idle: Any, policy: Policy | None, has_player: bool) -> None:
        self.seat = seat
        self.policy = policy
        self.controller: Controller = "human"
        self._idle = idle
        self.clear()
        if seat.played_by == "policy":
            self.controller = "policy"
        elif not has_player:
            self.take_over()

    def clear(self) -> None:
        """Forget all actions."""
        self._held, self._held_frame = self._idle, -1
        self._tap: tuple[Any, int] | None = None
        self.has_new_action = False

    def act(self, action: Any, frame_seen: int) -> None:
        """Set the player's newest action, and the frame that they saw."""
        released = _is_same(action, self._idle) and not _is_same(self._held, self._idle)
        if self.has_new_action and released:
            self._tap = self._held, self._held_frame
        elif not released:
            self._tap = None
        self._held, self._held_frame = action, frame_seen
        self.has_new_action = True

    @property
    def is_acting(self) -> bool:
        """Whether an action other than the idle one is in force or waits for its step."""
        return self._tap is not None or not _is_same(self._held, self._idle)

    def next_action(self, consume: bool) -> tuple[Any, int]:
        """Return the player's action for the next step and the frame seen when choosing it.

        Parameters
        ----------
        consume : bool
            Whether the action counts for this step only, as in turn-based tasks.
        """
        action = self._tap or (self._held, self._held_frame)
        self._tap = None
        self.has_new_action = False
        if consume:
            self._held = self._idle
        return action

    def take_over(self) -> bool:
        """Let the policy play in the player's place; without one the seat stays idle."""
        if self.controller == "human":
            self.clear()
            if self.policy is not None:
                self.controller = "fallback"
        return self.controller == "fallback"

    def give_back(self) -> None:
        """Let the player play again."""
        if self.controller == "fallback":
            self.controller = "human"
            self.clear()


def _is_same(first: Any, second: Any) -> bool:
    same = first == second
    return bool(same if isinstance(same, bool) else same.all())
