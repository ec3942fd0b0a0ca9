"""Aggregate many labels of a task into one."""

from __future__ import annotations

import inspect
import warnings
from functools import partial
from typing import Any, Literal

import numpy as np
import pandas as pd
from numpy.typing import NDArray

from gamelabel.aggregation.aggregation_result import Aggregation
from gamelabel.aggregation.auto_method import auto, average, choose_method
from gamelabel.aggregation.crowd_labels import CrowdLabels, FitResult, Method, crowd_labels
from gamelabel.aggregation.dawid_skene import dawid_skene
from gamelabel.aggregation.glad import glad
from gamelabel.aggregation.kos import kos
from gamelabel.aggregation.mace import mace
from gamelabel.aggregation.majority import majority
from gamelabel.aggregation.mmsr import mmsr
from gamelabel.aggregation.one_coin import one_coin
from gamelabel.aggregation.probability_calibration import scale_by_gold, shrink_posterior
from gamelabel.aggregation.wawa import wawa
from gamelabel.aggregation.weighted import weighted
from gamelabel.tables.encoded_labels import EncodedLabels, encode_labels, gold_answers
from gamelabel.tables.vote_counts import FloatArray, check_table_size

MethodName = Literal[
    "auto",
    "majority",
    "weighted",
    "dawid-skene",
    "one-coin",
    "glad",
    "mace",
    "wawa",
    "kos",
    "mmsr",
]
METHODS: dict[str, Method] = {
    "auto": auto,
    "majority": majority,
    "weighted": weighted,
    "dawid-skene": dawid_skene,
    "one-coin": one_coin,
    "glad": glad,
    "mace": mace,
    "wawa": wawa,
    "kos": kos,
    "mmsr": mmsr,
}
_MODELS = ("dawid-skene", "one-coin", "glad", "mace", "mmsr")  # they take labels as independent
_TIED = 1e-9  # probabilities that differ by less are tied


def aggregate(
    labels: pd.DataFrame,
    method: MethodName = "auto",
    gold: pd.DataFrame | None = None,
    seed: int = 0,
    calibrated: bool = True,
    **options: Any,
) -> pd.DataFrame:
    """Aggregate labels into one label per task.

    Parameters
    ----------
    labels : DataFrame
        Columns `task`, `worker` and `label`; "majority" does not need the worker. Rows without a
        label do not count. A worker who labels a task twice counts twice. Filter out the labels of
        removed players first.
    method : str
        "auto": the models that predict the labels best, averaged; see `choose_method`. Without
        workers it is "majority". "majority": share of the votes. "weighted": votes weighted by
        accuracy. "one-coin": one accuracy per worker. "dawid-skene": a confusion matrix per worker.
        "glad": ability of workers and ease of tasks. "mace": workers who know and workers who spam.
        "wawa": votes weighted by agreement with the majority. "kos": message passing. "mmsr":
        skills from the agreement of pairs of workers. Each is described in its module of
        `gamelabel.aggregation`.
    gold : DataFrame, optional
        Known answers, columns `task` and `label`. They have probability 1 in the result, and all
        methods but "majority" estimate their workers from them. A label that only gold has is one
        of the categories.
    seed : int
        Seed for breaking ties, that is equal probabilities.
    calibrated : bool
        Whether the probabilities of the models allow for labels that depend on each other; see
        `shrink_posterior` and `scale_by_gold`. No label changes.
    **options
        Options of the method, such as `prior`, `iterations` and `restarts`; see its module.

    Returns
    -------
    DataFrame
        `task`, `label` and `probability`, in the order in which tasks first appear. Tasks without
        labels are left out, also if gold has them. Its `attrs` contain, as plain data, `method`,
        `workers` (see `worker_skills`), `log_likelihood`, `objective` (with the log prior, one
        value per iteration) and `converged`; for "auto" also `weights` and `reason`. `fit_labels`
        returns more.

    Raises
    ------
    ValueError
        For an unknown method or option, a missing column, task or worker, contradictory gold, and
        gold that is text where the labels are not.

    Warns
    -----
    UserWarning
        Where a method has not converged (its last iteration is returned), and where rows have no
        label.

    Examples
    --------
    >>> labels = pd.DataFrame(
    ...     [("t1", "ann", "a"), ("t1", "bob", "b"), ("t1", "cem", "b"), ("t2", "ann", "a")],
    ...     columns=["task", "worker", "label"],
    ... )
    >>> aggregate(labels, "majority").round(3)
      task label  probability
    0   t1     b        0.667
    1   t2     a        1.000
    >>> aggregate(labels, gold=pd.DataFrame({"task": ["t1"], "label": ["a"]})).label.tolist()
    ['a', 'a']
    """
    _warn_of_missing(labels)
    return _fit(labels, method, gold, seed, calibrated, options).table


def fit_labels(
    labels: pd.DataFrame,
    method: MethodName = "auto",
    gold: pd.DataFrame | None = None,
    seed: int = 0,
    calibrated: bool = True,
    **options: Any,
) -> Aggregation:
    """Aggregate labels, and keep all that the method estimates.

    Parameters
    ----------
    labels, method, gold, seed, calibrated, **options
        As in `aggregate`.

    Returns
    -------
    Aggregation
        The table of `aggregate`, the probability of every category, workers' confusion matrices,
        shares of the categories, and the tasks whose label is tied.

    Raises
    ------
    ValueError
        As in `aggregate`.

    Warns
    -----
    UserWarning
        As in `aggregate`.

    Examples
    --------
    >>> columns = {"ann": "abababab", "bob": "abababab", "cem": "aabbabba"}
    >>> rows = [(task, worker, columns[worker][task]) for worker in columns for task in range(8)]
    >>> labels = pd.DataFrame(rows, columns=["task", "worker", "label"])
    >>> fit = fit_labels(labels, "dawid-skene", prior=0)
    >>> fit.class_shares.round(2).to_dict()
    {'a': 0.5, 'b': 0.5}
    >>> fit.confusion_matrices(prior=0).loc["cem"].round(2)
    label     a     b
    truth
    a      0.5  0.5
    b      0.5  0.5
    """
    _warn_of_missing(labels)
    return _fit(labels, method, gold, seed, calibrated, options)


def _warn_of_missing(labels: pd.DataFrame) -> None:
    """Warn the caller of the function that calls this one of rows without a label."""
    columns = list(labels.columns)
    if columns.count("label") != 1:  # an error says so later
        return
    empty = int(labels["label"].isna().sum())
    if empty:
        warnings.warn(f"{empty} of {len(labels)} rows have no label and do not count", stacklevel=3)


def _fit(
    labels: pd.DataFrame,
    method: MethodName,
    gold: pd.DataFrame | None,
    seed: int,
    calibrated: bool,
    options: dict[str, Any],
) -> Aggregation:
    if method not in METHODS:
        raise ValueError(f"unknown method {method!r}: use {', '.join(METHODS)}")
    _check_options(method, options)
    used: str = method
    if method == "auto" and not _names_workers(labels):
        used = "majority"
    encoded = encode_labels(labels, workers=used != "majority")
    check_table_size(len(encoded.tasks), len(encoded.categories))
    answers = gold_answers(gold, encoded)
    known = pd.Index(answers.dropna().unique()).infer_objects()
    only_in_gold = known.difference(encoded.categories)
    if len(only_in_gold):
        encoded = _with_categories(encoded, only_in_gold)
    crowd, position = crowd_labels(encoded, answers)
    attributes: dict[str, Any] = {"method": method}
    if used == "auto" and len(position):
        choice = choose_method(crowd)
        attributes |= {"weights": choice.weights, "reason": choice.reason}
        result = average(crowd, choice.weights)
        if "majority" in choice.weights:
            used = "majority"
        elif calibrated and crowd.has_gold:
            posterior = scale_by_gold(
                crowd, result.posterior, lambda part: average(part, choice.weights).posterior
            )
            result = result._replace(posterior=posterior)
    else:
        if method == "auto":
            attributes |= {"weights": {"majority": 1.0}, "reason": "some labels name no worker"}
        used = used if len(position) else "majority"
        fit = partial(METHODS[used], **options)
        result = fit(crowd)
        if calibrated and used in _MODELS:
            result = result._replace(posterior=_calibrated(crowd, result, fit))
    if not result.converged:
        warnings.warn(
            f"{method} has not converged after {len(result.objective)} iterations; the last one "
            "is returned",
            stacklevel=3,
        )
    best = _best_categories(result, seed)
    probability = result.posterior[np.arange(len(best)), best]
    table = pd.DataFrame(
        {
            "task": encoded.tasks,
            "label": encoded.categories[best[position]],
            "probability": probability[position],
        }
    )
    table.attrs = attributes | {
        "log_likelihood": result.log_likelihood,
        "objective": result.objective,
        "converged": result.converged,
    }
    if used != "majority" or (not len(position) and method not in ("majority", "auto")):
        table.attrs["workers"] = _worker_columns(encoded, result)
    return Aggregation(table, encoded, crowd, result, position)


def worker_skills(aggregated: pd.DataFrame) -> pd.DataFrame:
    """Return what `aggregate` estimated about the workers.

    Parameters
    ----------
    aggregated : DataFrame
        A result of `aggregate`, by a method other than "majority".

    Returns
    -------
    DataFrame
        `worker`, `labels` and, depending on the method: `right`, the probability of a right label
        (for "dawid-skene" by true category, `right_<category>`); `weight` of a vote ("weighted");
        `ability` ("glad": 0 guesses, negative contradicts); `knows` ("mace").

    Raises
    ------
    ValueError
        Where the result has nothing about workers.

    Examples
    --------
    >>> columns = {"ann": "abababab", "bob": "abababab", "cem": "aabbabba"}
    >>> rows = [(task, worker, columns[worker][task]) for worker in columns for task in range(8)]
    >>> labels = pd.DataFrame(rows, columns=["task", "worker", "label"])
    >>> worker_skills(aggregate(labels, "one-coin")).round(2)
      worker  labels  right
    0    ann       8   0.97
    1    bob       8   0.97
    2    cem       8   0.55
    """
    if "workers" not in aggregated.attrs:
        raise ValueError(
            "this result has nothing about workers: pass the table as `aggregate` returned it (a "
            "merge, as other operations of pandas, loses them), from a method other than majority"
        )
    return pd.DataFrame(aggregated.attrs["workers"])


def _calibrated(crowd: CrowdLabels, result: FitResult, fit: Method) -> FloatArray:
    """Return the calibrated posteriors of a model."""
    posterior = shrink_posterior(crowd, result.posterior)
    if not crowd.has_gold:
        return posterior

    def fit_part(part: CrowdLabels) -> FloatArray:
        return shrink_posterior(part, fit(part).posterior)

    return scale_by_gold(crowd, posterior, fit_part)


def _names_workers(labels: pd.DataFrame) -> bool:
    """Return whether every label has a worker; `encode_labels` reports columns that are wrong."""
    if "worker" not in labels or "label" not in labels or labels.columns.has_duplicates:
        return "worker" in labels
    return bool(labels.loc[labels["label"].notna(), "worker"].notna().all())


def _check_options(method: str, options: dict[str, Any]) -> None:
    """Raise ValueError for options that a method does not have."""
    allowed = list(inspect.signature(METHODS[method]).parameters)[1:]
    for name in options:
        if name not in allowed:
            has = f"has the options {', '.join(allowed)}" if allowed else "has no options"
            raise ValueError(f"unknown option {name!r}: the method {method!r} {has}")


def _best_categories(result: FitResult, seed: int) -> NDArray[np.int64]:
    """Return the most likely category of each task (T,), and a random one of those that are tied.

    The random numbers belong to sorted tasks, so the order of the rows changes nothing.
    """
    posterior = result.posterior
    if not len(posterior):
        return np.zeros(0, np.int64)
    greatest = np.ascontiguousarray(posterior.T).max(0)  # along a short last axis it is slow
    is_best = posterior >= greatest[:, None] - _TIED
    lottery = np.random.default_rng(seed).random(posterior.shape)
    best: NDArray[np.int64] = np.where(is_best, lottery, -1).argmax(1)
    return best


def _worker_columns(encoded: EncodedLabels, result: FitResult) -> dict[str, list[Any]]:
    """Return columns as lists: frames in `attrs` would break concat, merge and to_parquet."""
    columns = {
        "worker": encoded.workers,
        "labels": np.bincount(encoded.worker, minlength=len(encoded.workers)),
    }
    for name, values in result.workers.items():
        if values.ndim == 1:
            columns[name] = values
        else:
            columns |= {f"{name}_{c}": values[:, i] for i, c in enumerate(encoded.categories)}
    return {name: values.tolist() for name, values in columns.items()}


def _with_categories(encoded: EncodedLabels, more: pd.Index) -> EncodedLabels:
    """Return the same labels with more categories, in ascending order."""
    categories = encoded.categories.append(more).sort_values()
    label = categories.get_indexer(encoded.categories)[encoded.label]
    return encoded._replace(label=label, categories=categories)
