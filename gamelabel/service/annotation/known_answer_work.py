"""Answers are compared with known ones: in the test before the work, and unannounced in it."""

from __future__ import annotations

from typing import Any

import numpy as np
from sqlalchemy import Connection, Row, func, select, update

from gamelabel.games.annotation.answer_rules import answers_agree
from gamelabel.games.annotation.known_prompts import asked_of
from gamelabel.games.annotation.project_file import AnnotationProject
from gamelabel.games.annotation.quality_file import Qualification
from gamelabel.games.pairs.pay import REVIEW_PROBABILITY
from gamelabel.service.annotation.annotation_tables import annotation_items, annotation_prompts
from gamelabel.service.annotation.annotator_trust import (
    WorkerStanding,
    is_below,
    judged,
    read_worker,
    store_worker,
)
from gamelabel.service.annotation.item_body import in_shown, item_steps, stored_answers
from gamelabel.service.annotation.load_project import count_again
from gamelabel.service.database_tables import players
from gamelabel.service.store import Store


def answer_feedback(
    project: AnnotationProject, item: Row[Any], number: int, answer: dict[str, Any]
) -> dict[str, Any]:
    """Return whether a stored answer to a question is right, the right answer, and why."""
    step = item_steps(project, item)[number]
    known = project.quality.answers_of(item.prompt_id)[asked_of(step, item.shown)]
    return {
        "is_right": answers_agree(step.task.kind, known.answer, answer),
        "answer": in_shown(known.answer, item.shown),
        "why": known.why,
    }


def _count_right(
    connection: Connection, project: AnnotationProject, item: Row[Any]
) -> tuple[int, int]:
    """Return how many answers to an item are right and wrong, of those that are known."""
    known = project.quality.answers_of(item.prompt_id)
    answers = stored_answers(connection, item.id)
    right = wrong = 0
    for number, step in item_steps(project, item).items():
        truth = known.get(asked_of(step, item.shown))
        if truth is None:
            continue
        is_right = answers_agree(step.task.kind, truth.answer, answers[number])
        right, wrong = right + is_right, wrong + (not is_right)
    return right, wrong


def _judge_try(
    connection: Connection,
    rules: Qualification,
    project: str,
    player: int,
    worker: WorkerStanding,
    counted: tuple[int, int],
) -> WorkerStanding:
    """Return the standing after a question, the last of a try or not.

    Parameters
    ----------
    connection : Connection
        Of a transaction in which the question is answered but not closed.
    rules : Qualification
        The rules.
    project : str
        The project's name in the database.
    player : int
        The person.
    worker : WorkerStanding
        The standing before.
    counted : tuple of int
        Right and wrong answers to the question.
    """
    right, wrong = worker.try_right + counted[0], worker.try_wrong + counted[1]
    prompts = annotation_prompts.c
    closed = (
        select(func.count())
        .select_from(annotation_items)
        .join(annotation_prompts, prompts.id == annotation_items.c.prompt)
        .where(annotation_items.c.player == player, annotation_items.c.reply.is_not(None))
        .where(prompts.project == project, prompts.purpose == "question")
    )
    n_closed = connection.execute(closed).scalar_one() + 1
    if n_closed % rules.asked_per_try:
        return worker._replace(try_right=right, try_wrong=wrong)
    if right >= rules.right * (right + wrong):
        return worker._replace(qualified=True, try_right=right, try_wrong=wrong)
    return worker._replace(failed_tries=worker.failed_tries + 1, try_right=0, try_wrong=0)


def judge_question(
    store: Store, connection: Connection, project: AnnotationProject, item: Row[Any]
) -> dict[str, Any]:
    """Count an answered question of the test, and return how the try goes.

    Returns
    -------
    dict
        `passed`, None while the try goes on, and `tries_left`.
    """
    rules = project.quality.qualification
    assert rules is not None
    before = read_worker(connection, item.player, item.project)
    counted = _count_right(connection, project, item)
    worker = _judge_try(connection, rules, item.project, item.player, before, counted)
    store_worker(store, connection, item.player, item.project, worker)
    is_over = worker.qualified or worker.failed_tries > before.failed_tries
    return {
        "passed": worker.qualified if is_over else None,
        "tries_left": rules.tries - worker.failed_tries,
    }


def judge_work(
    store: Store,
    connection: Connection,
    project: AnnotationProject,
    item: Row[Any],
    rng: np.random.Generator,
) -> bool:
    """Judge a person after a prompt, by its known answers if it has any.

    Return whether the person has been removed.

    Who is below the bound is removed at a random later time, by a chance after each prompt: so the
    end of the work does not tell which prompt had known answers.

    Parameters
    ----------
    store, connection
        Of a transaction in which the prompt is finished.
    project : AnnotationProject
        The project.
    item : Row
        The prompt as the person got it.
    rng : numpy.random.Generator
        Draws whether the person is judged now.
    """
    trust = project.quality.trust
    if trust is None:
        return False
    worker = read_worker(connection, item.player, item.project)
    if item.purpose == "known":
        counted = _count_right(connection, project, item)
        worker = judged(trust, worker, *counted)
        store_worker(store, connection, item.player, item.project, worker)
    if is_below(trust, worker) and rng.random() < REVIEW_PROBABILITY:
        row = players.c.id == item.player
        connection.execute(update(players).where(row).values(state="removed"))
        # a person whom an operator reinstates begins anew
        fresh = worker._replace(credit=0.0, debit=0.0)
        store_worker(store, connection, item.player, item.project, fresh)
        count_again(connection)
        return True
    return False
