import subprocess
import sys

import numpy as np
from matplotlib.colors import to_rgb

from gamelabel.figures.style import BLUE, GREEN, VERMILION


def test_colors_that_mean_something_differ_for_color_blind_eyes():
    """Simulated by the matrices of Machado et al. (2009), severity 1: no red, or no green."""
    protanopia = [[0.152, 1.053, -0.205], [0.115, 0.786, 0.099], [-0.004, -0.048, 1.052]]
    deuteranopia = [[0.367, 0.861, -0.228], [0.280, 0.673, 0.047], [-0.012, 0.043, 0.969]]
    for matrix in (protanopia, deuteranopia):
        for one, other in ((BLUE, VERMILION), (GREEN, VERMILION)):
            simulated = [
                np.array(matrix) @ np.array(to_rgb(color)) ** 2.2 for color in (one, other)
            ]
            assert np.abs(simulated[0] - simulated[1]).max() > 0.1


def test_importing_figures_changes_no_settings():
    code = "import matplotlib; before = dict(matplotlib.rcParams); import gamelabel.figures; "
    code += "assert dict(matplotlib.rcParams) == before; gamelabel.figures.set_theme(); "
    code += "assert matplotlib.rcParams['figure.facecolor'] == 'white'"
    subprocess.run([sys.executable, "-W", "ignore", "-c", code], check=True)
