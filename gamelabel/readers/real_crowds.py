"""What real crowds said, by the names of the sets: through `gamelabel.sources`, and why where one is not here."""

from __future__ import annotations

from collections.abc import Callable
from typing import NamedTuple

import pandas as pd

from gamelabel.readers.crowd_csv import read_annotations
from gamelabel.readers.imagereward import read_rankings
from gamelabel.reliability import Level
from gamelabel.sources import NoData, data_file

# accuracy that IBCC, EBCC and BWA reach, as printed by the authors of the sets' collection (Li et al. 2019)
PUBLISHED = {
    "rte": (0.9275, 0.9313, 0.9275),
    "dog": (0.8389, 0.8401, 0.8315),
    "sentiment_1k": (0.960, 0.961, 0.956),
    "product": (0.9383, 0.9349, 0.9194),
    "face": (0.6404, 0.6353, 0.6182),
    "weather_cf": (0.8833, 0.8833, 0.8933),
    "weather_amt": (0.8567, 0.8567, 0.8600),
    "sp_amt": (0.944, 0.944, 0.946),
}
_GENEVAL = {"geneval_clip": "clip", "geneval_if_xl": "if-xl", "geneval_sdv2": "sdv2"}


class RealCrowd(NamedTuple):
    """A crowd's `labels`: task, worker (null where nobody is named), label, and what else their set says.

    gold: `task, label`, perhaps none; level: how labels compare; about: what was asked.
    """

    labels: pd.DataFrame
    gold: pd.DataFrame
    level: Level
    about: str


def real_crowds(
    names: str = "", tasks: int = 0, fetch: bool = False
) -> tuple[dict[str, RealCrowd], dict[str, str]]:
    """The crowds that are at hand, by name, and for each that is not, why.

    names: some of `REAL`, with commas between, all where empty; tasks: only the first so many of each, 0 for all;
    fetch: whether to download what is not here. Raises ValueError for a name that is none of `REAL`.
    """
    wanted = [name.strip() for name in names.split(",")] if names else list(REAL)
    unknown = [name for name in wanted if name not in REAL]
    if unknown:
        raise ValueError(f"no crowd is called {', '.join(unknown)}: there are {', '.join(REAL)}")
    here, missing = {}, {}
    for name in wanted:
        try:
            here[name] = _first(REAL[name](name, fetch), tasks)
        except NoData as reason:
            missing[name] = str(reason).splitlines()[0]
    return here, missing


def _first(crowd: RealCrowd, tasks: int) -> RealCrowd:
    some = crowd.labels.task.drop_duplicates().head(tasks or None)
    labels = crowd.labels[crowd.labels.task.isin(some)].reset_index(drop=True)
    return crowd._replace(
        labels=labels, gold=crowd.gold[crowd.gold.task.isin(some)].reset_index(drop=True)
    )


def _with_gold(name: str, fetch: bool) -> RealCrowd:
    files = [data_file("crowd_labels", f"{name}/{file}.csv", fetch) for file in ("label", "truth")]
    found = read_annotations(*files)
    return RealCrowd(
        found.labels, found.gold, "nominal", f"{found.labels.label.nunique()} classes, gold known"
    )


def _llmfao(_: str, fetch: bool) -> RealCrowd:
    """Which of two answers of language models is better; `left` and `right` name the models."""
    raw = pd.read_csv(data_file("pairwise_llmfao", "llmfao.csv", fetch), dtype=str)
    labels = raw.rename(columns={"id": "task", "winner": "label"})[
        ["task", "worker", "label", "left", "right"]
    ]
    return RealCrowd(labels, _none(), "nominal", "which of two texts is better: left, right or tie")


def _imagereward(_: str, fetch: bool) -> RealCrowd:
    """Which of two pictures fits better, from rankings; `left` and `right` are their places in the list, from 1."""
    reading = read_rankings(data_file("imagereward", "test.json", fetch))
    places = reading.labels.pair_id.str.extract(r"-(\d+)-(\d+)$").astype(int) + 1
    sides = {"a": "left", "b": "right", "tie": "tie"}
    labels = pd.DataFrame(
        {"task": reading.labels.pair_id, "worker": None, "label": reading.labels.choice.map(sides)}
    )
    labels = labels.assign(
        left=places[0], right=places[1], prompt=reading.pairs.prompt_id.to_numpy()
    )
    return RealCrowd(
        labels,
        _none(),
        "nominal",
        "which of two pictures is better, by one ranking for each prompt",
    )


def _geneval(name: str, fetch: bool) -> RealCrowd:
    """How good a picture is, 1 to 4; `seconds` is how long the annotator took."""
    raw = pd.read_csv(data_file("geneval", f"annotations_{_GENEVAL[name]}.csv", fetch))
    columns = {"HITId": "task", "Answer.task-quality": "label", "Answer.ee": "seconds"}
    labels = (
        raw.rename(columns=columns)[list(columns.values())]
        .dropna(subset="label")
        .reset_index(drop=True)
    )
    return RealCrowd(labels.assign(worker=None), _none(), "ordinal", "quality of a picture, 1 to 4")


def _none() -> pd.DataFrame:
    return pd.DataFrame({"task": [], "label": []}, dtype=object)


REAL: dict[str, Callable[[str, bool], RealCrowd]] = {
    **dict.fromkeys(PUBLISHED, _with_gold),
    "llmfao": _llmfao,
    **dict.fromkeys(_GENEVAL, _geneval),
    "imagereward": _imagereward,
}
