"""Learners of a few lines, and a descent that teaches them."""

import os
import signal
from collections.abc import Callable, Sequence
from pathlib import Path

from gamelabel.games.descent import Descent, DescentRules, Example


class Memory:
    """Knows the answers to the inputs that it was taught, and nothing else."""

    def __init__(self) -> None:
        self.known: dict[str, str] = {}

    def fit(self, examples: Sequence[Example], seed: int, start: object = None) -> None:
        self.known = {example.input: example.answer for example in examples}

    def predict(self, examples: Sequence[Example]) -> list[str]:
        return [self.known.get(example.input, "") for example in examples]


class Diverging(Memory):
    """Fails where an example says "boom"."""

    def fit(self, examples: Sequence[Example], seed: int, start: object = None) -> None:
        if any(example.input == "boom" for example in examples):
            raise FloatingPointError("the loss is not finite")
        super().fit(examples, seed)


class KilledOnce(Memory):
    """Its process is killed in the training, as often as there are files to remove."""

    def __init__(self, folder: Path) -> None:
        super().__init__()
        self.folder = folder

    def fit(self, examples: Sequence[Example], seed: int, start: object = None) -> None:
        for path in self.folder.glob("kill-*"):
            path.unlink()
            os.kill(os.getpid(), signal.SIGKILL)
        super().fit(examples, seed)


RULES = DescentRules(rounds=3, least=2, most=3, pay=1, bonuses=(3, 2))


def start_descent(
    folder: Path, rules: DescentRules = RULES, learner: Callable[[], Memory] = Memory
) -> Descent:
    return Descent(folder, rules, learner, seed=5)


def play_round(descent: Descent, given: dict[str, list[str]]) -> None:
    """Open a round and give examples such as "red=warm"."""
    descent.open_round()
    for teacher, texts in given.items():
        for text in texts:
            descent.add_example(teacher, *text.split("="))


ROUND_1 = {
    "ann": ["red=warm", "blue=cold"],
    "bo": ["red=warm", "green=cold", "blue=cold"],
    "cy": ["pink=warm", "red=warm"],
}
