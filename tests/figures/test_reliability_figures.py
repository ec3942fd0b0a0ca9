import numpy as np
from matplotlib.figure import Figure

from gamelabel.figures.reliability_figures import plot_accuracy_by_player, plot_lorenz_curve
from gamelabel.reliability import participation
from gamelabel.reliability.worker_accuracy import accuracy_table
from tests.figures.reading import texts

TABLE = accuracy_table([4, 9, 0], [5, 10, 0]).assign(labels=[20, 300, 4])


def test_players_stand_by_accuracy_with_their_intervals(ax):
    assert plot_accuracy_by_player(ax, TABLE, 0.85, 0.87) is ax
    intervals, players = ax.collections[:2]
    assert players.get_offsets().tolist() == [[1, 0.9], [2, 0.8]]
    assert players.get_sizes()[0] > players.get_sizes()[1]
    lows = [segment[0, 1] for segment in intervals.get_segments()]
    assert lows == [TABLE.low[1], TABLE.low[0]]
    marks = {line.get_label(): line.get_ydata()[0] for line in ax.lines}
    assert marks == {"mean of players: 85.0%": 0.85, "mean by label: 87.0%": 0.87}


def test_a_lorenz_curve_goes_through_its_points(ax):
    shared = participation([1, 5, 20])
    assert plot_lorenz_curve(ax, shared.lorenz, shared.gini) is ax
    np.testing.assert_allclose(ax.lines[1].get_ydata(), shared.lorenz)
    np.testing.assert_allclose(ax.lines[1].get_xdata(), np.arange(4) / 3)


def test_without_players_figures_say_that_there_is_no_data(ax):
    plot_accuracy_by_player(ax, TABLE.tail(1), float("nan"), float("nan"))
    other = Figure().subplots()
    plot_lorenz_curve(other, participation([]).lorenz, float("nan"))
    for empty in (ax, other):
        assert texts(empty) == ["no data"] and not empty.has_data()
