"""How a SIMULATED teacher puts actions into words: a style of its own, drawn once."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, fields

import numpy as np

from gamelabel.games.dungeon import command_words as words
from gamelabel.games.dungeon.action import Action
from gamelabel.games.dungeon.action_types import DUNGEON


@dataclass(frozen=True)
class StyleRange:
    """From what the habits of simulated teachers are drawn: the mean of each over teachers.

    Attributes
    ----------
    concentration : float
        Of the Dirichlet distribution over the phrases of an action: a small one gives each teacher
        a few favourites, a large one makes all alike.
    bare_noun : float
        Share of names without an article.
    other_noun : float
        Share of names replaced by another word, such as "crown".
    adjective, pronoun : float
        Share of names with an adjective; of repeated names replaced by a pronoun.
    merged : float
        Share of pairs of actions told in one phrase, where English has one.
    inverted : float
        Share of commands that tell their last two steps in another order or by a clause.
    flourish : float
        Share of commands with words that mean nothing to the task, at either end.
    typo : float
        Share of words with a letter lost, doubled or swapped.
    """

    concentration: float = 0.2
    bare_noun: float = 0.35
    other_noun: float = 0.4
    adjective: float = 0.15
    pronoun: float = 0.7
    merged: float = 0.5
    inverted: float = 0.25
    flourish: float = 0.35
    typo: float = 0.03


_SPREAD = 4.0  # of the Beta distribution of a habit over teachers: the sum of its two parameters


@dataclass(frozen=True)
class CommandStyle:
    """The habits of one simulated teacher; see `StyleRange`.

    Attributes
    ----------
    rates : dict of str to float
        Each habit with its probability.
    favourites : dict of str to array
        For each list of words, the probability of each of its entries.
    """

    rates: dict[str, float]
    favourites: dict[str, np.ndarray]


def draw_style(rng: np.random.Generator, styles: StyleRange | None = None) -> CommandStyle:
    """Return the style of a simulated teacher.

    Parameters
    ----------
    rng : Generator
        Random numbers.
    styles : StyleRange, optional
        The means over teachers.

    Examples
    --------
    >>> style = draw_style(np.random.default_rng(0))
    >>> style.favourites["get"].sum().round(6).item()
    1.0
    """
    styles = styles or StyleRange()
    rates = {}
    for field in fields(styles):
        mean = getattr(styles, field.name)
        if field.name != "concentration":
            inside = 0 < mean < 1
            rates[field.name] = rng.beta(_SPREAD * mean, _SPREAD * (1 - mean)) if inside else mean
    lists: dict[str, Sequence[str]] = {**words.PHRASES, **words.NOUNS}
    lists |= {"+".join(pair): phrases for pair, phrases in words.MERGED_PHRASES.items()}
    lists |= {"connectives": words.CONNECTIVES, "inversions": words.INVERSIONS}
    lists |= {"openings": words.OPENINGS, "endings": words.ENDINGS}
    favourites = {}
    for name, entries in lists.items():
        # earlier entries are the commoner words
        common = 1 / (1 + np.arange(len(entries))) ** 0.3
        alpha = styles.concentration * len(entries) * common / common.sum()
        favourites[name] = rng.dirichlet(np.maximum(alpha, 1e-3))
    return CommandStyle(rates, favourites)


class _Writer:
    """One command being written."""

    def __init__(self, style: CommandStyle, rng: np.random.Generator, inventive: bool) -> None:
        self.style, self.rng, self.inventive = style, rng, inventive
        self.mentioned: list[str] = []

    def happens(self, habit: str) -> bool:
        return self.rng.random() < self.style.rates[habit]

    def pick(self, name: str, entries: Sequence[str]) -> str:
        """Pick a favourite, or any entry in a command that is to be new."""
        if self.inventive and name not in words.NOUNS:
            return entries[int(self.rng.integers(len(entries)))]
        return entries[int(self.rng.choice(len(entries), p=self.style.favourites[name]))]

    def noun(self, name: str) -> str:
        kind = DUNGEON.kinds[name]
        if name in self.mentioned[-2:] and self.happens("pronoun"):
            group = kind if kind in words.PRONOUNS else "thing"
            entries = words.PRONOUNS[group]
            return entries[int(self.rng.integers(len(entries)))]
        self.mentioned.append(name)
        noun = self.pick(name, words.NOUNS[name]) if self.happens("other_noun") else name
        if self.happens("adjective") and kind != "place":
            noun = f"{words.ADJECTIVES[int(self.rng.integers(len(words.ADJECTIVES)))]} {noun}"
        if self.happens("bare_noun"):
            return noun
        return f"{'your' if kind != 'place' and self.rng.random() < 0.1 else 'the'} {noun}"

    def fill(self, phrase: str, names: dict[str, str]) -> str:
        for slot, name in names.items():
            if f"{{{slot}}}" in phrase:
                phrase = phrase.replace(f"{{{slot}}}", self.noun(name))
        return phrase.replace("'s the ", "'s ").replace("'s your ", "'s ")

    def clauses(self, actions: Sequence[Action]) -> list[str]:
        clauses, number = [], 0
        while number < len(actions):
            action = actions[number]
            following = actions[number + 1] if number + 1 < len(actions) else None
            merged = self.merged(action, following) if following else ""
            if merged:
                number += 1
            else:
                phrase = self.pick(action.type, words.PHRASES[action.type])
                merged = self.fill(phrase, {"x": action.first, "y": action.second})
            clauses.append(merged)
            number += 1
        return clauses

    def merged(self, action: Action, following: Action) -> str:
        pair = (action.type, following.type)
        same_thing = action.first == following.first
        if pair not in words.MERGED_PHRASES and not (pair[0] == pair[1] and pair[0] != "hit"):
            return ""
        if not self.happens("merged"):
            return ""
        if pair in words.MERGED_PHRASES:
            phrase = self.pick("+".join(pair), words.MERGED_PHRASES[pair])
            if "{z}" not in phrase and not same_thing:
                return ""
            second = action.second or following.second
            return self.fill(phrase, {"x": action.first, "y": second, "z": following.first})
        if action.second != following.second:
            return ""
        phrase = self.pick(action.type, words.PHRASES[action.type])
        both = "{x} and {z}" if action.first != following.first else "two {x}"
        names = {"x": action.first, "z": following.first, "y": action.second}
        return self.fill(phrase.replace("{x}", both), names)

    def join(self, clauses: list[str]) -> str:
        if len(clauses) > 1 and self.happens("inverted"):
            frame = self.pick("inversions", words.INVERSIONS)
            clauses = [*clauses[:-2], frame.format(a=clauses[-2], b=clauses[-1])]
        text = clauses[0]
        for clause in clauses[1:]:
            text += self.pick("connectives", words.CONNECTIVES) + clause
        if self.happens("flourish"):
            if self.rng.random() < 0.5:
                return self.pick("openings", words.OPENINGS) + text
            return text + self.pick("endings", words.ENDINGS)
        return text

    def misspell(self, word: str) -> str:
        if len(word) < 4 or not self.happens("typo"):
            return word
        at = int(self.rng.integers(1, len(word) - 1))
        kind = int(self.rng.integers(3))
        if kind == 0:
            return word[:at] + word[at + 1 :]
        if kind == 1:
            return word[:at] + word[at] + word[at:]
        return word[: at - 1] + word[at] + word[at - 1] + word[at + 1 :]


def write_command(
    actions: Sequence[Action],
    style: CommandStyle,
    rng: np.random.Generator,
    inventive: bool = False,
) -> str:
    """Return a command for a sequence of actions, as a SIMULATED teacher would type it.

    Parameters
    ----------
    actions : sequence of Action
        What the command is to mean; at least one.
    style : CommandStyle
        The teacher's habits.
    rng : Generator
        Random numbers.
    inventive : bool
        Whether phrases are drawn from all that there are instead of the teacher's favourites.

    Raises
    ------
    ValueError
        If there is no action.

    Examples
    --------
    >>> rng = np.random.default_rng(3)
    >>> style = draw_style(rng)
    >>> write_command([Action("get", "axe"), Action("hit", "troll")], style, rng)
    'collect the axe then hit little troll'
    """
    if not actions:
        raise ValueError("a command needs at least one action")
    writer = _Writer(style, rng, inventive)
    text = writer.join(writer.clauses(actions))
    return " ".join(writer.misspell(word) for word in text.split())
