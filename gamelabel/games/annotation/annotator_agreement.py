"""How often annotators agree with each other and with inspectors, by the kind of task."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterable
from itertools import combinations
from typing import Any, NamedTuple

from gamelabel.games.annotation.answer_rules import answers_agree
from gamelabel.games.annotation.known_prompts import Asked
from gamelabel.reliability.estimate import estimate_mean

_ANNOTATORS, _INSPECTORS, _DECISIONS = "annotators", "inspectors", "decisions"
_SIDES = (_ANNOTATORS, _INSPECTORS, _DECISIONS)


class GivenAnswer(NamedTuple):
    """An answer of a person to a question.

    Attributes
    ----------
    prompt : int or str
        The prompt.
    question : Asked
        The question about it.
    person : int or str
        Who answered.
    is_inspector : bool
        Whether it is an inspector, who has not seen other answers.
    answer : dict
        With the numbers that pictures have in the file.
    decided : dict or None
        The right answer as an inspector who saw this one decided; None without a decision.
    """

    prompt: int | str
    question: Asked
    person: int | str
    is_inspector: bool
    answer: dict[str, Any]
    decided: dict[str, Any] | None = None


def agreement_rows(answers: Iterable[GivenAnswer]) -> list[dict[str, Any]]:
    """Return the share of pairs of answers that agree, by the rule of the kind, with an interval.

    Parameters
    ----------
    answers : iterable of GivenAnswer
        The answers, one a person and question.

    Returns
    -------
    list of dict
        `kind`; `between`, the answers of annotators and those of other `annotators`, of
        `inspectors` who annotated the same without seeing them, or what inspectors who saw them
        made of them (`decisions`); `agreement` with `low` and `high`, a 95% interval over prompts;
        `pairs` and `prompts`, how many it rests on. Without a pair there is not a row.

    Examples
    --------
    >>> question = Asked("categorise", ())
    >>> rows = agreement_rows(
    ...     GivenAnswer(prompt, question, person, False, {"category": category})
    ...     for prompt in range(6)
    ...     for person, category in (("ann", "one"), ("bo", "one" if prompt else "two"))
    ... )
    >>> [(row["between"], round(row["agreement"], 2), row["pairs"]) for row in rows]
    [('annotators', 0.83, 6)]
    """
    by_question: dict[tuple[int | str, Asked], list[GivenAnswer]] = defaultdict(list)
    agreed: dict[tuple[str, str], list[tuple[int | str, bool]]] = defaultdict(list)
    for one in answers:
        by_question[one.prompt, one.question].append(one)
        if one.decided is not None:
            kind = one.question.kind
            same = answers_agree(kind, one.answer, one.decided)
            agreed[kind, _DECISIONS].append((one.prompt, same))
    for (prompt, question), group in by_question.items():
        for one, other in combinations(group, 2):
            if one.is_inspector and other.is_inspector:
                continue
            side = _INSPECTORS if one.is_inspector or other.is_inspector else _ANNOTATORS
            same = answers_agree(question.kind, one.answer, other.answer)
            agreed[question.kind, side].append((prompt, same))
    rows = []
    for kind, between in sorted(agreed, key=lambda key: (_SIDES.index(key[1]), key[0])):
        prompts = [prompt for prompt, _ in agreed[kind, between]]
        values = [float(is_same) for _, is_same in agreed[kind, between]]
        estimate = estimate_mean(values, clusters=prompts)
        rows.append(
            {
                "kind": kind,
                "between": between,
                "agreement": estimate.value,
                "low": estimate.low,
                "high": estimate.high,
                "pairs": estimate.n,
                "prompts": len(set(prompts)),
            }
        )
    return rows
