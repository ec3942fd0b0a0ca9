"""What SIMULATED teachers gain who play against the rules, under equation 1.

Each attack is compared with the same crowd in which the attackers are honest.
"""

from __future__ import annotations

import tempfile
from collections.abc import Sequence
from functools import partial
from pathlib import Path

import pandas as pd

from gamelabel.games.descent.descent_example import Example, same_answer
from gamelabel.games.descent.descent_experiment import SimulatedDescent, mean_scores, play_descent
from gamelabel.games.descent.descent_rules import DescentRules
from gamelabel.games.descent.intent_writer import INTENTS, IntentWriter, WrongAnswers
from gamelabel.games.descent.simulated_teachers import (
    ColludingWriter,
    LazyWriter,
    TeacherAssumptions,
    Writer,
)
from gamelabel.games.descent.word_classifier import WordClassifier
from gamelabel.parallel import executor, map_items
from gamelabel.reliability.estimate import estimate_mean

ATTACKS = {
    "one repeats two examples": 1,
    "one gives wrong answers": 1,
    "a pair shares a code": 2,
    "five share a code": 5,
}
"""Each attack with the number of attackers."""


def attack_gains(
    n_teachers: int = 30, n_crowds: int = 10, n_examples: int = 10, n_pilot: int = 60, seed: int = 0
) -> pd.DataFrame:
    """Return what each attack changes in scores and ranks.

    Parameters
    ----------
    n_teachers : int
        Teachers of a round, attackers included.
    n_crowds : int
        Crowds in which each attack is tried.
    n_examples : int
        Examples of each teacher.
    n_pilot : int
        Examples that all know at the start, half of them the shared test set.
    seed : int
        Seed of the crowds.

    Returns
    -------
    DataFrame
        Columns attack, measure ("attackers' score", "attackers' rank", "others' score"), value,
        low, high and n: differences to the honest crowd with 95 % intervals over crowds. A
        positive rank difference is a worse rank.
    """
    items = [(n_teachers, n_examples, n_pilot, seed + crowd) for crowd in range(n_crowds)]
    with executor() as pool:
        gains = pd.concat(map_items(pool, _gains_of_crowd, items, progress="crowds"))
    rows = []
    for (attack, measure), part in gains.groupby(["attack", "measure"], sort=False):
        most = float(n_teachers) if "rank" in measure else 1.0
        estimate = estimate_mean(part["gain"], part["crowd"], limits=(-most, most))
        rows.append({"attack": attack, "measure": measure, **estimate._asdict()})
    return pd.DataFrame(rows)


def _gains_of_crowd(item: tuple[int, int, int, int]) -> pd.DataFrame:
    seed = item[-1]
    honest = _scores({}, item)
    rows = []
    for attack, n_attackers in ATTACKS.items():
        writers = _attackers(attack, n_attackers, seed)
        scores = _scores(writers, item)
        names = [f"simulated {number}" for number in writers]
        ranks = scores.rank(ascending=False) - honest.rank(ascending=False)
        change = scores - honest
        for measure, gain in (
            ("attackers' score", change[names].mean()),
            ("attackers' rank", ranks[names].mean()),
            ("others' score", change.drop(names).mean()),
        ):
            rows.append({"attack": attack, "measure": measure, "gain": gain, "crowd": seed})
    return pd.DataFrame(rows)


def _attackers(attack: str, n_attackers: int, seed: int) -> dict[int, Writer]:
    people = {number: IntentWriter(seed, number) for number in range(n_attackers)}
    if attack == "one repeats two examples":
        return {0: LazyWriter(people[0])}
    if attack == "one gives wrong answers":
        return {0: WrongAnswers(people[0], seed)}
    agreed = [(intent, "") for intent in INTENTS]
    return {number: ColludingWriter(person, "qx", agreed) for number, person in people.items()}


def _scores(attackers: dict[int, Writer], item: tuple[int, int, int, int]) -> pd.Series[float]:
    n_teachers, n_examples, n_pilot, seed = item
    pilot = _pilot(n_pilot, seed)
    what = SimulatedDescent(
        DescentRules(rounds=1, least=n_examples, most=n_examples, model_feedback=False),
        partial(_writer, attackers, seed),
        WordClassifier,
        same_answer,
        n_teachers,
        TeacherAssumptions(),
        seed,
        initial_train=pilot[: n_pilot // 2],
        initial_test=pilot[n_pilot // 2 :],
    )
    with tempfile.TemporaryDirectory() as folder:
        play_descent(what, Path(folder))
        return mean_scores(Path(folder))


def _writer(attackers: dict[int, Writer], seed: int, number: int) -> Writer:
    return attackers.get(number) or IntentWriter(seed, number)


def _pilot(n_examples: int, seed: int) -> Sequence[Example]:
    people = [IntentWriter(seed, 10**6 + number) for number in range(max(1, n_examples // 10))]
    examples = []
    for number in range(n_examples):
        text, answer, context = people[number % len(people)].write("plain")
        examples.append(
            Example(f"p{number}", f"pilot {number % len(people)}", text, answer, context)
        )
    return examples
