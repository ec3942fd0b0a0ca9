from pathlib import Path

import matplotlib.pyplot as plt
import numpy as np
import pandas as pd
import pytest
from PIL import Image

from gamelabel.figures import annotation_figures
from tests.figures.reading import legend_names, texts


def test_shares_of_scores_are_bars_by_what_was_scored(ax):
    shares = pd.DataFrame({"quality": [0.25, 0.75], "alignment": [0.5, 0.5]}, index=[1.0, 2.0])
    annotation_figures.plot_score_shares(ax, shares, "score")
    assert legend_names(ax) == ["quality", "alignment"]
    assert [bar.get_height() for bars in ax.containers for bar in bars] == [0.25, 0.75, 0.5, 0.5]
    assert [tick.get_text() for tick in ax.get_xticklabels()] == ["1", "2"]


def test_issues_by_category_leave_out_what_was_not_asked(ax):
    rows = [("x", "blurry", 0.25), ("y", "blurry", 0.5), ("y", "body", 0.1)]
    table = pd.DataFrame(rows, columns=["category", "issue", "value"])
    annotation_figures.plot_issue_shares(ax, table)
    assert texts(ax) == ["25%", "50%", "10%"]


def test_a_picture_is_darkest_where_most_people_tapped(ax, tmp_path: Path):
    """In a picture that is not square, and that a phone has stored on its side."""
    on_its_side = Image.Exif()
    on_its_side[0x0112] = 6
    Image.new("RGB", (40, 80), "white").save(tmp_path / "1.png", exif=on_its_side)
    points = [[0.75, 0.25], [0.74, 0.26], [0.1, 0.9]]
    annotation_figures.plot_heat_map(ax, tmp_path / "1.png", points)
    picture, heat = ax.images
    assert heat.get_extent() == picture.get_extent() == [-0.5, 79.5, 39.5, -0.5]
    density = heat.get_array()
    row, column = np.unravel_index(density.argmax(), density.shape)
    assert (row + 0.5) / len(density) == pytest.approx(0.25, abs=0.04)
    assert (column + 0.5) / len(density) == pytest.approx(0.75, abs=0.04)
    assert ax.get_xlabel() == "3 taps"


def test_a_picture_that_nobody_tapped_has_no_heat(ax, tmp_path: Path):
    Image.new("L", (8, 8)).save(tmp_path / "1.png")
    annotation_figures.plot_heat_map(ax, tmp_path / "1.png", [])
    assert not ax.images[1].get_alpha().any() and ax.get_xlabel() == "0 taps"


def test_the_pictures_with_the_most_taps_come_first(tmp_path: Path):
    names = [f"{number}.png" for number in range(3)]
    for name in names:
        Image.new("RGB", (8, 8)).save(tmp_path / name)
    rows = {"picture": names, "x": [[], [0.5, 0.5], [0.5]], "y": [[], [0.1, 0.2], [0.1]]}
    _, axes = plt.subplots(2, 2)
    prompts = dict(zip(names, ["a star", "a ball", "a cube"], strict=True))
    annotation_figures.plot_tapped_pictures(axes, tmp_path, pd.DataFrame(rows), prompts)
    assert [ax.get_title() for ax in axes[0]] == ["a ball", "a cube"]
    assert [ax.get_xlabel() for ax in axes[1]] == ["2 taps", "1 tap"]


def test_confidence_has_a_panel_a_crowd_with_equal_limits():
    columns = ["confidence", "value", "low", "high", "n"]
    rows = [(0.35, 0.3, 0.1, 0.5, 20), (0.9, 0.8, 0.7, 0.9, 20), (0.6, 0.0, 0.0, 0.9, 3)]
    low, high = pd.DataFrame(rows, columns=columns), pd.DataFrame(rows[1:2], columns=columns)
    _, axes = plt.subplots(2, 2)
    bins = {"rte": {"x": high, "y": high}, "dog": {"x": low}}
    annotation_figures.plot_confidence_curves(axes, bins)
    first, second, *empty = axes.flat
    assert [first.get_title(), second.get_title()] == ["textual entailment", "dog breeds"]
    assert first.get_xlim() == first.get_ylim() == second.get_xlim()
    assert 0 < first.get_xlim()[0] < 0.1  # few answers do not widen it
    (curve,) = second.containers
    assert curve.lines[0].get_xydata().tolist() == [[0.35, 0.3], [0.9, 0.8]]
    bars = [segment[:, 1].tolist() for segment in curve.lines[2][0].get_segments()]
    assert np.allclose(bars, [[0.1, 0.5], [0.7, 0.9]])
    assert first.get_legend() is None and "x" in legend_names(second)
    assert not any(ax.get_visible() for ax in empty)
    assert first.get_xlabel() and second.get_xlabel() and not second.get_ylabel()


def test_without_data_the_axes_say_so(ax):
    annotation_figures.plot_issue_shares(ax, pd.DataFrame(columns=["category", "issue", "value"]))
    assert texts(ax) == ["no data"] and not ax.has_data()
