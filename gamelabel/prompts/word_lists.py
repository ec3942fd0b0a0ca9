"""Word lists by name. They are offensive: count their terms, never show them (`mask` is for what must be shown)."""

from __future__ import annotations

import csv
import json
from collections.abc import Callable
from importlib import resources
from pathlib import Path

from gamelabel.sources import data_file

DEFAULT = "better-profanity"


def _lines(path: Path) -> list[str]:
    return path.read_text(encoding="utf-8").splitlines()


def _better_profanity(fetch: bool) -> list[str]:
    """The list that the package better-profanity brings along (MIT), so it is there wherever gamelabel is."""
    path = resources.files("better_profanity") / "profanity_wordlist.txt"
    return path.read_text(encoding="utf-8").splitlines()


def _ldnoobw(fetch: bool) -> list[str]:
    return _lines(data_file("wordlist_ldnoobw", "en", fetch))


def _dsojevic(fetch: bool) -> list[str]:
    """Each `match` holds variants joined by |; a * lets the letter before it repeat, and is read as "once"."""
    entries = json.loads(
        data_file("wordlist_dsojevic", "en.json", fetch).read_text(encoding="utf-8")
    )
    return [variant.replace("*", "") for entry in entries for variant in entry["match"].split("|")]


def _surge(fetch: bool) -> list[str]:
    with data_file("wordlist_surge", "profanity_en.csv", fetch).open(
        encoding="utf-8", newline=""
    ) as file:
        return [row["text"] for row in csv.DictReader(file)]


_READERS: dict[str, Callable[[bool], list[str]]] = {
    DEFAULT: _better_profanity,
    "ldnoobw": _ldnoobw,
    "dsojevic": _dsojevic,
    "surge": _surge,
}
WORD_LISTS = tuple(_READERS)


def word_list(name: str = DEFAULT, fetch: bool = False) -> list[str]:
    """The terms of a list, in its order, each once.

    name: one of WORD_LISTS, several of them joined by "+", or the path of a text file with a term a line. fetch:
    whether a list that is not at hand may be downloaded. Raises ValueError for an unknown name or a list without
    terms, `gamelabel.sources.NoData` for one that is not at hand.
    """
    terms: dict[str, None] = {}
    for part in name.split("+"):
        if part in _READERS:
            found = _READERS[part](fetch)
        elif Path(part).is_file():
            found = _lines(Path(part))
        else:
            known = ", ".join(WORD_LISTS)
            raise ValueError(
                f"no word list {part!r}: the lists are {known}; or give the path of a file, a term a line"
            )
        found = [term.strip() for term in found if term.strip()]
        if not found:
            raise ValueError(f"the word list {part!r} has no terms")
        terms.update(dict.fromkeys(found))
    return list(terms)


def mask(term: str) -> str:
    """A term fit to be shown: its first letter, and an asterisk for each further character."""
    return term[:1] + "*" * (len(term) - 1)
