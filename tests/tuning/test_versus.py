import json
from collections.abc import Sequence

import numpy as np
import pandas as pd
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from matplotlib.figure import Figure

from gamelabel import figures
from gamelabel.scenes import FAMILIES, parse
from gamelabel.tuning.adapter import FILE, training_folder
from gamelabel.tuning.cost import training_cost
from gamelabel.tuning.evaluate import Drawn, adherence_change, change_by_family, held_out
from gamelabel.tuning.versus import by_players, by_scores, win_matrix, wins

SCORES = {
    "base": [0.0, 0.5, 1.0, 0.2],
    "better": [1.0, 0.5, 1.0, 0.9],
    "worse": [0.0, 0.0, 0.0, 0.0],
}


def cell(matrix: pd.DataFrame, first: str, second: str) -> pd.Series:
    return matrix.set_index(["first", "second"]).loc[first, second]


def test_wins_by_hand():
    matrix = win_matrix(by_scores(SCORES), list(SCORES))
    assert cell(matrix, "better", "base").value == (1 + 0.5 + 0.5 + 1) / 4
    assert cell(matrix, "worse", "base").value == 0.5 / 4
    table = wins(matrix, "base").set_index("model")
    assert table.index.tolist() == ["better", "base", "worse"]
    assert table["wins"].tolist() == [3 + 4, 1 + 3.5, 0.5]
    assert table["of"].tolist() == [8, 8, 8]
    assert table["value"].tolist() == [0.75, 0.5, 0.125] and (table["n"] == 4).all()
    with pytest.raises(ValueError, match="'other' is none of the models"):
        wins(matrix, "other")


@settings(deadline=None)
@given(st.lists(st.tuples(*[st.integers(0, 3)] * 3), min_size=2, max_size=20))
def test_whoever_wins_the_other_loses(scores):
    matrix = win_matrix(by_scores(dict(zip("abc", np.array(scores).T, strict=True))), "abc")
    value, low, high = (
        matrix.pivot(index="first", columns="second", values=v).to_numpy()
        for v in ("value", "low", "high")
    )
    assert np.allclose(value + value.T, 1) and np.allclose(low + high.T, 1)
    assert (np.diag(value) == 0.5).all() and (low <= value).all() and (value <= high).all()


def test_intervals_narrow_and_hold_the_truth():
    rng = np.random.default_rng(0)
    held = 0
    for trial in range(60):
        chance = rng.random(400) < 0.6
        matrix = win_matrix(by_scores({"a": chance, "b": ~chance}), "ab", seed=trial)
        row = cell(matrix, "a", "b")
        held += row.low <= 0.6 <= row.high
        assert 0.08 < row.high - row.low < 0.11, "4 standard errors of .0245"
    assert held >= 52


def test_players_see_what_is_true_with_their_skill():
    rng = np.random.default_rng(1)
    truth = rng.random(300)
    scores = {"good": truth + 1.0, "middle": truth + 0.5, "bad": truth}
    decided = by_players(scores, players=100, seed=2)
    known = ~np.isnan(decided)
    assert np.array_equal(known, known.transpose(0, 2, 1)) and known.mean() > 0.9
    assert np.allclose((decided + decided.transpose(0, 2, 1))[known], 1.0)
    matrix = win_matrix(decided, list(scores))
    for better, worse in (("good", "bad"), ("good", "middle"), ("middle", "bad")):
        assert 0.7 < cell(matrix, better, worse).value < 0.95, "most players see it, none always"
    assert np.array_equal(by_players(scores, players=100, seed=2), decided, equal_nan=True)
    alike = win_matrix(by_players({"a": truth, "b": truth}, players=100, seed=2), "ab")
    assert cell(alike, "a", "b").low < 0.5 < cell(alike, "a", "b").high, "a matter of taste"


def test_few_players_leave_pairs_that_nobody_looked_at():
    scores = {"a": np.ones(2000), "b": np.zeros(2000)}
    decided = by_players(scores, players=5, seed=0)
    looked_at = int((~np.isnan(decided[:, 0, 1])).sum())
    assert 0 < looked_at < 2000 and cell(win_matrix(decided, "ab"), "a", "b").n == looked_at


def test_what_cannot_be_compared_is_refused():
    with pytest.raises(ValueError, match="same prompts"):
        by_scores({"a": [1.0], "b": [1.0, 2.0]})
    with pytest.raises(ValueError, match="1 scores are not finite"):
        by_scores({"a": [1.0], "b": [float("nan")]})
    with pytest.raises(ValueError, match="two or more"):
        by_players({"a": [1.0]})


def drawn(fits: Sequence[bool]) -> Drawn:
    n = len(fits)
    return Drawn(np.zeros((n, 64, 64, 3), np.uint8), np.array(fits), np.zeros((n, 2), np.float32))


def test_change_by_family_is_of_that_family_s_prompts():
    families = [parse(prompt).family for prompt in held_out(60, 3)[0]]
    base, ours = drawn([False] * 60), drawn([family == FAMILIES[0] for family in families])
    table = change_by_family(ours, base, 3).set_index("name")
    assert (
        table.loc[FAMILIES[0], "value"] == 1.0
        and (table.loc[list(FAMILIES[1:]), "value"] == 0).all()
    )
    assert table.loc["all"].to_dict() == adherence_change(ours, base)
    assert table.loc[list(FAMILIES), "n"].sum() == 60


def test_costs_are_those_of_the_training(tmp_path):
    with pytest.raises(FileNotFoundError, match="was not trained here"):
        training_cost(tmp_path / "a" / FILE, 8)
    folder = training_folder(tmp_path / "a")
    folder.mkdir(parents=True)
    rows = [{"step": 50, "seconds": 4.0}, {"step": 80, "seconds": 7.5}]
    (folder / "log.jsonl").write_text("\n".join(map(json.dumps, rows)) + "\n")
    assert training_cost(tmp_path / "a" / FILE, 8) == {"seconds": 7.5, "steps": 80, "pictures": 640}


def test_figures_show_every_model_and_family():
    matrix = win_matrix(by_scores(SCORES), list(SCORES))
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
    table = change_by_family(drawn([True] * 40), drawn([False] * 40))
    ax = figures.changes_by_family(Figure().add_subplot(), {"one": table, "two": table})
    assert [label.get_text() for label in ax.get_yticklabels()] == ["all", *FAMILIES]
    assert [text.get_text() for text in ax.get_legend().get_texts()] == ["one", "two"]


def test_several_seeds_count_as_their_mean_prompt_by_prompt():
    nothing = np.zeros((4, 1, 1, 3), np.uint8), np.zeros((4, 1))
    base, one, two = (
        Drawn(nothing[0], np.array(fits, bool), nothing[1])
        for fits in ([1, 0, 0, 0], [1, 1, 0, 0], [1, 1, 1, 0])
    )
    change = adherence_change([one, two], base)
    assert change["value"] == pytest.approx((0 + 1 + 0.5 + 0) / 4) and change["n"] == 4
    assert change["high"] - change["value"] == pytest.approx(1.96 * np.std([0, 1, 0.5, 0]) / 2)
    assert adherence_change([one], base) == adherence_change(one, base)
    assert adherence_change([one, two], [two, one])["value"] == 0.0


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
