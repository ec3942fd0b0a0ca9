import pandas as pd

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


def test_without_data_the_axes_say_so(ax):
    annotation_figures.plot_issue_shares(ax, pd.DataFrame(columns=["category", "issue", "value"]))
    assert texts(ax) == ["no data"] and not ax.has_data()
