"""Figures of tuning show every model, family, share of wrong labels and verdict."""

import numpy as np
import pandas as pd
from matplotlib.figure import Figure

from gamelabel import figures
from gamelabel.scenes import FAMILIES
from gamelabel.tuning.evaluate import change_by_family
from gamelabel.tuning.versus import outcomes_by_score, win_matrix
from tests.tuning.test_evaluate import images_that_fit
from tests.tuning.test_versus import SCORES


def test_figures_show_every_model_and_family():
    matrix = win_matrix(outcomes_by_score(SCORES), list(SCORES))
    ax = figures.win_matrix(Figure().add_subplot(), matrix)
    assert [label.get_text() for label in ax.get_yticklabels()] == list(SCORES)
    assert [text.get_text() for text in ax.texts] == [
        "50",
        "25",
        "88",
        "75",
        "50",
        "100",
        "12",
        "0",
        "50",
    ]
    table = change_by_family(images_that_fit([True] * 40), images_that_fit([False] * 40))
    ax = figures.changes_by_family(Figure().add_subplot(), {"one": table, "two": table})
    assert [label.get_text() for label in ax.get_yticklabels()] == ["all", *FAMILIES]
    assert [text.get_text() for text in ax.get_legend().get_texts()] == ["one", "two"]


def test_the_figure_of_flips_shows_a_line_a_loss_and_that_of_pictures_their_verdicts():
    rows = [
        (f, loss, v, v - 0.01, v + 0.01)
        for f, loss, v in ((0.0, "DPO", 0.02), (0.3, "DPO", 0.0), (0.3, "r", 0.01))
    ]
    changes = pd.DataFrame(rows, columns=["flip", "loss", "value", "low", "high"])
    ax = figures.changes_by_flip(Figure().add_subplot(), changes)
    assert [line.get_label() for line in ax.lines[:2]] == ["DPO", "r"]
    assert ax.lines[0].get_ydata().tolist() == [2.0, 0.0]
    axes = Figure().subplots(1, 2)
    figures.judged_pictures(axes, np.zeros((2, 4, 4, 3), np.uint8), np.array([True, False]), "both")
    green, red = (ax.spines["left"].get_edgecolor() for ax in axes)
    assert green[1] > green[0] and red[0] > red[1] and axes[0].get_title(loc="left") == "both"
