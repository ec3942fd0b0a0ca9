import pandas as pd
import pytest

from gamelabel.following.collected_examples import split_collected

COLLECTED = pd.DataFrame(
    {"example_id": [f"e{i}" for i in range(50)], "teacher_id": [f"t{i // 5}" for i in range(50)]}
)
PILOT = pd.DataFrame({"example_id": [f"p{i}" for i in range(8)], "teacher_id": "pilot"})


@pytest.mark.parametrize("by", ["example", "teacher"])
@pytest.mark.parametrize("pilot_use", ["both", "test"])
def test_each_example_is_on_one_side(by, pilot_use):
    training, test = split_collected(COLLECTED, PILOT, by, pilot_use)
    together = pd.concat([training, test])
    expected = [*COLLECTED.example_id, *PILOT.example_id]
    assert sorted(together.example_id) == sorted(expected)
    n_pilot = {"both": 4, "test": 0}[pilot_use]
    assert training.test_set.value_counts().to_dict() == {
        "collected": 40,
        **({"pilot": n_pilot} if n_pilot else {}),
    }


def test_teachers_are_on_one_side_only_if_the_split_is_by_teacher():
    for by in ("example", "teacher"):
        training, test = split_collected(COLLECTED, PILOT, by, "test")
        test = test[test.test_set == "collected"]
        shared = set(training.teacher_id) & set(test.teacher_id)
        assert bool(shared) == (by == "example")


def test_a_seed_gives_the_same_split_again():
    first, second, other = (split_collected(COLLECTED, PILOT, seed=s)[0] for s in (0, 0, 1))
    pd.testing.assert_frame_equal(first, second)
    assert first.example_id.tolist() != other.example_id.tolist()


@pytest.mark.parametrize("words", [("teachers", "both"), ("teacher", "none")])
def test_another_word_is_refused(words: tuple[str, str]) -> None:
    """A misspelled word would be taken for the other one."""
    with pytest.raises(ValueError, match=r"use (example or teacher|both or test)"):
        split_collected(COLLECTED, PILOT, *words)
