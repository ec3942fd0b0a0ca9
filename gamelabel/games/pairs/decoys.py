"""The decoy of a comparison point: a picture of an entirely different prompt.

A comparison point shows a picture of its prompt beside one of an entirely different prompt
(GameLabel-10K, section 3): one that shares no content word with it, is a decoy only once, and is
never the prompt of a preference point.
"""

from __future__ import annotations

from collections.abc import Collection, Sequence

_FUNCTION_WORDS = {
    "a",
    "an",
    "and",
    "at",
    "by",
    "for",
    "from",
    "in",
    "into",
    "is",
    "of",
    "on",
    "or",
}
_FUNCTION_WORDS |= {"over", "style", "the", "to", "under", "with"}


def content_words(prompt: str) -> frozenset[str]:
    """Return the words of a prompt that say what a picture shows.

    They are in lower case and without a plural's s.

    Examples
    --------
    >>> sorted(content_words("Two red cats on the roof"))
    ['cat', 'red', 'roof', 'two']
    """
    words = prompt.lower().split()
    return frozenset(word.rstrip("s") for word in words if word not in _FUNCTION_WORDS)


def choose_decoys(
    prompts: Sequence[str], candidates: Sequence[str], preference_prompts: Collection[str] = ()
) -> list[str]:
    """Choose a decoy for the prompt of each comparison point.

    Parameters
    ----------
    prompts : sequence of str
        The prompts of the comparison points.
    candidates : sequence of str
        Prompts that may serve as decoys, the preferred ones first; shuffle them for a random
        choice.
    preference_prompts : collection of str
        The prompts of the preference points. None of them becomes a decoy.

    Returns
    -------
    list of str
        One decoy for each prompt, each candidate at most once.

    Raises
    ------
    ValueError
        If no candidate is left that shares no content word with a prompt.

    Examples
    --------
    >>> choose_decoys(["a red cat"], ["two cats", "a boat", "a lamp"], ["a boat"])
    ['a lamp']
    """
    excluded = frozenset(preference_prompts)
    free = {text: content_words(text) for text in candidates if text not in excluded}
    decoys = []
    for prompt in prompts:
        words = content_words(prompt)
        decoy = next((text for text, other in free.items() if not words & other), None)
        if decoy is None:
            raise ValueError(
                f"no candidate is left for a decoy that shares no word with {prompt!r}: use a "
                "larger corpus or fewer comparison points"
            )
        decoys.append(decoy)
        del free[decoy]
    return decoys
