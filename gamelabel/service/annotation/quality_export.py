"""The quality of a project's answers from the database: agreement, people, inspections."""

from __future__ import annotations

import json
from collections.abc import Iterator
from datetime import UTC, datetime
from typing import Any

from sqlalchemy import Connection, case, func, select

from gamelabel.games.annotation.annotator_agreement import GivenAnswer, agreement_rows
from gamelabel.games.annotation.answer_rules import answers_agree
from gamelabel.games.annotation.known_prompts import Asked, asked_of
from gamelabel.games.annotation.project_file import AnnotationProject
from gamelabel.games.annotation.task_kinds import AnnotationStep, annotation_steps
from gamelabel.service.annotation.annotation_tables import (
    annotation_answers,
    annotation_items,
    annotation_prompts,
)
from gamelabel.service.annotation.quality_tables import annotation_inspections, annotation_workers
from gamelabel.service.annotation.returned_items import waiting_items
from gamelabel.service.database_tables import players

_MOST_LIVE = 100  # prompts that the operator's page counts agreement on


def read_quality_tables(
    connection: Connection, project: AnnotationProject, name: str
) -> dict[str, list[dict[str, Any]]]:
    """Return the rows of the tables of `answer_tables.QUALITY_TABLES`.

    Parameters
    ----------
    connection : Connection
        Of a transaction that sees one moment, see `store.snapshot`.
    project : AnnotationProject
        The project.
    name : str
        Its name in the database.
    """
    return {
        "agreement": agreement_rows(_given_answers(connection, project, name, None)),
        "annotators": _annotators(connection, name),
        "known_answers": list(_known_answers(connection, project, name)),
        "inspections": _inspections(connection, name),
        "corrections": list(_corrections(connection, project, name)),
    }


def compared_prompts(connection: Connection, name: str) -> list[int]:
    """Return the prompts on which the operator's page counts agreement, by their keys.

    First of all those that two people or more have finished.
    """
    prompts = annotation_prompts.c
    compared_first = case((prompts.finished > 1, 0), else_=1)
    chosen = (
        select(prompts.id)
        .where(prompts.project == name, prompts.purpose == "open", prompts.finished > 0)
        .order_by(compared_first, prompts.place.desc())
        .limit(_MOST_LIVE)
    )
    return list(connection.execute(chosen).scalars())


def live_quality(connection: Connection, project: AnnotationProject, name: str) -> dict[str, Any]:
    """Return the figures of the operator's page: agreement, decisions, and who has qualified."""
    counted = compared_prompts(connection, name)
    inspected = _of_project(select(annotation_inspections.c.decision, func.count()), name)
    decisions = inspected.group_by(annotation_inspections.c.decision)
    workers = select(annotation_workers).where(annotation_workers.c.project == name)
    people = connection.execute(workers).all()
    counts: dict[str, int] = {decision: n for decision, n in connection.execute(decisions)}
    waiting = select(func.count()).select_from(waiting_items(name).order_by(None).subquery())
    return {
        "agreement": agreement_rows(_given_answers(connection, project, name, counted)),
        "decisions": counts,
        "waiting": connection.execute(waiting).scalar_one(),
        "qualified": sum(person.qualified for person in people),
        "failed": sum(person.failed_tries > 0 and not person.qualified for person in people),
        "known_right": sum(person.right for person in people),
        "known_answers": sum(person.right + person.wrong for person in people),
    }


def _of_project(query: Any, name: str) -> Any:
    """Return a query of inspections, limited to a project."""
    return (
        query.select_from(annotation_inspections)
        .join(annotation_items, annotation_items.c.id == annotation_inspections.c.item)
        .join(annotation_prompts, annotation_prompts.c.id == annotation_items.c.prompt)
        .where(annotation_prompts.c.project == name)
    )


def _answers(name: str) -> Any:
    """Return a query of the answers of a project, with their prompts and people."""
    items, prompts = annotation_items.c, annotation_prompts.c
    return (
        select(annotation_answers, items.shown, items.prompt, items.is_double, items.round)
        .add_columns(prompts.prompt_id, prompts.purpose, prompts.prompt.label("text"))
        .add_columns(players.c.pseudonym, players.c.state)
        .join(annotation_items, items.id == annotation_answers.c.item)
        .join(annotation_prompts, prompts.id == items.prompt)
        .join(players, players.c.id == annotation_answers.c.player)
        .where(prompts.project == name)
        .order_by(items.prompt, items.id, annotation_answers.c.step)
    )


class _Questions:
    """Which question a stored answer is to; the steps are made once for a number of pictures."""

    def __init__(self, project: AnnotationProject) -> None:
        self.project = project
        self._steps: dict[int, list[AnnotationStep]] = {}

    def find(self, shown: str, step: int) -> Asked:
        """Return the question of a step."""
        n = len(shown)
        if n not in self._steps:
            self._steps[n] = annotation_steps(self.project.tasks, n)
        return asked_of(self._steps[n][step], shown)


def _given_answers(
    connection: Connection, project: AnnotationProject, name: str, prompts: list[int] | None
) -> Iterator[GivenAnswer]:
    """Return the answers to finished prompts of people who were not removed.

    Parameters
    ----------
    connection, project, name
        As for `read_quality_tables`.
    prompts : list of int or None
        To these prompts only, by their keys.
    """
    decided, questions = _decided(connection, name, prompts), _Questions(project)
    query = _answers(name).where(annotation_prompts.c.purpose == "open")
    query = query.where(annotation_items.c.reply.is_not(None), players.c.state != "removed")
    if prompts is not None:
        query = query.where(annotation_items.c.prompt.in_(prompts))
    for row in connection.execute(query):
        corrections = decided.get((row.item, row.round))
        right = None
        if corrections is not None:
            right = corrections.get(str(row.step), row.answer)
        yield GivenAnswer(
            row.prompt,
            questions.find(row.shown, row.step),
            row.player,
            row.is_double,
            row.answer,
            right,
        )


def _decided(
    connection: Connection, name: str, prompts: list[int] | None
) -> dict[tuple[str, int], dict[str, Any]]:
    """Return the corrections of each item that was accepted or corrected, by item and round."""
    query = _of_project(select(annotation_inspections), name)
    query = query.where(annotation_inspections.c.decision != "returned")
    if prompts is not None:
        query = query.where(annotation_items.c.prompt.in_(prompts))
    return {(row.item, row.round): row.corrections for row in connection.execute(query)}


def _annotators(connection: Connection, name: str) -> list[dict[str, Any]]:
    workers = annotation_workers.c
    prompts = annotation_prompts.c
    own = (
        select(
            annotation_items.c.player,
            func.count().label("prompts"),
            func.max(annotation_items.c.is_double).label("is_inspector")
            if connection.dialect.name == "sqlite"
            else func.bool_or(annotation_items.c.is_double).label("is_inspector"),
        )
        .join(annotation_prompts, prompts.id == annotation_items.c.prompt)
        .where(prompts.project == name, prompts.purpose != "question")
        .where(annotation_items.c.reply.is_not(None))
        .group_by(annotation_items.c.player)
        .subquery()
    )
    is_worker = (workers.player == players.c.id) & (workers.project == name)
    query = (
        select(players.c.pseudonym, players.c.state, own.c.prompts, own.c.is_inspector)
        .add_columns(workers.qualified, workers.failed_tries, workers.right, workers.wrong)
        .select_from(players)
        .outerjoin(own, own.c.player == players.c.id)
        .outerjoin(annotation_workers, is_worker)
        .where(own.c.player.is_not(None) | workers.player.is_not(None))
        .order_by(players.c.id)
    )
    return [
        {
            "annotator_id": row.pseudonym,
            "state": row.state,
            "is_inspector": bool(row.is_inspector),
            "prompts": row.prompts or 0,
            "qualified": bool(row.qualified),
            "failed_tries": row.failed_tries or 0,
            "known_right": row.right or 0,
            "known_wrong": row.wrong or 0,
        }
        for row in connection.execute(query)
    ]


def _known_answers(
    connection: Connection, project: AnnotationProject, name: str
) -> Iterator[dict[str, Any]]:
    questions = _Questions(project)
    query = _answers(name).where(annotation_prompts.c.purpose.in_(["question", "known"]))
    known = {
        one.prompt.prompt_id: one.answers
        for prompts in project.quality.known_prompts().values()
        for one in prompts
    }
    for row in connection.execute(query):
        question = questions.find(row.shown, row.step)
        truth = known.get(row.prompt_id, {}).get(question)
        if truth is not None:
            yield {
                "answer_id": f"{row.item}-{row.step}",
                "annotator_id": row.pseudonym,
                "prompt_id": row.prompt_id,
                "kind": row.kind,
                "in_test": row.purpose == "question",
                "is_right": answers_agree(row.kind, truth.answer, row.answer),
            }


def _inspected(connection: Connection, name: str) -> Any:
    """Return the inspections of a project with the pseudonyms of both people."""
    inspector, annotator = players.alias(), players.alias()
    query = _of_project(select(annotation_inspections), name)
    query = (
        query.join(inspector, inspector.c.id == annotation_inspections.c.player)
        .join(annotator, annotator.c.id == annotation_items.c.player)
        .add_columns(annotation_prompts.c.prompt_id, annotation_items.c.shown)
        .add_columns(inspector.c.pseudonym.label("inspector"))
        .add_columns(annotator.c.pseudonym.label("annotator"))
        .order_by(annotation_inspections.c.id)
    )
    return connection.execute(query)


def _inspections(connection: Connection, name: str) -> list[dict[str, Any]]:
    return [
        {
            "item_id": row.item,
            "prompt_id": row.prompt_id,
            "annotator_id": row.annotator,
            "inspector_id": row.inspector,
            "round": row.round,
            "decision": row.decision,
            "reason": row.reason,
            "decided_at": None
            if row.decided_at is None
            else datetime.fromtimestamp(row.decided_at / 1000, UTC),
        }
        for row in _inspected(connection, name)
    ]


def _corrections(
    connection: Connection, project: AnnotationProject, name: str
) -> Iterator[dict[str, Any]]:
    pictures = {prompt.prompt_id: prompt.pictures for prompt in project.prompts}
    questions = _Questions(project)
    for row in _inspected(connection, name):
        for number, answer in row.corrections.items():
            question = questions.find(row.shown, int(number))
            names = pictures.get(row.prompt_id)
            yield {
                "answer_id": f"{row.item}-{number}",
                "inspector_id": row.inspector,
                "prompt_id": row.prompt_id,
                "kind": question.kind,
                "pictures": [names[n] if names else str(n) for n in question.pictures],
                "answer": json.dumps(_named(answer, names) if names else answer),
            }


def _named(answer: dict[str, Any], names: tuple[str, ...]) -> dict[str, Any]:
    """Return an answer with the names of pictures instead of their numbers."""
    if "places" in answer:
        return {"places": [[names[number] for number in place] for place in answer["places"]]}
    if "chosen" in answer:
        return {"chosen": names[answer["chosen"]]}
    return answer
