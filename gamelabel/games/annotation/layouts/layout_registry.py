"""The layouts of annotations, as data: how each is read and written."""

from __future__ import annotations

import csv
import tempfile
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import NamedTuple

from gamelabel.games.annotation.layouts.answer_files import read_answer_files, write_answer_files
from gamelabel.games.annotation.layouts.answer_set import (
    AnswerSet,
    LayoutResult,
    RejectedAnswer,
)
from gamelabel.games.annotation.layouts.argilla_layout import read_argilla_answers
from gamelabel.games.annotation.layouts.argilla_writer import write_argilla_answers
from gamelabel.games.annotation.layouts.datasets_layout import (
    read_answer_dataset,
    write_answer_dataset,
)
from gamelabel.games.annotation.layouts.imagereward_layout import (
    read_imagereward,
    write_imagereward,
)
from gamelabel.games.annotation.layouts.label_studio_layout import read_label_studio_answers
from gamelabel.games.annotation.layouts.label_studio_writer import write_label_studio
from gamelabel.tables.rows import BadFile

REJECTED_FILE = "rejected.csv"


class AnswerLayout(NamedTuple):
    """A layout.

    Attributes
    ----------
    read : callable
        Function of the file or folder, the folder of the pictures or None, and whether gaps in
        rankings are closed.
    write : callable
        Function of the answers, the folder to write, and the folder of the pictures or None.
    """

    read: Callable[[Path, Path | None, bool], AnswerSet]
    write: Callable[[AnswerSet, Path, Path | None], LayoutResult]


ANSWER_LAYOUTS = {
    "imagereward": AnswerLayout(read_imagereward, write_imagereward),
    "label-studio": AnswerLayout(read_label_studio_answers, write_label_studio),
    "argilla": AnswerLayout(read_argilla_answers, write_argilla_answers),
    "datasets": AnswerLayout(read_answer_dataset, write_answer_dataset),
}


def export_answers(
    source: Path, out: Path, layout: str, pictures: Path | None
) -> tuple[LayoutResult, list[RejectedAnswer]]:
    """Write the tables of a project in another layout.

    Parameters
    ----------
    source : Path
        The ZIP archive that the service exports, or a folder of its tables.
    out : Path
        The folder to write; it must not exist.
    layout : str
        One of `ANSWER_LAYOUTS`.
    pictures : Path or None
        The folder of the pictures. If it is given, they must all be there, and go with the
        answers where the layout can take them.

    Returns
    -------
    result : LayoutResult
        What was written, and what the layout has no place for.
    rejected : list of RejectedAnswer
        Rows of the tables that could not be used.

    Raises
    ------
    ValueError
        If the folder exists, or there is nothing to write.
    """
    answers = read_answer_files(source, pictures)
    _check_any(answers, source)
    with _new_folder(out) as folder:
        result = ANSWER_LAYOUTS[layout].write(answers, folder, pictures)
        _write_rejected(answers.rejected, folder)
    return result, answers.rejected


def import_answers(
    source: Path, out: Path, layout: str, pictures: Path | None, close_gaps: bool
) -> tuple[dict[str, int], list[RejectedAnswer]]:
    """Read answers in another layout, and write them as the tables that the service exports.

    Parameters
    ----------
    source : Path
        The file or folder.
    out : Path
        The folder to write; it must not exist.
    layout : str
        One of `ANSWER_LAYOUTS`.
    pictures : Path or None
        The folder of the pictures; if it is given, they must all be there.
    close_gaps : bool
        Whether rankings with gaps are renumbered, not rejected.

    Returns
    -------
    rows : dict of str to int
        Number of rows by table.
    rejected : list of RejectedAnswer
        What could not be read.

    Raises
    ------
    ValueError
        If the folder exists, the source is not of the layout, or nothing in it can be read.
    """
    answers = ANSWER_LAYOUTS[layout].read(source, pictures, close_gaps)
    _check_any(answers, source)
    with _new_folder(out) as folder:
        rows = write_answer_files(answers, folder)
        _write_rejected(answers.rejected, folder)
    return rows, answers.rejected


def _check_any(answers: AnswerSet, source: Path) -> None:
    if not answers.answers:
        why = f": {answers.rejected[0]}" if answers.rejected else ""
        raise BadFile(f"{source.absolute()} has no answer that can be used{why}")


def _write_rejected(rejected: list[RejectedAnswer], folder: Path) -> None:
    if rejected:
        with (folder / REJECTED_FILE).open("w", newline="", encoding="utf-8") as file:
            writer = csv.writer(file)
            writer.writerow(RejectedAnswer._fields)
            writer.writerows(rejected)


@contextmanager
def _new_folder(path: Path) -> Iterator[Path]:
    """Make a folder that has all of its files, or none if an error is raised."""
    path = path.absolute()
    if path.exists():
        raise ValueError(f"{path} exists: choose a new folder, or delete it first")
    path.parent.mkdir(parents=True, exist_ok=True)
    with tempfile.TemporaryDirectory(dir=path.parent, prefix=f".{path.name}.") as temporary:
        partial = Path(temporary) / path.name
        partial.mkdir()
        yield partial
        partial.replace(path)
