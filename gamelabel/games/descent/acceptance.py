"""Which examples of teachers are acceptable."""

from __future__ import annotations

import unicodedata
from collections.abc import Callable, Iterable

from gamelabel.games.descent.descent_example import Example
from gamelabel.games.descent.descent_tables import DescentError

CheckText = Callable[[str], str]


def acceptable_text(text: str, longest: int, check_text: CheckText | None = None) -> str:
    r"""Return a text in one line without control characters.

    Parameters
    ----------
    text : str
        As a teacher wrote it, in any script.
    longest : int
        The most characters that it may have.
    check_text : callable, optional
        Given the text, why the learner cannot read it; "" if it can.

    Raises
    ------
    DescentError
        If it is empty, too long, or the learner cannot read it. The message is for the teacher.

    Examples
    --------
    >>> acceptable_text(" get\n\tthe axe ", longest=100)
    'get the axe'
    """
    visible = (" " if unicodedata.category(c)[0] in "CZ" else c for c in text)
    text = " ".join("".join(visible).split())
    if not text:
        raise DescentError("the text is empty: write what the learner should understand")
    if len(text) > longest:
        raise DescentError(f"the text has {len(text):,} characters; at most {longest} are allowed")
    reason = check_text(text) if check_text else ""
    if reason:
        raise DescentError(reason)
    return text


def is_repeated(example: Example, earlier: Iterable[Example]) -> bool:
    """Return whether a teacher has given an example before, apart from capital letters.

    Examples
    --------
    >>> first, second = Example("1", "ann", "Hi", "greet"), Example("2", "ann", "hi", "greet")
    >>> is_repeated(second, [first])
    True
    """
    same = (example.input.casefold(), example.answer)
    return any((other.input.casefold(), other.answer) == same for other in earlier)
