import numpy as np
import pandas as pd
from matplotlib.colors import to_hex
from matplotlib.figure import Figure
from PIL import Image

from gamelabel.figures import (
    plot_examples,
    plot_picture_grid,
    plot_picture_pair,
    plot_scored_pictures,
)
from gamelabel.figures.style import GREEN, VERMILION
from tests.figures.reading import texts


def frame(ax) -> str:
    return to_hex(ax.spines["left"].get_edgecolor())


def test_pictures_stand_by_score_in_the_color_of_the_truth():
    axes = Figure().subplots(1, 3)
    pictures = [np.full((4, 4, 3), value, np.uint8) for value in (1, 2, 3)]
    plot_scored_pictures(axes, pictures, [0.1, 0.9, -0.5], [True, False, True], "a red circle")
    assert [ax.images[0].get_array()[0, 0, 0] for ax in axes] == [2, 1, 3]
    assert [ax.get_xlabel() for ax in axes] == ["0.90", "0.10", "-0.50"]
    assert [frame(ax) for ax in axes] == [VERMILION, GREEN, GREEN]
    assert axes[0].get_ylabel() == "a red circle"


def test_a_grid_names_its_models_and_shows_each_prompt_above_its_column():
    axes = Figure().subplots(2, 2)
    pictures = {
        model: np.full((3, 4, 4, 3), value, np.uint8) for value, model in enumerate(("base", "DPO"))
    }
    fits = {"base": np.array([True, False, True]), "DPO": np.array([False, True, True])}
    prompts = ["a red circle", "a blue star", "a third that has no column"]
    assert plot_picture_grid(axes, pictures, prompts, fits) is axes
    assert [ax.get_title() for ax in axes[0]] == prompts[:2]
    assert [row[0].get_ylabel() for row in axes] == ["base model", "DPO"]
    assert axes[1, 0].images[0].get_array()[0, 0, 0] == 1
    assert [frame(ax) for ax in axes.flat] == [GREEN, VERMILION, VERMILION, GREEN]


def test_columns_of_a_grid_without_a_picture_stay_empty():
    axes = Figure().subplots(2, 3)
    pictures = dict.fromkeys(("base", "DPO"), np.zeros((2, 4, 4, 3), np.uint8))
    plot_picture_grid(axes, pictures, ["a", "b"])
    assert [len(ax.images) for ax in axes.flat] == [1, 1, 0, 1, 1, 0]
    assert [ax.axison for ax in axes[0]] == [True, True, False]


def test_a_grid_without_verdicts_has_no_frames():
    axes = Figure().subplots(1, 2, squeeze=False)
    plot_picture_grid(axes, {"base": np.zeros((2, 4, 4, 3), np.uint8)}, ["a", "b"])
    assert not any(ax.spines["left"].get_visible() for ax in axes.flat)


def test_scored_pictures_without_verdicts_have_no_frames():
    axes = Figure().subplots(1, 2)
    plot_scored_pictures(axes, np.zeros((2, 4, 4, 3), np.uint8), [0.1, 0.9], None, "a red circle")
    assert not any(ax.spines["left"].get_visible() for ax in axes)


def test_a_pair_shows_the_first_on_the_left_and_says_which_is_preferred(ax):
    first, second = np.zeros((32, 32, 3), np.uint8), np.full((32, 32, 3), 9, np.uint8)
    plot_picture_pair(ax, first, second, "a prompt", captions=True)
    shown = ax.images[0].get_array()
    assert (shown[0, 0, 0], shown[0, -1, 0]) == (0, 9) and shown.shape == (32, 66, 3)
    assert texts(ax) == ["preferred", "dispreferred"]
    assert ax.texts[0].get_position()[0] < ax.texts[1].get_position()[0]


def test_examples_show_the_chosen_picture_on_the_left(tmp_path):
    for name, value in (("x", 0), ("y", 9)):
        Image.new("RGB", (16, 16), (value,) * 3).save(tmp_path / f"{name}.png")
    examples = pd.DataFrame({"prompt": ["a star"], "chosen": ["y.png"], "rejected": ["x.png"]})
    axes = plot_examples(Figure().subplots(1, 2, squeeze=False), examples, tmp_path)
    shown = axes[0, 0].images[0].get_array()
    assert (shown[0, 0, 0], shown[0, -1, 0]) == (9, 0)
    assert axes[0, 0].get_title() == "a star" and texts(axes[0, 0])[0] == "preferred"
    assert not axes[0, 1].has_data() and not axes[0, 1].axison
