import numpy as np
import pandas as pd
import pytest
from matplotlib.figure import Figure

from gamelabel.figures import reward_figures
from tests.figures.reading import dots, errorbars, row_names, texts


def test_the_ring_marks_the_step_whose_weights_are_kept(ax):
    best = [False, True, False]
    valid = [0.6, 0.5, 0.55]
    log = pd.DataFrame({"step": [10, 20, 30], "loss": 0.6, "valid_loss": valid, "best": best})
    reward_figures.plot_training_loss(ax, log)
    ring = next(line for line in ax.lines if line.get_fillstyle() == "none")
    assert ring.get_xydata().tolist() == [[20, 0.5]]


def test_ours_and_the_published_numbers_stand_in_the_same_rows():
    table = pd.DataFrame(
        {
            "scorer": ["BLIP Score", "ImageReward"] * 2,
            "number": ["recall@1"] * 2 + ["accuracy"] * 2,
            "ours": [50.0, 70, 1, 2],
            "low": [40.0, 60, 1, 2],
            "high": [60.0, 80, 1, 2],
            "slides": [30.73, 39.62, 1, 2],
        }
    )
    axes = reward_figures.plot_scorers(Figure().subplots(1, 2), table, ["accuracy", "recall@1"])
    assert row_names(axes[1]) == ["BLIP Score", "ImageReward"]
    assert errorbars(axes[1])["here, 95 %"].tolist() == [[50, 40, 60], [70, 60, 80]]
    assert dots(axes[1], "ImageReward's slides").tolist() == [[30.73, 1], [39.62, 0]]
    assert [ax.get_title() for ax in axes] == ["accuracy", "recall@1"]


def test_a_judge_without_a_share_has_a_dash(ax):
    shares = pd.DataFrame([[np.nan, 0.9], [0.9, 0.8]], ["x", "y"], ["x", "y"])
    reward_figures.plot_agreement(ax, shares)
    assert texts(ax) == ["-", "90%", "90%", "80%"]


def test_each_model_has_its_place():
    table = pd.DataFrame({"wins": [3, 5], "CLIP Score": [0.1, 0.2]}, [1, 4])
    (ax,) = reward_figures.plot_scores_by_wins([Figure().subplots()], table, ["CLIP Score"])
    points = ax.collections[0].get_offsets()
    assert np.asarray(points) == pytest.approx(np.array([[3, 0.1], [5, 0.2]]))
    assert texts(ax) == ["1", "4"]
