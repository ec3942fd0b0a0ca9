"""One form for the many ways of writing a word: letter case, accents, simple leetspeak.

Prompts and the terms of a word list both pass through `normalize_text` before they are compared.
"""

from __future__ import annotations

import re
import unicodedata

_LEET = str.maketrans("013457@$!", "oieastasi")
_LEET_CHARACTER = re.compile(r"[013457@$!]")
# Exclamation marks around a word are punctuation; those within it are letters.
_WORD = re.compile(r"(?:[^\W_]|[@$])(?:(?:[^\W_]|[@$!])*(?:[^\W_]|[@$]))?")
# Unicode categories: accents, enclosing marks, invisible characters such as zero-width spaces.
_DROPPED = {"Mn", "Me", "Cf"}


def normalize_text(text: str) -> str:
    """Fold letter case, strip accents, read simple leetspeak as letters, collapse spaces.

    Digits and the signs @, $ and ! stand for letters only in a word that has a letter. The function
    is idempotent.

    >>> normalize_text("Sh0w me  the CAFÉ of 1984")
    'show me the cafe of 1984'
    """
    folded = text.lower() if text.isascii() else _fold(text)
    if _LEET_CHARACTER.search(folded):
        folded = _WORD.sub(_read_leet, folded)
    return " ".join(folded.split())


def _fold(text: str) -> str:
    """Lower the case and strip accents until nothing changes; one step can undo the other."""
    while True:
        plain = unicodedata.normalize("NFKD", text.casefold())
        plain = "".join(c for c in plain if unicodedata.category(c) not in _DROPPED)
        if plain == text:
            return plain
        text = plain


def _read_leet(match: re.Match[str]) -> str:
    word = match.group()
    return word.translate(_LEET) if any(c.isalpha() for c in word) else word
