"""How much annotators agree, by kind of task."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping, Sequence
from itertools import combinations

import numpy as np
import pandas as pd
from numpy.typing import ArrayLike

from gamelabel.games.annotation.task_kinds import RATINGS, prompt_words
from gamelabel.reliability.estimate import Estimate, estimate_mean
from gamelabel.reliability.interval import alpha_interval
from gamelabel.reliability.krippendorff_alpha import Level

GRID = 4  # cells a side of a picture, each about as large as an object
_Labels = Iterator[tuple[str, Level, pd.DataFrame]]


def agreement_by_task(
    tables: Mapping[str, pd.DataFrame], replicates: int = 1000, seed: int = 0
) -> pd.DataFrame:
    """Compute Krippendorff's alpha of the answers to each kind of task.

    Ratings are ordinal, all else is nominal: the category of a prompt; whether a picture has an
    issue, whether it lacks a word, and whether there is a point in a cell of the picture, a
    sixteenth of it, each a yes or no; which of two pictures has the better place, or neither; and
    which of two pictures is the better one.

    Parameters
    ----------
    tables : mapping of str to DataFrame
        Tables of answers by their names in `ANSWER_TABLES`; what is there is used. "words" needs
        "prompts".
    replicates : int
        Number of bootstrap replicates.
    seed : int
        Seed of the bootstrap.

    Returns
    -------
    DataFrame
        Columns `value`, `low`, `high`, `n`, indexed by task. The interval is the wider one of that
        over tasks and that over annotators.

    Examples
    --------
    >>> rows = [(f"a{i % 3}", f"p{i // 3}", "x", "uv"[i // 3 % 2]) for i in range(60)]
    >>> columns = ["annotator_id", "prompt_id", "answer_id", "category"]
    >>> agreement_by_task({"categorise": pd.DataFrame(rows, columns=columns)})["value"].to_dict()
    {'category': 1.0}
    """
    tables = _by_prompt(tables)
    estimates = {
        name: _wider_interval(labels, level, replicates, seed)
        for kind, labels_of in _LABELS.items()
        if kind in tables and len(tables[kind])
        for name, level, labels in labels_of(tables)
    }
    table = pd.DataFrame(estimates, index=["value", "low", "high", "n"]).T
    return table.rename_axis("task")


def agreement_by_question(
    questions: Mapping[str, tuple[pd.DataFrame, str, Level]], replicates: int = 1000, seed: int = 0
) -> pd.DataFrame:
    """Compute Krippendorff's alpha of answers about pictures by raters whom nobody names.

    Parameters
    ----------
    questions : mapping of str to (DataFrame, str, str)
        A table with the columns `picture` and `rater`, the column of the answer, and its level of
        measurement ("nominal", "ordinal" or "interval"). A table without rows is left out.
    replicates : int
        Number of bootstrap replicates.
    seed : int
        Seed of the bootstrap.

    Returns
    -------
    DataFrame
        Columns `value`, `low`, `high` (95 %, over pictures), `n`, indexed by question.

    Examples
    --------
    >>> rows = [(picture, rater, picture % 3) for picture in range(40) for rater in (1, 2)]
    >>> table = pd.DataFrame(rows, columns=["picture", "rater", "quality"])
    >>> questions = {"quality": (table, "quality", "ordinal")}
    >>> agreement_by_question(questions)["value"].to_dict()
    {'quality': 1.0}
    """
    estimates = {}
    for name, (table, answer, level) in questions.items():
        known = table[table[answer].notna()]
        labels = {"task": known["picture"], "worker": known["rater"], "label": known[answer]}
        if len(known):
            frame = pd.DataFrame(labels)
            estimates[name] = alpha_interval(frame, level, "task", replicates, seed)
    table = pd.DataFrame(estimates, index=["value", "low", "high", "n"]).T
    return table.rename_axis("question")


def same_order_share(table: pd.DataFrame, score: str, group: str) -> Estimate:
    """Return how often two raters put two pictures in the same order, where both prefer one.

    Parameters
    ----------
    table : DataFrame
        A row a rating: `picture`, `rater`, the score, and the group.
    score : str
        The column of the score.
    group : str
        The column of what pictures are compared within, such as the prompt. The 95 % interval is
        over groups.

    Examples
    --------
    >>> rows = [("p", "x", 1, 5), ("p", "y", 1, 3), ("p", "x", 2, 4), ("p", "y", 2, 1)]
    >>> table = pd.DataFrame(rows, columns=["prompt", "picture", "rater", "score"])
    >>> same_order_share(table, "score", "prompt").value
    1.0
    """
    same, groups = [], []
    for name, rows in table.groupby(group, sort=False):
        by_rater = rows.pivot(index="picture", columns="rater", values=score).to_numpy(float)
        for one, other in combinations(by_rater, 2):
            signs = np.sign(one - other)
            for first, second in combinations(signs[np.isfinite(signs)], 2):
                if first and second:
                    same.append(float(first == second))
                    groups.append(name)
    return estimate_mean(same, groups)


def ranked_choices(ranks: pd.DataFrame) -> pd.DataFrame:
    """Return which of every two pictures has the better place: `task`, `worker`, `label`.

    >>> columns = ["annotator_id", "prompt_id", "picture", "place"]
    >>> rows = [("u", "p", "x", 2), ("u", "p", "y", 1), ("u", "p", "z", 2)]
    >>> ranked_choices(pd.DataFrame(rows, columns=columns))["label"].tolist()
    ['b', 'tie', 'a']
    """
    rows = []
    for (annotator, _), group in ranks.groupby(["annotator_id", "prompt_id"], sort=False):
        places = sorted(zip(group["picture"], group["place"], strict=True))
        for (one, first), (other, second) in combinations(places, 2):
            label = "tie" if first == second else "ab"[first > second]
            rows.append((f"{one}|{other}", annotator, label))
    return pd.DataFrame(rows, columns=["task", "worker", "label"])


def _wider_interval(labels: pd.DataFrame, level: Level, replicates: int, seed: int) -> Estimate:
    over = [alpha_interval(labels, level, unit, replicates, seed) for unit in ("task", "worker")]
    return max(over, key=lambda estimate: estimate.high - estimate.low)


def _by_prompt(tables: Mapping[str, pd.DataFrame]) -> Mapping[str, pd.DataFrame]:
    """Name pictures by their prompts, too, if several prompts have the same one."""
    columns = ["picture", "chosen", "rejected"]
    shown = [
        frame[["prompt_id", column]].set_axis(["prompt_id", "picture"], axis=1)
        for frame in tables.values()
        for column in columns
        if column in frame
    ]
    if not shown or not pd.concat(shown).drop_duplicates()["picture"].duplicated().any():
        return tables
    return {
        name: frame.assign(
            **{
                column: frame["prompt_id"] + "/" + frame[column]
                for column in columns
                if column in frame
            }
        )
        for name, frame in tables.items()
    }


def _categories(tables: Mapping[str, pd.DataFrame]) -> _Labels:
    yield "category", "nominal", _labels(tables["categorise"], "prompt_id", "category")


def _ratings(tables: Mapping[str, pd.DataFrame]) -> _Labels:
    for rating in RATINGS:
        yield f"{rating} rating", "ordinal", _labels(tables["rate"], "picture", rating)


def _issues(tables: Mapping[str, pd.DataFrame]) -> _Labels:
    names = sorted(set(tables["issues"]["issues"].explode().dropna()))
    yield "issues", "nominal", _yes_or_no(tables["issues"], "issues", lambda _: names)


def _words(tables: Mapping[str, pd.DataFrame]) -> _Labels:
    texts = dict(zip(tables["prompts"]["prompt_id"], tables["prompts"]["prompt"], strict=True))
    numbers = {name: list(range(len(prompt_words(text)))) for name, text in texts.items()}
    yield "missing words", "nominal", _yes_or_no(tables["words"], "positions", numbers.__getitem__)


def _points(tables: Mapping[str, pd.DataFrame]) -> _Labels:
    table = tables["regions"]
    cells = [_cells(x, y) for x, y in zip(table["x"], table["y"], strict=True)]
    every = range(GRID * GRID)
    yield "wrong places", "nominal", _yes_or_no(table.assign(cells=cells), "cells", lambda _: every)


def _cells(x: ArrayLike, y: ArrayLike) -> list[int]:
    """Return the numbers of the cells in which points are; the last ones have their far borders.

    >>> _cells([0.1, 1.0], [0.3, 1.0])
    [4, 15]
    """
    columns, rows = (
        np.minimum((np.asarray(axis, float) * GRID).astype(int), GRID - 1) for axis in (x, y)
    )
    numbers: list[int] = (rows * GRID + columns).tolist()
    return numbers


def _ranks(tables: Mapping[str, pd.DataFrame]) -> _Labels:
    yield "order of two pictures", "nominal", ranked_choices(tables["rank"])


def _choices(tables: Mapping[str, pd.DataFrame]) -> _Labels:
    pairs = tables["compare"]
    first, second = np.sort(pairs[["chosen", "rejected"]].to_numpy(str), axis=1).T
    task = [f"{one}|{other}" for one, other in zip(first, second, strict=True)]
    # not the names of pictures, of which no two pairs have the same two
    choice = np.where(pairs["chosen"] == first, "a", "b")
    table = pairs.assign(task=task, choice=choice)
    yield "better of two pictures", "nominal", _labels(table, "task", "choice")


def _labels(table: pd.DataFrame, task: str, label: str) -> pd.DataFrame:
    named = {"task": table[task], "worker": table["annotator_id"], "label": table[label]}
    return pd.DataFrame(named)


def _yes_or_no(
    table: pd.DataFrame, column: str, options: Callable[[str], Sequence[object]]
) -> pd.DataFrame:
    """Return a label for each option of each answer: whether it is in the answer's list."""
    rows = [
        (f"{row.picture}|{option}", row.annotator_id, option in marked)
        for row, marked in zip(table.itertuples(), map(set, table[column]), strict=True)
        for option in options(row.prompt_id)
    ]
    return pd.DataFrame(rows, columns=["task", "worker", "label"])


_LABELS: dict[str, Callable[[Mapping[str, pd.DataFrame]], _Labels]] = {
    "categorise": _categories,
    "rate": _ratings,
    "issues": _issues,
    "words": _words,
    "regions": _points,
    "rank": _ranks,
    "compare": _choices,
}
