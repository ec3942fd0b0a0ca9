"""Agents trained beside each other: paired, resumed, and safe from a worker that ends."""

import os
from functools import partial
from pathlib import Path

import pandas as pd
import pytest

from gamelabel.following import following_arms
from gamelabel.following.following_arms import (
    AgentRun,
    ScoredTables,
    plan_runs,
    score_runs,
    train_and_score,
)
from gamelabel.following.train_agent import AgentConfig
from gamelabel.games.dungeon.simulated_commands import simulated_examples
from gamelabel.parallel import ItemFailed, executor, map_items

ARMS = {name: AgentConfig(name, width=8, epochs=1) for name in ("AC-Seq2Seq", "Seq2Seq")}


@pytest.fixture(scope="module")
def tables() -> tuple[pd.DataFrame, pd.DataFrame]:
    training, test = simulated_examples(4, 4, 0), simulated_examples(3, 2, 1)
    return training, test.assign(test_set="teachers")


def test_runs_are_planned_longest_first() -> None:
    runs = plan_runs(ARMS, [4, 8], n_seeds=2, seed=5)
    assert [(run.n_examples, run.arm, run.seed) for run in runs[:3]] == [
        (8, "AC-Seq2Seq", 5),
        (8, "AC-Seq2Seq", 6),
        (8, "Seq2Seq", 5),
    ]
    assert len(runs) == 8


def test_scores_name_their_run_and_a_second_call_trains_nothing(
    tables: tuple[pd.DataFrame, pd.DataFrame], tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    runs = plan_runs(ARMS, [4, 8], n_seeds=1, n_ranked=2)
    scores = score_runs(runs, *tables, tmp_path)
    assert len(scores) == 2 * 2 * 2 * 6  # arms, sizes, with and without the constraint, examples
    assert set(scores.test_set) == {"teachers"}
    assert scores.hits1.notna().sum() == 2 * 2  # of the largest size
    monkeypatch.setattr(following_arms, "train_agent", None)
    pd.testing.assert_frame_equal(score_runs(runs, *tables, tmp_path), scores)


def test_another_config_is_another_training(
    tables: tuple[pd.DataFrame, pd.DataFrame], tmp_path: Path
) -> None:
    for epochs in (1, 2):
        run = AgentRun("Seq2Seq", AgentConfig("Seq2Seq", width=8, epochs=epochs), 4, 0)
        score_runs([run], *tables, tmp_path)
    assert len(list(tmp_path.glob("*/scores.parquet"))) == 2


def test_more_examples_than_there_are_is_refused(
    tables: tuple[pd.DataFrame, pd.DataFrame], tmp_path: Path
) -> None:
    with pytest.raises(ValueError, match=r"learns from 1,000 examples, but there are\s+16"):
        score_runs(plan_runs(ARMS, [1000], 1), *tables, tmp_path)


def test_a_failed_training_names_its_run(
    tables: tuple[pd.DataFrame, pd.DataFrame], tmp_path: Path
) -> None:
    bad = AgentConfig("Seq2Seq", width=8, epochs=40, learning_rate=1e38)
    with pytest.raises(ItemFailed, match=r"wild, 8 examples, seed 0 .*not finite"):
        score_runs([AgentRun("wild", bad, 8, 0)], *tables, tmp_path)


def end_once_then_score(tables: ScoredTables, run: AgentRun) -> pd.DataFrame:
    """End this process the first time that it is asked."""
    marker = tables.folder / "ended"
    if not marker.exists():
        marker.touch()
        os._exit(9)
    return train_and_score(tables, run)


@pytest.mark.slow
def test_a_worker_killed_in_training_changes_no_score(
    tables: tuple[pd.DataFrame, pd.DataFrame], tmp_path: Path
) -> None:
    runs = plan_runs({"Seq2Seq": ARMS["Seq2Seq"]}, [8], n_seeds=2)
    (tmp_path / "killed").mkdir()
    work = partial(end_once_then_score, ScoredTables(*tables, tmp_path / "killed"))
    with executor(jobs=2) as pool:
        scores = pd.concat(map_items(pool, work, runs), ignore_index=True)
    expected = score_runs(runs, *tables, tmp_path / "whole")
    pd.testing.assert_frame_equal(scores, expected)
