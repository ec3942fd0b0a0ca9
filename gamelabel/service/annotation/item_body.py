"""A prompt that somebody annotates: which steps it has, and how a page gets it."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from sqlalchemy import Connection, Row, select

from gamelabel.games.annotation.known_prompts import asked_of
from gamelabel.games.annotation.project_file import AnnotationProject
from gamelabel.games.annotation.task_kinds import AnnotationStep, annotation_steps, prompt_words
from gamelabel.service.annotation.annotation_tables import (
    annotation_answers,
    annotation_items,
    annotation_prompts,
)
from gamelabel.service.problems import Problem

ITEM = select(
    annotation_items,
    annotation_prompts.c.prompt.label("text"),
    annotation_prompts.c.prompt_id,
    annotation_prompts.c.purpose,
    annotation_prompts.c.project,
).join(annotation_prompts, annotation_prompts.c.id == annotation_items.c.prompt)


def find_item(connection: Connection, player: Row[Any], item_id: str, project: str) -> Row[Any]:
    """Return an item of a person in a project. Raises Problem 404 if there is none with this id."""
    is_item = (annotation_items.c.player == player.id) & (annotation_items.c.id == item_id)
    # a session holds at the servers of all projects, whose tasks and pay differ
    is_item &= annotation_prompts.c.project == project
    item = connection.execute(ITEM.where(is_item)).first()
    if item is None:
        raise no_such("item")
    return item


def no_such(noun: str) -> Problem:
    """Return Problem 404."""
    detail = f"This person has no {noun} with that number or id."
    return Problem(404, "missing", f"There is no such {noun}", detail)


def item_steps(project: AnnotationProject, item: Row[Any]) -> dict[int, AnnotationStep]:
    """Return the steps of an item by their numbers: of a question those with a known answer."""
    steps = dict(enumerate(annotation_steps(project.tasks, len(item.shown))))
    if item.purpose != "question":
        return steps
    known = project.quality.answers_of(item.prompt_id)
    return {number: step for number, step in steps.items() if asked_of(step, item.shown) in known}


def stored_answers(connection: Connection, item_id: str) -> dict[int, dict[str, Any]]:
    """Return the answers to an item by the numbers of its steps, as they are stored."""
    answers = annotation_answers.c
    query = select(answers.step, answers.answer).where(answers.item == item_id)
    return {row.step: row.answer for row in connection.execute(query)}


def step_bodies(
    steps: Mapping[int, AnnotationStep],
    shown: str,
    answers: Mapping[int, dict[str, Any]],
    show_answers: bool,
) -> list[dict[str, Any]]:
    """Return the steps of an item as a page gets them.

    Parameters
    ----------
    steps : mapping of int to AnnotationStep
        The steps by their numbers.
    shown : str
        The order of pictures.
    answers : mapping of int to dict
        The stored answers.
    show_answers : bool
        Whether the page gets them; else only whether there is one.
    """
    return [
        {
            "number": number,
            "kind": step.task.kind,
            "question": step.task.question,
            "options": [{"name": name, "text": text} for name, text in step.task.options.items()],
            "pictures": list(step.pictures),
            "is_answered": number in answers,
            "answer": in_shown(answers[number], shown)
            if show_answers and number in answers
            else None,
        }
        for number, step in steps.items()
    ]


def item_body(
    item: Row[Any], pays: int, steps: list[dict[str, Any]], **more: Any
) -> dict[str, Any]:
    """Return an item as a page gets it."""
    return {
        "item": item.id,
        "prompt": item.text,
        "words": prompt_words(item.text),
        "pays": pays,
        "pictures": len(item.shown),
        "steps": steps,
        **more,
    }


def in_file(answer: dict[str, Any], shown: str) -> dict[str, Any]:
    """Return an answer in which pictures have the numbers of the project's file."""
    if "places" in answer:
        return {"places": [sorted(int(shown[n]) for n in place) for place in answer["places"]]}
    if "chosen" in answer:
        return {"chosen": int(shown[answer["chosen"]])}
    return answer


def in_shown(answer: dict[str, Any], shown: str) -> dict[str, Any]:
    """Return a stored answer in which pictures have the numbers in which they are shown."""
    numbers = "".join(str(shown.index(str(number))) for number in range(len(shown)))
    return in_file(answer, numbers)
