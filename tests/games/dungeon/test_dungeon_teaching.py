"""The dungeon under a protocol: what is right, what can be taught, and who writes it."""

from typing import NamedTuple

import pytest

from gamelabel.games.dungeon import DUNGEON, World, generate_world
from gamelabel.games.dungeon.command_parser import parse_actions
from gamelabel.games.dungeon.dungeon_teaching import DungeonWriter, check_answer, same_end_state


class Taught(NamedTuple):
    context: str
    answer: str


def world_with_armor() -> World:
    world = generate_world(4)
    world.inside |= {"armor": "dragon", "axe": "dragon"}
    return world


@pytest.mark.parametrize(
    ("answer", "prediction", "is_right"),
    [
        ("drop axe; drop armor", "drop armor; drop axe", True),
        ("wear armor", "wear armor; remove armor; wear armor", True),
        ("wear armor", "wear armor; remove armor", False),
        ("drop axe", "drop axe; drop axe", False),
        ("drop axe", "sing", False),
        ("drop axe", "", False),
        ("drop axe", "drop axe; stop", True),
    ],
)
def test_an_answer_is_right_if_it_leads_to_the_same_state(
    answer: str, prediction: str, is_right: bool
) -> None:
    assert same_end_state(Taught(world_with_armor().to_json(), answer), prediction) is is_right


@pytest.mark.parametrize(
    ("answer", "reason"),
    [
        ("drop axe", ""),
        ("drop axe; drop axe", "action 2: not possible"),
        ("", "1 to 4 actions, not 0"),
        ("drop axe; get axe; drop axe; get axe; drop axe", "1 to 4 actions, not 5"),
        ("dance", "I do not know how to"),
    ],
)
def test_what_cannot_be_taught_is_explained(answer: str, reason: str) -> None:
    told = check_answer(world_with_armor().to_json(), answer)
    assert reason in told if reason else told == ""
    assert "not a world" in check_answer("{}", "drop axe")


def test_a_writer_writes_the_kinds_that_it_offers() -> None:
    writer, again = DungeonWriter(2, 5), DungeonWriter(2, 5)
    for kind, effort in writer.efforts.items():
        text, actions, world = writer.write(kind)
        assert (text, actions, world) == again.write(kind)
        assert len(parse_actions(actions, DUNGEON)) == int(effort) == int(kind[0])
        assert check_answer(world, actions) == ""
    assert DungeonWriter(2, 6).write(kind)[0] != DungeonWriter(2, 5).write(kind)[0]
