import math

import pytest
from hypothesis import given
from hypothesis import strategies as st

from gamelabel.games.play.statistics import make_collector, measure
from gamelabel.games.play.statistics.collector import Collector
from gamelabel.games.play.statistics.general_statistics import ActiveTime
from gamelabel.games.play.tasks import Pacing, Task
from tests.games.play.atari import reset_of, step_of, task_with

STEPS = st.lists(st.tuples(st.integers(0, 2), st.sampled_from([0.0, 0.0, 0.0, 1.0, -2.0])))


def run(collector: Collector, steps: list[tuple[int, float]], rate: float = 1.0) -> Collector:
    collector.start(Task("toy", "CartPole-v1", pacing=Pacing(rate=rate)), "player")
    collector.add(reset_of())
    for frame, (action, reward) in enumerate(steps, 1):
        collector.add(step_of(frame, action, reward))
    return collector


@given(STEPS)
def test_score_and_time_are_sums(steps: list[tuple[int, float]]) -> None:
    assert run(make_collector("score"), steps).value() == sum(reward for _, reward in steps)
    assert run(make_collector("play_time"), steps, rate=2.0).value() == len(steps) / 2


def active_by_definition(
    steps: list[tuple[int, float]], key: int, reward: int, from_start: bool
) -> int:
    """Count active frames by looking back from each of them."""
    keys = [i for i, step in enumerate(steps, 1) if step[0] != 0]
    rewards = [i for i, step in enumerate(steps, 1) if step[1] != 0]
    if from_start:
        keys, rewards = [0, *keys], [0, *rewards]
    return sum(
        any(0 <= i - j <= key for j in keys) and any(0 <= i - j <= reward for j in rewards)
        for i in range(1, len(steps) + 1)
    )


@given(STEPS, st.integers(0, 4), st.integers(0, 6), st.booleans())
def test_active_time_is_what_its_definition_says(
    steps: list[tuple[int, float]], key: int, reward: int, from_start: bool
) -> None:
    active = run(ActiveTime(key, reward, from_start), steps)
    assert active.value() == active_by_definition(steps, key, reward, from_start)


def test_the_rule_of_the_text_and_that_of_the_program_differ() -> None:
    """25 s after a key and a reward, the text still counts; without any, only the program does."""
    once = [(1, 1.0), *[(0, 0.0)] * 25]
    assert run(make_collector("active_time"), once).value() == 26
    program = {"key_seconds": 20, "from_start": True}
    assert run(make_collector("active_time", program), once).value() == 21
    assert run(make_collector("active_time"), [(0, 0.0)] * 25).value() == 0
    assert run(make_collector("active_time", program), [(0, 0.0)] * 25).value() == 20


def test_a_task_may_have_another_idle_action() -> None:
    active = make_collector("active_time")
    active.start(Task("toy", "CartPole-v1", pacing=Pacing(rate=1), idle_action=2), "player")
    active.add(step_of(1, action=2, reward=1.0))
    assert active.value() == 0
    active.add(step_of(2, action=0))
    assert active.value() == 1


def test_what_a_fallback_does_in_the_seat_is_not_the_players() -> None:
    score, time = make_collector("score"), make_collector("play_time")
    for collector in (score, time):
        collector.start(Task("toy", "CartPole-v1", pacing=Pacing(rate=1)), "player")
        collector.add(step_of(1, 1, 1.0))
        collector.add(step_of(2, 1, 10.0, controller="fallback"))
        collector.add(step_of(3, 1, 1.0, controller="policy"))
    assert (score.value(), time.value()) == (2.0, 2.0)


def test_episodes_are_counted_when_they_begin() -> None:
    episodes = make_collector("episodes")
    episodes.start(Task("toy", "CartPole-v1"), "player")
    for frame in (0, 1, 2, 0, 1):
        episodes.add(step_of(frame))
    assert episodes.value() == 2


def test_share_of_actions() -> None:
    share = run(make_collector("action_share", {"actions": [1, 2]}), [(0, 0), (1, 0), (2, 0)])
    assert share.value() == pytest.approx(2 / 3)
    assert math.isnan(run(make_collector("action_share", {"actions": 1}), []).value())


def test_an_unknown_statistic_or_argument_is_one_sentence() -> None:
    with pytest.raises(ValueError, match="no statistic 'points'; the statistics are score"):
        make_collector("points")
    with pytest.raises(ValueError, match="statistic active_time: got an unexpected keyword"):
        make_collector("active_time", {"seconds": 3})
    with pytest.raises(ValueError, match="order is one of inside out"):
        make_collector("share_in_order", {"order": "upwards"})


def test_the_values_after_each_transition() -> None:
    task = task_with(("score", {}), ("action_share", {"actions": 1}))
    values = measure([reset_of(), step_of(1, 1, 2.0), step_of(2, 0, 1.0)], task, "player")
    assert [row["score"] for row in values] == [0.0, 2.0, 3.0]
    assert [row["action_share"] for row in values[1:]] == [1.0, 0.5]
