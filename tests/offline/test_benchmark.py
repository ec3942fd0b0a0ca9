"""The benchmark on the corridor: trainings side by side, kept, summed up; and printed tables."""

from dataclasses import replace
from pathlib import Path

import numpy as np
import pandas as pd
import pytest

from gamelabel.games.play.crowdplay_tables import crowdplay_table
from gamelabel.offline import benchmark
from gamelabel.offline.behaviors import (
    action_shares,
    behavior_features,
    clone_players,
    combine_behaviors,
    separation,
)
from gamelabel.offline.benchmark import (
    FILTERED,
    BenchmarkSettings,
    aggregate_table,
    benchmark_task,
    run_benchmark,
    score_tables,
    task_table,
    tasks_with_scale,
)
from gamelabel.offline.printed_scores import (
    differing_scores,
    printed_benchmark,
    recomputed_scores,
)
from gamelabel.offline.transitions import Demonstration, make_transitions
from tests.offline.chain_world import ChainEnvironment, played

QUICK = BenchmarkSettings(
    updates=60, episodes=6, learner={"learning_rate": 0.02, "discount": 0.8, "target_interval": 10}
)


@pytest.fixture(scope="module")
def tasks():
    return {
        "mostly right": benchmark_task(played(60, p_right=0.8), 2, ChainEnvironment),
        "mostly left": benchmark_task(played(60, p_right=0.3), 2, ChainEnvironment),
    }


@pytest.fixture(scope="module")
def results(tasks, tmp_path_factory):
    folder = tmp_path_factory.mktemp("benchmark")
    algorithms = ["BC", FILTERED, "DQN"]
    return run_benchmark(tasks, algorithms, QUICK, folder, seeds=2), folder, algorithms


def test_a_task_has_the_scores_that_others_are_measured_by(tasks) -> None:
    task = tasks["mostly left"]
    assert task.best_return == 1.0
    assert 0.3 <= task.random_return < 1.0
    assert len(task.best_transitions) < len(task.transitions)
    assert task.best_transitions.episode_returns().min() == 1.0


def test_each_algorithm_is_trained_on_each_task_from_each_seed(results, tasks) -> None:
    table, _, algorithms = results
    assert len(table) == len(tasks) * len(algorithms) * 2
    assert not table.duplicated(["task", "algorithm", "seed"]).any()
    for row in table.itertuples():
        task = tasks[row.task]
        expected = (row.score - task.random_return) / (1.0 - task.random_return)
        assert row.normalized == pytest.approx(expected)


def test_cloning_the_best_beats_cloning_all_where_most_play_badly(results) -> None:
    table, *_ = results
    left = table[table.task == "mostly left"].groupby("algorithm").score.mean()
    assert left[FILTERED] > left["BC"] and left["DQN"] > left["BC"]


def test_finished_trainings_are_not_trained_again(results, tasks, monkeypatch) -> None:
    table, folder, algorithms = results
    monkeypatch.setattr("gamelabel.offline.deep_q.DeepQ.loss", None)
    monkeypatch.setattr("gamelabel.offline.behavior_cloning.BehaviorCloning.loss", None)
    again = run_benchmark(tasks, algorithms, QUICK, folder, seeds=2)
    pd.testing.assert_frame_equal(table.drop(columns="seconds"), again.drop(columns="seconds"))


def test_summaries_of_the_results(results) -> None:
    table, _, algorithms = results
    tables = score_tables(table)
    assert list(tables) == algorithms and tables["BC"].shape == (2, 2)
    aggregates = aggregate_table(table, replicates=100)
    assert len(aggregates) == 4 * len(algorithms)
    assert aggregates.warning.str.contains("2 runs").all()
    means = aggregates[aggregates.statistic == "mean"].set_index("algorithm").value
    assert means["BC"] == pytest.approx(table[table.algorithm == "BC"].normalized.mean())
    by_task = task_table(table, replicates=100)
    assert len(by_task) == 2 * len(algorithms)
    assert (by_task.low <= by_task.value).all() and (by_task.value <= by_task.high).all()


def test_the_folders_of_trainings() -> None:
    assert benchmark.run_folder("SI inside out", "filtered BC", 3) == "si_inside_out-filtered_bc-3"


# ---- what the paper prints


def test_one_score_of_table_6_does_not_follow_from_table_5() -> None:
    printed = crowdplay_table("normalized_scores")
    recomputed = recomputed_scores(crowdplay_table("returns"), crowdplay_table("random_returns"))
    (wrong,) = differing_scores(printed, recomputed).to_dict("records")
    assert wrong == {
        "task": "SI inside out",
        "algorithm": "BC",
        "printed": 41.67,
        "recomputed": 40.92,
    }
    numbers = printed_benchmark(printed, recomputed)
    assert numbers["crowdplay_table6_differing"] == 1
    assert numbers["crowdplay_table6_cells"] == 66
    # from Table 6 by hand: means 46.84 (IQN), 39.03 (DQN); medians 42.42, 41.01, 21.67 (CQL)
    assert numbers["crowdplay_highest_mean"] == pytest.approx(46.84, abs=0.01)
    assert numbers["crowdplay_highest_mean_not_iqn"] == pytest.approx(39.03, abs=0.01)
    assert numbers["crowdplay_iqn_median_lead"] == pytest.approx(1.41, abs=0.01)
    assert numbers["crowdplay_conservative_lead"] == pytest.approx(21.67 - 41.01, abs=0.01)
    assert numbers["crowdplay_cql_first_river_raid"] == 2
    assert numbers["crowdplay_iqn_above_best_human"] == 1


# ---- behaviors


def test_action_shares_by_hand() -> None:
    nothing = np.zeros(4)
    episode = Demonstration(np.zeros((5, 1)), np.array([1, 1, 0, 3]), nothing, nothing, nothing)
    assert action_shares([episode, episode], 4).tolist() == [[0.25, 0.5, 0, 0.25]] * 2
    features = behavior_features([episode], 4, {"left": [0.5], "in order": [np.nan]})
    assert features.columns.tolist() == [*(f"action_{k}" for k in range(4)), "left", "in order"]
    assert features.iloc[0, -2:].tolist() == [0.5, 0.0]


def labelled(features: np.ndarray, behaviors, players=None) -> pd.DataFrame:
    players = range(len(features)) if players is None else players
    return pd.DataFrame(features).assign(behavior=behaviors, player=players)


def test_the_silhouette_tells_separate_from_mixed_behaviors() -> None:
    rng = np.random.default_rng(0)
    names = np.repeat(["left", "right", "row by row"], 20)
    centers = np.repeat(np.eye(3), 20, 0)
    apart = centers + rng.normal(0, 0.05, (60, 3))
    separate = separation(labelled(apart, names))
    together = separation(labelled(rng.normal(0, 0.05, (60, 3)), names))
    assert separate.value > 0.85 and abs(together.value) < 0.1
    assert separate.low > together.high
    players = [f"p{k % 4}" for k in range(60)]
    assert "4 clusters" in separation(labelled(apart, names, players)).warning


def test_the_silhouette_by_hand() -> None:
    """Places 0, 1 and 4, 5: a is 1 for all, b is 4.5, 3.5, 3.5, 4.5."""
    places = np.array([[0.0], [1.0], [4.0], [5.0]])
    estimate = separation(labelled(places, ["a", "a", "b", "b"]))
    assert estimate.value == pytest.approx((1 - 1 / 4.5 + 1 - 1 / 3.5) / 2)


@pytest.mark.parametrize("behaviors", [[], ["a", "a"], ["a", "b"]])
def test_without_two_behaviors_or_two_episodes_there_is_no_silhouette(behaviors) -> None:
    table = labelled(np.ones((len(behaviors), 2)), behaviors)
    estimate = separation(combine_behaviors([table] if behaviors else []))
    assert np.isnan(estimate.value) and "needs two behaviors" in estimate.warning


def test_cloned_agents_behave_as_their_players(tmp_path: Path) -> None:
    """Agents of players who go right go right, and those of the others left."""
    shares = {}
    for p_right in (0.9, 0.1):
        data = make_transitions(played(60, p_right), 2)
        settings = QUICK._replace(updates=100)
        agents = clone_players(data, ChainEnvironment, settings, tmp_path / str(p_right), 2)
        assert list(agents) == ["agent 0", "agent 1"]
        episodes = [episode for of_agent in agents.values() for episode in of_agent]
        shares[p_right] = np.concatenate([e.actions for e in episodes]).mean()
    assert shares[0.9] > 0.7 and shares[0.1] < 0.3


def test_a_task_that_no_player_plays_better_than_chance_has_no_scale(tasks) -> None:
    worse = replace(tasks["mostly left"], best_return=0.1)
    kept, text = tasks_with_scale({**tasks, "hopeless": worse})
    assert list(kept) == list(tasks)
    assert text.endswith("no unit: hopeless.")
    assert tasks_with_scale(tasks)[1] == ""
