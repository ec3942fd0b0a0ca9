"""Learners for tests: one that knows the commands it was taught, one that waits, one that fails."""

import time


class MemoryLearner:
    """Answers a command as it was last taught; nothing to others."""

    def __init__(self):
        self.known = {}

    @staticmethod
    def check_text(text):
        return "" if any(letter.isalnum() for letter in text) else "there are no words"

    def fit(self, examples, seed, start=None):
        self.known = {example.input.casefold(): example.answer for example in examples}

    def predict(self, examples):
        return [self.known.get(example.input.casefold(), "") for example in examples]


class SlowLearner(MemoryLearner):
    """Takes a moment to learn."""

    def fit(self, examples, seed, start=None):
        time.sleep(0.3)
        super().fit(examples, seed, start)


class DivergingLearner(MemoryLearner):
    """Diverges if a command begins with "boom"."""

    def fit(self, examples, seed, start=None):
        if any(example.input.startswith("boom") for example in examples):
            raise FloatingPointError("the loss is not finite")
        super().fit(examples, seed, start)
