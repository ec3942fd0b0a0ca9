import pytest
from hypothesis import given
from hypothesis import strategies as st

from gamelabel.following.vocabulary import MAX_WORDS, build_vocabulary, split_command

NAMES = ("axe", "treasure chest", "tower")


def test_a_name_of_several_words_is_one_word() -> None:
    words = split_command("Put it in the TREASURE CHEST, quickly!", NAMES)
    assert words == ["put", "it", "in", "the", "treasure_chest", ",", "quickly", "!"]
    assert split_command("treasure chests", NAMES) == ["treasure", "chests"]


def test_a_word_that_nobody_wrote_twice_is_unknown_and_a_name_never_is() -> None:
    vocabulary = build_vocabulary(["grab the axe", "grab an axe", "sieze the axe"], NAMES)
    assert vocabulary.unknown_words("sieze the tower") == ["sieze"]
    assert vocabulary.encode("sieze the tower")[0] == 1
    assert vocabulary.number("treasure chest") == vocabulary.words.index("treasure_chest")


@pytest.mark.parametrize("command", ["", "   ", "\x00\x01", "?!", "\n\t", "🐉"])
def test_a_command_without_words_is_refused(command: str) -> None:
    with pytest.raises(ValueError, match="has no words"):
        split_command(command)


def test_a_command_of_10_000_characters_is_refused_with_its_beginning() -> None:
    with pytest.raises(ValueError, match=rf"'get the axe.*2,500 words.*at most {MAX_WORDS}"):
        split_command("get the axe now " * 625)
    assert len(split_command("a" * 10_000)) == 1


@pytest.mark.parametrize(
    ("command", "words"),
    [
        ("<b>get</b> axe", ["<", "b", ">", "get", "<", "/", "b", ">", "axe"]),
        ("don't drop the two-handed axe", ["don't", "drop", "the", "two-handed", "axe"]),
        ("возьми топор", ["возьми", "топор"]),
        ("取 斧", ["取", "斧"]),
    ],
)
def test_markup_and_other_scripts_are_words(command: str, words: list[str]) -> None:
    assert split_command(command, NAMES) == words


@given(st.text(max_size=300))
def test_any_text_is_read_or_refused(text: str) -> None:
    vocabulary = build_vocabulary(["get the axe"], NAMES)
    try:
        numbers = vocabulary.encode(text)
    except ValueError:
        return
    assert 1 <= len(numbers) <= MAX_WORDS
    assert all(1 <= number < len(vocabulary) for number in numbers)
