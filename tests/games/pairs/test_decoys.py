import pytest

from gamelabel.games.pairs.decoys import choose_decoys, content_words


def test_a_decoy_shares_no_content_word_with_its_prompt() -> None:
    candidates = ["two cats on a hill", "a red boat", "a lamp in the style of a boat", "the hill"]
    assert choose_decoys(["A red cat"], candidates) == ["a lamp in the style of a boat"]


def test_plurals_and_function_words_do_not_matter() -> None:
    assert content_words("The Cats in an oil style over the sea") == {"cat", "oil", "sea"}


def test_a_candidate_is_a_decoy_at_most_once_and_the_first_that_fits() -> None:
    assert choose_decoys(["a cat", "a dog"], ["a boat", "a boat", "a lamp"]) == ["a boat", "a lamp"]
    with pytest.raises(ValueError, match="'a dog'"):
        choose_decoys(["a cat", "a dog"], ["a boat"])


def test_the_prompt_of_a_preference_point_is_never_a_decoy() -> None:
    assert choose_decoys(["a cat"], ["a boat", "a lamp"], ["a boat"]) == ["a lamp"]
