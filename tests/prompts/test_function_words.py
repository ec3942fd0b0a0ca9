import pytest

from gamelabel.prompts.function_words import FUNCTION_WORDS, function_words


@pytest.mark.parametrize("word", FUNCTION_WORDS)
def test_each_word_is_found_in_any_case(word: str) -> None:
    text = "unreal engine" if word == "octane render" else word
    assert word in function_words(f"a fox, {text.upper()}, at night")


@pytest.mark.parametrize(
    "prompt", ["8 kids", "a detailed map", "a station", "thdr", "high, quality", "intricacy", ""]
)
def test_words_of_content_are_none(prompt: str) -> None:
    assert function_words(prompt) == ()
