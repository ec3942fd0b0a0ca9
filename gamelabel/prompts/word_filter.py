"""The content filter: a word list and a rule, compiled into one pattern."""

from __future__ import annotations

import re
from collections.abc import Iterable
from typing import Any, Literal, get_args

from gamelabel.prompts.normalization import normalize_text

MatchRule = Literal["whole word", "substring"]
MATCH_RULES: tuple[MatchRule, ...] = get_args(MatchRule)

_BEFORE, _AFTER = r"(?<![^\W_])", r"(?![^\W_])"  # no letter or digit on that side
_GAP = r"[\W_]+"  # between the words of a term: "two words" also finds "two-words"
_END = ""  # the key that marks the end of a term in a trie


class WordFilter:
    """Finds the terms of a word list in prompts.

    Parameters
    ----------
    terms : iterable of str
        The word list.
    rule : {"whole word", "substring"}
        "whole word": a term counts if neither a letter nor a digit stands beside it. "substring":
        it counts anywhere, inside longer words too, so whatever the first rule rejects, the second
        rejects as well.

    Raises
    ------
    ValueError
        For another rule, or a list without terms.

    Examples
    --------
    >>> WordFilter(["darn"]).match("a D@rn cat")
    'darn'
    >>> WordFilter(["darn"]).match("darning needles") is None
    True
    >>> WordFilter(["darn"], "substring").match("darning needles")
    'darn'
    """

    def __init__(self, terms: Iterable[str], rule: MatchRule = "whole word"):
        if rule not in MATCH_RULES:
            raise ValueError(f"no rule {rule!r}: the rules are {', '.join(MATCH_RULES)}")
        trie: dict[str, Any] = {}
        normalized = {normalize_text(term) for term in terms} - {""}
        if not normalized:
            raise ValueError("a word filter needs at least one term")
        for term in normalized:
            node = trie
            for character in term:
                node = node.setdefault(_GAP if character == " " else re.escape(character), {})
            node[_END] = {}
        pattern = _pattern(trie)
        if rule == "whole word":
            pattern = _BEFORE + pattern + _AFTER
        self._search = re.compile(pattern).search

    def match(self, text: str) -> str | None:
        """Return the term found in a prompt, in the normalized form of the prompt, or None.

        Of several terms, this is the first; of those that begin at the same place, the longest.
        """
        return self.match_normalized(normalize_text(text))

    def match_normalized(self, text: str) -> str | None:
        """Return what `match` returns, for a text that is normalized already."""
        match = self._search(text)
        return match.group() if match else None


def _pattern(node: dict[str, Any]) -> str:
    """Build a pattern that tries the longest term first and looks at each character once."""
    prefix = ""
    while len(node) == 1 and _END not in node:
        ((atom, node),) = node.items()
        prefix += atom
    branches = [atom + _pattern(node[atom]) for atom in sorted(node) if atom != _END]
    if not branches:
        return prefix
    return f"{prefix}(?:{'|'.join(branches)}){'?' if _END in node else ''}"
