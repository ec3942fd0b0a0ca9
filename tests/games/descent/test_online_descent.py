from pathlib import Path

import pytest

from gamelabel.games.descent import DescentError, Example
from gamelabel.games.descent.online_descent import OnlineDescent
from tests.games.descent.small_learners import Memory

PILOT = [Example("p", "pilot", "red", "warm")]


def give(online: OnlineDescent, *texts: str) -> list[dict[str, bool]]:
    """Add examples such as "ann red=warm"."""
    outcomes = []
    for number, text in enumerate(texts):
        teacher, _, example = text.partition(" ")
        outcomes.append(online.add(Example(str(number), teacher, *example.split("="))))
    return outcomes


def test_an_example_tests_the_others_before_its_own_model_learns_it() -> None:
    online = OnlineDescent(Memory, initial=PILOT, lesson=1)
    outcomes = give(online, "ann blue=cold", "bo blue=cold", "cy red=warm", "ann blue=cold")
    assert outcomes == [{}, {"ann": True}, {"ann": True, "bo": True}, {"bo": True, "cy": False}]
    assert online.scores() == {"ann": 1.0, "bo": 1.0, "cy": 0.0}


def test_each_author_weighs_the_same_whoever_gives_more() -> None:
    online = OnlineDescent(Memory, initial=PILOT, lesson=1)
    give(online, "ann x=y", "bo red=warm", *["cy unknown=z"] * 6)
    assert online.scores()["ann"] == pytest.approx(0.5)
    assert online.board((2, 1))["bonus"].sum() == 3


def test_only_the_latest_examples_count() -> None:
    online = OnlineDescent(Memory, initial=PILOT, lesson=100, window=2)
    give(online, "ann x=y", "bo a=b", "bo c=d", "bo red=warm", "bo red=warm")
    assert online.scores()["ann"] == 1.0


def test_examples_are_merged_for_all() -> None:
    online = OnlineDescent(Memory, initial=PILOT, lesson=100, merge_after=3)
    outcomes = give(online, "ann blue=cold", "bo green=cold", "cy pink=warm", "ann green=cold")
    assert outcomes[-1] == {"bo": True, "cy": True} and len(online.shared) == 4


def test_an_interrupted_descent_goes_on_as_if_it_had_not_been(tmp_path: Path) -> None:
    texts = ["ann blue=cold", "bo blue=cold", "cy red=warm", "ann x=y", "bo pink=warm", "cy a=b"]
    rules = {"initial": PILOT, "lesson": 1, "merge_after": 4}
    whole, path = OnlineDescent(Memory, **rules), tmp_path / "online.jsonl"
    outcomes = give(whole, *texts)
    give(OnlineDescent(Memory, **rules, path=path), *texts[:3])
    with path.open("ab") as file:
        file.write(b'{"example_id": "3", "teach')  # cut off by a crash
    again = OnlineDescent(Memory, **rules, path=path)
    assert give(again, *texts[3:]) == outcomes[3:]
    assert again.scores() == whole.scores()
    assert len(again.shared) == len(whole.shared) == 5


def test_it_needs_something_to_begin_with() -> None:
    with pytest.raises(DescentError, match="initial examples"):
        OnlineDescent(Memory)
    with pytest.raises(DescentError, match="lesson must be at least 1"):
        OnlineDescent(Memory, initial=PILOT, lesson=0)
