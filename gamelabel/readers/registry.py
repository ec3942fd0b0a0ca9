"""The sources of labels that are files, as data: what each needs and which function reads it."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from pathlib import Path
from typing import NamedTuple

from gamelabel.readers.argilla import read_argilla
from gamelabel.readers.column_names import ROLES
from gamelabel.readers.crowd_csv import read_crowd
from gamelabel.readers.exported import read_exported
from gamelabel.readers.imagereward import read_rankings
from gamelabel.readers.label_studio import read_label_studio
from gamelabel.readers.pickapic import read_pickapic
from gamelabel.readers.potato import read_potato
from gamelabel.readers.released import read_released
from gamelabel.tables.label_tables import LabelTables


class LabelSource(NamedTuple):
    """A source of labels.

    Attributes
    ----------
    description : str
        What the source is, in one line.
    file : str
        What `labels_file` names; empty if the source needs no file.
    label_source : str
        Value of the column `source` of its labels; empty if it depends on the file.
    read : callable or None
        Function of the file, the run's folder, the file of known answers (perhaps empty) and the
        columns that `read_crowd` takes, in this order; None if there is nothing to read.
    columns : tuple of str
        Names of `label_columns` that the source takes; see `parse_columns`.
    """

    description: str
    file: str
    label_source: str
    read: Callable[[str, Path, str, Mapping[str, str]], LabelTables] | None
    columns: tuple[str, ...] = ()


_QUESTION = ("label", "tie")  # which question of an export, and its answer that means a tie

FILE_SOURCES: dict[str, LabelSource] = {
    "gamelabel10k": LabelSource(
        "GameLabel-10K as it was released, or a file in its layout",
        'path of data.csv, a Parquet file or a folder of such files; or "hub", "hub-parquet"',
        "",
        lambda file, run_dir, gold, columns: read_released(file, run_dir),
    ),
    "csv": LabelSource(
        "labels of a crowd, with known answers if there are any",
        "path of a CSV file with columns task, worker, label, or `label_columns`",
        "crowd",
        lambda file, run_dir, gold, columns: read_crowd(
            file, gold or None, run_dir=run_dir, **columns
        ),
        ROLES,
    ),
    "imagereward": LabelSource(
        "ImageReward's rankings of several pictures of a prompt",
        "path of a JSON list of id, prompt, generations, ranking",
        "crowd",
        lambda file, run_dir, gold, columns: read_rankings(file),
    ),
    "pickapic": LabelSource(
        "choices of the users of a web app, like Pick-a-Pic's",
        "path of a Parquet file or a folder of such files",
        "crowd",
        lambda file, run_dir, gold, columns: read_pickapic(file, run_dir),
    ),
    "label-studio": LabelSource(
        "choices made in Label Studio, with its tags Pairwise or Choices",
        "path of a JSON or JSON-MIN export, with the pictures beside it",
        "crowd",
        lambda file, run_dir, gold, columns: read_label_studio(file, run_dir, columns),
        _QUESTION,
    ),
    "argilla": LabelSource(
        "answers to a question of Argilla, labels or a ranking of two",
        "path of the JSON file of `dataset.records.to_json`",
        "crowd",
        lambda file, run_dir, gold, columns: read_argilla(file, run_dir, columns),
        _QUESTION,
    ),
    "potato": LabelSource(
        "answers to a pairwise or radio scheme of Potato",
        "path of the task's folder, with its items and its annotation_output",
        "crowd",
        lambda file, run_dir, gold, columns: read_potato(file, run_dir, columns),
        _QUESTION,
    ),
    "export": LabelSource(
        "labels of another run",
        "path of a folder that `gamelabel export` wrote",
        "",
        lambda file, run_dir, gold, columns: read_exported(file, run_dir),
    ),
}
