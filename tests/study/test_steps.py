from pathlib import Path

import pytest

from gamelabel.study.steps import (
    CHAPTERS,
    STEPS,
    Step,
    Study,
    descendants,
    find_root,
    missing_steps,
    parents,
    uses_labels,
)
from tests.study.toys import PROMPTS, toy_study


def test_every_input_is_made_by_an_earlier_step() -> None:
    for k, step in enumerate(STEPS):
        outputs = {name for earlier in STEPS[:k] for name in earlier.outputs}
        assert set(step.inputs) <= outputs  # a question mark stands on both sides
        assert all(parent in STEPS[:k] for parent in parents(step, STEPS))


def test_steps_that_have_not_run_are_named_in_order() -> None:
    steps = (Step("1"), Step("2"), Step("3", after=("1", "2")))
    assert missing_steps("3", [], steps) == ["1", "2"]
    assert missing_steps("3", ["1"], steps) == ["2"]
    assert missing_steps("1", [], steps) == missing_steps("own", [], steps) == []


def test_no_two_steps_leave_the_same_file() -> None:
    outputs = [name for step in STEPS for name in step.outputs]
    assert len(outputs) == len(set(outputs))


def test_what_follows_a_step() -> None:
    known = [
        "03_labels",
        "04_reliability",
        "05_tuning",
        "07_reward_model",
        "08_pairwise_losses",
        "09_rewards_and_rounds",
        "10_figures",
    ]
    assert descendants({"03_labels"}, STEPS) == set(known)
    assert [s.name for s in STEPS if uses_labels(s.name)] == known


def test_a_step_is_found_by_its_number_and_an_unknown_one_lists_the_known(tmp_path: Path) -> None:
    study = toy_study(tmp_path, _01_prompts=PROMPTS)
    assert study.step("01").name == study.step("1").name == "01_prompts"
    with pytest.raises(ValueError, match="the steps are 01_prompts, 02_images"):
        study.step("99")
    with pytest.raises(ValueError, match="no notebook"):
        study.step("02_images")


def test_the_root_is_found_from_below(tmp_path: Path) -> None:
    study = toy_study(tmp_path, _01_prompts=PROMPTS)
    assert find_root(study.notebooks) == tmp_path.resolve()
    assert study.relative(Study(tmp_path, "x").run_dir) == "data/runs/x"


def test_elsewhere_the_root_is_the_packages_own(tmp_path: Path) -> None:
    assert find_root(tmp_path) == Path(__file__).resolve().parents[2]


def test_the_steps_of_a_chapter(tmp_path: Path) -> None:
    steps = (Step("a1", outputs=("x",)), Step("a2", ("x",)), Step("b1", ("x",), chapter="other"))
    study = toy_study(tmp_path, steps, _a1=PROMPTS, _a2=PROMPTS, _b1=PROMPTS)
    assert study.select("pairs") == {"a1", "a2"}
    assert study.select("all") == {"a1", "a2", "b1"}
    assert study.select("pairs", start="a1") == {"a1", "a2"}
    assert study.select("all", start="a1") == {"a1", "a2", "b1"}
    assert study.select("other", only="b1") == {"b1"}
    with pytest.raises(ValueError, match="the chapters are pairs, other, all"):
        study.select("play")
    with pytest.raises(ValueError, match="step b1 is in chapter other: add --chapter other"):
        study.select("pairs", only="b1")


def test_every_chapter_has_a_heading() -> None:
    assert {step.chapter for step in STEPS} <= set(CHAPTERS)


def test_a_step_comes_after_those_whose_numbers_it_reads() -> None:
    first, second, third = steps = (Step("a"), Step("b", after=("a",)), Step("c", after=("b",)))
    assert parents(second, steps) == [first]
    assert descendants({"a"}, steps) == {"a", "b", "c"}
    assert third not in parents(second, steps)
