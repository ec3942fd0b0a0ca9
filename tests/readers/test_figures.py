"""Figures of crowds and gates draw what they are given, to be read off again, and draw on nothing."""

import numpy as np
import pandas as pd
import pytest
from matplotlib.figure import Figure

from gamelabel import figures
from gamelabel.games.pairs import Rules
from gamelabel.games.pairs.operating_curve import operating_curves
from gamelabel.reliability import bradley_terry

CROWDS = ["b", "a", "c"]


@pytest.fixture
def ax():
    return Figure().subplots()


def names(ax) -> list[str]:
    """What stands at y, from the top."""
    ticks = sorted(
        zip(ax.get_yticks(), ax.get_yticklabels(), strict=True), key=lambda tick: -tick[0]
    )
    return [label.get_text() for _, label in ticks]


def test_two_means_in_the_order_given(ax) -> None:
    table = pd.DataFrame({"mean": [0.8, 0.7, 0.6], "weighted": [0.7, 0.75, 0.6]}, index=CROWDS)
    assert figures.two_means(ax, table) is ax and names(ax) == CROWDS
    dots = {line.get_label(): list(line.get_xdata()) for line in ax.lines}
    assert dots["each worker once"] == [0.8, 0.7, 0.6] and dots["by label"] == [0.7, 0.75, 0.6]
    figures.two_means(Figure().subplots(), table[:0])


def test_methods_beside_the_majority(ax) -> None:
    accuracy = pd.DataFrame({"majority": [0.8, 0.9], "glad": [0.85, 0.88]}, index=["a", "b"])
    figures.methods_beside(ax, accuracy, {"a": 0.9})
    dots = {line.get_label(): line.get_xdata() for line in ax.lines}
    assert np.allclose(dots["glad"], [5, -2]) and names(ax) == ["a (80.0%)", "b (90.0%)"]
    ticks = next(line for line in ax.lines if line.get_marker() == "|" and len(line.get_xdata()))
    assert np.allclose(ticks.get_xdata(), [10, np.nan], equal_nan=True)


def test_costs_fill_each_crowds_labels(ax) -> None:
    table = pd.DataFrame(
        {"spent": [0.2, 0.5], "lost": [0.3, 0.0], "removed": [0.25, 0.0]}, index=["a", "b"]
    )
    figures.gate_costs(ax, table)
    widths = [[bar.get_width() for bar in bars] for bars in ax.containers]
    assert np.allclose(np.sum(widths, axis=0), 1) and np.allclose(widths[1], [0.2, 0.5])
    assert [text.get_text() for text in ax.texts] == [
        "25% of workers removed",
        "0% of workers removed",
    ]


def test_gains_have_a_line_for_each_way(ax) -> None:
    low, middle, high = (
        pd.DataFrame({"x": [v, 2.0], "y": [v, 1.0]}, index=["a", "b"]) for v in (-1.0, 0.0, 3.0)
    )
    figures.gate_gains(ax, low, middle, high)
    assert len(ax.collections) == 2 and names(ax) == ["a", "b"]
    figures.gate_gains(Figure().subplots(), *[frame[:0] for frame in (low, middle, high)])


def test_many_abilities_show_both_ends(ax) -> None:
    rng = np.random.default_rng(0)
    pairs = rng.integers(0, 30, (3000, 2))
    pairs = pairs[pairs[:, 0] != pairs[:, 1]]
    winner = np.where(rng.random(len(pairs)) < 0.5, "left", "right")
    table = bradley_terry(
        pd.DataFrame({"left": pairs[:, 0], "right": pairs[:, 1], "winner": winner})
    )
    figures.abilities(ax, table)
    shown = [name.split(" ")[0] for name in names(ax)]
    assert shown == [str(item) for item in [*table["item"][:6], *table["item"][-6:]]]
    assert [text.get_text() for text in ax.texts] == [f"{len(table) - 12} between"]


def test_operating_curves_of_each_rule(ax) -> None:
    curves = operating_curves(
        {"one": Rules(), "other": Rules(share_floor=(0.5, 0.5))}, [0.5, 0.8], labels=50, players=20
    )
    figures.gate_removes(ax, curves)
    assert [line.get_label() for line in ax.lines] == ["one", "other"]
    assert ax.lines[0].get_ydata().tolist() == curves.removed[:2].tolist()
    asks = figures.gate_asks(Figure().subplots(), curves)
    assert asks.lines[1].get_ydata().tolist() == curves[curves.rule == "other"].comparisons.tolist()


def test_kinds_of_players_stand_in_order_with_a_dot_for_each_rule(ax) -> None:
    table = pd.DataFrame(
        {
            "rule": ["one", "one", "other", "other"],
            "kind": ["honest", "bot"] * 2,
            "removed": [0.1, 1.0, 0.2, 0.9],
            "low": [0.0, 0.9, 0.1, 0.8],
            "high": [0.2, 1.0, 0.3, 1.0],
            "right": [0.8, 0.5, 0.8, np.nan],
        }
    )
    assert figures.gate_kinds(ax, table) is ax and names(ax) == ["honest (80%)", "bot (50%)"]
    dots = {line.get_label(): list(line.get_xdata()) for line in ax.lines}
    assert dots == {"one": [0.1, 1.0], "other": [0.2, 0.9]}
