import math

import pytest

from gamelabel.games.play.crowdplay_tables import crowdplay_table, p_value, printed_arithmetic


def test_the_tables_have_the_papers_totals() -> None:
    hours, tasks = crowdplay_table("hours"), crowdplay_table("task_hours")
    assert hours.loc["Total"].tolist() == [318.07, 32.38, 17.60, 368.05]
    assert len(tasks) == 14
    multimodal = tasks.loc["Space Invaders, left":"Space Invaders, rowbyrow", "Total"]
    printed = hours.loc["Space Invaders, of which multimodal", "Total"]
    assert multimodal.sum() == pytest.approx(printed, abs=0.011)


def test_a_p_value_is_found_in_either_direction() -> None:
    share, amount = crowdplay_table("p_share"), crowdplay_table("p_amount")
    assert p_value(share, "email", "social") == p_value(share, "social", "email") == 0.318
    assert p_value(amount, "sliding", "all") == 0.021
    assert math.isnan(p_value(amount, "requirement", "all"))  # could not be read


def test_what_the_paper_says_of_its_tables() -> None:
    numbers = printed_arithmetic()
    assert numbers["crowdplay_hours_by_frames"] == 250  # 54 million frames at 60 Hz
    assert numbers["crowdplay_hours_total"] == 368.05  # the same data, by Table 1
    assert max(numbers[f"crowdplay_table1_{end}"] for end in ("rows", "columns")) <= 0.02
    assert numbers["crowdplay_p_social"] == 0.318  # "p < .05 [...] with any other treatment"
    assert numbers["crowdplay_p_sliding"] == 0.021  # "not significant"
    assert numbers["crowdplay_riverraid_over_next"] == pytest.approx(25.20 - 25.65)
    assert numbers["crowdplay_bonus_printed"] == 0


def test_the_normalized_scores_follow_from_the_returns_except_for_one() -> None:
    returns, random = crowdplay_table("returns"), crowdplay_table("random_returns").random
    best = returns.pop("best human")
    computed = 100 * returns.sub(random, axis=0).div(best - random, axis=0)
    wrong = (
        computed - crowdplay_table("normalized_scores")
    ).abs() > 0.011  # some are cut off, not rounded
    assert [place for place in wrong.stack()[wrong.stack()].index] == [("SI inside out", "BC")]
    assert computed.loc["SI inside out", "BC"] == pytest.approx(40.92, abs=0.005)
