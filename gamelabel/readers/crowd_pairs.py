"""Choices of a crowd between two answers as tables, with the prompt and the pictures of each."""

from __future__ import annotations

import warnings
from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Any, NamedTuple

import pandas as pd

from gamelabel.tables.label_tables import OUTSIDE_FOLDER, LabelTables, label_tables
from gamelabel.tables.names import printed_name, quoted
from gamelabel.tables.picture_files import named_picture, suffix_of, write_picture
from gamelabel.tables.rows import BadFile, RejectedRow

TIE = "tie"  # a label beside the two answers: neither is better
_TIE_WORDS = ("tie", "tied", "draw", "equal", "same")
_NOBODY = {"", "nan", "none", "null", "<na>"}  # as programs write a missing user
_IMAGES = f"{OUTSIDE_FOLDER}/images"
# pairs of words of which one alone says which answer is meant
_SIDES = (("a", "b"), ("left", "right"), ("first", "second"), ("image_a", "image_b"))


class Annotations(NamedTuple):
    """Labels of a crowd.

    Attributes
    ----------
    labels : DataFrame
        Columns `task`, `worker` and `label`, each of numbers if all of its values are, else text.
    gold : DataFrame
        Known answers: columns `task` and `label`, of the same types; perhaps no rows.
    rejected : DataFrame
        Cells that could not be used: `row` (counted from 0, without the header), `column` and
        `reason`.
    """

    labels: pd.DataFrame
    gold: pd.DataFrame
    rejected: pd.DataFrame


class Point(NamedTuple):
    """What a task showed.

    Attributes
    ----------
    prompt : str
        The prompt; empty if it is not known.
    images : tuple of str
        The names of the two pictures, as `named_picture` finds them, or none.
    row : int
        The first row about the task.
    """

    prompt: str
    images: tuple[str, ...]
    row: int


def crowd_tables(
    annotations: Annotations,
    points: Mapping[str, Point],
    game_id: str,
    path: Path,
    run_dir: str | Path,
    tie: str = "",
    gold_path: Path | None = None,
) -> LabelTables:
    """Make the tables of choices between two answers, and write their pictures to a run.

    Parameters
    ----------
    annotations : Annotations
        The choices. `labels` may have further columns of the table `labels`, such as `created_at`.
    points : mapping of str to Point
        What each task showed, by its name as `printed_name` writes it; perhaps nothing.
    game_id : str
        What the table `players` calls the game.
    path : Path
        The file or folder of the choices. Pictures are looked for beside the file, or in the
        folder.
    run_dir : str or Path
        The run's folder.
    tie : str, default ""
        The label that means a tie. Without it, "tie" is one, in capitals or not; beside two other
        answers also "draw", "equal" or "same", and a warning says so.
    gold_path : Path, optional
        The file of known answers, for messages; by default `path`.

    Returns
    -------
    LabelTables
        The first answer in sorted order is a. Tasks with a picture that cannot be read are left
        out, and in `rejected`.

    Raises
    ------
    BadFile
        If there are more than two answers, or a known answer is a tie.
    """
    sides = _sides(annotations, path, gold_path or path, tie)
    names = annotations.labels["task"].map(printed_name)
    tasks = pd.Series(names.unique(), dtype=object)
    known = annotations.gold["task"].map(printed_name)
    answers = dict(zip(known, annotations.gold["label"].map(sides), strict=True))
    shown = {name: points[name] for name in tasks if name in points}
    prompts = {name: point.prompt for name, point in shown.items() if point.prompt}
    texts = [prompts.get(name, f"task {name}") for name in tasks]
    pairs = pd.DataFrame({"pair_id": tasks, "prompt": texts}, dtype=object)
    pairs["gold"] = tasks.map(answers).astype(object)
    pairs["kind"] = pairs["gold"].notna().map({True: "comparison", False: "preference"})
    first = pairs.groupby("prompt")["pair_id"].transform("first")
    pairs["prompt_id"] = first + "-prompt" if prompts else tasks
    folder = path if path.is_dir() else path.parent
    images, faults = _write_pictures(shown, folder, Path(run_dir))
    for side in "ab":
        pairs[f"image_{side}"] = [images.get(name, {}).get(side) for name in tasks]
    bad = {name for name, point in shown.items() if point.images and name not in images}
    pairs = pairs[~tasks.isin(bad).to_numpy()].reset_index(drop=True)
    details = annotations.labels.drop(columns=["task", "worker", "label"])
    labels = details.assign(
        pair_id=names,
        player_id=annotations.labels["worker"].map(player_name),
        choice=annotations.labels["label"].map(sides),
        source="crowd",
    )
    labels = labels[~names.isin(bad)].reset_index(drop=True)
    tables = label_tables(pairs, labels, faults, game_id, str(path))
    rejected = pd.concat([annotations.rejected, tables.rejected], ignore_index=True)
    return tables._replace(rejected=rejected)


def player_name(user: Any) -> str | None:
    """Return a user's name as the tables write it, None for nobody.

    A column of whole numbers with gaps has real numbers: 7.0, and NaN where nobody is known.

    >>> player_name(7.0), player_name(float("nan")), player_name("None")
    ('7', None, None)
    """
    name = "" if pd.isna(user) else printed_name(user).strip()
    return None if name.casefold() in _NOBODY else name


def _write_pictures(
    points: Mapping[str, Point], folder: Path, run_dir: Path
) -> tuple[dict[str, dict[str, str]], list[tuple[int, str, str]]]:
    """Write the pictures to the run; return their paths by task and side, and what was wrong."""
    images: dict[str, dict[str, str]] = {}
    faults = []
    for number, (name, point) in enumerate(points.items()):
        try:
            contents = [named_picture(image, folder) for image in point.images]
            if len(contents) == 2 and contents[0] == contents[1]:
                raise RejectedRow(("", "is the same picture twice"))
        except RejectedRow as rejection:
            faults.append((point.row, "image", f"of task {name!r} {rejection.faults[0][1]}"))
            continue
        both = {}
        for side, content in zip("ab", contents, strict=False):
            both[side] = f"{_IMAGES}/{number:06d}-{side}.{suffix_of(content)}"
            write_picture(run_dir / both[side], content)
        if both:
            images[name] = both
    return images, faults


def _sides(annotations: Annotations, path: Path, gold_path: Path, tie: str) -> dict[object, str]:
    """Map the two answers to a and b, and ties to "tie"."""
    labels = sorted({*annotations.labels["label"], *annotations.gold["label"]})
    ties = _ties(labels, path, tie)
    if annotations.gold["label"].isin(ties).any():
        raise BadFile(
            f"{gold_path} has the answer {quoted(ties[0])} for a task: a comparison point needs "
            "one of the two answers; leave such tasks out"
        )
    answers = [label for label in labels if label not in ties]
    if len(answers) > 2:
        advice = "If one of them means a tie, name it by tie=LABEL"
        if len({str(label).casefold() for label in answers}) < len(answers):
            advice = "Some differ in capital letters only: write them alike"
        raise BadFile(
            f"{path} has {len(answers)} different labels, such as "
            f"{', '.join(map(quoted, answers[:4]))}: a choice is between two. {advice}"
        )
    sides = dict(zip(answers, "ab", strict=False))
    for words in _SIDES:
        if {str(answer).casefold() for answer in answers} <= set(words):
            sides = {answer: "ab"[words.index(str(answer).casefold())] for answer in answers}
    return {**sides, **dict.fromkeys(ties, TIE)}


def _ties(labels: Sequence[Any], path: Path, tie: str) -> list[object]:
    """Return the labels that mean a tie."""
    if tie:
        ties = [label for label in labels if printed_name(label) == printed_name(tie)]
        if labels and not ties:
            shown = ", ".join(map(quoted, labels[:4]))
            raise BadFile(f"{path} has no label {tie!r}, which tie= names: its labels are {shown}")
        return ties
    ties = [label for label in labels if str(label).casefold() == TIE]
    if not ties and len(labels) == 3:
        ties = [label for label in labels if str(label).casefold() in _TIE_WORDS]
        if len(ties) == 1:
            warnings.warn(f"{path}: took tie={ties[0]}", stacklevel=4)
    return ties
