"""The answers of a project from the service's database, as the tables of `answer_tables`."""

from __future__ import annotations

import io
import tempfile
import zipfile
from collections import defaultdict
from collections.abc import Sequence
from pathlib import Path
from typing import Any

import pyarrow as pa
import pyarrow.parquet as pq
from sqlalchemy import Connection, select

from gamelabel.games.annotation.answer_tables import (
    ANSWER_TABLES,
    StoredAnswer,
    answer_rows,
    write_answer_table,
)
from gamelabel.games.annotation.project_file import AnnotationProject
from gamelabel.games.annotation.prompt_points import POINT_SCHEMA
from gamelabel.games.annotation.quality_file import QualityRules
from gamelabel.games.annotation.task_kinds import annotation_steps
from gamelabel.service.annotation.annotation_tables import (
    annotation_answers,
    annotation_items,
    annotation_pictures,
    annotation_prompts,
)
from gamelabel.service.annotation.prompt_stopping import read_points
from gamelabel.service.annotation.quality_export import read_quality_tables
from gamelabel.service.database_tables import players
from gamelabel.service.store import Store, snapshot


def project_archive(store: Store, project: AnnotationProject, name: str) -> bytes:
    """Return a ZIP archive with the tables of a project; `points` if it has a stopping rule.

    People who withdrew are not in the tables. Answers to prompts that are not finished are. A
    project that qualifies, trusts or inspects people has the tables of quality besides.

    Parameters
    ----------
    store : Store
        The database.
    project : AnnotationProject
        The project.
    name : str
        Its name in the database.
    """
    with snapshot(store.engine) as connection:
        tables = read_answers(connection, project, name)
        points = read_points(connection, project, name).table() if project.stop else None
        if project.quality != QualityRules():
            tables |= read_quality_tables(connection, project, name)
    content = io.BytesIO()
    with tempfile.TemporaryDirectory() as folder, zipfile.ZipFile(content, "w") as archive:
        for table, rows in tables.items():
            write_answer_table(rows, Path(folder), table)
            archive.write(Path(folder) / f"{table}.parquet", f"{table}.parquet")
        if points is not None:
            pq.write_table(pa.Table.from_pandas(points, POINT_SCHEMA), f"{folder}/points.parquet")
            archive.write(f"{folder}/points.parquet", "points.parquet")
    return content.getvalue()


def read_answers(
    connection: Connection,
    project: AnnotationProject,
    name: str,
    compared: Sequence[int] | None = None,
) -> dict[str, list[dict[str, Any]]]:
    """Return the rows of each table: prompts, pictures, and the kinds that the project asks.

    Parameters
    ----------
    connection : Connection
        Of a transaction that sees one moment, see `store.snapshot`.
    project : AnnotationProject
        The project.
    name : str
        Its name in the database.
    compared : sequence of int, optional
        Only these prompts, by their keys, and of the answers those whose agreement counts: of
        annotators who have finished the prompt and were not removed.
    """
    prompts = annotation_prompts.c
    # what people answered about prompts with known answers is in the table known_answers
    is_own = (prompts.project == name) & (prompts.purpose == "open")
    if compared is not None:
        is_own &= prompts.id.in_(compared)
    listed = connection.execute(
        select(prompts.prompt_id, prompts.prompt, prompts.purpose)
        .where(is_own)
        .order_by(prompts.id)
    )
    columns = [annotation_pictures.c[column] for column in ("name", "width", "height")]
    pictures = connection.execute(
        select(prompts.prompt_id, *columns)
        .join(annotation_pictures, annotation_pictures.c.prompt == prompts.id)
        .where(is_own)
        .order_by(prompts.id, annotation_pictures.c.number)
    )
    tables: dict[str, list[dict[str, Any]]] = {
        "prompts": [dict(row._mapping) for row in listed],
        "pictures": [],
    }
    tables |= {kind: [] for kind in ANSWER_TABLES if kind in {t.kind for t in project.tasks}}
    names = defaultdict(list)
    for row in pictures:
        names[row.prompt_id].append(row.name)
        size = {"width": row.width, "height": row.height}
        tables["pictures"].append({"prompt_id": row.prompt_id, "picture": row.name, **size})
    answers = (
        select(annotation_answers, annotation_items.c.shown, players.c.pseudonym)
        .add_columns(prompts.prompt_id, prompts.prompt.label("text"))
        .join(annotation_items, annotation_items.c.id == annotation_answers.c.item)
        .join(annotation_prompts, prompts.id == annotation_items.c.prompt)
        .join(players, players.c.id == annotation_answers.c.player)
        .where(is_own)
        .order_by(prompts.id, players.c.id, annotation_answers.c.step)
    )
    if compared is not None:
        is_finished = annotation_items.c.reply.is_not(None) & ~annotation_items.c.is_double
        answers = answers.where(is_finished, players.c.state != "removed")
    for row in connection.execute(answers):
        step = annotation_steps(project.tasks, len(row.shown))[row.step]
        stored = StoredAnswer(
            answer_id=f"{row.item}-{row.step}",
            annotator_id=row.pseudonym,
            prompt_id=row.prompt_id,
            prompt=row.text,
            kind=row.kind,
            pictures=names[row.prompt_id],
            about=tuple(int(row.shown[number]) for number in step.pictures),
            answer=row.answer,
            response_ms=row.response_ms,
            answered_ms=row.answered_at,
        )
        tables[row.kind] += answer_rows(stored)
    return tables
