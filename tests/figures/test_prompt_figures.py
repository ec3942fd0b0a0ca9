from gamelabel.figures.prompt_figures import plot_prompts_kept
from gamelabel.prompts import Corpus, survival_table
from tests.figures.reading import legend_names, row_names, texts


def test_the_strictest_list_of_each_rule_is_marked(ax):
    corpus = Corpus("toy", ["a cat", "darn", "darning", "heck"])
    rows = survival_table([corpus], {"short": ["darn"], "long": ["darn", "heck"]})
    assert plot_prompts_kept(ax, rows) is ax
    assert texts(ax) == ["50%", "25%"]
    assert legend_names(ax) == ["whole word", "substring", "the paper: 30%"]
    assert row_names(ax) == ["toy (4)"]
