import re
from pathlib import Path

import pytest

from gamelabel import sources
from gamelabel.prompts.word_lists import WORD_LISTS, load_word_list, mask_term

SOURCES = {
    "ldnoobw": "wordlist_ldnoobw",
    "dsojevic": "wordlist_dsojevic",
    "surge": "wordlist_surge",
}


def test_the_default_list_needs_nothing_else(
    monkeypatch: pytest.MonkeyPatch, tmp_path: Path
) -> None:
    for name in ("DATA_CACHE", "SHARED_DATA"):
        monkeypatch.setattr(sources, name, tmp_path / "nowhere")
    monkeypatch.delenv("GAMELABEL_DATA", raising=False)
    terms = load_word_list()
    assert len(terms) > 800 and len(set(terms)) == len(terms)
    with pytest.raises(sources.DataNotFound, match="wordlist_ldnoobw"):
        load_word_list("ldnoobw")


@pytest.mark.parametrize(("name", "count"), [("ldnoobw", 403), ("dsojevic", 804), ("surge", 1598)])
def test_the_outside_lists(name: str, count: int) -> None:
    if not sources.is_available(SOURCES[name]):
        pytest.skip(f"{SOURCES[name]} is not at hand")
    terms = load_word_list(name)
    assert len(terms) == count
    assert all(term == term.strip() and term for term in terms)
    if name == "dsojevic":  # its variants are taken apart
        assert not any("|" in term or "*" in term for term in terms)


def test_lists_join_and_files_are_read(tmp_path: Path) -> None:
    own = tmp_path / "own.txt"
    own.write_text("darn\n\n  heck \ndarn\n")
    assert load_word_list(str(own)) == ["darn", "heck"]
    assert load_word_list(f"{own}+better-profanity")[:2] == ["darn", "heck"]


def test_bad_input(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    with pytest.raises(ValueError, match=f"the lists are {', '.join(WORD_LISTS)}"):
        load_word_list("polite")
    blank = tmp_path / "blank.txt"
    blank.write_text("\n\n")
    monkeypatch.chdir(tmp_path)
    with pytest.raises(ValueError, match=re.escape(f"the word list {blank} has no terms")):
        load_word_list("blank.txt")


def test_mask_shows_the_first_letter_alone() -> None:
    assert [mask_term(term) for term in ("heck", "a b", "x", "")] == ["h***", "a**", "x", ""]


@pytest.mark.parametrize(
    ("name", "content", "message"),
    [
        ("own.json", b'["darn", "heck"]', "is JSON: a word list is a text file with one term a"),
        ("own.txt", b'{"darn": 1}', "is JSON"),
        ("own.csv", b"darn\nheck\n", "is a table"),
        ("own.txt", b"text,severity\ndarn,1\n", "is a table"),
        ("own.txt", "darn\nna\u00efve\n".encode("cp1252"), "line 2 is not UTF-8: save the file as"),
    ],
)
def test_another_kind_of_file_is_named(
    name: str, content: bytes, message: str, tmp_path: Path
) -> None:
    (tmp_path / name).write_bytes(content)
    with pytest.raises(ValueError, match=message):
        load_word_list(str(tmp_path / name))
