"""Commands as word numbers: names of several words become one word, words not seen are unknown."""

from __future__ import annotations

import re
from collections import Counter
from collections.abc import Iterable, Sequence
from dataclasses import dataclass, field

_PADDING, _UNKNOWN = "<pad>", "<unknown>"  # words 0 and 1
MAX_WORDS = 80  # of a command; people's have about 12

# A word may contain apostrophes and hyphens; any other mark is a word of its own.
_WORD = re.compile(r"\w+(?:['’-]\w+)*|[^\w\s]")


def split_command(command: str, names: Iterable[str] = ()) -> list[str]:
    """Return the words of a command in lower case, a name of several words as one.

    Parameters
    ----------
    command : str
        What a person wrote.
    names : iterable of str
        Names of things in the world, such as "treasure chest".

    Returns
    -------
    list of str
        Words and punctuation marks.

    Raises
    ------
    ValueError
        If there is no word at all, or more than `MAX_WORDS`.

    Examples
    --------
    >>> split_command("Put the axe in the treasure chest.", ["axe", "treasure chest"])
    ['put', 'the', 'axe', 'in', 'the', 'treasure_chest', '.']
    """
    text = command.lower()
    for name in names:
        if " " in name and name in text:
            text = re.sub(rf"\b{re.escape(name)}\b", name.replace(" ", "_"), text)
    words = _WORD.findall(text)
    if not any(word[0].isalnum() for word in words):
        raise ValueError(f"the command {command[:40]!r} has no words: write what is to be done")
    if len(words) > MAX_WORDS:
        raise ValueError(
            f"the command {command[:40]!r}... has {len(words):,} words and punctuation marks; "
            f"at most {MAX_WORDS} are read: shorten it"
        )
    return words


@dataclass(frozen=True)
class Vocabulary:
    """The words that an agent knows.

    Parameters
    ----------
    words : tuple of str
        Padding and the unknown word first, then all words, names with "_" for spaces.
    names : tuple of str
        Names of things in the world, which are words whether or not anybody wrote them.
    """

    words: tuple[str, ...]
    names: tuple[str, ...]
    _numbers: dict[str, int] = field(init=False, repr=False, compare=False)

    def __post_init__(self) -> None:
        object.__setattr__(self, "_numbers", {word: i for i, word in enumerate(self.words)})

    def __len__(self) -> int:
        return len(self.words)

    def encode(self, command: str) -> list[int]:
        """Return the numbers of a command's words; 1 for a word that is not known."""
        return [self.number(word) for word in split_command(command, self.names)]

    def number(self, word: str) -> int:
        """Return the number of a word or a name."""
        return self._numbers.get(word.replace(" ", "_"), 1)

    def unknown_words(self, command: str) -> list[str]:
        """Return the words of a command that are not known, in order."""
        return [w for w in split_command(command, self.names) if w not in self._numbers]


def build_vocabulary(
    commands: Iterable[str], names: Sequence[str], min_count: int = 2
) -> Vocabulary:
    """Return the vocabulary of commands.

    Parameters
    ----------
    commands : iterable of str
        Those of the training data.
    names : sequence of str
        Names of things in the world, which are always known.
    min_count : int
        How often a word must occur. Rarer words are unknown in training too, so that an agent
        learns what to do with a word that it does not know.

    Examples
    --------
    >>> vocabulary = build_vocabulary(["get axe", "get it"], ["axe", "tower"])
    >>> vocabulary.words
    ('<pad>', '<unknown>', 'axe', 'tower', 'get')
    >>> vocabulary.encode("get the axe")
    [4, 1, 2]
    """
    counts = Counter(word for command in commands for word in split_command(command, names))
    known = [name.replace(" ", "_") for name in names]
    frequent = sorted(word for word, count in counts.items() if count >= min_count)
    words = dict.fromkeys([_PADDING, _UNKNOWN, *known, *frequent])
    return Vocabulary(tuple(words), tuple(names))
