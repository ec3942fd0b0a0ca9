"""Players of the rally who slip: now and then their paddle does something else for a while.

What is cloned is what they meant to do. So the clone learns how to come back from places where a
player who never slips is never seen.

References: Laskey et al., "DART: Noise Injection for Robust Imitation Learning" (2017).
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence

import numpy as np

from gamelabel.games.play.environments import open_environment
from gamelabel.games.play.network_policy import network_inputs
from gamelabel.games.play.policies import Policy
from gamelabel.games.play.tasks import Seat, Task
from gamelabel.games.play.worlds.rally import SEATS
from gamelabel.offline import Demonstration

RALLY = Task(
    "rally",
    "gamelabel.games.play.worlds.rally:Rally",
    seats=tuple(Seat(seat) for seat in SEATS),
)
_SHORTEST, _LONGEST = 4, 24  # frames of a slip


def play_rally(
    players: Mapping[str, Policy],
    seed: int,
    most: int,
    slips: float = 0.0,
    slipping: Sequence[str] = SEATS,
) -> tuple[dict[str, Demonstration], float]:
    """Play one episode of the rally.

    Parameters
    ----------
    players : mapping of str to Policy
        Who plays each seat.
    seed : int
        Seed of the serve, the players and their slips.
    most : int
        Frames after which the episode is cut off.
    slips : float
        Probability of a slip at each frame: a random action for 4 to 24 frames.
    slipping : sequence of str
        The seats whose players slip.

    Returns
    -------
    demonstrations : dict of str to Demonstration
        What each seat saw (`network_inputs`) and meant to do.
    hits : float
        How often the ball was hit.
    """
    rng = np.random.default_rng(seed)
    environment = open_environment(RALLY)
    environment.reset(seed)
    for seat, player in players.items():
        player.start(environment, seat, seed)
    seen = {seat: [network_inputs(environment, seat)] for seat in SEATS}
    meant: dict[str, list[int]] = {seat: [] for seat in SEATS}
    left, slip = dict.fromkeys(SEATS, 0), dict.fromkeys(SEATS, 0)
    rewards: list[float] = []
    is_over = False
    while not is_over and len(rewards) < most:
        actions = {seat: int(player.act(environment)) for seat, player in players.items()}
        for seat in SEATS:
            meant[seat].append(actions[seat])
            if seat in slipping and not left[seat] and rng.random() < slips:
                left[seat], slip[seat] = (
                    int(rng.integers(_SHORTEST, _LONGEST)),
                    int(rng.integers(3)),
                )
            if left[seat]:
                left[seat] -= 1
                actions[seat] = slip[seat]
        outcome = environment.step(actions)
        rewards.append(outcome.rewards[SEATS[0]])
        for seat in SEATS:
            seen[seat].append(network_inputs(environment, seat))
        is_over = any(outcome.terminated.values()) or any(outcome.truncated.values())
    is_missed = any(environment.latest.terminated.values())
    environment.close()
    last = np.arange(len(rewards)) == len(rewards) - 1
    demonstrations = {
        seat: Demonstration(
            np.array(seen[seat]),
            np.array(meant[seat]),
            np.array(rewards),
            last & is_missed,
            last & (not is_missed),
        )
        for seat in SEATS
    }
    return demonstrations, sum(rewards)
