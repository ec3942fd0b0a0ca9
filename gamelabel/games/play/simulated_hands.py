"""The hands of simulated players: what they press, by what they saw some frames ago.

A hand sees the screen `latency` frames late, decides every few frames, aims with an error and looks
away at times. All of these are assumptions: `Skill` has them, and `simulated_corpus` draws them.
"""

from __future__ import annotations

from abc import ABC, abstractmethod
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

import numpy as np
from numpy.typing import NDArray

from gamelabel.games.play.policies import Policy
from gamelabel.games.play.statistics.alien_order import ShotOrder, is_in_order
from gamelabel.games.play.statistics.alien_wave import (
    WAVE_COLUMNS,
    WAVE_ROWS,
    Alien,
    AlienWave,
)
from gamelabel.games.play.statistics.cannon import cannon_place, player_number

if TYPE_CHECKING:
    from gamelabel.games.play.environments import Environment

NO_KEY, FIRE, RIGHT, LEFT, RIGHT_FIRE, LEFT_FIRE = range(6)  # of Space Invaders
_BLOCK_X, _BOMB_Y, _BOMB_X = 26, (81, 82), (83, 84)
_COLUMN_WIDTH = 16
_HALF_CANNON = 3  # from its left edge, which the memory has, to its middle
_DODGE_FROM, _DODGE_TO = 45, 95  # heights between which a bomb has to be dodged


@dataclass(frozen=True)
class Skill:
    """How well a person plays.

    Attributes
    ----------
    latency : int
        Frames between what is on the screen and the key that answers it.
    decision_frames : int
        Frames between two decisions.
    aim_error : float
        Standard deviation of the aim, in pixels.
    dodging : float
        Probability of seeing a bomb that falls on the cannon, at each decision.
    attention : float
        Probability of deciding at all; otherwise the last key is kept.
    """

    latency: int = 7
    decision_frames: int = 4
    aim_error: float = 3.0
    dodging: float = 0.3
    attention: float = 0.9


class Hand(ABC):
    """Decides which key to press."""

    def __init__(self, skill: Skill, seed: int) -> None:
        self.skill = skill
        self._rng = np.random.default_rng(seed)

    def begin(self) -> None:  # noqa: B027 most hands remember nothing
        """Begin an episode."""

    def is_attentive(self) -> bool:
        """Whether the person decides now, rather than looking away."""
        return bool(self._rng.random() < self.skill.attention)

    @abstractmethod
    def decide(self, seen: Any) -> int:
        """Return the action for what was seen: the emulator's memory or an observation."""


class RestingHand(Hand):
    """Starts the game and presses nothing."""

    def decide(self, seen: Any) -> int:
        """Return no key."""
        return NO_KEY


class FireHolder(Hand):
    """Puts something on the fire button."""

    def decide(self, seen: Any) -> int:
        """Return the fire button."""
        return FIRE


class Masher(Hand):
    """Presses any key.

    Parameters
    ----------
    skill : Skill
        The person's skill.
    seed : int
        Seed of the keys.
    actions : int
        Number of actions.
    """

    def __init__(self, skill: Skill, seed: int, actions: int) -> None:
        super().__init__(skill, seed)
        self._weights = self._rng.dirichlet(np.ones(actions))

    def decide(self, seen: Any) -> int:
        """Return a key, each with its own frequency."""
        return int(self._rng.choice(len(self._weights), p=self._weights))


class PoleHand(Hand):
    """Balances the pole of `worlds.cart_pole`, and sometimes presses the wrong key."""

    def decide(self, seen: NDArray[np.float32]) -> int:
        """Return the push against the side to which the pole falls, as far as it is seen."""
        _, speed, angle, turning = seen
        falls = angle + 0.4 * turning + 0.05 * speed
        return int(falls + self._rng.normal(0, 0.01 * self.skill.aim_error) > 0)


class Gunner(Hand):
    """Plays Space Invaders, and may follow an order or stay on one side.

    Parameters
    ----------
    skill : Skill
        The person's skill.
    seed : int
        Seed of errors and choices.
    order : {"", "inside out", "outside in", "row by row"}
        The order in which aliens are shot; "" for the nearest one.
    adherence : float
        Probability that the next alien is chosen by the order.
    side : {"", "left", "right"}
        The half of the screen on which the cannon stays.
    player : int
        0 or 1, whose cannon it is.
    """

    def __init__(
        self,
        skill: Skill,
        seed: int,
        order: ShotOrder | str = "",
        adherence: float = 1.0,
        side: str = "",
        player: int = 0,
    ) -> None:
        super().__init__(skill, seed)
        self.order, self.adherence, self.side = order, adherence, side
        self.player = player
        self._wave = AlienWave()
        self._target: Alien | None = None
        self._error = 0.0

    def begin(self) -> None:
        """Forget the wave and the target."""
        self._wave.restart()
        self._target = None

    def decide(self, seen: NDArray[np.uint8]) -> int:
        """Return the key that brings the cannon below its target, away from bombs, or fires."""
        self._wave.update(seen)
        place = cannon_place(seen, self.player)
        standing = [
            Alien(row, column)
            for row in range(WAVE_ROWS)
            for column in range(WAVE_COLUMNS)
            if self._wave.rows[row] >> column & 1
        ]
        if not standing:
            return NO_KEY
        if self._target not in standing:
            self._target = self._choose(standing, seen, place)
            self._error = float(self._rng.normal(0, self.skill.aim_error))
        return self._key(seen, place)

    def _choose(self, standing: list[Alien], seen: NDArray[np.uint8], place: int) -> Alien:
        """Choose the next alien: one that can be hit, of the order or the nearest."""
        lowest = {alien.column: alien for alien in reversed(standing)}
        choices = list(lowest.values())
        if self.side:
            choices = [a for a in choices if self._is_on_side(self._x(a, seen))] or choices
        if self.order and self._rng.random() < self.adherence:
            right = [a for a in choices if is_in_order(a, self._wave.rows, self.order)]  # type: ignore[arg-type]
            choices = right or choices
        return min(choices, key=lambda alien: abs(self._x(alien, seen) - place))

    def _is_on_side(self, x: float) -> bool:
        return x < 74 if self.side == "left" else x > 78

    def _x(self, alien: Alien, seen: NDArray[np.uint8]) -> float:
        """Return where a cannon stands below an alien."""
        return float(seen[_BLOCK_X]) + _COLUMN_WIDTH * (alien.column - self._wave.shift)

    def _key(self, seen: NDArray[np.uint8], place: int) -> int:
        assert self._target is not None
        for y, x in zip(_BOMB_Y, _BOMB_X, strict=True):
            offset = int(seen[x]) - place - _HALF_CANNON
            is_near = _DODGE_FROM < seen[y] < _DODGE_TO and abs(offset) < 7
            if is_near and self._rng.random() < self.skill.dodging:
                return RIGHT if offset <= 0 else LEFT
        distance = self._x(self._target, seen) + self._error - place
        if self.side and not self._is_on_side(place):
            return LEFT if self.side == "left" else RIGHT
        if abs(distance) <= 2:
            return FIRE
        if abs(distance) <= 5 and not self.order:
            return RIGHT_FIRE if distance > 0 else LEFT_FIRE
        return RIGHT if distance > 0 else LEFT


class _Partner(Policy):
    """A program that plays Space Invaders from the emulator's memory, without any delay."""

    side = ""

    def start(self, environment: Environment, seat: str, seed: int) -> None:
        """Prepare to play a seat."""
        super().start(environment, seat, seed)
        skill = Skill(latency=0, aim_error=1.0, dodging=0.9, attention=1.0)
        self._hand = Gunner(skill, seed, side=self.side, player=player_number(seat))
        self._left, self._action = 0, NO_KEY

    def act(self, environment: Environment) -> int:
        """Return the action, decided every four frames."""
        if self._left == 0:
            memory = environment.memory()
            assert memory is not None, "the partner plays games of the Atari emulator"
            self._action, self._left = self._hand.decide(memory), 4
        self._left -= 1
        return self._action


class Competitor(_Partner):
    """A program that shoots the alien nearest to its cannon."""


class Cooperator(_Partner):
    """A program that leaves the left half of the screen to the other player."""

    side = "right"
