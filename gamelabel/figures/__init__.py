"""Figures of the study. A `plot_*` function takes Axes first, draws on them, and returns them.

Call `set_theme` once before the first figure. What several notebooks share is exported here; the
figures of one notebook are in a module of their own, such as `label_figures`.
"""

from gamelabel.figures import (
    claim_figures,
    crowd_figures,
    demonstration_figures,
    label_figures,
    offline_figures,
    preference_figures,
    prompt_figures,
    reliability_figures,
    reward_figures,
)
from gamelabel.figures.estimate_figures import plot_estimates
from gamelabel.figures.picture_figures import (
    plot_examples,
    plot_picture_grid,
    plot_picture_pair,
    plot_scored_pictures,
)
from gamelabel.figures.readable_names import readable_name
from gamelabel.figures.style import set_theme

__all__ = [
    "claim_figures",
    "crowd_figures",
    "demonstration_figures",
    "label_figures",
    "offline_figures",
    "plot_estimates",
    "plot_examples",
    "plot_picture_grid",
    "plot_picture_pair",
    "plot_scored_pictures",
    "preference_figures",
    "prompt_figures",
    "readable_name",
    "reliability_figures",
    "reward_figures",
    "set_theme",
]
