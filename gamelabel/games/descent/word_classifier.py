"""A small learner of texts: multinomial logistic regression on the words that occur."""

from __future__ import annotations

import re
from collections.abc import Sequence
from typing import Any

import numpy as np
from scipy.optimize import minimize

from gamelabel.games.descent.descent_example import Example, Learner


class WordClassifier:
    """Chooses among the answers that it has seen, by the words of the input.

    Parameters
    ----------
    penalty : float
        Weight of the squared norm of the coefficients.

    Examples
    --------
    >>> examples = [
    ...     Example("e1", "t1", "wake me at six", "alarm"),
    ...     Example("e2", "t1", "will it rain", "weather"),
    ... ]
    >>> learner = WordClassifier()
    >>> learner.fit(examples, seed=0)
    >>> learner.predict([Example("e9", "t2", "will it rain at noon", "")])
    ['weather']
    """

    def __init__(self, penalty: float = 0.1) -> None:
        self.penalty = penalty
        self.words: dict[str, int] = {}
        self.answers: list[str] = []
        self.weights = np.zeros((1, 0))  # a row a word and one for the constant, a column an answer

    def fit(self, examples: Sequence[Example], seed: int, start: Learner | None = None) -> None:
        """Learn from examples; nothing here is random, and `start` only saves steps.

        Parameters
        ----------
        examples : sequence of Example
            At least one.
        seed : int
            Not needed: the optimum is unique.
        start : Learner, optional
            Not needed either.

        Raises
        ------
        ValueError
            If there is no example.
        """
        if not examples:
            raise ValueError("there is nothing to learn from: give at least one example")
        seen = sorted({word for example in examples for word in _words(example.input)})
        self.words = {word: number for number, word in enumerate(seen)}
        self.answers = sorted({example.answer for example in examples})
        inputs = self._matrix(examples)
        numbers = {answer: number for number, answer in enumerate(self.answers)}
        targets = np.eye(len(numbers))[[numbers[example.answer] for example in examples]]
        shape = inputs.shape[1], len(numbers)

        def loss(flat: np.ndarray[Any, Any]) -> tuple[float, np.ndarray[Any, Any]]:
            weights = flat.reshape(shape)
            logits = inputs @ weights
            logits -= logits.max(axis=1, keepdims=True)
            log_sum = np.log(np.exp(logits).sum(axis=1, keepdims=True))
            errors = np.exp(logits - log_sum) - targets
            value = -(targets * (logits - log_sum)).sum() + self.penalty * (weights**2).sum() / 2
            return float(value), (inputs.T @ errors + self.penalty * weights).ravel()

        optimum = minimize(loss, np.zeros(shape).ravel(), jac=True, method="L-BFGS-B")
        self.weights = optimum.x.reshape(shape)

    def predict(self, examples: Sequence[Example]) -> list[str]:
        """Return the most probable answer to each input."""
        if not self.answers:
            raise ValueError("the learner knows nothing yet: call fit first")
        best = (self._matrix(examples) @ self.weights).argmax(axis=1)
        return [self.answers[number] for number in best]

    def _matrix(self, examples: Sequence[Example]) -> np.ndarray[Any, Any]:
        matrix = np.zeros((len(examples), len(self.words) + 1))
        matrix[:, -1] = 1
        for row, example in enumerate(examples):
            for word in _words(example.input):
                if word in self.words:
                    matrix[row, self.words[word]] = 1
        return matrix


def _words(text: str) -> set[str]:
    return set(re.findall(r"\w+", text.casefold()))
