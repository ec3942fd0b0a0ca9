"""Reads how a project qualifies, trusts and inspects its annotators from its YAML file."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from itertools import combinations, product
from typing import Any

from gamelabel.games.annotation.answer_rules import answers_agree
from gamelabel.games.annotation.known_prompts import (
    Asked,
    KnownAnswer,
    KnownPrompt,
    read_known_prompt,
)
from gamelabel.games.annotation.task_kinds import HIGHEST_RATING, RATINGS, AnnotationTask
from gamelabel.yaml_fields import Fields


@dataclass(frozen=True)
class Qualification:
    """Worked examples, and questions that have to be answered before the work begins.

    Parameters
    ----------
    examples : tuple of KnownPrompt
        Shown with their answers.
    questions : tuple of KnownPrompt
        Of these, each try asks as many as there are for every try; nobody is asked one twice.
    right : float
        Share of right answers with which a try is passed.
    tries : int
        How often somebody may try.
    """

    examples: tuple[KnownPrompt, ...]
    questions: tuple[KnownPrompt, ...]
    right: float
    tries: int

    @property
    def asked_per_try(self) -> int:
        """How many prompts a try asks."""
        return len(self.questions) // self.tries


@dataclass(frozen=True)
class Trust:
    """Known answers that are mixed into the work.

    Parameters
    ----------
    share : float
        Share of prompts whose answers are known.
    known : tuple of KnownPrompt
        These prompts.
    least : float
        Rate of right answers below which somebody's work ends.
    """

    share: float
    known: tuple[KnownPrompt, ...]
    least: float


@dataclass(frozen=True)
class Inspection:
    """Who inspects the work, and how much of it.

    Parameters
    ----------
    inspectors : tuple of (str, str)
        The game and the game's id of each inspector.
    share : float
        Share of annotated prompts that an inspector sees.
    double : float
        Share of prompts that an inspector annotates too, without seeing other answers.
    """

    inspectors: tuple[tuple[str, str], ...]
    share: float
    double: float


@dataclass(frozen=True)
class QualityRules:
    """The rules of a project; None is a part that it does not have."""

    qualification: Qualification | None = None
    trust: Trust | None = None
    inspection: Inspection | None = None

    def known_prompts(self) -> dict[str, tuple[KnownPrompt, ...]]:
        """Return the prompts with known answers by their purpose."""
        prompts: dict[str, tuple[KnownPrompt, ...]] = {}
        if self.qualification:
            prompts["example"] = self.qualification.examples
            prompts["question"] = self.qualification.questions
        if self.trust:
            prompts["known"] = self.trust.known
        return prompts

    def examples(self) -> tuple[KnownPrompt, ...]:
        """Return the worked examples."""
        return self.qualification.examples if self.qualification else ()

    def answers_of(self, prompt_id: str) -> Mapping[Asked, KnownAnswer]:
        """Return the known answers of a prompt; none if it is an open one."""
        for prompts in self.known_prompts().values():
            for one in prompts:
                if one.prompt.prompt_id == prompt_id:
                    return one.answers
        return {}


def read_quality(project: Fields, tasks: Sequence[AnnotationTask], fewest: int) -> QualityRules:
    """Read the fields ``qualification``, ``trust`` and ``inspection`` of a project.

    Parameters
    ----------
    project : Fields
        The project.
    tasks : sequence of AnnotationTask
        What it asks.
    fewest : int
        How many pictures a prompt needs.

    Raises
    ------
    TaskFileError
        If something is wrong; the message is one sentence with the file and the line.
    """
    reader = _Reader(tasks, fewest)
    qualification, trust, inspection = (
        _part(project, name) for name in ("qualification", "trust", "inspection")
    )
    return QualityRules(
        reader.qualification(qualification) if qualification else None,
        reader.trust(trust) if trust else None,
        _read_inspection(inspection) if inspection else None,
    )


@dataclass
class _Reader:
    tasks: Sequence[AnnotationTask]
    fewest: int

    def qualification(self, fields: Fields) -> Qualification:
        tries = fields.whole("tries", 2)
        if tries == 0:
            raise fields.error("tries of the qualification has to be 1 or more")
        right = _share(fields, "right", 0.75)
        examples = self._known(fields, "examples", needs_reasons=True)
        questions = self._known(fields, "questions", needs_reasons=True)
        if len(questions) < tries:
            raise fields.error(
                f"the qualification has {len(questions)} questions; it needs one or more for each "
                f"of {tries} tries, since nobody is asked the same question again"
            )
        if len(questions) % tries:
            raise fields.error(
                f"the qualification has {len(questions)} questions, which {tries} tries do not "
                "share evenly"
            )
        for prompt in questions:
            kinds = [question.kind for question in prompt.answers]
            if {"rank", "compare"} <= set(kinds):
                raise fields.error(
                    "a question of the qualification has answers to rank and to compare, and the "
                    "feedback to one tells the other: give the answer to one of them"
                )
            if kinds.count("compare") > 1:
                raise fields.error(
                    f"the question {prompt.prompt.text[:40]!r} of the qualification has answers to "
                    "several pairs of its pictures, and the feedback to one helps with the next: "
                    "give the answer to one pair"
                )
        share = share_without_looking(questions)
        if share >= right:
            raise fields.error(
                f"the qualification is passed with {right:g} of right answers, and answering the "
                f"same to all questions of a kind is right in {share:.2f}: add questions with "
                "other answers"
            )
        fields.finish()
        return Qualification(examples, questions, right, tries)

    def trust(self, fields: Fields) -> Trust:
        share = _share(fields, "share", None)
        least = _share(fields, "least", 0.65)
        if not 0 < share < 1 or not 0 < least < 1:
            raise fields.error("share and least of the trust have to be between 0 and 1")
        known = self._known(fields, "known", needs_reasons=False)
        if not known:
            raise fields.error("the trust needs the field known with prompts")
        fields.finish()
        return Trust(share, known, least)

    def _known(self, fields: Fields, name: str, needs_reasons: bool) -> tuple[KnownPrompt, ...]:
        return tuple(
            read_known_prompt(
                Fields(fields.path, node, "a prompt"), self.tasks, self.fewest, needs_reasons
            )
            for node in fields.items(name)
        )


def _read_inspection(fields: Fields) -> Inspection:
    inspectors = []
    for node in fields.items("inspectors"):
        person = Fields(fields.path, node, "an inspector")
        inspectors.append((person.text("game", None), person.text("player", None)))
        person.finish()
        if inspectors[-1] in inspectors[:-1]:
            raise person.error(f"the inspector {inspectors[-1][1]!r:.60} is there twice")
    if not inspectors:
        raise fields.error("the inspection needs the field inspectors with game and player of each")
    inspection = Inspection(
        tuple(inspectors), _share(fields, "share", 1.0), _share(fields, "double", 0.0)
    )
    fields.finish()
    return inspection


def share_without_looking(prompts: Sequence[KnownPrompt]) -> float:
    """Return the share of known answers that one answer to each kind gets right.

    Tried are each category that is right somewhere, all ratings, up to three issues, and no word or
    point. Pictures are in a random order, so that choosing the first of two is right in half. A
    ranking that says that pictures are equal can be right as often, and counts as much.

    Parameters
    ----------
    prompts : sequence of KnownPrompt
        The prompts with their answers.
    """
    answers: dict[str, list[dict[str, Any]]] = {}
    for prompt in prompts:
        for question, known in prompt.answers.items():
            answers.setdefault(question.kind, []).append(known.answer)
    right = sum(_most_right(kind, known) for kind, known in answers.items())
    return right / sum(map(len, answers.values()))


def _most_right(kind: str, known: list[dict[str, Any]]) -> float:
    """Return how many answers of a kind one answer gets right."""
    if kind in ("compare", "rank"):
        return len(known) / 2
    tried: list[dict[str, Any]]
    if kind == "rate":
        values = product(range(1, HIGHEST_RATING + 1), repeat=len(RATINGS))
        tried = [dict(zip(RATINGS, rating, strict=True)) for rating in values]
    elif kind == "categorise":
        tried = known
    elif kind == "issues":
        issues = sorted({name for answer in known for name in answer["issues"]})
        tried = [{"issues": list(names)} for n in range(4) for names in combinations(issues, n)]
    else:
        tried = [{"words": [], "points": []}]
    return max(sum(answers_agree(kind, answer, one) for one in known) for answer in tried)


def _part(project: Fields, name: str) -> Fields | None:
    node = project.node_of(name)
    return Fields(project.path, node, f"the {name}") if node is not None else None


def _share(fields: Fields, name: str, default: float | None) -> float:
    if default is None and name not in fields.names():
        raise fields.error(f"{fields.what} needs the field {name}")
    return fields.take(name, _read_share, "a share from 0 to 1", default or 0.0)


def _read_share(value: Any) -> float:
    if isinstance(value, bool) or not isinstance(value, int | float) or not 0 <= value <= 1:
        raise TypeError
    return float(value)
