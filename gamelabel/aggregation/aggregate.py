"""Many labels of a task -> one."""

from __future__ import annotations

import warnings
from typing import Any, Literal

import numpy as np
import pandas as pd

from gamelabel.aggregation.crowd import Fit, Method, crowd_of
from gamelabel.aggregation.dawid_skene import dawid_skene
from gamelabel.aggregation.glad import glad
from gamelabel.aggregation.mace import mace
from gamelabel.aggregation.majority import majority
from gamelabel.aggregation.one_coin import one_coin
from gamelabel.aggregation.weighted import weighted
from gamelabel.reliability.accuracy import known_answers
from gamelabel.reliability.counts import Coded, code

MethodName = Literal["majority", "weighted", "dawid-skene", "one-coin", "glad", "mace"]
METHODS: dict[str, Method] = {
    "majority": majority,
    "weighted": weighted,
    "dawid-skene": dawid_skene,
    "one-coin": one_coin,
    "glad": glad,
    "mace": mace,
}
_SAME = 1e-9  # probabilities that differ by less are a tie


def aggregate(
    labels: pd.DataFrame,
    method: MethodName = "majority",
    gold: pd.DataFrame | None = None,
    seed: int = 0,
) -> pd.DataFrame:
    """One label for each task: `task, label, probability`, tasks in order of first appearance.

    labels: `task, worker, label`, who gave it being needed by all methods but "majority". The methods, each in its file
    of `gamelabel.aggregation`: "majority", the share of votes; "weighted", votes weighed by accuracy; and four
    models of who is right when: "one-coin" (one accuracy a worker), "dawid-skene" (which category is taken for which),
    "glad" (skill of workers, ease of tasks), "mace" (who knows, and who only spams).

    gold: known answers, `task, label`. They stand in the result with probability 1, and teach every method what its
    workers are worth. seed: breaks ties, which are known by another label's having the same probability.

    The result's `attrs` hold, as plain data, `method`, `workers` (read it with `skills`), `log_likelihood`, `objective`
    (the same with the log prior, by round of what climbs) and `converged`; a climb that did not end warns.

    Labels count as they are: leave out first whose labels should not (those of removed players), and a worker who
    labels a task twice counts twice. A missing label is no label. A task without any, gold's included, is not in the
    result. A category that gold alone knows is one of the categories. Raises ValueError for another method, a missing
    column, task or worker, gold that contradicts itself, and gold whose tasks or labels are text where those of
    `labels` are not.
    """
    if method not in METHODS:
        raise ValueError(f"{method!r} is no method that is here: {', '.join(METHODS)}")
    coded = code(labels, workers=method != "majority")
    answers = known_answers(gold, coded)
    unheard = pd.Index(answers.dropna().unique()).difference(coded.categories)
    if len(unheard):
        coded = _with_categories(coded, unheard)
    crowd, place = crowd_of(coded, answers)
    fit = METHODS[method if len(place) else "majority"](crowd)
    if not fit.converged:
        warnings.warn(
            f"{method} still climbs after {len(fit.objective)} rounds: its last one stands",
            stacklevel=2,
        )
    # ties by lot, drawn by sorted task, so that the order of the rows changes nothing
    lot = np.random.default_rng(seed).random(fit.posterior.shape)
    first = fit.posterior >= fit.posterior.max(1, initial=0, keepdims=True) - _SAME
    best = np.where(first, lot, -1).argmax(1) if len(place) else place
    probability = fit.posterior[np.arange(len(best)), best]
    table = pd.DataFrame(
        {
            "task": coded.tasks,
            "label": coded.categories[best[place]],
            "probability": probability[place],
        }
    )
    table.attrs = {"method": method} | {
        name: getattr(fit, name) for name in ("log_likelihood", "objective", "converged")
    }
    if method != "majority":
        table.attrs["workers"] = _about_workers(coded, fit)
    return table


def skills(aggregated: pd.DataFrame) -> pd.DataFrame:
    """What `aggregate` found about the workers: `worker, labels`, and by method what its model says of each.

    `right` is the probability that a label is right, in "dawid-skene" one for each true category, `right_<category>`;
    "weighted" has the `weight` of a vote, "glad" the `ability` (0: guesses, below: contradicts), "mace" whether the
    worker `knows`. Raises ValueError where there is nothing about workers, as in a majority.
    """
    if "workers" not in aggregated.attrs:
        raise ValueError(
            "nothing is known of workers: take the result of `aggregate` by a method other than majority"
        )
    return pd.DataFrame(aggregated.attrs["workers"])


def _about_workers(coded: Coded, fit: Fit) -> dict[str, list[Any]]:
    """Columns by name, as plain data: frames within `attrs` break pandas' own concat, merge and to_parquet."""
    columns = {
        "worker": coded.workers,
        "labels": np.bincount(coded.worker, minlength=len(coded.workers)),
    }
    for name, values in fit.workers.items():
        if values.ndim == 1:
            columns[name] = values
        else:
            columns |= {f"{name}_{c}": values[:, i] for i, c in enumerate(coded.categories)}
    return {name: values.tolist() for name, values in columns.items()}


def _with_categories(coded: Coded, more: pd.Index) -> Coded:
    """The same labels with more categories, still in ascending order."""
    categories = coded.categories.append(more).sort_values()
    return coded._replace(
        label=categories.get_indexer(coded.categories)[coded.label], categories=categories
    )
