"""The paper's tables: numbers that its text repeats, and what its sentences claim."""

import pytest

from gamelabel.following.mtd_tables import mtd_table, printed_numbers


def test_tables_repeat_each_other() -> None:
    """Tables 1, 6 and 7 print the same accuracies and F1 scores."""
    main, constraint = mtd_table("main"), mtd_table("constraint")
    assert (main[["accuracy", "f1"]] == constraint[["accuracy", "f1"]]).all().all()
    ablations = mtd_table("ablations")
    for agent in ("AC-Seq2Seq", "Seq2Seq"):
        row = main.loc[f"{agent}, MTD", ["accuracy", "f1"]]
        assert row.tolist() == ablations.loc[agent].tolist()
    assert all(len(mtd_table(name)) == 8 for name in ("main", "hits", "lengths", "constraint"))


def test_numbers_of_the_text_by_hand() -> None:
    numbers = {name: round(float(value), 3) for name, value in printed_numbers().items()}
    assert numbers["mtd_gain_accuracy"] == 0.084  # 0.418 - 0.334
    assert numbers["mtd_gain_hits1"] == 0.132  # 0.461 - 0.329
    assert numbers["mtd_gain_least"] == -0.016  # 0.107 - 0.123, hits@5 of Seq2Seq
    assert numbers["mtd_agent_gain"] == 0.161  # 0.402 - 0.241, MTD limit
    assert numbers["mtd_length4_gain"] == 1.84  # 0.071 / 0.025 - 1
    assert numbers["mtd_test_set_gain_least"] == 0.003  # 0.222 - 0.219


def test_an_unknown_table_lists_the_known() -> None:
    with pytest.raises(ValueError, match="the tables are main, hits, lengths, test_sets"):
        mtd_table("rounds")
