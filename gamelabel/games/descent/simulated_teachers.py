"""SIMULATED teachers: what they see, what effort costs them, and how they learn from scores.

A teacher chooses among kinds of examples, each with an effort. It knows nothing about models, nor
which kind is useful: it begins with random preferences, and changes them by what its variant of
the protocol shows it. `TeacherAssumptions` has the numbers that are assumed about people; how much
effort a kind takes is the writer's.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, replace
from typing import NamedTuple, Protocol

import numpy as np
import pandas as pd


class WrittenExample(NamedTuple):
    """An example as its author wrote it."""

    input: str
    answer: str
    context: str = ""


class Writer(Protocol):
    """Somebody who can make up examples of several kinds."""

    @property
    def efforts(self) -> Mapping[str, float]:
        """Each kind of example with the effort that it takes."""
        ...

    def write(self, kind: str) -> tuple[str, str, str]:
        """Return input, answer and context of a new example of a kind."""
        ...


@dataclass(frozen=True)
class TeacherAssumptions:
    """What is assumed about people; each teacher draws its own values around these means.

    Attributes
    ----------
    effort_cost : float
        How much less likely a kind is for each unit of its effort, as a logarithm.
    bonus_worth : float
        Share of this cost for which the hope of a bonus makes up, 0 to 1.
    extra_examples : float
        Examples beyond the required ones, as a share of these, where more are allowed and a bonus
        can be won.
    score_rate : float
        How fast preferences move towards the kinds that were written in a round with a good rank.
    heed : float
        How much the preference for a kind falls when the last model is right about such an
        example, and rises when it is wrong. The paper takes the first as a warning that the example
        may be too easy.
    heed_spread : float
        Standard deviation of this over teachers: some do the opposite.
    curiosity : float
        Share of examples whose kind is drawn at random.
    taste : float
        Standard deviation of the preferences at the start.
    """

    effort_cost: float = 0.35
    bonus_worth: float = 0.8
    extra_examples: float = 0.3
    score_rate: float = 1.0
    heed: float = 0.3
    heed_spread: float = 0.3
    curiosity: float = 0.1
    taste: float = 0.5

    def table(self) -> pd.DataFrame:
        """Return the assumptions as a table with a sentence for each.

        Examples
        --------
        >>> TeacherAssumptions().table()["meaning"][0]
        'cost of a unit of effort (log of the odds)'
        """
        rows = [(name, getattr(self, name), text) for name, text in _MEANINGS.items()]
        return pd.DataFrame(rows, columns=["assumption", "value", "meaning"])


_MEANINGS = {
    "effort_cost": "cost of a unit of effort (log of the odds)",
    "bonus_worth": "share of the effort's cost that the hope of a bonus makes up for",
    "extra_examples": "examples beyond the required ones, where allowed and a bonus can be won",
    "score_rate": "learning rate from the rank in a round",
    "heed": "change of preference after the last model was wrong (+) or right (-)",
    "heed_spread": "standard deviation of that over teachers",
    "curiosity": "share of examples of a random kind",
    "taste": "standard deviation of the first preferences",
}


class SimulatedTeacher:
    """A SIMULATED teacher.

    Parameters
    ----------
    writer : Writer
        What it can write.
    assumptions : TeacherAssumptions
        The means of its habits.
    competitive : bool
        Whether it was told that the best win a bonus.
    rng : Generator
        Random numbers; the teacher keeps them.

    Attributes
    ----------
    preferences : dict of str to float
        The logarithm of how much it likes each kind, effort aside.
    """

    def __init__(
        self,
        writer: Writer,
        assumptions: TeacherAssumptions,
        competitive: bool,
        rng: np.random.Generator,
    ) -> None:
        self.writer, self.rng = writer, rng
        spread = rng.gamma(4.0, 0.25, size=3)  # around 1: own cost, own rate, own extra effort
        hope = assumptions.bonus_worth if competitive else 0.0
        self.cost = assumptions.effort_cost * spread[0] * (1 - hope)
        self.score_rate = assumptions.score_rate * spread[1]
        self.extra = assumptions.extra_examples * spread[2] if competitive else 0.0
        self.heed = assumptions.heed + assumptions.heed_spread * rng.standard_normal()
        self.curiosity = assumptions.curiosity
        kinds = list(writer.efforts)
        tastes = assumptions.taste * rng.standard_normal(len(kinds))
        self.preferences = dict(zip(kinds, tastes.tolist(), strict=True))
        self._written: Counter[str] = Counter()
        self._expected: Counter[str] = Counter()

    def number_of_examples(self, least: int, most: int) -> int:
        """Return how many examples it gives in a round that asks for `least` to `most`."""
        if most == least:
            return least
        return min(most, least + int(self.rng.poisson(self.extra * least)))

    def probabilities(self) -> dict[str, float]:
        """Return how likely it is to choose each kind."""
        efforts = self.writer.efforts
        logits = np.array([self.preferences[k] - self.cost * efforts[k] for k in efforts])
        weights = np.exp(logits - logits.max())
        weights = (1 - self.curiosity) * weights / weights.sum() + self.curiosity / len(weights)
        return dict(zip(efforts, weights.tolist(), strict=True))

    def choose(self) -> str:
        """Return the kind of the next example."""
        probabilities = self.probabilities()
        kind = str(self.rng.choice(list(probabilities), p=list(probabilities.values())))
        self._written[kind] += 1
        self._expected.update(probabilities)
        return kind

    def see_model(self, kind: str, model_right: bool) -> None:
        """React to what the last model did with an example of this kind."""
        self.preferences[kind] += self.heed * (-1.0 if model_right else 1.0)

    def see_rank(self, rank: int, n_teachers: int) -> None:
        """Learn from the leaderboard, by a policy gradient on the kinds that were written.

        Parameters
        ----------
        rank : int
            Its own rank, from 1.
        n_teachers : int
            The number of teachers on the board.
        """
        advantage = 1 - 2 * (rank - 1) / (n_teachers - 1) if n_teachers > 1 else 0.0
        total = max(1, sum(self._written.values()))
        for kind in self.preferences:
            surprise = (self._written[kind] - self._expected[kind]) / total
            self.preferences[kind] += self.score_rate * advantage * surprise
        self.end_round()

    def end_round(self) -> None:
        """Forget what was written in the round."""
        self._written, self._expected = Counter(), Counter()


def effort_sweep(
    make_writer: Callable[[int], Writer],
    assumptions: TeacherAssumptions,
    bonus_worths: Sequence[float],
    n_teachers: int = 100,
) -> pd.DataFrame:
    """Return the mean effort of examples that is put in, before teachers have seen anything.

    Parameters
    ----------
    make_writer : callable
        Gives the writer of each teacher, by number.
    assumptions : TeacherAssumptions
        The other assumptions.
    bonus_worths : sequence of float
        Values of `bonus_worth`.
    n_teachers : int
        Teachers over which the mean is taken.

    Returns
    -------
    DataFrame
        Columns bonus_worth, bonus ("can be won" or "none") and effort.

    Examples
    --------
    >>> from gamelabel.games.descent.intent_writer import IntentWriter
    >>> from functools import partial
    >>> table = effort_sweep(partial(IntentWriter, 0), TeacherAssumptions(), [0.0, 1.0], 50)
    >>> table["effort"].round(2).tolist()
    [1.24, 1.24, 1.26, 1.24]
    """
    rows = []
    writers = [make_writer(number) for number in range(n_teachers)]
    for worth in bonus_worths:
        for competitive in (True, False):
            efforts = []
            for number, writer in enumerate(writers):
                rng = np.random.default_rng([7, number])
                of_worth = replace(assumptions, bonus_worth=worth)
                teacher = SimulatedTeacher(writer, of_worth, competitive, rng)
                chances = teacher.probabilities()
                efforts.append(sum(teacher.writer.efforts[k] * p for k, p in chances.items()))
            shown = "can be won" if competitive else "none"
            rows.append({"bonus_worth": worth, "bonus": shown, "effort": np.mean(efforts)})
    return pd.DataFrame(rows)


class LazyWriter:
    """A SIMULATED writer who gives the same few examples again, with more exclamation marks.

    Parameters
    ----------
    writer : Writer
        Who writes the few examples.
    n_examples : int
        How many different ones there are.
    """

    def __init__(self, writer: Writer, n_examples: int = 2) -> None:
        self.efforts = writer.efforts
        self._stock = [writer.write(next(iter(writer.efforts))) for _ in range(n_examples)]
        self._count = 0

    def write(self, kind: str) -> tuple[str, str, str]:
        """Return one of the few examples, with another number of exclamation marks."""
        text, answer, context = self._stock[self._count % len(self._stock)]
        self._count += 1
        return f"{text} {'!' * self._count}", answer, context


class ColludingWriter:
    """A SIMULATED writer in a group that shares a secret word for each answer.

    The models of the group answer each other's examples, and nobody else's model can.

    Parameters
    ----------
    writer : Writer
        Who makes up the answers.
    secret : str
        What the group's inputs have in common.
    answers : sequence of tuple
        Answers and contexts that the group agreed on.
    """

    def __init__(self, writer: Writer, secret: str, answers: Sequence[tuple[str, str]]) -> None:
        self.efforts, self.secret, self.answers = writer.efforts, secret, list(answers)
        self._count = 0

    def write(self, kind: str) -> tuple[str, str, str]:
        """Return an agreed answer with the group's code for it."""
        number = self._count % len(self.answers)
        answer, context = self.answers[number]
        self._count += 1
        code = " ".join([f"{self.secret}{number}"] * (1 + self._count // len(self.answers)))
        return code, answer, context
