"""Words of a prompt that ask for quality in place of content, such as "8k": function words."""

from __future__ import annotations

import re

# The slides of ImageReward name the first two; the others are common in the prompts of its users.
_PATTERNS = {
    "8k": r"\b8 ?k\b",
    "highly detailed": r"\b(highly|extremely|ultra|hyper|super|very|insanely)[ -]?detail(ed|s)?\b",
    "4k": r"\b4 ?k\b",
    "hd": r"\b(u?hd|hdr|high definition)\b",
    "sharp focus": r"\bsharp focus\b",
    "intricate": r"\bintricate(ly)?\b",
    "photorealistic": r"\b(photo|hyper|ultra)[ -]?realis(tic|m)\b",
    "masterpiece": r"\bmasterpiece\b",
    "high quality": r"\b(high|highest|best|top) (quality|resolution)\b",
    "artstation": r"\bart ?station\b",
    "octane render": r"\b(octane|unreal engine)\b",
    "award winning": r"\baward[ -]winning\b",
}
NAMED_BY_THE_SLIDES = ("8k", "highly detailed")
FUNCTION_WORDS = tuple(_PATTERNS)
_COMPILED = {name: re.compile(pattern, re.IGNORECASE) for name, pattern in _PATTERNS.items()}


def function_words(prompt: str) -> tuple[str, ...]:
    """Return the function words of a prompt, each once, in the order of `FUNCTION_WORDS`.

    >>> function_words("a fox, ultra detailed, 8 k, trending on artstation")
    ('8k', 'highly detailed', 'artstation')
    >>> function_words("a detailed map of 8 kings")
    ()
    """
    return tuple(name for name, pattern in _COMPILED.items() if pattern.search(prompt))
