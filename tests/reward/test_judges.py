import numpy as np
import pandas as pd
import pytest

from gamelabel.reward.judges import (
    agreement_table,
    annotator_panel,
    judge_agreement,
    scorer_choices,
)


def test_two_scorers_by_hand():
    one, other = (
        scorer_choices([3, 1, 2, 5], [1, 3, 2, 1]),
        scorer_choices([1, 0, 1, 0], [0, 1, 0, 1]),
    )
    assert one.tolist() == [[1, -1, 0, 1]]
    agreement = judge_agreement({"one": one, "other": other}, ["p"] * 4)
    assert (
        agreement["one", "other"].value == agreement["other", "one"].value == 0.5
    )  # the third pair has equal scores
    assert agreement["one", "other"].n == 4


def test_a_single_judge_has_no_agreement_with_itself():
    agreement = judge_agreement({"one": scorer_choices([1.0], [0.0])}, ["p"])
    assert np.isnan(agreement["one", "one"].value)
    assert agreement_table(agreement).loc["one", "one"] == "-"


def test_people_are_compared_with_each_other_but_not_with_themselves():
    # first pair: 1 of 3 couples agree; second: 0 of 1
    people = np.array([[1, 1], [1, -1], [-1, np.nan]])
    agreement = judge_agreement({"people": people}, ["p", "q"])
    assert agreement["people", "people"].value == pytest.approx((1 / 3 + 0) / 2)


def test_people_who_did_not_choose_are_left_out():
    people, scorer = np.array([[1, np.nan], [-1, np.nan]]), np.array([[1.0, 1.0]])
    agreement = judge_agreement({"people": people, "scorer": scorer}, ["p", "q"])
    assert agreement["people", "scorer"][0::3] == (0.5, 1)


def test_a_panel_is_two_halves_and_a_tie_is_no_choice():
    rows = [(f"x{p}", pair, "a") for p in range(4) for pair in ("1", "2")]
    rows += [(f"x{p}", "3", choice) for p in range(3) for choice in ("a", "b")]  # undecided
    rows += [("x3", "3", "tie")]
    labels = pd.DataFrame(rows, columns=["player_id", "pair_id", "choice"])
    judges = annotator_panel(labels, ["2", "1", "3", "4"])
    assert judges["annotator"].shape == (2, 4) and judges["annotator ensemble"].shape == (1, 4)
    both = np.vstack(list(judges.values()))
    assert (both[:, :2] == 1).all() and np.isnan(both[:, 2:]).all()
    agreement = judge_agreement(judges, ["p"] * 4)
    assert agreement["annotator", "annotator ensemble"].value == 1


def test_the_same_seed_gives_the_same_halves():
    labels = pd.DataFrame({"player_id": list("uvwxyz"), "pair_id": "1", "choice": list("ababab")})
    first, again = annotator_panel(labels, ["1"], seed=3), annotator_panel(labels, ["1"], seed=3)
    assert all(np.array_equal(first[name], again[name], equal_nan=True) for name in first)
