import numpy as np
import pandas as pd
import pytest
from matplotlib.colors import to_hex
from matplotlib.figure import Figure

from gamelabel import figures
from gamelabel.reliability import Estimate
from gamelabel.reward.published import compare_with_published


def one():
    return Figure().subplots()


def test_the_ring_marks_the_step_whose_weights_are_kept():
    log = pd.DataFrame(
        {
            "step": [10, 20, 30],
            "loss": 0.6,
            "valid_loss": [0.6, 0.5, 0.55],
            "best": [False, True, False],
        }
    )
    ax = figures.reward_training(one(), log)
    ring = next(line for line in ax.lines if line.get_fillstyle() == "none")
    assert ring.get_xydata().tolist() == [[20, 0.5]]


def test_ours_and_the_slides_stand_in_the_same_rows():
    found = {
        "BLIP Score": {"recall@1": Estimate(0.5, 0.4, 0.6, 9)},
        "ImageReward": {"recall@1": Estimate(0.7, 0.6, 0.8, 9)},
    }
    ax = figures.scorers_beside(one(), compare_with_published(found), "recall@1")
    assert [label.get_text() for label in ax.get_yticklabels()] == [
        "ImageReward",
        "BLIP Score",
    ]  # from below
    theirs = next(line for line in ax.lines if line.get_marker() == "D")
    assert theirs.get_xydata().tolist() == [[39.62, 0], [30.73, 1]]


def test_who_agrees_with_nobody_has_a_dash():
    shares = pd.DataFrame([[np.nan, 0.9], [0.9, 0.8]], ["x", "y"], ["x", "y"])
    ax = figures.agreement_map(one(), shares)
    assert [text.get_text() for text in ax.texts] == ["-", "90%", "90%", "80%"]


def test_pictures_stand_by_score_in_the_colour_of_the_truth():
    axes = Figure().subplots(1, 3)
    pictures = [np.full((4, 4, 3), value, np.uint8) for value in (1, 2, 3)]
    figures.scored_pictures(axes, pictures, [0.1, 0.9, -0.5], [True, False, True], "a red circle")
    assert [ax.images[0].get_array()[0, 0, 0] for ax in axes] == [2, 1, 3]
    assert [ax.get_xlabel() for ax in axes] == ["0.90", "0.10", "-0.50"]
    colours = [to_hex(ax.spines["left"].get_edgecolor()) for ax in axes]
    assert colours[1] == colours[2] != colours[0]


def test_each_model_has_its_place():
    table = pd.DataFrame({"wins": [3, 5], "CLIP Score": [0.1, 0.2]}, [1, 4])
    ax = figures.scores_by_wins(one(), table, "CLIP Score")
    assert ax.lines[0].get_xydata() == pytest.approx(np.array([[3, 0.1], [5, 0.2]]))
    assert [text.get_text() for text in ax.texts] == ["1", "4"]
