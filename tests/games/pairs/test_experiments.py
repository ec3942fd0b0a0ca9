import pytest

from gamelabel.games.pairs.experiments import four_images, run_experiments


def test_every_change_of_the_papers_future_work_has_an_effect_with_its_interval() -> None:
    table = run_experiments(games=24)
    assert list(table.columns) == ["experiment", "measure", "effect", "low", "high", "n", "source"]
    assert (
        table.experiment.nunique() == 5
        and set(table.source) == {"SIMULATED"}
        and set(table.n) == {24}
    )
    assert ((table.low <= table.effect) & (table.effect <= table.high)).all()
    effects = table.set_index(["experiment", "measure"])
    by_change = {(name.split()[-1], measure): row for (name, measure), row in effects.iterrows()}
    assert by_change["carelessness", "accuracy of answers not too fast"].low > 0
    assert by_change["carelessness", "chance that an unread answer is the faster (AUC)"].low > 0.9
    assert by_change["item", "kept labels, ratio"].low > 1
    assert by_change["allowed", "unequal pairs where the votes choose the better"].high < 0
    assert (
        by_change["once", "accuracy of a pair"].high
        < 0
        < by_change["once", "right pairs an answer"].low
    )
    assert by_change["skills", "accuracy of kept labels"].effect > 0


def test_the_interval_of_an_effect_is_that_of_its_mean_over_games() -> None:
    """Of two games the standard error is half the difference."""
    all_effects = run_experiments(games=2)
    assert all_effects.equals(run_experiments(games=2))
    table = all_effects.set_index("measure").loc["accuracy of a pair"]
    first, second = (four_images(seed)["accuracy of a pair"] for seed in (0, 1))
    assert table.effect == pytest.approx((first + second) / 2)
    assert table.high - table.effect == pytest.approx(1.96 * abs(first - second) / 2)
    assert table.effect - table.low == pytest.approx(1.96 * abs(first - second) / 2)
