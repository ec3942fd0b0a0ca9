"""Typed commands, also bad ones: a clear answer, and nothing in the world changes."""

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from gamelabel.games.dungeon import DUNGEON, STOP, Action, generate_world
from gamelabel.games.dungeon.command_parser import (
    Question,
    UnknownCommand,
    actions_text,
    parse_actions,
    parse_command,
    usages,
)
from gamelabel.games.dungeon.dungeon_session import DungeonSession


def test_every_action_is_read_as_it_is_written() -> None:
    for action in DUNGEON.model_actions[:-1]:
        assert parse_command(action.text) == action
        assert parse_command(f"  {action.text.upper()} ") == action
    assert parse_actions(actions_text(DUNGEON.model_actions)) == DUNGEON.model_actions
    assert parse_actions("stop") == (STOP,)


@pytest.mark.parametrize(
    ("typed", "read"),
    [
        ("get the glass of beer", Action("get", "beer")),
        ("get an apple", Action("get", "apple")),
        ("get apples", Action("get", "apple")),
        ("take crown from the troll", Action("take", "silver crown", "troll")),
        ("put the axe in the chest", Action("put", "axe", "treasure chest")),
        ("get axe from chest", Action("get_from", "axe", "treasure chest")),
        ("a", Question("actions")),
        ("X leather pouch", Question("examine", "leather pouch")),
    ],
)
def test_what_players_type(typed: str, read: Action | Question) -> None:
    assert parse_command(typed) == read


@pytest.mark.parametrize(
    ("typed", "answer"),
    [
        ("", "Type a command, or: help"),
        (" \t\x00\u200b ", "Type a command, or: help"),
        ("x" * 10_000, "A command has at most 200 characters; this one has 10,000."),
        ("get sword", "Which sword: the rusty sword or the elven sword?"),
        ("get crossbwo", "There is no \"crossbwo\". Did you mean 'crossbow'?"),
        ("weild axe", "I do not know how to \"weild\". Did you mean 'wield'?"),
        ("<script>alert(1)</script>", 'I do not know how to "<script>alert(1)</script>".'),
        ("взять топор", 'I do not know how to "взять".'),
        ("剣を取る", 'I do not know how to "剣を取る".'),
        ("put axe", "Type: put <object> in <container>"),
        ("get", "Type: get <object> or get <object> from <container>"),
        ("examine", "Examine what? Type: examine <thing>"),
        ("give axe to", "Type: give <object> to <agent>"),
        ("get axe\x1b[2J", 'There is no "axe [2j".'),
    ],
)
def test_what_the_game_does_not_understand_is_answered_and_changes_nothing(
    typed: str, answer: str
) -> None:
    session = DungeonSession(generate_world(1))
    before = session.world.to_json()
    assert session.reply(typed).startswith(answer)
    assert session.world.to_json() == before and session.done == []


@pytest.mark.parametrize(
    ("typed", "answer"),
    [
        ("go tower", "You are in the tower already."),
        ("go axe", "The axe is not a place."),
        ("go forest", "There is no path to the forest from here."),
        ("eat axe", "You cannot eat the axe."),
        ("get mace", "The mace is not here."),
        ("get axe", "You have the axe already."),
        ("drop mace", "You do not have the mace."),
        ("drop armor", "You are wearing the armor."),
        ("remove blue ring", "You are not wearing the blue ring."),
        ("hit orc", "The orc is dead."),
        ("hit troll", "The troll is not here."),
        ("hit dragon", "You cannot do that to yourself."),
        ("put axe in orc", "The orc is not a container."),
        ("put leather pouch in leather pouch", "You cannot put the leather pouch in itself."),
        ("take beer from orc", "The orc does not have the beer."),
        ("get mace from leather pouch", "The mace is not in the leather pouch."),
    ],
)
def test_an_impossible_action_is_explained(typed: str, answer: str) -> None:
    world = generate_world(1)
    world.paths = {"tower": ("cavern",), "cavern": ("tower", "forest"), "forest": ("cavern",)}
    world.inside |= {"dragon": "tower", "orc": "tower", "troll": "forest", "mace": "forest"}
    world.inside |= dict.fromkeys(("axe", "armor", "blue ring", "leather pouch"), "dragon")
    world.inside["beer"] = "forest"
    world.set_state("armor", "worn")
    world.set_state("orc", "dead")
    session = DungeonSession(world)
    assert session.reply(typed) == answer and session.done == []


@given(st.text(max_size=300))
@settings(max_examples=300, deadline=None)
def test_any_text_is_answered(text: str) -> None:
    answer = DungeonSession(generate_world(2)).reply(text)
    assert answer and len(answer) < 1000 and not any(ord(c) < 32 and c != "\n" for c in answer)


def test_a_sequence_names_the_part_that_is_wrong() -> None:
    with pytest.raises(UnknownCommand, match=r"action 2 of 'get axe; dance': I do not know"):
        parse_actions("get axe; dance")
    with pytest.raises(UnknownCommand, match="'look' changes nothing"):
        parse_actions("look")


def test_questions_are_answered_from_the_state() -> None:
    world = generate_world(1)
    world.inside |= {"orc": world.place, "bread": "orc", "axe": "dragon", "leather pouch": "dragon"}
    world.inside["beer"] = "leather pouch"
    session = DungeonSession(world)
    session.reply("wield axe")
    assert session.reply("inventory").endswith("You are wielding an axe.")
    assert "a loaf of bread" in session.reply("examine orc")
    assert session.reply("examine leather pouch") == "The leather pouch contains a glass of beer."
    assert session.reply("examine axe") == "It is an axe, wielded."
    assert "unwield axe" in session.reply("actions").splitlines()
    assert set(usages()) <= set(session.reply("help").splitlines())
    session.reply("hit orc")
    assert "A dead orc is here." in session.reply("look")
