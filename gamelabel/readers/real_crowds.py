"""Labels that real crowds gave, by the names of their data sets; see `gamelabel.sources`."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from typing import TYPE_CHECKING, NamedTuple

import pandas as pd

from gamelabel.readers.crowd_csv import read_annotations
from gamelabel.readers.imagereward import read_rankings
from gamelabel.sources import DataNotFound, data_file

if TYPE_CHECKING:
    from gamelabel.reliability.krippendorff_alpha import Level

# Accuracy of IBCC, EBCC and BWA as published by Li et al. (2019), who collected the sets
PUBLISHED_ACCURACY = {
    "rte": (0.9275, 0.9313, 0.9275),
    "dog": (0.8389, 0.8401, 0.8315),
    "sentiment_1k": (0.960, 0.961, 0.956),
    "product": (0.9383, 0.9349, 0.9194),
    "face": (0.6404, 0.6353, 0.6182),
    "weather_cf": (0.8833, 0.8833, 0.8933),
    "weather_amt": (0.8567, 0.8567, 0.8600),
    "sp_amt": (0.944, 0.944, 0.946),
}
_GENEVAL_FILES = {"geneval_clip": "clip", "geneval_if_xl": "if-xl", "geneval_sdv2": "sdv2"}


class RealCrowd(NamedTuple):
    """The labels of a real crowd.

    Attributes
    ----------
    labels : DataFrame
        Columns `task`, `worker` (null if nobody is named) and `label`, and others that the set has.
    gold : DataFrame
        Known answers: columns `task` and `label`; perhaps no rows.
    level : str
        Level of measurement of the labels, as `gamelabel.reliability.alpha` takes it.
    description : str
        What the crowd was asked.
    """

    labels: pd.DataFrame
    gold: pd.DataFrame
    level: Level
    description: str


def real_crowds(
    names: str = "", n_tasks: int = 0, download: bool = False
) -> tuple[dict[str, RealCrowd], dict[str, str]]:
    """Read the labels of real crowds.

    Parameters
    ----------
    names : str, default ""
        Keys of `REAL_CROWDS`, separated by commas; all if empty.
    n_tasks : int, default 0
        Read only the first tasks of each crowd; 0 reads all.
    download : bool, default False
        Whether to download files that are not available here.

    Returns
    -------
    crowds : dict of str to RealCrowd
        The crowds that are available.
    missing : dict of str to str
        The reason for each other crowd.

    Raises
    ------
    ValueError
        If a name is unknown.

    Examples
    --------
    >>> real_crowds("rta")
    Traceback (most recent call last):
    ...
    ValueError: there is no crowd rta; the crowds are rte, dog, ...
    """
    selected = [name.strip() for name in names.split(",")] if names else list(REAL_CROWDS)
    unknown = [name for name in selected if name not in REAL_CROWDS]
    if unknown:
        raise ValueError(
            f"there is no crowd {', '.join(unknown)}; the crowds are {', '.join(REAL_CROWDS)}"
        )
    crowds, missing = {}, {}
    for name in selected:
        try:
            crowds[name] = _first_tasks(REAL_CROWDS[name](name, download), n_tasks)
        except DataNotFound as error:
            missing[name] = str(error).splitlines()[0]
    return crowds, missing


def missing_text(missing: Mapping[str, str]) -> str:
    """Return a sentence about the crowds that are not available; empty if all are.

    >>> missing_text({"rte": "the file rte/label.csv is not available", "dog": "the same"})
    '2 crowds are not here (rte, dog): `gamelabel data fetch` downloads them.'
    """
    if not missing:
        return ""
    are, them = ("is", "it") if len(missing) == 1 else ("are", "them")
    count = f"{len(missing)} crowd{'s' if len(missing) > 1 else ''} {are} not here"
    return f"{count} ({', '.join(missing)}): `gamelabel data fetch` downloads {them}."


def crowd_sizes(crowds: Mapping[str, RealCrowd]) -> pd.DataFrame:
    """Count the tasks, the named workers and the labels of each crowd, indexed by crowd.

    >>> crowd_sizes({}).columns.tolist()
    ['tasks', 'workers', 'labels', 'question']
    """
    rows = {
        name: {
            "tasks": crowd.labels["task"].nunique(),
            "workers": crowd.labels["worker"].nunique(),
            "labels": len(crowd.labels),
            "question": crowd.description,
        }
        for name, crowd in crowds.items()
    }
    table = pd.DataFrame(rows, index=["tasks", "workers", "labels", "question"]).T
    return table.rename_axis("crowd")


def timed_labels(crowds: Mapping[str, RealCrowd]) -> pd.DataFrame:
    """Return the labels of all crowds that recorded how long they took, as one frame.

    Columns `task` (with the crowd's name before it), `worker`, `label`, `seconds`.

    >>> timed_labels({}).columns.tolist()
    ['task', 'worker', 'label', 'seconds']
    """
    columns = ["task", "worker", "label", "seconds"]
    parts = [
        crowd.labels[columns].assign(task=name + crowd.labels["task"])
        for name, crowd in crowds.items()
        if "seconds" in crowd.labels
    ]
    return pd.concat(parts or [pd.DataFrame(columns=columns)], ignore_index=True)


def _first_tasks(crowd: RealCrowd, n_tasks: int) -> RealCrowd:
    tasks = crowd.labels["task"].drop_duplicates().head(n_tasks or None)
    labels = crowd.labels[crowd.labels["task"].isin(tasks)].reset_index(drop=True)
    gold = crowd.gold[crowd.gold["task"].isin(tasks)].reset_index(drop=True)
    return crowd._replace(labels=labels, gold=gold)


def _with_gold(name: str, download: bool) -> RealCrowd:
    paths = [
        data_file("crowd_labels", f"{name}/{file}.csv", download) for file in ("label", "truth")
    ]
    annotations = read_annotations(*paths, task="item", gold="truth")
    n_classes = annotations.labels["label"].nunique()
    description = f"{n_classes} classes, gold known"
    return RealCrowd(annotations.labels, annotations.gold, "nominal", description)


def _llmfao(_: str, download: bool) -> RealCrowd:
    """Read which of two models' answers is better; `left` and `right` name the models."""
    raw = pd.read_csv(data_file("pairwise_llmfao", "llmfao.csv", download), dtype=str)
    labels = raw.rename(columns={"id": "task", "winner": "label"})
    labels = labels[["task", "worker", "label", "left", "right"]]
    description = "which of two texts is better: left, right or tie"
    return RealCrowd(labels, _no_gold(), "nominal", description)


def _imagereward(_: str, download: bool) -> RealCrowd:
    """Read rankings as comparisons; `left` and `right` are places in the list, from 1."""
    tables = read_rankings(data_file("imagereward", "test.json", download))
    labels = tables.labels
    places = labels["pair_id"].str.extract(r"-(\d+)-(\d+)$").astype(int) + 1
    sides = {"a": "left", "b": "right", "tie": "tie"}
    annotations = pd.DataFrame(
        {
            "task": labels["pair_id"],
            "worker": None,
            "label": labels["choice"].map(sides),
            "left": places[0],
            "right": places[1],
            "prompt": tables.pairs["prompt_id"].to_numpy(),
        }
    )
    description = "which of two pictures is better, by one ranking for each prompt"
    return RealCrowd(annotations, _no_gold(), "nominal", description)


def _geneval(name: str, download: bool) -> RealCrowd:
    """Read how good a picture is, from 1 to 4; `seconds` is the annotator's time."""
    file = f"annotations_{_GENEVAL_FILES[name]}.csv"
    raw = pd.read_csv(data_file("geneval", file, download))
    columns = {"HITId": "task", "Answer.task-quality": "label", "Answer.ee": "seconds"}
    labels = raw.rename(columns=columns)[list(columns.values())].dropna(subset="label")
    annotations = labels.reset_index(drop=True).assign(worker=None)
    return RealCrowd(annotations, _no_gold(), "ordinal", "quality of a picture, 1 to 4")


def _no_gold() -> pd.DataFrame:
    return pd.DataFrame({"task": [], "label": []}, dtype=object)


REAL_CROWDS: dict[str, Callable[[str, bool], RealCrowd]] = {
    **dict.fromkeys(PUBLISHED_ACCURACY, _with_gold),
    "llmfao": _llmfao,
    **dict.fromkeys(_GENEVAL_FILES, _geneval),
    "imagereward": _imagereward,
}
