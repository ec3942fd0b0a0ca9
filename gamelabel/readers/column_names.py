"""Which column of a file has the tasks, the workers, the labels and the known answers."""

from __future__ import annotations

import csv
import re
import warnings
from collections.abc import Mapping, Sequence
from pathlib import Path

from gamelabel.tables.rows import BadFile

# The usual names, the most specific first, without case, blanks and signs; `answer.*` stands for
# a column whose name starts with `Answer.` (Mechanical Turk), `output.*` with `OUTPUT:` (Toloka).
_USUAL_NAMES = {
    "task": "task taskid item itemid question questionid hitid hit unitid example exampleid "
    "instance pair pairid assignment.taskid input.*",
    "worker": "worker workerid performer performerid player playerid annotator annotatorid rater "
    "raterid coder coderid user userid assignment.workerid",
    "label": "label answer response choice annotation vote rating judgment judgement category "
    "answer.* output.*",
    "gold": "gold goldlabel goldanswer golden truth truelabel groundtruth correctanswer golden.*",
}
ROLES = ("task", "worker", "label", "gold", "tie")


def parse_columns(text: str) -> dict[str, str]:
    """Read the parameter `label_columns` of a notebook.

    Parameters
    ----------
    text : str
        NAME=COLUMN, separated by commas, where NAME is task, worker, label or gold; also
        tie=LABEL, the label that means a tie. Put quotation marks around a part with a comma.

    Returns
    -------
    dict of str to str
        Column by name, as `read_annotations` and `read_crowd` take them.

    Raises
    ------
    ValueError
        If a part is not NAME=COLUMN, a name is unknown or occurs twice.

    Examples
    --------
    >>> parse_columns("task=HITId, label=Answer.choice, tie=no preference")
    {'task': 'HITId', 'label': 'Answer.choice', 'tie': 'no preference'}
    >>> parse_columns("tsak=HITId")
    Traceback (most recent call last):
    ...
    ValueError: 'tsak=HITId' is not NAME=COLUMN with a name of task, worker, label, gold, tie
    """
    columns: dict[str, str] = {}
    for part in next(csv.reader([text], skipinitialspace=True), []):
        role, _, column = (piece.strip() for piece in part.partition("="))
        if role not in ROLES or not column:
            raise ValueError(f"{part!r} is not NAME=COLUMN with a name of {', '.join(ROLES)}")
        if role in columns:
            raise ValueError(f"{text!r} names {role} twice")
        columns[role] = column
    return columns


def choose_columns(
    header: Sequence[str],
    roles: Mapping[str, str],
    path: Path,
    optional: Sequence[str] = (),
) -> dict[str, str]:
    """Choose the columns of a file: those that are named, the others by their usual names.

    A warning says which columns were taken by a name other than the role's.

    Parameters
    ----------
    header : sequence of str
        The names of the file's columns.
    roles : mapping of str to str
        For each of "task", "worker", "label" and "gold" that is needed the column's name, or "".
    path : Path
        The file, for messages.
    optional : sequence of str
        Roles for which there may be no column.

    Returns
    -------
    dict of str to str
        Column by role.

    Raises
    ------
    BadFile
        If a named column does not exist, or no column, or several, may have a role.

    Examples
    --------
    >>> from pathlib import Path
    >>> header = ["task", "worker", "label", "seconds"]
    >>> choose_columns(header, {"task": "", "worker": "", "label": ""}, Path("labels.csv"))
    {'task': 'task', 'worker': 'worker', 'label': 'label'}
    """
    shown = ", ".join(name or "''" for name in header)
    chosen: dict[str, str] = {}
    guessed = []
    for role, name in roles.items():
        if name:
            if name not in header:
                raise BadFile(f"{path} has no column {name!r} for {role}: its columns are {shown}")
            chosen[role] = name
            continue
        candidates = _candidates(role, header)
        own_names = [role]
        if role == "gold" and "label" not in roles:  # a file of known answers only
            candidates = candidates or _candidates("label", header)
            own_names.append("label")
        if len(candidates) > 1:
            raise BadFile(
                f"{path} has several columns that may be the {role}: {', '.join(candidates)}. Name "
                f"one by {role}={candidates[0]}"
            )
        if candidates:
            chosen[role] = candidates[0]
            guessed += [f"{role}={candidates[0]}"] * (candidates[0].casefold() not in own_names)
        elif role not in optional:
            raise BadFile(
                f"{path} has no column {role!r}: its columns are {shown}. If one of them is the "
                f"{role}, name it by {role}=COLUMN"
            )
    if guessed:
        warnings.warn(f"{path}: took {', '.join(guessed)}", stacklevel=4)
    return chosen


def _candidates(role: str, header: Sequence[str]) -> list[str]:
    """Return the columns with the role's first usual name that the header has."""
    if role in header:
        return [role]
    for usual in _USUAL_NAMES[role].split():
        matches = [name for name in dict.fromkeys(header) if _matches(name, usual)]
        if matches:
            return matches
    return []


def _matches(name: str, usual: str) -> bool:
    prefix, dot, rest = re.sub(r"[\s_-]", "", name.casefold()).replace(":", ".").partition(".")
    if usual.endswith(".*"):
        return bool(dot and rest) and prefix == usual[:-2]
    return prefix + dot + rest == usual
