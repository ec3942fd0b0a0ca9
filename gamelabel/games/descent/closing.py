"""What closing a round works out: scores, pay, whose examples are left out, and the split."""

from __future__ import annotations

from collections.abc import Collection, Mapping, Sequence
from typing import Any

import numpy as np

from gamelabel.games.descent.descent_example import Example
from gamelabel.games.descent.descent_rules import DescentRules
from gamelabel.games.descent.descent_score import descent_score, leaderboard, scores_of_round
from gamelabel.games.descent.teacher_results import TeacherResult


class RoundResults:
    """The teachers of a round with their examples, and how their models did.

    Parameters
    ----------
    rules : DescentRules
        How the round was played.
    by_teacher : mapping of str to sequence of Example
        The examples of each teacher who gave enough.
    n_test : int
        The number of examples in the shared test set.

    Examples
    --------
    >>> by_teacher = {"ann": [Example("1", "ann", "hi", "greet")]}
    >>> by_teacher["bo"] = [Example("2", "bo", "yo", "greet")]
    >>> results = RoundResults(DescentRules(least=1), by_teacher, n_test=0)
    >>> results.add(TeacherResult("ann", {"bo": 1, "": 0}))
    >>> results.add(TeacherResult("bo", {"ann": 0, "": 0}))
    >>> results.scores()
    {'ann': 1.0, 'bo': 0.0}
    """

    def __init__(
        self, rules: DescentRules, by_teacher: Mapping[str, Sequence[Example]], n_test: int
    ) -> None:
        self.rules, self.by_teacher, self.n_test = rules, dict(by_teacher), n_test
        self.sizes = {name: len(examples) for name, examples in by_teacher.items()}
        self.smallest = min(self.sizes.values())
        self.results: dict[str, TeacherResult] = {}
        self.before: dict[str, float] = {}

    def add(self, result: TeacherResult) -> None:
        """Add the result of a teacher's model."""
        self.results[result.teacher_id] = result

    def add_last_model(self, right: Mapping[str, int], test_right: int) -> None:
        """Score the last round's model on the same tests as each teacher's model.

        Parameters
        ----------
        right : mapping of str to int
            Its right answers to the examples of each teacher.
        test_right : int
            Its right answers to the shared test set.
        """
        tested = test_right / self.n_test if self.n_test else 0.0
        for name in self.by_teacher:
            accuracies = [
                right[other] / self.sizes[other] for other in self.by_teacher if other != name
            ]
            self.before[name] = descent_score(accuracies, self.smallest, tested, self.n_test)

    def scores(self) -> dict[str, float]:
        """Return each teacher's score by equation 1; empty without competition."""
        if not self.results:
            return {}
        of_others = {
            name: {other: n for other, n in result.right.items() if other}
            for name, result in self.results.items()
        }
        tests = {name: result.right[""] for name, result in self.results.items()}
        return scores_of_round(of_others, self.sizes, tests, self.n_test)

    def teachers_below_last_model(self) -> set[str]:
        """Return the teachers whose examples the filter for bad data leaves out."""
        margin = self.rules.filter_margin
        if margin is None or not self.before:
            return set()
        scores = self.scores()
        return {name for name, before in self.before.items() if scores[name] < before - margin}

    def score_rows(self, number: int, removed: set[str]) -> list[dict[str, Any]]:
        """Return the rows of the table `scores`.

        Parameters
        ----------
        number : int
            The round.
        removed : set of str
            Teachers whose examples were not merged.
        """
        scores = self.scores()
        board = leaderboard(scores, self.rules.bonuses).set_index("teacher_id") if scores else None
        rows = []
        for name, size in self.sizes.items():
            row: dict[str, Any] = {"round": number, "teacher_id": name, "examples": size}
            row |= {"pay": self.rules.pay, "bonus": 0.0, "failure": "", "removed": name in removed}
            if board is not None:
                row |= {"score": scores[name], "rank": int(board["rank"][name])}
                row["bonus"] = 0.0 if name in removed else float(board["bonus"][name])
                row["failure"] = self.results[name].failure
                row["before"] = self.before.get(name)
            rows.append(row)
        return rows


def split_examples(
    by_teacher: Mapping[str, Sequence[Example]], rules: DescentRules, rng: np.random.Generator
) -> set[str]:
    """Return the ids of the examples that go to the shared test set.

    Parameters
    ----------
    by_teacher : mapping of str to sequence of Example
        The examples of each teacher.
    rules : DescentRules
        The share of the test set, and whether examples or teachers are split.
    rng : Generator
        Random numbers.

    Examples
    --------
    >>> by_teacher = {n: [Example(f"{n}{i}", n, "hi", "yo") for i in range(5)] for n in "abcd"}
    >>> rng = np.random.default_rng(0)
    >>> len(split_examples(by_teacher, DescentRules(), rng))
    4
    >>> sorted(split_examples(by_teacher, DescentRules(split="teacher", test_share=0.25), rng))
    ['d0', 'd1', 'd2', 'd3', 'd4']
    """
    ids = [example.example_id for examples in by_teacher.values() for example in examples]
    if rules.split == "teacher":
        names = list(by_teacher)
        n_test = round(rules.test_share * len(names))
        chosen = rng.permutation(len(names))[:n_test]
        return {e.example_id for number in chosen for e in by_teacher[names[int(number)]]}
    n_test = round(rules.test_share * len(ids))
    return {ids[int(number)] for number in rng.permutation(len(ids))[:n_test]}


def uses_of_examples(
    rows: Sequence[Mapping[str, Any]],
    complete: Collection[str],
    removed: Collection[str],
    in_test: Collection[str],
) -> list[str]:
    """Return what each example of a round is used for: train, test, removed or incomplete.

    Parameters
    ----------
    rows : sequence of mappings
        The examples, with example_id and teacher_id.
    complete, removed : collection of str
        Teachers who gave enough, and those of them whose examples are left out.
    in_test : collection of str
        The ids that `split_examples` chose.

    Examples
    --------
    >>> rows = [{"example_id": i, "teacher_id": t} for i, t in zip("1234", "abcb")]
    >>> uses_of_examples(rows, complete="ab", removed="a", in_test="4")
    ['removed', 'train', 'incomplete', 'test']
    """
    uses = []
    for row in rows:
        if row["teacher_id"] not in complete:
            uses.append("incomplete")
        elif row["teacher_id"] in removed:
            uses.append("removed")
        else:
            uses.append("test" if row["example_id"] in in_test else "train")
    return uses
