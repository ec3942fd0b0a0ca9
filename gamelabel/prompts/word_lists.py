"""Word lists by name. Their terms are offensive: show them only through `mask_term`."""

from __future__ import annotations

import csv
import json
from collections.abc import Callable
from importlib import resources
from pathlib import Path

from gamelabel.sources import DataNotFound, data_file
from gamelabel.tables.rows import is_text, text_lines

ALL_LISTS = "all lists"
_DEFAULT = "better-profanity"


def _lines(path: Path) -> list[str]:
    return path.read_text(encoding="utf-8").splitlines()


def _better_profanity(fetch: bool) -> list[str]:
    """Read the list of the package better-profanity (MIT)."""
    path = resources.files("better_profanity") / "profanity_wordlist.txt"
    return path.read_text(encoding="utf-8").splitlines()


def _ldnoobw(fetch: bool) -> list[str]:
    return _lines(data_file("wordlist_ldnoobw", "en", fetch))


def _dsojevic(fetch: bool) -> list[str]:
    """Each `match` has variants joined by |; * after a letter means repeats, and is read as one."""
    path = data_file("wordlist_dsojevic", "en.json", fetch)
    entries = json.loads(path.read_text(encoding="utf-8"))
    return [variant.replace("*", "") for entry in entries for variant in entry["match"].split("|")]


def _surge(fetch: bool) -> list[str]:
    path = data_file("wordlist_surge", "profanity_en.csv", fetch)
    with path.open(encoding="utf-8", newline="") as file:
        return [row["text"] for row in csv.DictReader(file)]


def _own_lines(path: Path) -> list[str]:
    """Read a file of the user's; raise ValueError for a table, and for bytes that are not UTF-8."""
    lines = text_lines(path, "a text file with one term a line")
    first = next((line.strip() for line in lines if line.strip()), "")
    is_table = path.suffix.lower() == ".csv" or any(sign in first for sign in ",;\t")
    if first[:1] in ("[", "{") or is_table:
        kind = "a table" if is_table and first[:1] not in ("[", "{") else "JSON"
        raise ValueError(
            f"{path.absolute()} is {kind}: a word list is a text file with one term a line and "
            "nothing else; write its terms to such a file"
        )
    for number, line in enumerate(lines, 1):
        if not is_text(line):
            raise ValueError(
                f"{path.absolute()}, line {number} is not UTF-8: save the file as UTF-8"
            )
    return lines


_READERS: dict[str, Callable[[bool], list[str]]] = {
    _DEFAULT: _better_profanity,
    "ldnoobw": _ldnoobw,
    "dsojevic": _dsojevic,
    "surge": _surge,
}
WORD_LISTS = tuple(_READERS)


def load_word_list(name: str = _DEFAULT, fetch: bool = False) -> list[str]:
    """Return the distinct terms of a word list, in its order.

    Parameters
    ----------
    name : str
        One of `WORD_LISTS`, several of them joined by "+", or the path of a text file with one
        term a line.
    fetch : bool
        Whether a list that is not available may be downloaded.

    Returns
    -------
    list of str
        The terms.

    Raises
    ------
    ValueError
        For an unknown name, or a list without terms.
    gamelabel.sources.DataNotFound
        For a list that is not available.

    Examples
    --------
    >>> len(load_word_list("better-profanity")) > 800
    True
    """
    terms: dict[str, None] = {}
    for part in name.split("+"):
        if part in _READERS:
            lines = _READERS[part](fetch)
        elif Path(part).is_file():
            lines = _own_lines(Path(part))
        else:
            raise ValueError(
                f"no word list {part!r}: the lists are {', '.join(WORD_LISTS)}; "
                "or give the path of a file with one term a line"
            )
        stripped = [line.strip() for line in lines if line.strip()]
        if not stripped:
            raise ValueError(f"the word list {Path(part).absolute()} has no terms")
        terms.update(dict.fromkeys(stripped))
    return list(terms)


def load_word_lists(fetch: bool = False) -> dict[str, list[str]]:
    """Return every available word list by name, and their union if there are several.

    With `fetch`, those that are not available are downloaded; after a failure no other is tried.

    >>> "better-profanity" in load_word_lists()
    True
    """
    lists = {}
    for name in WORD_LISTS:
        try:
            lists[name] = load_word_list(name, fetch)
        except DataNotFound:
            fetch = False
    if len(lists) > 1:
        union = dict.fromkeys(term for terms in lists.values() for term in terms)
        lists[ALL_LISTS] = list(union)
    return lists


def mask_term(term: str) -> str:
    """Return the first letter of a term, and an asterisk for each further character.

    >>> mask_term("heck")
    'h***'
    """
    return term[:1] + "*" * (len(term) - 1)
