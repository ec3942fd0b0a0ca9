from dataclasses import replace

import pytest

from benchmarks.crowd_search import calibrate, find_seed, windows
from gamelabel.games.pairs import Crowd
from gamelabel.games.pairs.ensemble import ensemble_table, play_ensemble
from gamelabel.reliability.paper_statistics import FITTED_STATISTICS

# What the default crowd was fitted to; the share of the busiest 16 is "nearly half".
ACCEPTED = windows(
    FITTED_STATISTICS, top16_share=(0.45, 0.5), busiest=(2001, 2060), multi_labelled=(1101, 1133)
)
PUBLISHED = 262_883  # the seed of notebook 03


def test_the_default_crowd_makes_the_papers_numbers_likely() -> None:
    games = play_ensemble(30_000, 600, range(96))
    table = ensemble_table(games.iloc[0].to_dict(), games, FITTED_STATISTICS).set_index("number")
    assert ((table.low <= table.paper) & (table.paper <= table.high)).all()
    assert table.drop("players")["rank"].between(0.2, 0.8).all()


@pytest.mark.full
def test_every_number_of_the_paper_lies_in_the_central_80_percent_of_1000_seeds() -> None:
    games = play_ensemble(30_000, 600, range(1000))
    table = (
        ensemble_table(games.iloc[0].to_dict(), games, FITTED_STATISTICS)
        .set_index("number")
        .drop("players")
    )
    assert table["rank"].between(0.1, 0.9).all()


def test_the_published_seed_has_every_number_within_3_percent() -> None:
    assert find_seed(ACCEPTED, [PUBLISHED - 1, PUBLISHED, PUBLISHED + 1]) == PUBLISHED


def test_a_seed_is_found_only_where_one_fits() -> None:
    wide = windows(FITTED_STATISTICS, 0.5, multi_labelled=(0, 9999))
    result = find_seed(wide, range(200))
    row = play_ensemble(6800, 600, [result]).iloc[0]
    assert all(low <= row[name] <= high for name, (low, high) in wide.items())
    assert find_seed(wide | {"kept": (0, 1)}, range(50)) is None


@pytest.mark.full
def test_calibration_moves_a_crowd_towards_the_numbers() -> None:
    off = replace(Crowd(), labels_mu=3.4)
    result, _ = calibrate(FITTED_STATISTICS, off, games=16, trials=26)
    games, before = (
        play_ensemble(30_000, 600, range(500, 548), crowd=crowd) for crowd in (result, off)
    )
    gap = [
        abs(table.annotations.median() - FITTED_STATISTICS["annotations"])
        for table in (games, before)
    ]
    assert gap[0] < gap[1] / 2
