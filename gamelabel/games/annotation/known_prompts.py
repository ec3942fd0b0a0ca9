"""Prompts whose right answers a project states: to show, to qualify people, and to check them."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any, NamedTuple

import yaml

from gamelabel.games.annotation.answers import AnswerError, check_annotation
from gamelabel.games.annotation.prompt_file import AnnotationPrompt, read_prompt
from gamelabel.games.annotation.task_kinds import (
    PICTURE_KINDS,
    RATINGS,
    AnnotationStep,
    AnnotationTask,
    annotation_steps,
    prompt_words,
)
from gamelabel.yaml_fields import Fields, plain_value


class Asked(NamedTuple):
    """A question about pictures of a prompt, the same in whatever order they are shown.

    Attributes
    ----------
    kind : str
        The kind of task.
    pictures : tuple of int
        The pictures that it is about, in ascending order, by their numbers in the file.
    """

    kind: str
    pictures: tuple[int, ...]


class KnownAnswer(NamedTuple):
    """The right answer to a question.

    Attributes
    ----------
    answer : dict
        As `answers.check_annotation` returns it, with the file's numbers of pictures.
    why : str
        Why it is right, for annotators.
    """

    answer: dict[str, Any]
    why: str


@dataclass(frozen=True)
class KnownPrompt:
    """A prompt with right answers.

    Parameters
    ----------
    prompt : AnnotationPrompt
        The prompt and its pictures.
    answers : mapping of Asked to KnownAnswer
        The right answers to one or more of its questions.
    """

    prompt: AnnotationPrompt
    answers: Mapping[Asked, KnownAnswer]


def asked_of(step: AnnotationStep, shown: str) -> Asked:
    """Return which question a step is, given the order in which pictures are shown.

    Examples
    --------
    >>> asked_of(AnnotationStep(AnnotationTask("compare", ""), (0, 1)), "210")
    Asked(kind='compare', pictures=(1, 2))
    """
    return Asked(step.task.kind, tuple(sorted(int(shown[number]) for number in step.pictures)))


def read_known_prompt(
    fields: Fields, tasks: Sequence[AnnotationTask], fewest: int, needs_reasons: bool
) -> KnownPrompt:
    """Read a prompt with the field ``answers``.

    Parameters
    ----------
    fields : Fields
        The mapping.
    tasks : sequence of AnnotationTask
        What the project asks.
    fewest : int
        How many pictures a prompt needs.
    needs_reasons : bool
        Whether each answer says why.

    Raises
    ------
    TaskFileError
        If something is wrong; the message is one sentence with the file and the line.
    """
    prompt = read_prompt(fields, fewest)
    answers: dict[Asked, KnownAnswer] = {}
    steps = annotation_steps(tasks, len(prompt.pictures))
    for node in fields.items("answers"):
        question, answer = _read_answer(fields, node, prompt, steps, needs_reasons)
        if question in answers:
            raise fields.error(f"{fields.what} has two answers to the same question", node)
        answers[question] = answer
    if not answers:
        raise fields.error(f"{fields.what} needs the field answers with one or more")
    fields.finish()
    return KnownPrompt(prompt, answers)


def _read_answer(
    parent: Fields,
    node: yaml.Node,
    prompt: AnnotationPrompt,
    steps: Sequence[AnnotationStep],
    needs_reasons: bool,
) -> tuple[Asked, KnownAnswer]:
    fields = Fields(parent.path, node, f"an answer of {parent.what}")
    kinds = list(dict.fromkeys(step.task.kind for step in steps))
    kind = fields.choice("kind", kinds, "")
    if not kind:
        raise fields.error(f"{fields.what} needs the field kind")
    fields.what = f"the answer to {kind} of {parent.what}"
    pictures, answer = _read_fields(fields, kind, prompt)
    question = Asked(kind, pictures)
    order = "".join(map(str, range(len(prompt.pictures))))
    step = next(step for step in steps if asked_of(step, order) == question)
    why = fields.text("why", None if needs_reasons else "")
    fields.finish()
    try:
        checked = check_annotation(step, prompt.text, answer)
    except AnswerError as error:
        raise fields.error(f"{fields.what} is not an answer: {error}") from error
    if kind == "rank" and len(checked["places"]) == 1:
        raise fields.error(f"{fields.what} has all pictures at one place, so it has no order")
    return question, KnownAnswer(checked, why)


def _read_fields(
    fields: Fields, kind: str, prompt: AnnotationPrompt
) -> tuple[tuple[int, ...], dict[str, Any]]:
    """Return the pictures that an answer is about, and the answer with their numbers."""
    if kind in PICTURE_KINDS:
        node = fields.node_of("picture")
        if node is None:
            raise fields.error(f"{fields.what} needs the field picture")
        return (_number(fields, node, prompt),), _about_one(fields, kind, prompt)
    if kind == "categorise":
        return (), {
            "category": fields.text("category", None),
            "problematic": fields.take("problematic", _truth, "true or false", False),
        }
    if kind == "rank":
        places = []
        for place in fields.items("places"):
            if not isinstance(place, yaml.SequenceNode):
                raise fields.error(f"each place of {fields.what} has to be a list", place)
            places.append([_number(fields, node, prompt) for node in place.value])
        return tuple(range(len(prompt.pictures))), {"places": places}
    numbers = {}
    for name in ("chosen", "rejected"):
        node = fields.node_of(name)
        if node is None:
            raise fields.error(f"{fields.what} needs the field {name}")
        numbers[name] = _number(fields, node, prompt)
    if numbers["chosen"] == numbers["rejected"]:
        raise fields.error(f"{fields.what} compares a picture with itself")
    return tuple(sorted(numbers.values())), {"chosen": numbers["chosen"]}


def _about_one(fields: Fields, kind: str, prompt: AnnotationPrompt) -> dict[str, Any]:
    """Read the answer to a question about one picture."""
    if kind == "rate":
        for name in RATINGS:
            if name not in fields.names():
                raise fields.error(f"{fields.what} needs the field {name}")
        return {name: fields.whole(name, 0) for name in RATINGS}
    name = "points" if kind == "regions" else kind
    if name not in fields.names():
        raise fields.error(f"{fields.what} needs the field {name}, which may be []")
    nodes = fields.items(name)
    values = [plain_value(node) for node in nodes]
    if kind != "words":
        return {name: values}
    words, missing = prompt_words(prompt.text), set()
    for word, node in zip(values, nodes, strict=True):
        places = [number for number, text in enumerate(words) if text == str(word)]
        if not places:
            raise fields.error(f"{fields.what} has {word!r:.40}, which is not in the prompt", node)
        missing.update(places)
    return {"words": sorted(missing)}


def _number(fields: Fields, node: yaml.Node, prompt: AnnotationPrompt) -> int:
    """Return the number of a picture of the prompt."""
    name = plain_value(node)
    if name not in prompt.pictures:
        raise fields.error(f"{fields.what} is about {name!r:.60}, not one of its pictures", node)
    return prompt.pictures.index(name)


def _truth(value: Any) -> bool:
    if not isinstance(value, bool):
        raise TypeError
    return value
