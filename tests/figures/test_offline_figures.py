import matplotlib.pyplot as plt
import numpy as np
import pandas as pd
import pytest

from gamelabel.figures import offline_figures, set_theme


@pytest.fixture(autouse=True)
def theme():
    set_theme()
    yield
    plt.close("all")


def estimates(**columns) -> pd.DataFrame:
    return pd.DataFrame(columns).assign(value=[0.1, 0.4], low=[0.0, 0.3], high=[0.2, 0.6])


def test_a_panel_for_each_statistic() -> None:
    parts = [estimates(statistic=[s] * 2, algorithm=["BC", "DQN"]) for s in ("median", "IQM")]
    _, axes = plt.subplots(1, 2, sharey=True)
    offline_figures.plot_aggregates(axes, pd.concat(parts))
    assert [ax.get_title() for ax in axes] == ["median", "IQM"]
    assert [label.get_text() for label in axes[0].get_yticklabels()] == ["BC", "DQN"]
    with pytest.raises(ValueError):
        offline_figures.plot_aggregates(axes[:1], pd.concat(parts))


def test_each_algorithm_on_each_task() -> None:
    table = pd.concat(
        [estimates(task=[task] * 2, algorithm=["BC", "DQN"]) for task in ("left", "right")]
    )
    _, ax = plt.subplots()
    offline_figures.plot_tasks(ax, table)
    names = [text.get_text() for text in ax.get_legend().get_texts()]
    assert set(names) == {"BC", "DQN", "random policy", "best player"}
    _, ax = plt.subplots()
    offline_figures.plot_tasks(ax, table.iloc[:0])
    assert ax.texts[0].get_text() == "no data"


def test_profiles_are_curves_with_bands() -> None:
    profile = pd.DataFrame({"threshold": [0, 0.5, 1], "value": [1, 0.5, 0]})
    profile = profile.assign(low=profile.value - 0.1, high=profile.value + 0.1)
    _, ax = plt.subplots()
    offline_figures.plot_profiles(ax, {"BC": profile, "SAC": profile})
    assert len(ax.lines) == len(ax.collections) == 2


def test_behaviors_have_colors_of_their_own() -> None:
    _, ax = plt.subplots()
    positions = np.arange(8.0).reshape(4, 2)
    offline_figures.plot_behaviors(ax, positions, ["left", "left", "right", "right"], "people")
    assert ax.get_title() == "people"
    colors = {tuple(np.round(c.get_facecolor()[0], 3)) for c in ax.collections}
    assert len(colors) == 2
    assert sum(len(c.get_offsets()) for c in ax.collections) == 4
