"""SIMULATED people who write requests to an assistant: a second, tiny subject for the protocol."""

from __future__ import annotations

import numpy as np

INTENTS: dict[str, tuple[str, ...]] = {
    "alarm": ("wake", "alarm", "morning", "ring", "oversleep", "six", "early", "snooze"),
    "weather": ("rain", "sunny", "umbrella", "cold", "forecast", "wind", "snow", "outside"),
    "music": ("play", "song", "louder", "album", "sing", "radio", "tune", "skip"),
    "lights": ("lights", "dark", "lamp", "bright", "dim", "bulb", "switch", "glow"),
    "timer": ("timer", "minutes", "countdown", "eggs", "oven", "seconds", "stopwatch", "boil"),
    "calendar": ("meeting", "appointment", "schedule", "dentist", "busy", "free", "book", "cancel"),
}
_FILLERS = ("please", "could", "you", "the", "my", "for", "me", "now", "it", "is", "at", "to")
_MORE = ("a", "i", "need", "want", "today", "tomorrow", "in", "room", "and")


class IntentWriter:
    """A SIMULATED person with favourite words for each intent.

    Parameters
    ----------
    seed, number : int
        Which person; the same one for the same two numbers.

    Examples
    --------
    >>> IntentWriter(seed=0, number=1).write("plain")
    ('my my tomorrow radio it play', 'music', '')
    """

    def __init__(self, seed: int, number: int) -> None:
        self._rng = np.random.default_rng([seed, 17, number])
        self.efforts = {"plain": 1.0, "rare words": 1.5}
        self._favourites = {
            intent: self._rng.dirichlet(np.full(len(words), 0.3))
            for intent, words in INTENTS.items()
        }

    def write(self, kind: str) -> tuple[str, str, str]:
        """Return a request, its intent, and no context."""
        intent = str(self._rng.choice(list(INTENTS)))
        words, weights = INTENTS[intent], self._favourites[intent]
        if kind == "rare words":
            weights = (weights.max() - weights) / (weights.max() - weights).sum()
        chosen = [str(self._rng.choice(words, p=weights)) for _ in range(2)]
        fillers = [str(word) for word in self._rng.choice(_FILLERS + _MORE, size=4)]
        text = [*fillers, *chosen]
        self._rng.shuffle(text)
        return " ".join(text), intent, ""


class WrongAnswers:
    """A SIMULATED person whose answers are random, to make the others' models fail.

    Parameters
    ----------
    writer : IntentWriter
        Who writes the requests.
    """

    def __init__(self, writer: IntentWriter, seed: int) -> None:
        self.efforts, self._writer = writer.efforts, writer
        self._rng = np.random.default_rng([seed, 19])

    def write(self, kind: str) -> tuple[str, str, str]:
        """Return a request with a random answer."""
        text, _, context = self._writer.write(kind)
        return text, str(self._rng.choice(list(INTENTS))), context
