"""The package's own games: they keep to the interfaces, and their scripted players play well."""

from typing import Any

import numpy as np
import pytest

pytest.importorskip("gymnasium", reason="needs the extra `play`")

from gymnasium.utils.env_checker import check_env
from pettingzoo.test import parallel_api_test

from gamelabel.games.play.environments import Environment, open_environment
from gamelabel.games.play.loop import Loop
from gamelabel.games.play.tasks import Seat, Task
from gamelabel.games.play.worlds.cart_pole import CartPole
from gamelabel.games.play.worlds.orchard import Orchard
from gamelabel.games.play.worlds.rally import Rally

ROOM = "gamelabel.games.play.worlds"
CART = Task("cart", f"{ROOM}.cart_pole:CartPole", seats=(Seat(policy="cart_pole"),))
ORCHARD = Task("orchard", f"{ROOM}.orchard:Orchard", seats=(Seat(policy="orchard"),))
SIDES = (Seat("left", policy="rally"), Seat("right", policy="rally"))
RALLY = Task("rally", f"{ROOM}.rally:Rally", seats=SIDES)


def episode(task: Task, steps: int, seed: int = 0, policy: str = "") -> tuple[Loop, list[Any]]:
    if policy:
        seats = tuple(Seat(seat.name, policy=policy) for seat in task.seats)
        task = Task(task.name, task.environment, seats=seats)
    loop = Loop(task, open_environment(task), [], seed=seed)
    transitions = [loop.begin_episode()]
    while not loop.is_over and loop.frame < steps:
        transitions.append(loop.advance())
    return loop, transitions


@pytest.mark.parametrize("world", [CartPole, Orchard])
@pytest.mark.filterwarnings("ignore")
def test_gymnasium_accepts_the_worlds_for_one(world: type) -> None:
    check_env(world(), skip_render_check=True)


@pytest.mark.filterwarnings("ignore")
def test_pettingzoo_accepts_the_world_for_two() -> None:
    parallel_api_test(Rally(steps=200), num_cycles=300)


@pytest.mark.parametrize("task", [CART, ORCHARD, RALLY], ids=lambda task: task.name)
def test_the_same_seed_and_actions_give_the_same_frames(task: Task) -> None:
    def pictures(environment: Environment) -> list[bytes]:
        rng = np.random.default_rng(1)
        environment.reset(seed=5)
        taken = []
        for _ in range(60):
            actions = {seat: environment.actions.sample(seat, rng) for seat in environment.seats}
            ended = environment.step(actions).terminated
            taken.append(environment.picture().rgb().tobytes())
            if any(ended.values()):
                break
        return taken

    first, second = pictures(open_environment(task)), pictures(open_environment(task))
    assert first == second
    assert len(set(first)) > 10


@pytest.mark.parametrize(
    ("task", "good", "most"),
    [(CART, 400, 150), (ORCHARD, 20, 10), (RALLY, 20, 8)],
    ids=["cart", "orchard", "rally"],
)
def test_a_scripted_player_is_far_better_than_chance(task: Task, good: int, most: int) -> None:
    seat = task.seats[0].name
    scripted = [episode(task, 4000, seed)[0].scores[seat] for seed in range(3)]
    chance = [episode(task, 4000, seed, "random")[0].scores[seat] for seed in range(3)]
    assert np.mean(scripted) >= good
    assert np.mean(chance) <= most


@pytest.mark.parametrize("task", [CART, ORCHARD, RALLY], ids=lambda task: task.name)
def test_pictures_have_few_colors(task: Task) -> None:
    loop, _ = episode(task, 100)
    picture = loop.environment.picture()
    assert picture.palette is not None
    assert len(picture.palette) < 40
