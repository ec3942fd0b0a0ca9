"""Figures of notebook 15: what is drawn is what the tables say."""

import matplotlib.pyplot as plt
import pandas as pd
import pytest

from gamelabel.figures import descent_figures


def test_each_arm_is_a_line_over_rounds() -> None:
    table = pd.DataFrame(
        {"arm": ["a", "a", "b", "b"], "round": [1, 2, 1, 2], "effort": [1, 2, 3, 4]}
    )
    _, ax = plt.subplots()
    descent_figures.plot_effort_by_round(ax, table)
    assert [line.get_ydata().tolist() for line in ax.lines] == [[1, 2], [3, 4]]
    assert [text.get_text() for text in ax.get_legend().get_texts()] == ["a", "b"]


def test_agents_differ_by_line_and_arms_by_color() -> None:
    rows = [(agent, arm, n, 0.1 * n) for agent in "xy" for arm in "ab" for n in (1, 2)]
    table = pd.DataFrame(rows, columns=["agent", "arm", "round", "value"])
    _, ax = plt.subplots()
    descent_figures.plot_accuracy_by_round(ax, table)
    first, second, third, _ = ax.lines
    assert first.get_color() == third.get_color() != second.get_color()
    assert first.get_linestyle() != third.get_linestyle()


@pytest.mark.parametrize("name", ["plot_scores_by_arm", "plot_attacks"])
def test_each_measure_has_a_panel_with_its_values(name: str) -> None:
    columns = ["measure", "arm", "attack", "agent", "value", "low", "high"]
    rows = [(m, a, a, "x", v, v - 0.1, v + 0.1) for m, v in (("p", 0.2), ("q", 0.5)) for a in "ab"]
    _, axes = plt.subplots(1, 2)
    getattr(descent_figures, name)(axes, pd.DataFrame(rows, columns=columns))
    assert [ax.get_title() for ax in axes] == ["p", "q"]
    assert [ax.lines[0].get_xdata()[0] for ax in axes] == [0.2, 0.5]


def test_differences_are_drawn_beside_zero() -> None:
    table = pd.DataFrame({"comparison": ["a - b"], "value": [0.05], "low": [0.0], "high": [0.1]})
    _, ax = plt.subplots()
    descent_figures.plot_differences(ax, table)
    assert [label.get_text() for label in ax.get_yticklabels()] == ["a - b"]
    assert "points" in ax.get_xlabel()


def test_assumed_effort_has_a_line_with_and_without_a_bonus() -> None:
    table = pd.DataFrame({"bonus_worth": [0, 0], "bonus": ["can be won", "none"], "effort": [1, 2]})
    _, ax = plt.subplots()
    descent_figures.plot_assumed_effort(ax, table)
    assert [line.get_label() for line in ax.lines] == ["bonus: can be won", "bonus: none"]
