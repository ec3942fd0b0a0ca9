"""One form for the many ways of writing a word: letter case, accents, simple leetspeak.

Both the prompts and the terms of a word list pass through `normalise` before they are compared.
"""

from __future__ import annotations

import re
import unicodedata

LEET = str.maketrans("013457@$!", "oieastasi")
# A word as a leetspeaker writes it. Marks of exclamation around it are punctuation, those within are letters.
_WRITTEN = re.compile(r"(?:[^\W_]|[@$])(?:(?:[^\W_]|[@$!])*(?:[^\W_]|[@$]))?")
_SPELT = re.compile(r"[013457@$!]")
_DROPPED = {
    "Mn",
    "Me",
    "Cf",
}  # accents, enclosing marks, and what cannot be seen, such as zero-width spaces


def normalise(text: str) -> str:
    """Fold letter case, strip accents, read simple leetspeak as letters, and leave single spaces.

    Digits and the signs @, $ and ! stand for letters only in a word that has a letter: "sh0w" is "show", "1984" stays.
    Idempotent: normalise(normalise(x)) == normalise(x).
    """
    folded = text.lower() if text.isascii() else _fold(text)
    if _SPELT.search(folded):
        folded = _WRITTEN.sub(_read, folded)
    return " ".join(folded.split())


def _fold(text: str) -> str:
    """Lower case without accents; again until nothing changes, since one step can make work for the other."""
    while True:
        plain = unicodedata.normalize("NFKD", text.casefold())
        plain = "".join(c for c in plain if unicodedata.category(c) not in _DROPPED)
        if plain == text:
            return plain
        text = plain


def _read(word: re.Match[str]) -> str:
    written = word.group()
    return written.translate(LEET) if any(c.isalpha() for c in written) else written
