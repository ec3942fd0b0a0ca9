"""Load a project into the database: its prompts, and its pictures re-encoded."""

from __future__ import annotations

import io
from collections.abc import Container
from pathlib import Path
from typing import Any

import numpy as np
from PIL import Image
from sqlalchemy import Connection, Row, bindparam, func, insert, or_, select, update

from gamelabel.files import sha256_text
from gamelabel.games.annotation.project_file import AnnotationProject
from gamelabel.games.annotation.prompt_file import AnnotationPrompt
from gamelabel.service.annotation.annotation_tables import (
    annotation_items,
    annotation_pictures,
    annotation_projects,
    annotation_prompts,
)
from gamelabel.service.database_tables import players
from gamelabel.service.store import Store
from gamelabel.tables.upright_pictures import upright_rgb

LONGEST_SIDE = 1024  # pixels of a picture as sent; larger ones are scaled down


def load_project(store: Store, project: AnnotationProject, name: str) -> int:
    """Add the prompts of a project to the database: all that are new, or none.

    Prompts that the file does not list any more are not dealt; what was answered about them stays.

    Parameters
    ----------
    store : Store
        The database.
    project : AnnotationProject
        The project.
    name : str
        The name of the project in the database.

    Returns
    -------
    int
        How many prompts were new.

    Raises
    ------
    ValueError
        If a picture cannot be read, or tasks or prompts differ from those that the database has
        under the same name.
    """
    tasks = [[task.kind, *sorted(task.options)] for task in project.tasks]
    with store.write() as connection:
        store.insert_new(connection, annotation_projects, project=name, tasks=tasks)
        query = select(annotation_projects.c.tasks).where(annotation_projects.c.project == name)
        if connection.execute(query).scalar_one() != tasks:
            raise ValueError(
                f"the tasks of {project.path} differ from those that the database has been asking "
                f"for the project {name}: copy the file under another name, which is a new project"
            )
        is_own = annotation_prompts.c.project == name
        rows = connection.execute(select(annotation_prompts).where(is_own)).all()
        known = {row.prompt_id: row for row in rows}
        new = 0
        listed = _listed(project)
        for place, (prompt_id, (purpose, prompt)) in enumerate(listed.items()):
            if prompt_id in known:
                _check_same(connection, project, prompt, purpose, known[prompt_id])
            else:
                _add_prompt(connection, project.path.parent, name, place, purpose, prompt)
                new += purpose == "open"
        _mark(connection, name, listed, _doubled(project, name))
        count_again(connection)
    return new


def _mark(connection: Connection, name: str, listed: Container[str], doubled: list[str]) -> None:
    """Store which prompts are not dealt any more, and which an inspector annotates, too.

    One statement a prompt that changes: databases limit how many values a statement may have.
    """
    prompts, twice = annotation_prompts.c, set(doubled)
    query = select(prompts.id, prompts.prompt_id, prompts.retired, prompts.doubled)
    changes = []
    for row in connection.execute(query.where(prompts.project == name)):
        marks = row.prompt_id not in listed, row.prompt_id in twice
        if marks != (row.retired, row.doubled):
            changes.append({"key": row.id, "is_retired": marks[0], "is_doubled": marks[1]})
    if changes:
        change = update(annotation_prompts).where(prompts.id == bindparam("key"))
        values: dict[str, Any] = {
            "retired": bindparam("is_retired"),
            "doubled": bindparam("is_doubled"),
        }
        connection.execute(change.values(values), changes)


def count_left_out(connection: Connection, name: str) -> int:
    """Return how many prompts of a project are in the database and not in the file any more."""
    is_left_out = (annotation_prompts.c.project == name) & annotation_prompts.c.retired
    is_left_out &= annotation_prompts.c.purpose == "open"
    counted = select(func.count()).select_from(annotation_prompts).where(is_left_out)
    return int(connection.execute(counted).scalar_one())


def _listed(project: AnnotationProject) -> dict[str, tuple[str, AnnotationPrompt]]:
    """Return all prompts of a project by their ids, with their purposes."""
    listed = {prompt.prompt_id: ("open", prompt) for prompt in project.prompts}
    for purpose, known in project.quality.known_prompts().items():
        listed |= {one.prompt.prompt_id: (purpose, one.prompt) for one in known}
    return listed


def _doubled(project: AnnotationProject, name: str) -> list[str]:
    """Return the prompts that an inspector annotates, too: at every start the same."""
    inspection = project.quality.inspection
    if inspection is None or not inspection.double:
        return []
    marks = {one.prompt_id: sha256_text(f"{name}/{one.prompt_id}") for one in project.prompts}
    ids = sorted(marks, key=marks.__getitem__)
    return ids[: round(inspection.double * len(ids)) or 1]


def count_again(connection: Connection) -> None:
    """Count to how many people each prompt was dealt, without those who left or were removed."""
    same = annotation_items.c.prompt == annotation_prompts.c.id
    counted = select(func.count()).select_from(annotation_items)
    counted = counted.join(players, players.c.id == annotation_items.c.player)
    dealt = counted.where(same, ~annotation_items.c.is_double, players.c.state != "removed")
    finished = dealt.where(annotation_items.c.reply.is_not(None))
    counts = {"dealt": dealt.scalar_subquery(), "finished": finished.scalar_subquery()}
    is_wrong = or_(*(annotation_prompts.c[name] != count for name, count in counts.items()))
    connection.execute(update(annotation_prompts).where(is_wrong).values(counts))


def _check_same(
    connection: Connection,
    project: AnnotationProject,
    prompt: AnnotationPrompt,
    purpose: str,
    row: Row[Any],
) -> None:
    query = select(annotation_pictures.c.name).where(annotation_pictures.c.prompt == row.id)
    names = tuple(connection.execute(query.order_by(annotation_pictures.c.number)).scalars())
    if (row.prompt, names, row.purpose) != (prompt.text, prompt.pictures, purpose):
        raise ValueError(
            f"{project.path}: the prompt {prompt.prompt_id} has other words or pictures or another "
            "purpose than in the database, where people may have annotated it: give it another id"
        )


def _add_prompt(
    connection: Connection,
    folder: Path,
    name: str,
    place: int,
    purpose: str,
    prompt: AnnotationPrompt,
) -> None:
    values: dict[str, Any] = {"prompt_id": prompt.prompt_id, "prompt": prompt.text}
    values |= {"place": place, "purpose": purpose}
    added = insert(annotation_prompts).values(project=name, **values)
    key = connection.execute(added.returning(annotation_prompts.c.id)).scalar_one()
    rows = [
        {"prompt": key, "number": number, "name": picture, **_encode(folder / picture)}
        for number, picture in enumerate(prompt.pictures)
    ]
    connection.execute(insert(annotation_pictures), rows)


def _encode(path: Path) -> dict[str, Any]:
    """Return a picture as people get it, a JPEG file without metadata, and its size before."""
    try:
        with Image.open(path) as image:
            pixels = upright_rgb(image)
    except Exception as error:  # Pillow raises what its decoders raise
        raise ValueError(f"{path} is not a picture that can be shown: {error}") from error
    width, height = pixels.size
    pixels.thumbnail((LONGEST_SIDE, LONGEST_SIDE), Image.Resampling.LANCZOS)
    content = io.BytesIO()
    # from an array, which has no metadata
    Image.fromarray(np.asarray(pixels)).save(content, "JPEG", quality=90, subsampling=0)
    return {"width": width, "height": height, "data": content.getvalue()}
