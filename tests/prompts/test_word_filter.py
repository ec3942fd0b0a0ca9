import re

import pytest
from hypothesis import given
from hypothesis import strategies as st

from gamelabel.prompts import MATCH_RULES, WordFilter, normalize_text
from gamelabel.prompts.word_filter import MatchRule

TERMS = ["darn", "darn it", "heck", "a-hole", "h3ck", "  ", "🖕"]
texts = st.text("abAB01@ -_!é", max_size=30)
term_lists = st.lists(st.text("ab01@ -", max_size=5), min_size=1, max_size=8).filter(
    lambda t: any(map(normalize_text, t))
)


@pytest.mark.parametrize(
    ("text", "whole_word", "substring"),
    [
        ("a darn good cat", "darn", "darn"),
        ("darn it, a cat", "darn it", "darn it"),  # the longest of those that begin there
        ("darn-it", "darn-it", "darn-it"),  # any separator between the words of a term
        ("Darning needles", None, "darn"),
        ("DÁRN!", "darn", "darn"),
        ("d@rn", "darn", "darn"),
        ("darn's", "darn", "darn"),
        ("big_darn_cat", "darn", "darn"),
        ("darn2", None, "darn"),
        ("hecklers' heck", "heck", "heck"),
        ("a hole in a wall", None, None),  # a hyphen in a term is no space
        ("an a-hole", "a-hole", "a-hole"),
        ("a 🖕 b", "🖕", "🖕"),
        ("a cat", None, None),
        ("", None, None),
    ],
)
def test_worked_examples(text: str, whole_word: str | None, substring: str | None) -> None:
    assert WordFilter(TERMS, "whole word").match(text) == whole_word
    assert WordFilter(TERMS, "substring").match(text) == substring


@given(term_lists, texts)
def test_the_pattern_agrees_with_looking_for_each_term(terms: list[str], text: str) -> None:
    """An oracle that tries the terms one by one."""
    normal = normalize_text(text)
    for rule in MATCH_RULES:
        hit = False
        for term in filter(None, map(normalize_text, terms)):
            pattern = r"[\W_]+".join(re.escape(word) for word in term.split(" "))
            if rule == "whole word":
                pattern = rf"(?<![^\W_]){pattern}(?![^\W_])"
            hit = hit or bool(re.search(pattern, normal))
        assert (WordFilter(terms, rule).match(text) is not None) == hit


@given(term_lists, texts)
def test_what_the_whole_word_rule_rejects_the_substring_rule_rejects(
    terms: list[str], text: str
) -> None:
    if WordFilter(terms, "whole word").match(text) is not None:
        assert WordFilter(terms, "substring").match(text) is not None


@given(term_lists, texts, st.sampled_from(MATCH_RULES))
def test_a_kept_prompt_contains_no_term(terms: list[str], text: str, rule: MatchRule) -> None:
    if WordFilter(terms, rule).match(text) is None:
        normal = normalize_text(text)
        for term in filter(None, map(normalize_text, terms)):
            if rule == "substring":
                assert term not in normal
            else:
                assert f" {term} " not in f" {normal} "


@given(term_lists, texts, st.sampled_from(MATCH_RULES))
def test_spelling_changes_nothing(terms: list[str], text: str, rule: MatchRule) -> None:
    word_filter = WordFilter(terms, rule)
    assert (
        word_filter.match(text)
        == word_filter.match(text.upper())
        == word_filter.match_normalized(normalize_text(text))
    )


def test_a_very_long_term() -> None:
    term = "b" * 5000
    assert WordFilter([term, "bc"], "substring").match("a" + term + "c") == term
    assert WordFilter([term, "bc"], "whole word").match(term[1:]) is None


def test_bad_input() -> None:
    with pytest.raises(ValueError, match="the rules are whole word, substring"):
        WordFilter(TERMS, "prefix")  # type: ignore[arg-type]
    with pytest.raises(ValueError, match="at least one term"):
        WordFilter(["", "  "])
