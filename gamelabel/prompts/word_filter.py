"""The content filter: a word list and a rule, compiled into one pattern that reads each prompt once."""

from __future__ import annotations

import re
from collections.abc import Iterable
from typing import Any, Literal, get_args

from gamelabel.prompts.normalisation import normalise

Rule = Literal["whole word", "substring"]
RULES: tuple[Rule, ...] = get_args(Rule)

_BEFORE, _AFTER = r"(?<![^\W_])", r"(?![^\W_])"  # no letter or digit on that side
_GAP = r"[\W_]+"  # between the words of a term: "two words" also finds "two-words"
_END = ""  # the key that marks the end of a term in a trie


class WordFilter:
    """Finds the terms of a word list in prompts, under one of two rules.

    "whole word": a term counts where neither a letter nor a digit stands beside it. "substring": it counts anywhere,
    inside longer words too, so whatever the first rule rejects the second does. Raises ValueError for another rule,
    or a list without terms.
    """

    def __init__(self, terms: Iterable[str], rule: Rule = "whole word"):
        if rule not in RULES:
            raise ValueError(f"no rule {rule!r}: the rules are {', '.join(RULES)}")
        trie: dict[str, Any] = {}
        count = 0
        for term in {normalise(term) for term in terms} - {""}:
            count += 1
            node = trie
            for character in term:
                node = node.setdefault(_GAP if character == " " else re.escape(character), {})
            node[_END] = {}
        if not count:
            raise ValueError("a word filter needs at least one term")
        self.rule, self.terms = rule, count
        core = _pattern(trie)
        self._search = re.compile(_BEFORE + core + _AFTER if rule == "whole word" else core).search

    def match(self, text: str) -> str | None:
        """The term that the filter finds in a prompt, as it stands there when normalised; None where there is none.

        Of several, it is the first; of those that begin at the same place, the longest.
        """
        return self.find(normalise(text))

    def find(self, normal: str) -> str | None:
        """`match` for a text that is normalised already."""
        found = self._search(normal)
        return found.group() if found else None


def _pattern(node: dict[str, Any]) -> str:
    """A pattern for the terms of a trie that tries the longest first and looks at each character once."""
    run = ""
    while len(node) == 1 and _END not in node:
        ((atom, node),) = node.items()
        run += atom
    ways = [atom + _pattern(node[atom]) for atom in sorted(node) if atom != _END]
    if not ways:
        return run
    return f"{run}(?:{'|'.join(ways)}){'?' if _END in node else ''}"
