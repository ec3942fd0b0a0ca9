import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from gamelabel.prompts import normalize_text


@pytest.mark.parametrize(
    ("written", "read"),
    [
        ("A  Red\tCircle\n", "a red circle"),
        ("Crème BRÛLÉE", "creme brulee"),
        ("Straße", "strasse"),
        ("ＷＩＤＥ", "wide"),
        ("in\u200bvisi\u00adble", "invisible"),
        ("sh0w m3 7h1$ c@t", "show me this cat"),
        ("h!de !t", "hide !t"),  # a mark of exclamation counts as a letter only inside a word
        ("stop! now!!", "stop! now!!"),
        ("1984, 8 and 50", "1984, 8 and 50"),  # numbers stay numbers
        ("$5 @ 7!", "$5 @ 7!"),
        ("mother-in-law's", "mother-in-law's"),
        ("", ""),
    ],
)
def test_worked_examples(written: str, read: str) -> None:
    assert normalize_text(written) == read


@settings(max_examples=500)
@given(st.text() | st.text("aZé01!@$ _-5İß"))
def test_idempotent(text: str) -> None:
    once = normalize_text(text)
    assert normalize_text(once) == once


@given(st.text("abc dé"))
def test_letter_case_makes_no_difference(text: str) -> None:
    assert normalize_text(text) == normalize_text(text.upper()) == normalize_text(text.title())
