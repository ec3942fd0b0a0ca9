"""The aliens of Space Invaders: decoding against a model of the game, and against the game."""

from __future__ import annotations

import itertools
from collections.abc import Iterator
from typing import Any

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from gamelabel.games.play.statistics import make_collector, measure, start_collectors
from gamelabel.games.play.statistics.alien_order import ShotOrder, is_in_order
from gamelabel.games.play.statistics.alien_wave import Alien, AlienWave
from gamelabel.games.play.statistics.published_order import published_in_order
from gamelabel.games.play.tasks import Seat, Task
from tests.games.play.atari import atari, held_actions, play, reset_of, step_of, task_with

ORDERS: tuple[ShotOrder, ...] = ("inside out", "outside in", "row by row")
PLACES = [Alien(row, column) for row in range(6) for column in range(6)]
FULL = (0b111111,) * 6


def memory_of(standing: set[Alien]) -> np.ndarray:
    """Return the memory of these aliens: shifted so that the leftmost one is at bit 0."""
    memory = np.zeros(128, np.uint8)
    shift = min((alien.column for alien in standing), default=0)
    for alien in standing:
        memory[18 + alien.row] |= 1 << (alien.column - shift)
    return memory


def unshifted(memory: np.ndarray, standing: set[Alien], shift: int) -> np.ndarray:
    """Return the memory of these aliens at an older shift, as in the frame of a shot."""
    memory = np.zeros_like(memory)
    for alien in standing:
        memory[18 + alien.row] |= 1 << (alien.column - shift)
    return memory


def memories(shots: list[Alien]) -> Iterator[tuple[np.ndarray, list[Alien]]]:
    """Yield the memory of each frame of a wave shot in this order, and the aliens shot in it."""
    standing, shift = set(PLACES), 0
    memory = memory_of(standing)
    yield memory, []
    for alien in shots:
        standing.remove(alien)
        memory = unshifted(memory, standing, shift)
        yield memory, [alien]
        if standing and min(a.column for a in standing) > shift:
            shift = min(a.column for a in standing)
            memory = memory_of(standing)
            yield memory, []


@given(st.permutations(PLACES), st.integers(0, 36))
def test_each_shot_has_its_own_column(shots: list[Alien], count: int) -> None:
    wave = AlienWave()
    for memory, shot in memories(shots[:count]):
        assert wave.update(memory) == shot
        assert wave.update(memory) == []  # the next frame, unchanged


@given(st.permutations(PLACES), st.permutations(PLACES))
def test_a_new_wave_begins_with_no_shift(first: list[Alien], second: list[Alien]) -> None:
    wave = AlienWave()
    for memory, shot in itertools.chain(memories(first), memories(second[:20])):
        assert wave.update(memory) == shot


@given(st.permutations(PLACES), st.integers(1, 35), st.permutations(PLACES))
def test_a_reset_in_the_middle_of_a_wave_is_no_shot(
    first: list[Alien], count: int, second: list[Alien]
) -> None:
    task = task_with(("aliens_hit", {}), ("share_in_order", {"order": "row by row"}))
    collectors = start_collectors(task, "player")
    for shots in (first[:count], second[:5]):
        for frame, (memory, _) in enumerate(memories(shots)):
            for collector in collectors.values():
                collector.add(step_of(frame, memory=memory) if frame else reset_of(memory))
    assert collectors["aliens_hit"].value() == count + 5
    assert sum(collectors["share_in_order"].progress.values()) == count + 5


@pytest.mark.parametrize("order", ORDERS)
@given(st.permutations(PLACES))
def test_following_an_order_is_always_in_order(order: ShotOrder, shots: list[Alien]) -> None:
    """Sorted by when they should come, all aliens are in order; backwards, few are."""
    rank = {alien: _rank(alien, order) for alien in PLACES}
    for key, expected in ((1, 36), (-1, 36 - len([a for a in PLACES if rank[a] > 0]))):
        collector = make_collector("aliens_in_order", {"order": order})
        collector.start(Task("toy", "SpaceInvaders"), "player")
        ordered = sorted(shots, key=lambda alien: key * rank[alien])
        for frame, (memory, _) in enumerate(memories(ordered)):
            collector.add(step_of(frame, memory=memory) if frame else reset_of(memory))
        assert collector.value() == expected


def _rank(alien: Alien, order: ShotOrder) -> int:
    if order == "row by row":
        return alien.row
    columns = (2, 3), (1, 4), (0, 5)
    rank = next(i for i, pair in enumerate(columns) if alien.column in pair)
    return rank if order == "inside out" else 2 - rank


@pytest.mark.parametrize("order", ORDERS)
def test_the_published_rule_agrees_on_a_full_wave_that_is_not_shifted(order: ShotOrder) -> None:
    for alien in PLACES:
        after = list(FULL)
        after[alien.row] &= ~(1 << alien.column)
        assert published_in_order(alien, tuple(after), order) == is_in_order(alien, FULL, order)


def test_the_published_rule_counts_every_shift_as_shots() -> None:
    """Outside in, all in order: 36 aliens are shot; the program counts more."""
    shots = sorted(PLACES, key=lambda alien: _rank(alien, "outside in"))
    published = make_collector("published_aliens_in_order", {"order": "outside in"})
    published.start(Task("toy", "SpaceInvaders"), "player")
    for frame, (memory, _) in enumerate(memories(shots)):
        published.add(step_of(frame, memory=memory))
    assert sum(published.progress.values()) > 36


@pytest.fixture
def space_invaders() -> Any:
    return atari("SpaceInvaders")


def leave(ale: Any, rows: list[int]) -> None:
    """Let only these aliens stand, bits of a row from the bottom up."""
    for row, bits in enumerate(rows):
        ale.setRAM(18 + row, bits)
    ale.setRAM(17, sum(bits.bit_count() for bits in rows))


def points(aliens: list[Alien]) -> list[int]:
    return [5 * (alien.row + 1) for alien in aliens]


def test_the_game_pays_each_alien_that_is_decoded(space_invaders: Any) -> None:
    wave, kills, rewards, cannon_hits = AlienWave(), [], [], 0
    for transition in play(space_invaders, held_actions(0, [1, 4, 5], 6_000)):
        shot = wave.update(transition.memory)
        reward = sum(transition.rewards.values())
        if reward and not shot:
            assert reward == 200  # the mothership
            cannon_hits += 1
            continue
        kills += points(shot)
        rewards += [reward] if shot else []
    assert kills == rewards
    assert len(kills) > 10


@pytest.mark.parametrize("rows", [[0b111110] * 6, [0b100100, 0b000100, 0, 0, 0, 0], [0b001000] * 6])
def test_the_game_shifts_the_rows_and_that_is_no_shot(space_invaders: Any, rows: list[int]) -> None:
    """Without any action, the leftmost column is found empty and the rows are shifted."""
    frames = play(space_invaders, iter([0] * 200))
    wave = AlienWave()
    for transition in itertools.islice(frames, 140):
        wave.update(transition.memory)
    leave(space_invaders.unwrapped.ale, rows)
    before = space_invaders.unwrapped.ale.getRAM()
    wave.restart()
    assert wave.update(before) == []
    assert wave.rows == tuple(rows)
    after = next(frames).memory
    assert not np.array_equal(after[18:24], before[18:24])  # the game shifted
    assert wave.update(after) == []
    assert wave.rows == tuple(rows)


def test_a_wave_that_is_cleared_is_followed_by_a_full_one(space_invaders: Any) -> None:
    """The last alien counts, and the 36 new ones do not."""
    ale = space_invaders.unwrapped.ale
    wave, shot = AlienWave(), []
    frames = play(space_invaders, itertools.repeat(1))
    for transition in itertools.islice(frames, 140):
        wave.update(transition.memory)
    leave(ale, [0b000001, 0, 0, 0, 0, 0])
    wave.restart()
    for transition in itertools.islice(frames, 3000):
        if transition.memory[17] == 1:  # bring the last alien before the cannon
            ale.setRAM(26, int(transition.memory[28]))
        if killed := wave.update(transition.memory):
            shot.append((transition.frame, killed, sum(transition.rewards.values())))
        if transition.memory[17] == 36:
            break
    assert [(killed, reward) for _, killed, reward in shot] == [([Alien(0, 0)], 5.0)]
    assert wave.rows == FULL


def test_a_lost_life_and_a_lost_game_are_no_shots(space_invaders: Any) -> None:
    """Nobody shoots: three lives go, then the game is over, and the next one begins."""
    task = task_with(("aliens_hit", {}), ("shots", {}), ("aliens_in_order", {"order": ORDERS[0]}))
    collectors = start_collectors(task, "player")
    for _ in range(2):
        frames = 0
        for transition in play(space_invaders, itertools.repeat(0)):
            frames = transition.frame
            for collector in collectors.values():
                collector.add(transition)
        assert frames > 1000
    assert [collector.value() for collector in collectors.values()] == [0, 0, 0]


def test_shots_and_hits(space_invaders: Any) -> None:
    """One shot at a time: a shot is counted when the game lets the next one leave."""
    task = task_with(("shots", {}), ("aliens_hit", {}), ("shot_accuracy", {}))
    transitions = list(play(space_invaders, held_actions(3, [1, 4, 5], 4000)))
    last = measure(transitions, task, "player")[-1]
    flying = [int(t.memory[85]) <= 85 for t in transitions]  # higher numbers: no shot
    launches = sum(now and not before for before, now in itertools.pairwise(flying))
    assert last["shots"] == launches
    paid = [sum(t.rewards.values()) for t in transitions]
    assert last["aliens_hit"] == sum(0 < reward < 200 for reward in paid)
    assert last["shot_accuracy"] == last["aliens_hit"] / last["shots"]


def test_the_side_of_the_screen(space_invaders: Any) -> None:
    """The cannon starts at the left edge and is held to the right."""
    task = task_with(("space_invaders_side", {"side": "left"}))
    transitions = list(play(space_invaders, iter([2] * 600)))
    left = sum(transition.memory[28] <= 76 for transition in transitions[1:]) / 600
    assert measure(transitions, task, "player")[-1]["space_invaders_side"] == left
    assert 0.3 < left < 0.7
    right = make_collector("space_invaders_side", {"side": "right"})
    right.start(Task("toy", "x"), "player")
    for transition in transitions[-200:]:
        right.add(transition)
    assert right.value() == 1.0


def test_the_side_of_the_river() -> None:
    env = atari("Riverraid")
    task = task_with(("river_raid_side", {"side": "right", "margin": 5}))
    right, left = (list(play(env, iter([action] * 140))) for action in (3, 4))
    meanings = env.unwrapped.get_action_meanings()
    assert (meanings[3], meanings[4]) == ("RIGHT", "LEFT")
    assert measure(right, task, "player")[-1]["river_raid_side"] == 1.0
    assert measure(left, task, "player")[-1]["river_raid_side"] < 0.9


def test_without_memory_the_message_says_what_is_missing() -> None:
    for name, arguments in (
        ("share_in_order", {"order": "inside out"}),
        ("published_share_in_order", {"order": "inside out"}),
        ("space_invaders_side", {"side": "left"}),
        ("river_raid_side", {"side": "left"}),
        ("shots", {}),
    ):
        collector = make_collector(name, arguments)
        collector.start(Task("toy", "CartPole-v1", seats=(Seat(),)), "player")
        with pytest.raises(ValueError, match="frame 7 need"):
            collector.add(step_of(7))
