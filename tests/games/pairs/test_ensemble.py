import pandas as pd
import pytest

from gamelabel.games.pairs import Crowd, simulate
from gamelabel.games.pairs.ensemble import GAMES_AT_ONCE, ensemble_table, play_ensemble
from gamelabel.reliability import PAPER_STATISTICS, dataset_statistics
from tests.games.pairs.pair_tables import make_pair_tables

PAIRS, TRUTH = make_pair_tables(300, 40)
PLAYER_KINDS = Crowd(
    kind_shares={
        "bot": 0.1,
        "copier": 0.3,
        "sleeper": 0.1,
        "one-sided": 0.1,
        "tired": 0.1,
        "flipper": 0.1,
    }
)


@pytest.mark.parametrize("crowd", [None, PLAYER_KINDS])
def test_an_ensembles_rows_are_the_games_of_its_seeds(crowd: Crowd | None) -> None:
    """With so few points that the busiest players see all of them."""
    games = play_ensemble(300, 40, range(4, 8), players=20, crowd=crowd)
    assert list(games.index) == [4, 5, 6, 7] and set(games.columns) == set(PAPER_STATISTICS)
    for seed in games.index:
        played = simulate(PAIRS, TRUTH, players=20, seed=seed, crowd=crowd)
        assert games.loc[seed].to_dict() == pytest.approx(
            dataset_statistics(played.labels, played.players, PAIRS)
        )


def test_games_do_not_depend_on_how_many_are_played_together() -> None:
    assert (
        play_ensemble(300, 40, range(70), players=3)
        .loc[66:]
        .equals(play_ensemble(300, 40, range(66, 70), players=3))
    )


def test_processes_play_the_same_games(monkeypatch: pytest.MonkeyPatch) -> None:
    seeds = range(2 * GAMES_AT_ONCE + 1)
    alone = play_ensemble(50, 10, seeds, players=4)
    monkeypatch.setenv("GAMELABEL_JOBS", "2")
    pd.testing.assert_frame_equal(play_ensemble(50, 10, seeds, players=4), alone, check_exact=True)


def test_numbers_are_compared_with_the_papers() -> None:
    games = pd.DataFrame({"kept": [1.0, 2, 3, 4, 5]})
    row = ensemble_table({"kept": 3, "other": 9}, games, {"kept": 4}).iloc[0].to_dict()
    assert row == {
        "number": "kept",
        "paper": 4,
        "this": 3,
        "low": 1.4,
        "median": 3,
        "high": 4.6,
        "rank": 0.7,
    }


@pytest.mark.parametrize(("points", "comparisons"), [(0, 40), (300, 0)])
def test_without_points_of_both_kinds_there_is_no_game(points: int, comparisons: int) -> None:
    games = play_ensemble(points, comparisons, range(2), players=4)
    assert games.empty
    table = ensemble_table(PAPER_STATISTICS, games, PAPER_STATISTICS)
    assert table["median"].isna().all() and (table["this"] == table.paper).all()
