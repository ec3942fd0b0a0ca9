"""Qualification: worked examples, then questions with known answers before the work begins."""

from __future__ import annotations

from typing import Any

import numpy as np
from sqlalchemy import Connection, select

from gamelabel.games.annotation.known_prompts import asked_of
from gamelabel.games.annotation.project_file import AnnotationProject
from gamelabel.games.annotation.quality_file import Qualification
from gamelabel.games.annotation.task_kinds import annotation_steps, prompt_words
from gamelabel.service.annotation.annotation_tables import (
    annotation_items,
    annotation_pictures,
    annotation_prompts,
)
from gamelabel.service.annotation.annotator_trust import WorkerStanding
from gamelabel.service.annotation.item_body import (
    no_such,
    step_bodies,
)
from gamelabel.service.problems import Problem


def prompts_not_had(connection: Connection, project: str, player: int, purpose: str) -> list[int]:
    """Return the prompts of a purpose that a person has not been dealt, by their keys."""
    had = select(annotation_items.c.prompt).where(annotation_items.c.player == player)
    prompts = annotation_prompts.c
    query = (
        select(prompts.id)
        .where(prompts.project == project, prompts.purpose == purpose, ~prompts.retired)
        .where(prompts.id.not_in(had))
        .order_by(prompts.place)
    )
    return list(connection.execute(query).scalars())


def choose_question(
    connection: Connection,
    rules: Qualification,
    project: str,
    player: int,
    worker: WorkerStanding,
    rng: np.random.Generator,
) -> int:
    """Return a question that a person has not had, by the key of its prompt.

    Raises
    ------
    Problem
        403 `unqualified` if there are no more tries.
    """
    questions = prompts_not_had(connection, project, player, "question")
    if worker.failed_tries >= rules.tries or not questions:
        title = "This person has not passed the test questions"
        raise Problem(403, "unqualified", title, "There are no more tries.")
    return int(rng.choice(questions))


def example_bodies(project: AnnotationProject) -> list[dict[str, Any]]:
    """Return the worked examples with their answers, as a page gets them."""
    bodies = []
    for number, example in enumerate(project.quality.examples()):
        prompt = example.prompt
        shown = "".join(map(str, range(len(prompt.pictures))))
        steps = dict(enumerate(annotation_steps(project.tasks, len(shown))))
        known = {n: example.answers.get(asked_of(step, shown)) for n, step in steps.items()}
        answers = {n: answer.answer for n, answer in known.items() if answer}
        answered = {n: steps[n] for n in answers}
        reasons = [answer.why for answer in known.values() if answer]
        step_parts = step_bodies(answered, shown, answers, show_answers=True)
        bodies.append(
            {
                "example": number,
                "prompt": prompt.text,
                "words": prompt_words(prompt.text),
                "pictures": len(shown),
                "steps": [
                    {**body, "why": why} for body, why in zip(step_parts, reasons, strict=True)
                ],
            }
        )
    return bodies


def example_picture(
    connection: Connection, project: AnnotationProject, name: str, example: int, number: int
) -> bytes:
    """Return a picture of an example. Raises Problem 404 if it has none with this number."""
    examples = project.quality.examples()
    if example >= len(examples):
        raise no_such("example")
    query = (
        select(annotation_pictures.c.data)
        .join(annotation_prompts, annotation_prompts.c.id == annotation_pictures.c.prompt)
        .where(annotation_prompts.c.project == name)
        .where(annotation_prompts.c.prompt_id == examples[example].prompt.prompt_id)
        .where(annotation_pictures.c.number == number)
    )
    data: bytes | None = connection.execute(query).scalar()
    if data is None:
        raise no_such("picture")
    return data
