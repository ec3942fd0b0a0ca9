"""Read labels of a crowd from a CSV file with a row for each label, and known answers."""

from __future__ import annotations

import re
import warnings
from collections.abc import Mapping
from itertools import islice
from pathlib import Path

import pandas as pd

from gamelabel.readers.column_names import choose_columns
from gamelabel.readers.crowd_pairs import Annotations, Point, crowd_tables
from gamelabel.readers.number_text import read_numbers
from gamelabel.tables.label_tables import LabelTables, rejected_cells
from gamelabel.tables.names import check_gold_matches, printed_name, quoted
from gamelabel.tables.rows import BadFile, csv_header, csv_rows, is_text

_MISSING = {"nan", "none", "null", "<na>", "n/a", "na"}  # as programs write a missing value
_ROWS_AT_ONCE = 100_000  # rows in memory as Python objects

_Faults = list[tuple[int, str, str]]


def read_annotations(
    path: str | Path,
    gold_file: str | Path | None = None,
    *,
    task: str = "",
    worker: str = "",
    label: str = "",
    gold: str = "",
) -> Annotations:
    r"""Read labels of any number of classes.

    The file may be in UTF-8 or UTF-16, with commas, semicolons or tabs. Blanks around a cell do not
    count. Every label counts, also a worker's second label of a task, as everywhere in
    `gamelabel.reliability`; a warning says how many there are.

    Parameters
    ----------
    path : str or Path
        A CSV file with a row for each label.
    gold_file : str or Path, optional
        A CSV file with a row for each known answer.
    task, worker, label : str
        Names of the columns. Without a name, the column is the one with a usual name, such as item,
        question or HITId; WorkerId, performer or annotator; answer, Answer.choice or response. A
        warning says which was taken.
    gold : str
        Name of the column of known answers, in `gold_file` if there is one, else in `path`, where
        it may be empty. Usual names are gold, truth and true_label, in `gold_file` those of labels.

    Returns
    -------
    Annotations
        A damaged row, and one with an empty cell or a missing value such as NaN, is rejected.

    Raises
    ------
    FileNotFoundError
        If there is no such file.
    BadFile
        If a file is empty or lacks a column; if a task has two known answers, or known answers
        match no task or no label.

    Examples
    --------
    >>> import tempfile
    >>> from pathlib import Path
    >>> with tempfile.TemporaryDirectory() as folder:
    ...     path = Path(folder) / "labels.csv"
    ...     _ = path.write_text("task,worker,label\n1,u,cat\n1,v,dog\n1,NaN,cat\n")
    ...     annotations = read_annotations(path)
    >>> annotations.labels
       task worker label
    0     1      u   cat
    1     1      v   dog
    >>> annotations.rejected
       row  column                       reason
    0    2  worker  is 'NaN': a missing value
    """
    path = Path(path).absolute()
    named = {"task": task, "worker": worker, "label": label}
    within = {} if gold_file else {"gold": gold}
    raw, faults = _read_roles(path, named | within)
    if gold_file:
        gold_path = Path(gold_file).absolute()
        answers, gold_faults = _read_gold(gold_path, task, gold)
        faults += gold_faults
    else:
        gold_path = path
        answers = raw[["task", "gold"]] if "gold" in raw else raw[["task", "label"]].head(0)
        answers = answers.set_axis(["task", "label"], axis=1)
        answers = answers[answers["label"] != ""]
    if not len(raw):
        reason = f"; row {faults[0][0]}: {faults[0][1]} {faults[0][2]}" if faults else ""
        raise BadFile(f"{path} has no label that can be read{reason}")
    labels, answers = _as_numbers(raw, answers, path)
    answers = _one_answer(answers, gold_path)
    tasks, categories = (pd.Index(labels[column].unique()) for column in ("task", "label"))
    try:
        check_gold_matches(answers, tasks, categories, str(gold_path), str(path))
    except ValueError as error:
        raise BadFile(str(error)) from error
    repeated = int(labels.duplicated(["task", "worker"]).sum())
    if repeated:
        warnings.warn(
            f"{path}: {repeated:,} of {len(labels):,} labels repeat a worker's label of a task; "
            "each counts",
            stacklevel=2,
        )
    return Annotations(labels, answers, rejected_cells(faults))


def read_crowd(
    path: str | Path,
    gold_file: str | Path | None = None,
    *,
    task: str = "",
    worker: str = "",
    label: str = "",
    gold: str = "",
    tie: str = "",
    run_dir: str | Path = "",
) -> LabelTables:
    r"""Read labels that choose between two answers; the first in sorted order becomes a.

    A task with a known answer becomes a comparison point, any other a preference. Columns `prompt`,
    `image_a` and `image_b` say what the task showed; paths of pictures are relative to the file.

    Parameters
    ----------
    path, gold_file, task, worker, label, gold
        As in `read_annotations`.
    tie : str
        The label that means a tie. Without it, "tie" is one, in capitals or not; beside two other
        answers also "draw", "equal" or "same", and a warning says so.
    run_dir : str or Path, default ""
        The run's folder, to which pictures are copied. Without it, pairs have neither prompts nor
        image files.

    Returns
    -------
    LabelTables
        Tasks with a picture that cannot be read are left out, and in `rejected`.

    Raises
    ------
    FileNotFoundError, BadFile
        As in `read_annotations`; also if there are more than two answers, or a known answer is a
        tie.

    Examples
    --------
    >>> import tempfile
    >>> from pathlib import Path
    >>> with tempfile.TemporaryDirectory() as folder:
    ...     path = Path(folder) / "labels.csv"
    ...     _ = path.write_text("task,worker,label\n1,u,left\n1,v,right\n")
    ...     read_crowd(path).labels[["pair_id", "player_id", "choice"]]
      pair_id player_id choice
    0       1         u      a
    1       1         v      b
    """
    path = Path(path).absolute()
    columns = {"task": task, "worker": worker, "label": label, "gold": gold}
    annotations = read_annotations(path, gold_file, **columns)
    gold_path = Path(gold_file or path).absolute()
    points = _points(path, task) if run_dir else {}
    return crowd_tables(annotations, points, "csv", path, run_dir, tie, gold_path)


def _points(path: Path, task: str) -> dict[str, Point]:
    """Read the prompt and the pictures of each task, if the file has columns of them."""
    header, delimiter = csv_header(path, "a CSV file")
    images = [column for column in ("image_a", "image_b") if column in header]
    if len(images) == 1:
        raise BadFile(f"{path} has the column {images[0]} only: it needs image_a and image_b")
    columns = [column for column in ("prompt", *images) if column in header]
    if not columns:
        return {}
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")  # the same as of the labels
        name = choose_columns(header, {"task": task}, path)["task"]
    points: dict[str, Point] = {}
    for row in csv_rows(path, [name, *columns], delimiter):
        if row.error:
            continue
        cells = {column: cell.strip() for column, cell in row.cells.items()}
        shown = tuple(cells[column] for column in images if cells[column])
        point = Point(cells.get("prompt", ""), shown, row.number)
        first = points.setdefault(printed_name(cells[name]), point)
        if first[:2] != point[:2]:
            raise BadFile(
                f"{path}: task {cells[name]!r} has another prompt or other pictures in row "
                f"{row.number} than in row {first.row} (counted from 0): a task is one pair"
            )
    return points


def _read_gold(path: Path, task: str, gold: str) -> tuple[pd.DataFrame, _Faults]:
    """Read a file of known answers, and its faults."""
    columns, _ = csv_header(path, "a CSV file of known answers, with columns task, label")
    raw, faults = _read_roles(path, {"task": task if task in columns else "", "gold": gold})
    named = [(row, column, f"in the file of known answers: {why}") for row, column, why in faults]
    return raw.set_axis(["task", "label"], axis=1), named


def _read_roles(path: Path, roles: Mapping[str, str]) -> tuple[pd.DataFrame, _Faults]:
    """Read the columns with these roles as text, and the faults of rows that are left out.

    Beside labels, known answers are optional: a file without such a column has none, and a cell
    without one is "".
    """
    optional = ["gold"] if "label" in roles else []
    needed = ", ".join(role for role in roles if role not in optional)
    header, delimiter = csv_header(path, f"a CSV file with columns {needed}")
    columns = choose_columns(header, roles, path, optional)
    rows = csv_rows(path, list(dict.fromkeys(columns.values())), delimiter)
    faults: _Faults = []
    parts = [pd.DataFrame(columns=list(columns), dtype="str")]
    while chunk := list(islice(rows, _ROWS_AT_ONCE)):
        readable = [row for row in chunk if not row.error]
        chunk_faults = [(row.number, "", row.error) for row in chunk if row.error]
        texts: dict[str, list[str]] = {}
        for role, column in columns.items():
            read = [_cell(row.cells[column]) for row in readable]
            texts[role] = [text for text, _ in read]
            chunk_faults += [
                (row.number, column, reason)
                for row, (text, reason) in zip(readable, read, strict=True)
                if reason and (text or role not in optional)
            ]
        rejected = {number for number, _, _ in chunk_faults}
        part = pd.DataFrame(texts, index=[row.number for row in readable], dtype=object)
        parts.append(part.drop(rejected, errors="ignore").astype("str"))
        faults += sorted(chunk_faults)
    return pd.concat(parts[1:] or parts, ignore_index=True), faults


def _cell(text: str) -> tuple[str, str]:
    """Return a cell without blanks around it, "" if it is missing, and what is wrong with it."""
    if text.isalnum() and text.casefold() not in _MISSING:  # nearly always
        return text, ""
    text = text.strip()
    if not text:
        return "", "is empty"
    if text.casefold() in _MISSING:
        return "", f"is {text!r}: a missing value"
    if not is_text(text):
        shown = text.encode("utf-8", "surrogateescape")
        return text, f"is not UTF-8: {shown!r}; save the file as UTF-8"
    if not text.isprintable() and re.search(r"[\x00-\x08\x0e-\x1f]", text):
        return text, f"has a character that cannot be shown: {text!r}"
    return text, ""


def _as_numbers(
    labels: pd.DataFrame, gold: pd.DataFrame, path: Path
) -> tuple[pd.DataFrame, pd.DataFrame]:
    """Convert text that is all numbers, of the labels and of gold alike."""
    try:
        task, gold_task = read_numbers(labels["task"], gold["task"])
        label, answer = read_numbers(labels["label"], gold["label"], decimals=True)
        [worker] = read_numbers(labels["worker"])
    except ValueError as error:
        raise BadFile(f"{path}: {error}") from error
    converted = pd.DataFrame({"task": task, "worker": worker, "label": label})
    return converted, pd.DataFrame({"task": gold_task, "label": answer})


def _one_answer(gold: pd.DataFrame, path: Path) -> pd.DataFrame:
    answers = gold.drop_duplicates()
    contradicted = answers["task"][answers["task"].duplicated()]
    if len(contradicted):
        raise BadFile(
            f"{path} has different answers for {contradicted.nunique()} tasks, such as "
            f"{quoted(contradicted.iloc[0])}"
        )
    return answers.reset_index(drop=True)
