"""Words of a prompt as spans of characters and as phrases, the forms in which tools mark them."""

from __future__ import annotations

import re
from collections.abc import Iterable

from gamelabel.games.annotation.answers import AnswerError


def word_spans(prompt: str) -> list[tuple[int, int]]:
    """Return where each word of a prompt begins and ends, as `prompt_words` counts them.

    Examples
    --------
    >>> word_spans("a red  ball")
    [(0, 1), (2, 5), (7, 11)]
    """
    spans, end = [], 0
    for word in prompt.split():
        start = prompt.index(word, end)
        end = start + len(word)
        spans.append((start, end))
    return spans


def words_in_span(prompt: str, start: object, end: object, text: object = None) -> set[int]:
    """Return the numbers of the words that a span of characters touches.

    Parameters
    ----------
    prompt : str
        The prompt.
    start, end : object
        The first character, and the one after the last; what a file has in their place.
    text : str, optional
        What the file says to be there.

    Raises
    ------
    AnswerError
        If the prompt has no word there, or another text.

    Examples
    --------
    >>> words_in_span("a red ball", 2, 5, "red")
    {1}
    >>> words_in_span("a red ball", 2, 5, "dog")
    Traceback (most recent call last):
    ...
    gamelabel.games.annotation.answers.AnswerError: marks 'dog' at 2 to 5, where the prompt has \
'red': mark words of the prompt
    """
    are_numbers = type(start) is int and type(end) is int
    if not are_numbers or not 0 <= start < end <= len(prompt):  # type: ignore[operator]
        raise AnswerError(
            f"marks the characters {start!r:.20} to {end!r:.20} of a prompt with {len(prompt)}: "
            "mark words of the prompt"
        )
    assert isinstance(start, int) and isinstance(end, int)
    if text is not None and text != prompt[start:end]:
        raise AnswerError(
            f"marks {text!r:.40} at {start} to {end}, where the prompt has "
            f"{prompt[start:end]!r:.40}: mark words of the prompt"
        )
    spans = enumerate(word_spans(prompt))
    return {number for number, (first, last) in spans if first < end and start < last}


def words_of_phrases(prompt: str, phrases: Iterable[object]) -> set[int]:
    """Return the numbers of the words of phrases that people typed, separated by commas.

    Case and punctuation do not count. A phrase that occurs several times is its first occurrence.

    Raises
    ------
    AnswerError
        If a phrase is not in the prompt.

    Examples
    --------
    >>> words_of_phrases("a Red ball, at night", ["red ball, night"])
    {1, 2, 4}
    >>> words_of_phrases("a red ball", ["dog"])
    Traceback (most recent call last):
    ...
    gamelabel.games.annotation.answers.AnswerError: names 'dog', which is not in the prompt
    """
    words = [_plain(word) for word in prompt.split()]
    numbers: set[int] = set()
    for entry in phrases:
        for phrase in entry.split(",") if isinstance(entry, str) else [entry]:
            named = [_plain(word) for word in phrase.split()] if isinstance(phrase, str) else []
            named = [word for word in named if word]
            if isinstance(phrase, str) and not named:
                continue
            starts = range(len(words) - len(named) + 1)
            first = next((i for i in starts if words[i : i + len(named)] == named), None)
            if first is None or not named:
                raise AnswerError(f"names {phrase!r:.60}, which is not in the prompt")
            numbers |= set(range(first, first + len(named)))
    return numbers


def _plain(word: str) -> str:
    return re.sub(r"\W", "", word.casefold())
